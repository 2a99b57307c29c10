"""Files to take away: at once or by the job process, for whom, and while billing does not tell."""

from datetime import date, timedelta
from io import BytesIO
from threading import Barrier, Thread
from zipfile import ZipFile

import pytest
from pypdf import PdfReader
from structlog.testing import capture_logs

from app.audit.records import Action
from app.exports import service
from app.exports.records import (
    ExportNotFound,
    Note,
    NotMade,
    Reference,
    Scope,
    State,
    UnderWay,
)
from app.exports.service import Download
from legacy_adapters.errors import BillingUnavailable, InvoiceNotFound
from legacy_adapters.records import ContractCode
from tests.export_office import FEW, office, rows
from tests.exporting import MANY, Office

__all__ = ["office"]


# At once, or by the job process


def test_a_group_or_one_contract(office: Office) -> None:
    me = office.label(office.settle("Agron Hoxha", FEW), AL0000001="/Tiranë", AL0000002="/Durrës")
    for scope, codes in (
        (Scope(group="Durrës"), {"AL0000002"}),
        (Scope(contract=ContractCode("AL0000001")), {"AL0000001"}),
    ):
        found = rows(office.at_once(me, "invoices.csv", scope=scope, days=90))
        assert {row["Kodi i kontratës"] for row in found} == codes


@pytest.mark.parametrize("scope", [Scope(group="X"), Scope(contract=ContractCode("AL0000009"))])
def test_what_the_account_has_not_got(office: Office, scope: Scope) -> None:
    me = office.settle("Agron Hoxha", FEW)
    with pytest.raises(NotMade) as refused:
        office.begin(me, "open-invoices.csv", scope=scope)
    assert refused.value.note is Note.NOTHING_THERE


def test_no_invoice_in_the_period(office: Office) -> None:
    me = office.settle("Agron Hoxha", FEW)
    with pytest.raises(NotMade) as refused:
        office.begin(me, "documents.pdf", days=0)
    assert refused.value.note is Note.NO_ROWS


LONG_AGO = (date(2001, 1, 1), date(2001, 12, 31))
TABLES = ["invoices.csv", "invoices.xlsx", "payments.csv", "consumption.xml"]


@pytest.mark.parametrize("told", TABLES)
@pytest.mark.parametrize("rows_at_once", [0, 10_000])
def test_an_empty_period_is_told_at_once(office: Office, told: str, rows_at_once: int) -> None:
    office.shared = office.with_settings(rows_at_once=rows_at_once)
    me = office.settle("Elbasan Market", MANY)
    with pytest.raises(NotMade) as refused:
        office.begin(me, told, period=LONG_AGO)
    assert refused.value.note is Note.NO_ROWS
    assert office.desk.list_of(me.account.id) == [] and office.files() == []
    assert not [e for e in office.shared.audit.list_newest() if e.action is Action.EXPORTED]


