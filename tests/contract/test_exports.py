"""Files to take away: what is in them."""

from io import BytesIO
from zipfile import ZipFile

from defusedxml.ElementTree import fromstring
from pypdf import PdfReader

from app.exports.records import (
    Scope,
)
from app.formats import Formats
from legacy_adapters.records import NO_MONEY, ContractCode
from tests.export_office import FEW, office, rows, total
from tests.exporting import Office

__all__ = ["office"]


# What is in them


def test_open_invoices_are_those_of_the_pages(office: Office) -> None:
    me = office.label(office.settle("Agron Hoxha", FEW), AL0000001="Shtëpia/Tiranë")
    found = rows(office.at_once(me, "open-invoices.csv"))
    statements = office.billing.list_statements(me.contracts)
    owed = [(c, i) for c, s in statements.items() for i in s.open_invoices]
    assert sorted((row["Kodi i kontratës"], row["Nr. Fature"]) for row in found) == sorted(
        (code, one.number) for code, one in owed
    )
    assert total(found, "Total Debie (lek)") == sum((i.outstanding for _, i in owed), NO_MONEY)
    names = {row["Kodi i kontratës"]: (row["Emri juaj për të"], row["Grupi"]) for row in found}
    assert names["AL0000001"] == ("Shtëpia", "Tiranë")
    for row in found:
        late = int(row["Ditë vonesë"] or 0)
        assert late == 0 or row["Afati i faturës"] < str(office.today)


def test_invoices_of_a_period(office: Office) -> None:
    me = office.settle("Agron Hoxha", FEW)
    found = rows(office.at_once(me, "invoices.csv", days=90))
    first = str(office.wanted("invoices.csv", days=90).since)
    issued = office.billing.list_issued(me.contracts, since=office.today.replace(year=2000))
    theirs = [i for i in issued if first <= str(i.invoice.issued_on) <= str(office.today)]
    assert len(found) == len(theirs) < len(issued)
    assert {row["Nr. Fature"] for row in found} == {i.invoice.number for i in theirs}
    amounts = sum((i.invoice.amount for i in theirs), NO_MONEY)
    assert total(found, "Shuma e faturës (lek)") == amounts


def test_payments_tell_their_source(office: Office) -> None:
    me = office.settle("Agron Hoxha", FEW)
    found = rows(office.at_once(me, "payments.csv", days=300))
    assert found and all(row["Burim"] and row["Mënyra e pagesës"] for row in found)
    posted = office.billing.list_posted(
        me.contracts, since=office.wanted("payments.csv", days=300).since or office.today
    )
    amounts = sum((one.payment.amount for one in posted), NO_MONEY)
    assert total(found, "Shuma e paguar (lek)") == amounts


def test_in_the_readers_language(office: Office) -> None:
    me = office.settle("Agron Hoxha", FEW)
    found = rows(office.at_once(me, "open-invoices.csv", language="en"), ",")
    assert "Total debt (lek)" in found[0] and "." in found[0]["Total debt (lek)"]


def test_a_workbook_with_its_summary(office: Office) -> None:
    me = office.settle("Agron Hoxha", FEW)
    book = ZipFile(BytesIO(office.at_once(me, "open-invoices.xlsx")))
    names = fromstring(book.read("xl/workbook.xml")).findall(".//{*}sheet")
    assert [s.get("name") for s in names] == ["Faturat e papaguara", "Përmbledhje"]
    summary = book.read("xl/worksheets/sheet2.xml").decode()
    owed = sum((s.outstanding for s in office.billing.list_statements(me.contracts).values()), 0)
    assert "Agron Hoxha" in summary and f"<v>{owed.normalize():f}</v>" in summary


def test_the_list_on_paper(office: Office) -> None:
    me = office.label(office.settle("Agron Hoxha", FEW), AL0000002="Zyra/Tiranë")
    paper = PdfReader(BytesIO(office.at_once(me, "open-invoices.pdf")))
    text = "\n".join(page.extract_text() for page in paper.pages)
    statements = office.billing.list_statements(me.contracts)
    owed = sum((s.outstanding for s in statements.values()), NO_MONEY)
    text = text.replace("\u00a0", " ")
    assert Formats("sq").money(owed).replace("\u00a0", " ") in text and "Zyra" in text
    for statement in statements.values():
        for one in statement.open_invoices:
            amount = Formats("sq").amount(one.outstanding).replace("\u00a0", " ")
            assert one.number in text and amount in text


