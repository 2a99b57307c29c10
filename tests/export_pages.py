"""The pages of files to take away, and a business before them, for tests."""

import re

import pytest

from tests.conftest import MakePortal, Portal
from tests.web.client import CheckedClient, Page

NONE = "A" * 26


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    """Where nearly nothing is small."""
    return make_portal(exports={"rows_at_once": 5, "documents_at_once": 1})


@pytest.fixture
def shop(portal: Portal) -> CheckedClient:
    return portal.signed_in("Elbasan Market")


def ask(client: CheckedClient, told: str, status: int = 200, **fields: str) -> Page:
    return client.post("/exports", {"wanted": told, **fields}, status=status, buffered=True)


def order(client: CheckedClient, told: str = "open-invoices.csv") -> str:
    """The address of its page."""
    address: str = ask(client, told, 303).response.headers["Location"]
    assert re.fullmatch(r"/exports/[A-Z2-7]{26}", address)
    return address
