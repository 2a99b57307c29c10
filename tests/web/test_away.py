"""What customers see and may do while billing is away: what it told last, with its date."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from shutil import copy

import pytest

from app.clock import HOME
from tests.conftest import MakePortal, Portal
from tests.web.client import CheckedClient, Page
from tests.web.test_pay import numbers, ticked, total
from tests.web.test_register import register

MANUAL = "/contracts/AL0000000"
PAGES = ["/contracts", f"{MANUAL}/pay", f"{MANUAL}/history", f"{MANUAL}/info"]


class Outage:
    """A billing that can be taken away under a running portal."""

    def __init__(self, portal: Portal, file: Path) -> None:
        self.portal = portal
        self.file = file

    @contextmanager
    def begin(self) -> Iterator[None]:
        self.portal.services.last_known.flush()
        away = self.file.rename(self.file.with_suffix(".away"))
        yield
        away.rename(self.file)


@pytest.fixture
def outage(make_portal: MakePortal, demo_file: Path, tmp_path: Path) -> Outage:
    file = Path(copy(demo_file, tmp_path / "billing.sqlite3"))
    return Outage(make_portal(billing={"url": f"sqlite:///{file}"}), file)


def notice(page: Page) -> str:
    found = [p for p in page.all("p") if "away" in str(p.get("class"))]
    return "".join(found[0].itertext()) if found else ""


def rows(page: Page) -> list[list[str]]:
    return page.table() if page.all("tbody") else []


def test_pages_show_what_was_last_known_with_its_date(
    outage: Outage, capfd: pytest.CaptureFixture[str]
) -> None:
    client = outage.portal.signed_in("Emer Mbiemer")
    before = {address: client.get(address) for address in PAGES}
    assert not any(notice(page) for page in before.values())
    day = datetime.now(HOME).strftime("%d.%m.%Y")
    with outage.begin():
        capfd.readouterr()
        for address in PAGES:
            page = client.get(address)
            assert f"Po shihni të dhënat e datës {day}" in notice(page), address
            assert [row[:5] for row in rows(page)] == [r[:5] for r in rows(before[address])]
            assert "556,00" in page.content or address.endswith("info")
        lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
        assert {line["do"] for line in lines if line["event"] == "billing failed"} == {
            "run: flask billing check"
        }


def test_english_says_it_too(outage: Outage) -> None:
    client = outage.portal.signed_in("Emer Mbiemer", "en")
    client.get(f"{MANUAL}/history")
    with outage.begin():
        assert "You see the data of" in notice(client.get(f"{MANUAL}/history"))


def test_nothing_can_be_paid_and_the_choice_is_kept(outage: Outage) -> None:
    client = outage.portal.signed_in("Agron Hoxha")
    address = "/contracts/AL0000002/pay"
    chosen = numbers(client.get(address))[:2]
    with outage.begin():
        page = client.get(address)
        actions = [b.get("value") for b in page.all("button") if b.get("name") == "action"]
        assert "pay" not in actions
        page = client.post(address, {"action": "pay", "invoice": chosen}, status=503)
        assert "Zgjedhja juaj është ruajtur" in page.content
        assert ticked(page) == set(chosen)
        assert total(page) != "0,00 lekë"
        assert ticked(client.post(address, {"action": "total", "invoice": chosen})) == set(chosen)


def test_documents_are_closed_and_not_offered(outage: Outage) -> None:
    client = outage.portal.signed_in("Emer Mbiemer")
    pdf = f"{MANUAL}/invoices/123456789.pdf"
    client.fetch(pdf)
    client.get(f"{MANUAL}/history")
    with outage.begin():
        assert client.get(pdf, status=503).heading == "Të dhënat tuaja nuk mund të shfaqen tani"
        links = [str(a.get("href")) for a in client.get(f"{MANUAL}/history").all("a")]
        assert not [link for link in links if link.endswith(".pdf")]


def test_what_was_never_told_is_not_made_up(outage: Outage) -> None:
    client = outage.portal.signed_in("Agron Hoxha")
    client.get("/contracts/AL0000001/pay")
    with outage.begin():
        client.get("/contracts/AL0000002/pay", status=503)
        client.get("/contracts", status=503)
        assert notice(client.get("/contracts/AL0000001/pay"))


def test_another_customer_sees_nothing_of_it(outage: Outage) -> None:
    outage.portal.signed_in("Emer Mbiemer").get(f"{MANUAL}/pay")
    stranger = outage.portal.signed_in("Agron Hoxha")
    with outage.begin():
        stranger.get(f"{MANUAL}/pay", status=404)


def test_a_new_holder_never_sees_what_was_told_to_another(outage: Outage) -> None:
    """AL0000004 is Vera Leka's; somebody else of that name registers it too."""
    outage.portal.signed_in("Vera Leka").get("/contracts/AL0000004/pay")
    outage.portal.services.last_known.flush()
    register(outage.portal.client(), email="tjeter@example.org")
    with outage.portal.database.read() as connection:
        kept = connection.exec_driver_sql("SELECT COUNT(*) FROM last_known").scalar()
    assert kept == 0