@pytest.mark.parametrize("told", TABLES)
def test_an_empty_period_of_too_many_contracts(
    office: Office, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No page asks for all of them, but no file is kept that holds nothing."""
    monkeypatch.setattr(service, "MOST_CONTRACTS", 39)
    me = office.settle("Elbasan Market", MANY)
    reference = office.begin(me, told, period=LONG_AGO)
    assert isinstance(reference, str)
    office.work()
    export = office.get(me, reference)
    assert (export.state, export.note) == (State.FAILED, Note.NO_ROWS)
    assert office.files() == [] and office.mails() == []


def test_a_past_period_with_rows_goes_on_as_before(office: Office) -> None:
    me = office.settle("Agron Hoxha", FEW)
    past = (office.today - timedelta(days=300), office.today - timedelta(days=200))
    office.shared = office.with_settings(rows_at_once=0)
    assert isinstance(office.begin(me, "invoices.csv", period=past), str)
    office.work()
    office.shared = office.with_settings(rows_at_once=10_000)
    assert rows(office.at_once(me, "invoices.csv", period=past))


def test_while_billing_is_away_nobody_knows_whether_it_is_empty(office: Office) -> None:
    def away(name: str, count: int) -> None:
        raise BillingUnavailable("no answer")

    me = office.settle("Agron Hoxha", FEW)
    office.shared = office.with_billing(away, rows_at_once=0)
    assert isinstance(office.begin(me, "invoices.csv", period=LONG_AGO), str)


def test_a_large_one_is_made_and_told(office: Office) -> None:
    me = office.settle("Elbasan Market", MANY)
    reference = office.order(me, "open-invoices.csv")
    assert office.get(me, reference).state is State.WAITING
    office.work()
    export = office.get(me, reference)
    assert export.state is State.READY
    assert export.file is not None and export.file.rows > 10
    content = office.take(me, reference)
    assert len(content) == export.file.size and len(rows(content)) == export.file.rows
    [mail] = office.mails()
    assert mail["to"] == "elbasan.market@example.org"
    assert mail["links"] == [f"https://portal.example/exports/{reference}"]
    office.work()
    assert len(office.mails()) == 1 and len(office.files()) == 1


def test_an_unconfirmed_address_is_not_told(office: Office) -> None:
    me = office.settle("Elbasan Market", MANY, is_confirmed=False)
    office.order(me, "open-invoices.csv")
    office.work()
    assert office.mails() == []


def test_one_at_a_time_for_each_account(office: Office) -> None:
    me = office.settle("Elbasan Market", MANY)
    reference = office.order(me, "open-invoices.csv")
    with pytest.raises(UnderWay) as refused:
        office.order(me, "payments.csv")
    assert refused.value.reference == reference
    assert office.at_once(me, "open-invoices.csv", scope=Scope(contract=me.contracts[0]))
    other = office.settle("Agron Hoxha", FEW)
    second = office.order(other, "payments.csv", days=900)
    assert office.get(other, second).ahead == 1
    office.work()
    assert office.get(other, second).state is State.READY


@pytest.mark.parametrize(
    ("told", "days", "few", "many"),
    [
        ("open-invoices.xlsx", 0, True, False),
        ("payments.csv", 400, True, False),
        ("payments.csv", 5, True, True),
        ("consumption.xml", 900, False, False),
        ("documents.zip", 27, True, False),
        ("documents.zip", 400, False, False),
    ],
)
def test_what_is_made_at_once(office: Office, told: str, days: int, few: bool, many: bool) -> None:
    office.shared = office.with_settings(rows_at_once=50 if days else 10)
    for name, codes, at_once in (("Agron Hoxha", FEW, few), ("Elbasan Market", MANY, many)):
        try:
            begun = office.begin(office.settle(name, codes), told, days=days)
        except NotMade as error:  # of five days it may be that nothing was paid in them
            assert (error.note, days, at_once) == (Note.NO_ROWS, 5, True)
            continue
        assert isinstance(begun, Download) is at_once
        if isinstance(begun, Download):
            begun.content.close()


def test_many_contracts_are_never_asked_for_at_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few of them owe: a page has one time-out for all its questions."""
    monkeypatch.setattr(service, "MOST_CONTRACTS", 39)
    me = office.settle("Elbasan Market", MANY)
    assert isinstance(office.begin(me, "payments.csv", days=0), str)


def test_asked_for_too_often(office: Office) -> None:
    office.shared = office.with_settings(asked_per_hour=2)
    me = office.settle("Agron Hoxha", FEW)
    for _ in range(2):
        office.at_once(me, "open-invoices.csv")
    with pytest.raises(NotMade) as refused:
        office.begin(me, "open-invoices.csv")
    assert refused.value.note is Note.TOO_OFTEN
    other = office.settle("Vera Leka", ["AL0000004"])
    assert office.at_once(other, "open-invoices.csv")
    office.clock.now += timedelta(hours=1)
    assert office.at_once(me, "open-invoices.csv")


def test_invoices_that_all_cannot_be_read(office: Office) -> None:
    def hide(name: str, count: int) -> None:
        if name == "get_invoice":
            raise InvoiceNotFound

    me = office.settle("Agron Hoxha", FEW)
    office.shared = office.with_billing(hide)
    reference = office.order(me, "documents.pdf", days=60)
    office.work()
    assert office.get(me, reference).note is Note.NOTHING_THERE, "no PDF without a page"


def test_a_page_that_begins_within_a_contract(office: Office) -> None:
    office.change_billing("UPDATE FATURE SET VL_PAGUAR = 0, STATUS = 'H' WHERE KTR_ID IN (1, 2, 3)")
    me = office.settle("Agron Hoxha", FEW)
    reference = office.order(me, "open-invoices.pdf")
    office.work()
    paper = PdfReader(BytesIO(office.take(me, reference)))
    assert len(paper.pages) > 1
    for page in paper.pages[1:]:
        first = page.extract_text().partition("Totali (lek)")[2].split()[0]
        assert first.startswith("AL000000"), "whose rows these are"


def test_billing_that_does_not_answer_is_waited_for(office: Office) -> None:
    def away(name: str, count: int) -> None:
        raise BillingUnavailable("no answer")

    me = office.settle("Agron Hoxha", FEW)
    reference = office.begin(me, "open-invoices.csv", shared=office.with_billing(away))
    assert isinstance(reference, str)
    office.work()
    assert office.get(me, reference).state is State.READY


def test_two_that_ask_in_the_same_moment(office: Office) -> None:
    me = office.settle("Elbasan Market", MANY)
    together, made, refused = Barrier(4), [], []

    def ask() -> None:
        together.wait()
        try:
            made.append(office.order(me, "open-invoices.csv"))
        except UnderWay as error:
            refused.append(error)

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(refused)) == (1, 3)


