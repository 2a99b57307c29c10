"""Who of the utility's own people asks for a page."""

import pytest

from tests.conftest import Portal
from tests.web.client import CheckedClient


@pytest.fixture
def agent(portal: Portal) -> CheckedClient:
    return portal.staff("agjent")


@pytest.fixture
def supervisor(portal: Portal) -> CheckedClient:
    return portal.staff("mbikeqyres")
