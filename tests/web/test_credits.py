"""Open invoices below zero, and such without a number: what pages, papers and links say of them."""

import sqlite3
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.conftest import Portal
from tests.paying import CODE, NUMBER, PAY, begin
from tests.web.client import CheckedClient, Page

COLUMNS = (
    "FAT_ID, FAT_NR, KTR_ID, VIT, MUAJ, DT_LESHIM, DT_AFAT, KWH, VL_NETO, VL_TVSH, TKS_TV, KAMATE,"
    " VL_PAGUAR, STATUS, DT_NGA, DT_DERI"
)


def enter(billing_file: Path, number: str, owed: int, **others: str) -> None:
    """A second open invoice of the manual's contract; others: columns and their SQL."""
    changed = {"FAT_ID": "990002", "FAT_NR": number, "VL_NETO": str(owed), "VL_PAGUAR": "0"}
    changed |= others
    changed |= dict.fromkeys(("VL_TVSH", "TKS_TV", "KAMATE"), "0")
    values = ", ".join(changed.get(name, name) for name in COLUMNS.split(", "))
    with sqlite3.connect(billing_file) as connection:
        connection.execute(
            f"INSERT INTO FATURE ({COLUMNS}) SELECT {values} FROM FATURE WHERE FAT_NR = ?",
            (NUMBER,),
        )
    connection.close()


def boxes(page: Page) -> list[str]:
    return [str(box.get("value")) for box in page.all("input") if box.get("name") == "invoice"]


def test_a_credit_is_told_beside_what_is_owed(
    paying: Portal, emer: CheckedClient, billing_file: Path
) -> None:
    enter(billing_file, "'990002'", -100)
    page = emer.get(PAY)
    assert "456,00 lekë" in page.content
    assert "detyrim për 1 faturë të papaguar" in page.content
    assert "; një tepricë prej 100,00 mbetet siç është" in page.content
    assert boxes(page) == [NUMBER]


def test_where_only_a_credit_is_left_nothing_can_be_chosen(
    paying: Portal, emer: CheckedClient, billing_file: Path
) -> None:
    enter(billing_file, "'990002'", -100)
    begin(emer, CODE, NUMBER)
    page = emer.get(PAY)
    assert "nga të cilat 556,00 lekë në një pagesë" in page.content
    assert boxes(page) == []
    assert not [button for button in page.all("button") if button.get("value") == "pay"]


def test_a_larger_credit_leaves_nothing_overdue_and_asks_nobody(
    paying: Portal, emer: CheckedClient, billing_file: Path
) -> None:
    emer.post(f"/contracts/{CODE}/pay-links", {}, status=303)
    link = emer.get(f"/contracts/{CODE}/pay-links")
    url = next("".join(p.itertext()) for p in link.all("p") if p.get("class") == "address code")
    path = "/p/" + url.rpartition("/p/")[2]
    assert "556,00 lekë" in emer.get(path).content
    enter(billing_file, "'990002'", -600)
    page = emer.get(PAY)
    assert "Asgjë për të paguar, kur mblidhen" in page.content
    assert "ka kaluar" not in page.content and "Paguajeni deri" not in page.content
    assert "Në favorin tuaj" in emer.get("/contracts").content
    offer = emer.get(path)
    assert "0,00 lekë" in offer.content and "556,00" not in offer.content
    assert not [form for form in offer.all("form") if form.get("action") in (None, path)]


def test_the_document_of_a_credit_is_not_paid(emer: CheckedClient, billing_file: Path) -> None:
    enter(billing_file, "'990002'", -100)
    content = emer.get(f"/contracts/{CODE}/invoices/990002.pdf").response.data
    text = PdfReader(BytesIO(content)).pages[0].extract_text().replace("\u00a0", " ")
    assert "Në favorin tuaj: 100,00 lekë" in " ".join(text.split())
    assert "E paguar" not in text


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"STATUS": "'X'"}, "Shuma e faturës: "),
        ({"DT_AFAT": "NULL"}, "Për t'u paguar: "),
    ],
)
def test_a_document_says_no_more_than_billing(
    emer: CheckedClient, billing_file: Path, changed: dict[str, str], told: str
) -> None:
    enter(billing_file, "'990002'", 100, **changed)
    content = emer.get(f"/contracts/{CODE}/invoices/990002.pdf").response.data
    text = " ".join(PdfReader(BytesIO(content)).pages[0].extract_text().split())
    assert f"{told}100,00 lekë" in text and "E paguar" not in text


def test_an_invoice_without_a_number_is_owed_and_cannot_be_paid_here(
    paying: Portal, emer: CheckedClient, billing_file: Path
) -> None:
    enter(billing_file, "'  '", 100)
    page = emer.get(PAY)
    assert "656,00 lekë" in page.content and "detyrim për 2 fatura të papaguara" in page.content
    assert boxes(page) == [NUMBER]
    assert sorted(row[0] for row in page.table()) == [NUMBER, "–"]
    assert "656,00" in emer.get("/contracts").content
    history = emer.get(f"/contracts/{CODE}/history")
    assert [row[0] for row in history.table()].count("") == 0
    emer.post(PAY, {"action": "pay", "invoice": ""}, status=400)
