"""Historiku i Faturave dhe Pagesave."""

import sqlite3
from decimal import Decimal
from pathlib import Path
from shutil import copy

from app.clock import today
from app.formats import Formats
from app.invoices.rules import Consumption, MonthUsed
from app.web.chart import BASE, draw
from legacy_adapters.records import Period
from tests.conftest import MakePortal, Portal

MANUAL_INVOICES = [
    ["31.01.2024", "29.02.2024", "30", "556,00"],
    ["05.01.2024", "31.01.2024", "0", "214,00"],
    ["02.12.2023", "31.12.2023", "0", "214,00"],
    ["01.11.2023", "30.11.2023", "0", "214,00"],
    ["05.10.2023", "31.10.2023", "47", "749,80"],
    ["04.09.2023", "30.09.2023", "223", "2756,20"],
    ["07.08.2023", "31.08.2023", "0", "214,00"],
    ["21.07.2023", "31.07.2023", "0", "214,00"],
    ["29.05.2023", "30.06.2023", "0", "214,00"],
    ["15.05.2023", "31.05.2023", "0", "214,00"],
    ["30.03.2023", "30.04.2023", "0", "214,00"],
    ["01.03.2023", "31.03.2023", "0", "214,00"],
]
MANUAL_PAYMENTS = [
    ("10.08.2023", {"215,14", "214,00"}, "KANALE MM-EASYPAY"),
    ("18.07.2023", {"236,69"}, "BANKA-RAIFFESEN"),
    (
        "27.06.2023",
        {"214,00", "220,61", "217,08", "354,24", "224,03", "227,57", "230,76", "237,83"},
        "BANKA-RAIFFESEN",
    ),
    ("26.09.2022", {"1388,20"}, "BANKA-RAIFFESEN"),
]
HISTORY = "/contracts/AL0000000/history"


def test_the_manuals_twelve_invoices(portal: Portal) -> None:
    rows = portal.signed_in("Emer Mbiemer").get(HISTORY).table(1)
    assert [row[1:5] for row in rows] == MANUAL_INVOICES
    assert rows[0][0] == "123456789"
    assert len({row[0] for row in rows}) == 12


def test_the_manuals_twelve_payments(portal: Portal) -> None:
    rows = portal.signed_in("Emer Mbiemer").get(HISTORY).table(2)
    assert len(rows) == 12
    days = list(dict.fromkeys(row[0] for row in rows))
    assert days == [day for day, _amounts, _source in MANUAL_PAYMENTS]
    for day, amounts, source in MANUAL_PAYMENTS:
        found = [row for row in rows if row[0] == day]
        assert {row[1] for row in found} == amounts
        assert {(row[2], row[3]) for row in found} == {("CASH", source)}


def test_every_invoice_leads_to_its_document(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    links = [a.get("href", "") for a in client.get(HISTORY).all("a")]
    documents = [link for link in links if link.endswith(".pdf")]
    assert len(documents) == 12
    for link in documents:
        assert client.get(link).response.mimetype == "application/pdf"


def test_the_chart_says_every_figure_in_words(portal: Portal) -> None:
    page = portal.signed_in("Agron Hoxha").get("/contracts/AL0000001/history")
    named = {e.get("id"): "".join(e.itertext()) for e in page.root.iter() if e.get("id")}  # type: ignore[union-attr]
    months = [e for e in page.root.iter() if e.get("class") == "month"]  # type: ignore[union-attr]
    told = [named[month.get("aria-labelledby")] for month in months]
    assert len(told) == 12
    assert all("kWh" in text and "një vit më parë" in text for text in told)
    table = {row[0]: row[1] for row in page.table(0)}
    for text in told:
        month, _, rest = text.partition(": ")
        assert rest.startswith(f"{table[month]} kWh")


def test_history_runs_up_to_today(portal: Portal) -> None:
    rows = portal.signed_in("Vera Leka").get("/contracts/AL0000004/history").table(1)
    newest = rows[0][1]
    day, month, year = (int(part) for part in newest.split("."))
    assert (today() - today().replace(year=year, month=month, day=day)).days < 38


def test_cancelled_invoices_are_never_shown(
    make_portal: MakePortal, demo_file: Path, tmp_path: Path
) -> None:
    file = Path(copy(demo_file, tmp_path / "billing.sqlite3"))
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE FATURE SET STATUS = 'A' WHERE FAT_NR = '123456788'")
    client = make_portal(billing={"url": f"sqlite:///{file}"}).signed_in("Emer Mbiemer")
    assert "123456788" not in client.get(HISTORY).text
    client.get("/contracts/AL0000000/invoices/123456788.pdf", status=404)


def test_empty_history_says_so(make_portal: MakePortal, demo_file: Path, tmp_path: Path) -> None:
    file = Path(copy(demo_file, tmp_path / "billing.sqlite3"))
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM FATURE WHERE KTR_ID = 0")
        connection.execute("DELETE FROM PAGESE WHERE KTR_ID = 0")
    client = make_portal(billing={"url": f"sqlite:///{file}"}).signed_in("Emer Mbiemer")
    content = client.get(HISTORY).content
    assert "ende nuk është lëshuar asnjë faturë" in content
    assert "ende nuk ka ardhur asnjë pagesë" in content
    assert "Asgjë për të paguar" in client.get("/contracts/AL0000000/pay").content


def test_english_page(portal: Portal) -> None:
    page = portal.signed_in("Emer Mbiemer", "en").get(HISTORY)
    assert page.heading == "Invoices and payments"
    assert page.table(1)[5][4] == "2,756.20"


def test_figures_stand_below_the_bars_and_beside_each_other(portal: Portal) -> None:
    """Above, this year's was read as that of last year's taller bar."""
    page = portal.signed_in("Agron Hoxha").get("/contracts/AL0000001/history")
    figures = [e for e in page.root.iter() if e.get("class") == "figure" and e.get("y")]  # type: ignore[union-attr]
    assert len(figures) == 12
    assert all(int(figure.get("y", "0")) > BASE for figure in figures)
    months = tuple(MonthUsed(Period(2026, m), Decimal(12345), None) for m in range(1, 13))
    much = Consumption(months=months, average=Decimal(12345), highest=Decimal(12345))
    first, second, third = (bar.figure_at for bar in draw(much, Formats("sq")).bars[:3])
    assert first == third < second < draw(much, Formats("sq")).labels_at
