"""A request's form as its page shows it, for tests."""

import pytest
from sqlalchemy import text

from tests.conftest import Portal
from tests.web.client import CheckedClient, Page


@pytest.fixture
def emer(portal: Portal) -> CheckedClient:
    return portal.signed_in("Emer Mbiemer")


def value(page: Page, name: str) -> str:
    """What stands in a field, a choice or a text."""
    for element in [*page.all("input"), *page.all("select"), *page.all("textarea")]:
        if element.get("name") != name:
            continue
        if element.get("type") == "radio":
            if element.get("checked") is not None:
                return str(element.get("value"))
            continue
        if str(element.tag).endswith("select"):
            chosen = [o for o in element.iter() if o.get("selected") is not None]
            return str(chosen[0].get("value")) if chosen else ""
        return (element.text or "").strip() or str(element.get("value") or "")
    return ""


def documents_on(page: Page) -> list[str]:
    """The names in the lists of documents."""
    lists = [ul for ul in page.all("ul") if ul.get("class") == "files"]
    return ["".join(li.itertext()).split()[0] for ul in lists for li in ul]


def count(portal: Portal, table: str) -> int:
    with portal.database.read() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())
