"""Paguaj Faturën: the table, the selection and its total."""

import sqlite3
from datetime import date
from pathlib import Path
from shutil import copy

import pytest

from app.clock import today
from tests.conftest import MakePortal, Portal
from tests.web.client import Page

PAY = "/contracts/AL0000002/pay"


def numbers(page: Page) -> list[str]:
    return [str(box.get("value")) for box in page.all("input") if box.get("name") == "invoice"]


def ticked(page: Page) -> set[str]:
    boxes = [box for box in page.all("input") if box.get("name") == "invoice"]
    return {str(box.get("value")) for box in boxes if box.get("checked") is not None}


def total(page: Page) -> str:
    return "".join(page.all("output")[0].itertext()).replace("\u00a0", " ")


def test_manual_table_to_the_cent(portal: Portal) -> None:
    page = portal.signed_in("Emer Mbiemer").get("/contracts/AL0000000/pay")
    row = page.table()[0]
    assert row[0] == "123456789"
    assert row[1].startswith("1/2024")
    assert row[2:6] == ["456,00", "100,00", "0,00", "556,00"]
    assert total(page) == "0,00 lekë"
    assert "EMER MBIEMER" in page.content


def test_server_works_out_the_total(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    page = client.post("/contracts/AL0000000/pay", {"action": "total", "invoice": "123456789"})
    assert total(page) == "556,00 lekë"
    assert ticked(page) == {"123456789"}


def test_choosing_all_without_script(portal: Portal) -> None:
    client = portal.signed_in("Agron Hoxha")
    page = client.post(PAY, {"action": "all"})
    assert len(ticked(page)) == len(numbers(page)) == 3
    owed = sum(float(row[5].replace("\u00a0", "").replace(",", ".")) for row in page.table())
    assert float(total(page).split(" lek")[0].replace(" ", "").replace(",", ".")) == pytest.approx(
        owed
    )


def test_pay_leads_to_a_page_that_says_what_was_chosen(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    page = client.post("/contracts/AL0000000/pay", {"action": "pay", "invoice": "123456789"})
    assert page.heading == "Pagesa ende nuk është aktivizuar"
    assert "556,00 lekë" in page.content


def test_nothing_chosen_is_refused_in_words(portal: Portal) -> None:
    page = portal.signed_in("Agron Hoxha").post(PAY, {"action": "pay"}, status=400)
    assert page.problems == ["Zgjidhni të paktën një faturë për të paguar."]


def test_another_contracts_invoice_counts_for_nothing(portal: Portal) -> None:
    client = portal.signed_in("Agron Hoxha")
    mine = numbers(client.get(PAY))[0]
    page = client.post(PAY, {"action": "pay", "invoice": [mine, "123456789"]}, status=400)
    assert page.problems and "nuk janë më të hapura" in page.problems[0]
    assert ticked(page) == {mine}


def test_expired_page_keeps_the_choice(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    page = client.post(
        "/contracts/AL0000000/pay",
        {"csrf_token": "stale", "action": "pay", "invoice": "123456789"},
        status=400,
    )
    assert "qëndroi hapur" in page.problems[0]
    assert ticked(page) == {"123456789"}


def test_no_debt_looks_like_relief(portal: Portal) -> None:
    page = portal.signed_in("Agron Hoxha").get("/contracts/AL0000003/pay")
    assert "çdo faturë e kësaj kontrate është e paguar" in page.content
    assert not numbers(page)


def test_amounts_on_the_page_are_billings_of_now(
    make_portal: MakePortal, demo_file: Path, tmp_path: Path
) -> None:
    """The browser's figures never count: billing changes between two presses."""
    file = Path(copy(demo_file, tmp_path / "billing.sqlite3"))
    client = make_portal(billing={"url": f"sqlite:///{file}"}).signed_in("Emer Mbiemer")
    chosen = {"action": "total", "invoice": "123456789", "amount": "1"}
    assert total(client.post("/contracts/AL0000000/pay", chosen)) == "556,00 lekë"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE FATURE SET KAMATE = 12.34 WHERE FAT_NR = '123456789'")
    assert total(client.post("/contracts/AL0000000/pay", chosen)) == "568,34 lekë"


def test_partly_paid_invoice_tells_what_was_paid(
    make_portal: MakePortal, demo_file: Path, tmp_path: Path
) -> None:
    file = Path(copy(demo_file, tmp_path / "billing.sqlite3"))
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE FATURE SET VL_PAGUAR = 56 WHERE FAT_NR = '123456789'")
    page = (
        make_portal(billing={"url": f"sqlite:///{file}"})
        .signed_in("Emer Mbiemer")
        .get("/contracts/AL0000000/pay")
    )
    assert page.table()[0][5] == "500,00paguar tashmë: 56,00"


def test_an_invoice_that_billing_tells_twice_is_shown_and_paid_nowhere(
    make_portal: MakePortal, demo_file: Path, tmp_path: Path
) -> None:
    file = Path(copy(demo_file, tmp_path / "billing.sqlite3"))
    client = make_portal(billing={"url": f"sqlite:///{file}"}).signed_in("Emer Mbiemer")
    with sqlite3.connect(file) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(FATURE)")]
        others = ", ".join(columns[1:])
        connection.execute(
            f"INSERT INTO FATURE (FAT_ID, {others})"
            f" SELECT 990002, {others} FROM FATURE WHERE FAT_NR = '123456789' AND KTR_ID = 0"
        )
    for address in ("/contracts", "/contracts/AL0000000/pay", "/contracts/AL0000000/history"):
        assert "1.112,00" not in client.get(address, status=503).content
    chosen = {"action": "pay", "invoice": "123456789"}
    client.post("/contracts/AL0000000/pay", chosen, status=503)


def test_due_today_is_not_overdue(make_portal: MakePortal, demo_file: Path, tmp_path: Path) -> None:
    file = Path(copy(demo_file, tmp_path / "billing.sqlite3"))
    day: date = today()
    with sqlite3.connect(file) as connection:
        connection.execute(
            "UPDATE FATURE SET DT_AFAT = ? WHERE FAT_NR = '123456789'", (day.isoformat(),)
        )
    page = (
        make_portal(billing={"url": f"sqlite:///{file}"})
        .signed_in("Emer Mbiemer")
        .get("/contracts/AL0000000/pay")
    )
    assert f"Paguajeni deri më {day:%d.%m.%Y}" in page.content