def test_only_its_owner_finds_it(office: Office) -> None:
    me = office.settle("Elbasan Market", MANY)
    reference = office.order(me, "open-invoices.csv")
    office.work()
    stranger = office.settle("Vera Leka", ["AL0000004"])
    for forbidden in (
        lambda: office.get(stranger, reference),
        lambda: office.take(stranger, reference),
        lambda: office.get(me, Reference("A" * 26)),
    ):
        with pytest.raises(ExportNotFound):
            forbidden()
    office.desk.delete(reference, stranger.account.id)
    office.desk.cancel(reference, stranger.account.id)
    assert office.take(me, reference)
    assert office.desk.list_of(stranger.account.id) == []


def test_what_was_taken_stands_in_the_trail(office: Office) -> None:
    me = office.settle("Elbasan Market", MANY)
    office.at_once(me, "open-invoices.csv", scope=Scope(contract=me.contracts[0]))
    office.order(me, "payments.xlsx")
    newest = office.accounts.shared.audit.list_newest(account_id=me.account.id)
    told = [e for e in newest if e.action is Action.EXPORTED]
    assert [e.detail for e in told] == [
        "payments.xlsx of 40 contracts",
        "open-invoices.csv of 1 contracts",
    ]
    assert told[1].contract_code == me.contracts[0]


# What billing tells wrongly, or not at all


def test_a_contract_that_cannot_be_read(office: Office) -> None:
    office.change_billing("UPDATE FATURE SET DT_AFAT = 'soon' WHERE KTR_ID = 2")
    me = office.settle("Agron Hoxha", FEW)
    reference = office.begin(me, "open-invoices.csv")
    assert isinstance(reference, str), "what billing tells unreadably is looked at by the job"
    with capture_logs() as logs:
        office.work()
    export = office.get(me, reference)
    assert export.file is not None and export.file.left_out == ("AL0000002",)
    assert office.mails()[-1]["text"].endswith("Diçka u la jashtë; faqja thotë çfarë.")
    found = {row["Kodi i kontratës"] for row in rows(office.take(me, reference))}
    assert found == {"AL0000001"}  # the third owes nothing
    [line] = [entry for entry in logs if entry["log_level"] == "error"]
    assert line["contract"] == "AL0000002" and line["do"].startswith("run: flask billing map try")


@pytest.mark.parametrize(
    "told", ["open-invoices.csv", "invoices.xlsx", "consumption.xml", "documents.pdf"]
)
def test_a_contract_that_billing_no_longer_has(office: Office, told: str) -> None:
    me = office.settle("Agron Hoxha", FEW)
    office.change_billing("UPDATE KONTRATE SET KTR_KOD = 'GONE' WHERE KTR_KOD = 'AL0000002'")
    reference = office.begin(me, told, days=27)
    assert isinstance(reference, str), "only a page can say what is left out"
    office.work()
    export = office.get(me, reference)
    assert export.file is not None and export.file.left_out == ("AL0000002",)


def test_an_invoice_that_goes_meanwhile(office: Office) -> None:
    me = office.settle("Agron Hoxha", FEW)

    def cancel(name: str, count: int) -> None:
        if name == "get_invoice" and not cancelled:
            cancelled.append(count)
            office.change_billing(
                "DELETE FROM FATURE WHERE FAT_ID = (SELECT FAT_ID FROM FATURE WHERE KTR_ID = 3"
                " ORDER BY DT_LESHIM DESC LIMIT 1)"
            )

    cancelled: list[int] = []
    office.shared = office.with_billing(cancel)
    reference = office.order(me, "documents.zip", days=120)
    office.work()
    export = office.get(me, reference)
    assert export.state is State.READY and export.file is not None
    [left_out] = export.file.left_out
    assert left_out.startswith("AL0000003/")
    assert len(ZipFile(BytesIO(office.take(me, reference))).namelist()) == 11


@pytest.mark.parametrize(
    ("told", "settings"),
    [
        ("open-invoices.pdf", {"pdf_rows_at_most": 10}),
        ("documents.pdf", {"pdf_invoices_at_most": 10}),
        ("documents.zip", {"archive_invoices_at_most": 10}),
    ],
)
def test_too_long_for_one_file(office: Office, told: str, settings: dict[str, int]) -> None:
    me = office.settle("Elbasan Market", MANY)
    office.shared = office.with_settings(**settings)
    reference = office.order(me, told)
    office.work()
    export = office.get(me, reference)
    assert (export.state, export.note) == (State.FAILED, Note.TOO_LARGE)
    assert office.files() == [] and office.mails() == []
