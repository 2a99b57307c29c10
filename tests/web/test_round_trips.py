"""How often a page asks its databases, counted at the drivers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.billing_schemas.wide.make import MAPPING
from tests.cases import F2, LIST, NEW, file_f2, form_of
from tests.conftest import MakePortal, Portal
from tests.web.client import CheckedClient


@contextmanager
def counted(engine: Engine, *, of_this_thread: bool = False) -> Iterator[list[str]]:
    """of_this_thread: not what is kept for later behind the page."""
    statements: list[str] = []
    here = threading.get_ident()

    def count(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not of_this_thread or threading.get_ident() == here:
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    yield statements
    event.remove(engine, "before_cursor_execute", count)


def round_trips(portal: Portal, client: CheckedClient, address: str) -> tuple[int, int]:
    """(billing, portal) of a page that was opened once before."""
    client.fetch(address)
    billing_engine: Engine = portal.services.billing.engine  # type: ignore[attr-defined]
    portal_engine = portal.database.engine
    with counted(billing_engine) as billing, counted(portal_engine, of_this_thread=True) as own:
        assert client.fetch(address).status_code == 200
    assert not [s for s in own if s.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))]
    return len(billing), len(own)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        # contract + open invoices | session with what is in a payment now
        ("/contracts/AL0000001/pay", (1, 1)),
        ("/contracts/AL0000001/history", (2, 1)),  # contract + invoices, payments | session
        ("/contracts/AL0000001/info", (1, 1)),
        ("/contracts/AL0000001/invoices/200000026.pdf", (2, 1)),  # invoice + lines, history
        # contracts with their debts | session with contracts and what of them is in a payment now
        ("/contracts", (1, 1)),
        ("/payments", (0, 3)),  # | session, how many, one page of them
        ("/contracts/manage", (1, 2)),  # contracts | session, links
        ("/contracts/manage/add", (1, 2)),
        ("/contracts/AL0000001/remove", (0, 2)),  # session, links
        ("/contracts/AL0000001/delegates", (0, 3)),  # session, delegates, invitations
        ("/contracts/AL0000001/cases", (0, 4)),  # | session, drafts, how many, one page of them
        ("/contracts/AL0000001/cases/new", (1, 1)),  # contract + open invoices | session
        # contract + open invoices, invoices of two years | session
        ("/contracts/AL0000001/cases/new?request=F2", (2, 1)),
        ("/account", (0, 1)),
        ("/account/contact", (0, 2)),  # | session, profile
        (
            "/account/preferences",
            (0, 3),
        ),  # | session, profile, own choices
        ("/contracts/AL0000001/messages", (0, 3)),  # | session, the contract's choice, profile
        ("/exports", (0, 2)),  # | session with the contracts, its files
        ("/contracts/names", (1, 1)),  # contracts | session with the names
        ("/account/devices", (0, 2)),  # | session, its like
        ("/account/data", (0, 1)),
        ("/account/close", (0, 1)),
    ],
)
def test_pages_of_a_customer(portal: Portal, address: str, expected: tuple[int, int]) -> None:
    client = portal.signed_in("Agron Hoxha")
    if address.endswith(".pdf"):
        links = [a.get("href", "") for a in client.get("/contracts/AL0000001/history").all("a")]
        address = next(link for link in links if link.endswith(".pdf"))
    assert round_trips(portal, client, address) == expected


def test_pages_of_a_case(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    number = file_f2(client)
    # invoices to choose from | session, case, documents and their files, what happened, right
    assert round_trips(portal, client, f"/cases/{number}") == (1, 6)
    assert round_trips(portal, client, f"/cases/{number}/history") == (0, 5)
    for _ in range(2):
        page = client.get(f"{NEW}?request=F2")
        client.post(NEW, {**form_of(page), **F2, "do": "keep"})
    # | session, drafts, their documents, how many cases, one page of them
    assert round_trips(portal, client, LIST) == (0, 5)


def test_a_list_to_take_away(portal: Portal) -> None:
    client = portal.signed_in("Elbasan Market")
    address = "/contracts?show=owing&order=debt&q=al"
    assert round_trips(portal, client, address) == (2, 1)
    assert round_trips(portal, client, "/contracts/names?page=3") == (1, 1)
    assert round_trips(portal, client, "/exports") == (0, 2)


def test_three_hundred_contracts_cost_no_more(portal: Portal) -> None:
    client = portal.signed_in("Elbasan Market")
    assert round_trips(portal, client, "/contracts") == (2, 1)
    assert round_trips(portal, client, "/contracts/manage") == (1, 2)


def test_pages_of_the_staff(portal: Portal) -> None:
    client = portal.staff("agjent")
    for address in ("/staff", "/staff/password", "/staff/accounts"):
        assert round_trips(portal, client, address) == (0, 1)
    assert round_trips(portal, client, "/staff/sessions") == (0, 2)
    # session, account, the look that would open it
    assert round_trips(portal, client, "/staff/accounts/1") == (0, 3)
    client.post("/staff/accounts/1/open", {"occasion": "caller"}, status=303)
    # these, and: is it there, last sign-in, sessions, profile, links, delegates, events; names
    assert round_trips(portal, client, "/staff/accounts/1") == (0, 11)
    administrator = portal.staff("administrator")
    assert round_trips(portal, administrator, "/staff/members") == (0, 2)
    assert round_trips(portal, administrator, "/staff/members/new") == (0, 1)
    assert round_trips(portal, administrator, "/staff/members/1") == (0, 3)
    assert round_trips(portal, administrator, "/staff/members/1/reset") == (0, 2)
    assert round_trips(portal, administrator, "/staff/audit") == (0, 3)  # session, leaf, names


def test_pages_of_the_texts(portal: Portal) -> None:
    client = portal.staff("administrator")
    for address in ("", "/terms/sq", "/terms/sq/versions", "/terms/sq/versions/0"):
        # session, the texts or the version in force
        assert round_trips(portal, client, f"/staff/content{address}") == (0, 2)


def test_pages_for_strangers_ask_nothing(portal: Portal) -> None:
    for address in ("/", "/login", "/register", "/privacy", "/faq", "/faq?q=x", "/staff/login"):
        assert round_trips(portal, portal.client(), address) == (0, 0)


def test_another_schema_costs_the_same(make_portal: MakePortal, wide_file: Any) -> None:
    portal = make_portal(billing={"url": f"sqlite:///{wide_file}", "mapping": MAPPING})
    with portal.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE account_contract SET contract_code = '7000000'"
            " WHERE contract_code = 'AL0000000'"
        )
    client = portal.signed_in("Emer Mbiemer")
    assert round_trips(portal, client, "/contracts/7000000/history") == (2, 1)


def test_pages_of_debt_certificates(portal: Portal) -> None:
    client = portal.signed_in("Agron Hoxha")
    assert round_trips(portal, client, "/debt-certificates/new") == (0, 1)
    key = str(client.get("/debt-certificates/new").field("key").get("value"))
    typed = {"first_name": "Agron", "surname": "Hoxha", "father": "x", "id_number": "J12345678N"}
    data = {"key": key, "contract": "AL0000003", **typed}
    address = client.post("/debt-certificates/new", data, status=303).response.location
    # session, how many, which
    assert round_trips(portal, client, "/debt-certificates") == (0, 3)
    # newest invoices, debts | session, application; its code, application and contracts
    assert round_trips(portal, client, address) == (2, 5)
    assert round_trips(portal, client, f"{address}.pdf") == (0, 3)
    agent = portal.staff("agjent")
    assert round_trips(portal, agent, "/staff/certificates?state=issued") == (0, 3)
