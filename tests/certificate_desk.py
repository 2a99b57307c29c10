"""Applying for debt certificates as a browser does, over a billing that a test changes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from shutil import copy
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import create_engine, text

from app.clock import today
from tests.conftest import MakePortal, Portal
from tests.web.client import CheckedClient, Page

NEW, LIST = "/debt-certificates/new", "/debt-certificates"
BUSINESS = f"{NEW}?kind=business"
FREE, OWING = "AL0000003", "AL0000002"  # of Agron Hoxha's
NIPT = "L12345678T"
HOUSEHOLD = {
    "first_name": "Agron",
    "surname": "Hoxha",
    "father": "Petrit",
    "id_number": "J12345678N",
    "contract": FREE,
}
MARKET = {
    "representative": "Ardit Elbasani",
    "nipt": NIPT,
    "business": "Elbasan Market",
    "holder": "Elbasan Market shpk",
    "contract": "AL0000005",
}


class Desk:
    """A portal over a billing of its own, which the test changes."""

    def __init__(self, make_portal: MakePortal, demo_file: Path, folder: Path) -> None:
        self.file = folder / "billing.sqlite3"
        copy(demo_file, self.file)
        self.make = make_portal
        self.portal = self.made()
        self.agron = self.portal.signed_in("Agron Hoxha")

    def made(self, **changes: dict[str, object]) -> Portal:
        billing = {"url": f"sqlite:///{self.file}"}
        return self.make(**{"billing": billing, **changes})

    def billing(self, statement: str) -> None:
        engine = create_engine(f"sqlite:///{self.file}")
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def issue_invoice(self, status: str = "P") -> None:
        """The next one of the free contract; paid at once, unless told otherwise."""
        engine = create_engine(f"sqlite:///{self.file}")
        with engine.begin() as connection:
            found = connection.execute(
                text("SELECT * FROM FATURE WHERE KTR_ID = 3 ORDER BY DT_LESHIM DESC LIMIT 1")
            )
            row = dict(found.mappings().one())
            row |= {"FAT_ID": 99_999_999, "FAT_NR": "999999999", "STATUS": status}
            row["DT_LESHIM"] = today().isoformat()
            names = ", ".join(row)
            values = ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO FATURE ({names}) VALUES ({values})"), row)
        engine.dispose()


@pytest.fixture
def desk(make_portal: MakePortal, demo_file: Path, tmp_path: Path) -> Desk:
    return Desk(make_portal, demo_file, tmp_path)


def applied(client: CheckedClient, status: int = 303, address: str = NEW, **changes: Any) -> Page:
    key = str(client.get(address).field("key").get("value"))
    return client.post(address, {"key": key, **HOUSEHOLD, **changes}, status=status)


def paper_of(client: CheckedClient, page: Page) -> bytes:
    response = client.fetch(f"{page.response.location}.pdf")
    assert response.status_code == 200 and response.mimetype == "application/pdf"
    return bytes(response.data)


def words_of(paper: bytes) -> str:
    document = pypdfium2.PdfDocument(paper)
    return " ".join(" ".join(p.get_textpage().get_text_range().split()) for p in document)


def code_on(paper: bytes) -> str:
    found = re.search(r"/verify/([A-Z2-7]{26})", words_of(paper))
    assert found
    return found[1]


def rows(portal: Portal, query: str) -> list[Any]:
    with portal.database.read() as connection:
        return list(connection.execute(text(query)))


def mails(portal: Portal) -> list[dict[str, Any]]:
    return [json.loads(row.body) for row in rows(portal, "SELECT body FROM message ORDER BY id")]


def page_problems(page: Page) -> list[tuple[str, str]]:
    boxes = [div for div in page.all("div") if "problems" in str(div.get("class"))]
    links = [a for box in boxes for a in box.iter() if str(a.tag).endswith("a")]
    return [(str(a.get("href")).removeprefix("#"), "".join(a.itertext())) for a in links]


@pytest.fixture
def waiting(desk: Desk) -> Iterator[tuple[Desk, Portal, CheckedClient]]:
    """An application that waits, the portal, and an agent."""
    portal = desk.made(certificates={"automatic": False})
    desk.agron = portal.signed_in("Agron Hoxha")
    page = applied(desk.agron)
    assert "Në pritje" in desk.agron.get(page.response.location).content
    assert desk.agron.fetch(f"{page.response.location}.pdf").status_code == 404
    yield desk, portal, portal.staff("agjent")


STAFF = "/staff/certificates/VD000000001"