def test_a_slow_billing_file_is_left_at_the_deadline(outage: Outage) -> None:
    with sqlite3.connect(outage.file) as connection:
        connection.execute("ALTER TABLE ABONENT RENAME TO ABONENT_E")
        connection.execute(
            "CREATE VIEW ABONENT AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
            " WHERE i < 200000000) SELECT e.* FROM ABONENT_E e WHERE (SELECT MAX(i) FROM n) > 0"
        )
    client = outage.portal.signed_in("Emer Mbiemer")
    begun = time.monotonic()
    client.get(f"{MANUAL}/pay", status=503)
    assert time.monotonic() - begun < 5


def test_large_account_sees_its_list(outage: Outage) -> None:
    client = outage.portal.signed_in("Elbasan Market")
    before = client.get("/contracts")
    with outage.begin():
        page = client.get("/contracts")
        assert notice(page)
        assert page.table() == before.table()
        # Holder and address of the second page's contracts were never asked for; the debts were.
        page = client.get("/contracts?page=2")
        assert [row[1] for row in page.table()] == [""] * 25
        assert all(row[2] and row[2] != "Nuk dihet tani" for row in page.table())


def test_contract_linked_meanwhile_is_listed_as_not_known(outage: Outage) -> None:
    client = outage.portal.signed_in("Emer Mbiemer")
    client.get("/contracts")
    with outage.begin():
        with outage.portal.database.write() as connection:
            connection.exec_driver_sql(
                "INSERT INTO account_contract (account_id, contract_code, linked_at)"
                " SELECT account_id, 'AL0000004', linked_at"
                " FROM account_contract WHERE contract_code = 'AL0000000'"
            )
        page = client.get("/contracts")
        assert "556,00" in page.content and "Nuk dihet tani" in page.content
        assert "detyrimi i të cilave nuk dihet tani: 1" in page.content


def test_billing_comes_back_by_itself(outage: Outage) -> None:
    client = outage.portal.signed_in("Emer Mbiemer")
    client.get(f"{MANUAL}/pay")
    with outage.begin():
        for _ in range(5):
            assert notice(client.get(f"{MANUAL}/pay"))
    assert seconds_until_fresh(client) < 10


def seconds_until_fresh(client: CheckedClient) -> float:
    begun = time.monotonic()
    while notice(client.get(f"{MANUAL}/pay")):
        assert time.monotonic() - begun < 30
        time.sleep(0.2)
    return time.monotonic() - begun


def test_sign_in_goes_on(outage: Outage) -> None:
    outage.portal.signed_in("Emer Mbiemer").get(f"{MANUAL}/pay")
    with outage.begin():
        assert notice(outage.portal.signed_in("Emer Mbiemer").get(f"{MANUAL}/pay"))


def test_switched_off_keeps_nothing(
    make_portal: MakePortal, demo_file: Path, tmp_path: Path
) -> None:
    file = Path(copy(demo_file, tmp_path / "billing.sqlite3"))
    portal = make_portal(billing={"url": f"sqlite:///{file}"}, last_known={"keep_days": 0})
    outage = Outage(portal, file)
    client = portal.signed_in("Emer Mbiemer")
    client.get(f"{MANUAL}/pay")
    with outage.begin():
        client.get(f"{MANUAL}/pay", status=503)
    with portal.database.read() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM last_known").scalar() == 0


def test_answers_are_shown_again_for_seconds_but_never_what_is_owed(
    make_portal: MakePortal, demo_file: Path, tmp_path: Path
) -> None:
    file = Path(copy(demo_file, tmp_path / "billing.sqlite3"))
    changed = {"url": f"sqlite:///{file}", "cache_seconds": 60}
    outage = Outage(make_portal(billing=changed), file)
    client = outage.portal.signed_in("Emer Mbiemer")
    for address in PAGES:
        client.get(address)
    with outage.begin():
        for address in ("/contracts", f"{MANUAL}/info"):
            assert not notice(client.get(address)), address
        for address in (f"{MANUAL}/pay", f"{MANUAL}/history"):
            assert notice(client.get(address)), address