def test_a_credit_shortens_no_other_contracts_debt_on_paper(office: Office) -> None:
    me = office.settle("Agron Hoxha", FEW)
    before = office.billing.list_statements(me.contracts)
    owing = [code for code in me.contracts if before[code].owes]
    assert len(owing) > 1
    office.change_billing(
        "UPDATE FATURE SET VL_PAGUAR = VL_NETO + VL_TVSH + TKS_TV + KAMATE + 1000"
        " WHERE STATUS = 'H'"
        f" AND KTR_ID = (SELECT KTR_ID FROM KONTRATE WHERE KTR_KOD = '{owing[0]}')"
    )
    paper = PdfReader(BytesIO(office.at_once(me, "open-invoices.pdf")))
    owed = sum((before[code].outstanding for code in owing[1:]), NO_MONEY)
    rows = sum(len(before[code].open_invoices) for code in owing)
    text = paper.pages[0].extract_text().replace("\u00a0", " ")
    assert f"Fatura: {rows}, kontrata: {len(owing) - 1}" in text
    assert Formats("sq").money(owed).replace("\u00a0", " ") in text


def test_a_list_on_paper_without_debt(office: Office) -> None:
    office.change_billing(
        "UPDATE FATURE SET VL_PAGUAR = VL_NETO + VL_TVSH + TKS_TV + KAMATE, STATUS = 'P'"
    )
    me = office.settle("Agron Hoxha", FEW)
    paper = PdfReader(BytesIO(office.at_once(me, "open-invoices.pdf")))
    assert "Asgjë për të paguar" in paper.pages[0].extract_text()


def test_invoices_as_one_pdf(office: Office) -> None:
    me = office.settle("Agron Hoxha", FEW)
    one = Scope(contract=ContractCode("AL0000001"))
    book = PdfReader(BytesIO(office.at_once(me, "documents.pdf", scope=one, days=60)))
    issued = office.billing.list_issued(
        [ContractCode("AL0000001")], since=office.wanted("documents.pdf", days=60).since
    )
    assert len(book.pages) == len(issued) > 0
    for page, invoice in zip(book.pages, issued, strict=True):
        assert invoice.invoice.number in page.extract_text()
    [head, entries] = book.outline
    assert head.title == "AL0000001" and len(entries) == len(issued)


def test_invoices_in_folders(office: Office) -> None:
    me = office.settle("Agron Hoxha", FEW)
    reference = office.order(me, "documents.zip", days=120)
    office.work()
    archive = ZipFile(BytesIO(office.take(me, reference)))
    assert archive.testzip() is None
    since = office.wanted("documents.zip", days=120).since
    issued = office.billing.list_issued(me.contracts, since=since or office.today)
    assert len(archive.namelist()) == len(issued) > 3
    assert {name.partition("/")[0] for name in archive.namelist()} == set(FEW)
    for one in issued:
        [name] = [n for n in archive.namelist() if n.endswith(f"-{one.invoice.number}.pdf")]
        text = PdfReader(BytesIO(archive.read(name))).pages[0].extract_text()
        assert one.invoice.number in text and one.contract_code in text
    export = office.get(me, reference)
    assert export.file is not None and export.file.rows == len(issued)


def test_consumption_for_programs(office: Office) -> None:
    me = office.settle("Agron Hoxha", FEW)
    feed = fromstring(office.at_once(me, "consumption.xml", days=250))
    readings = feed.findall(".//{http://naesb.org/espi}IntervalReading")
    issued = office.billing.list_issued(
        me.contracts, since=office.wanted("consumption.xml", days=250).since or office.today
    )
    units = sum((one.invoice.units for one in issued), NO_MONEY)
    told = sum(int(reading.findtext("{http://naesb.org/espi}value")) for reading in readings)
    assert told == units * 1000 > 0
