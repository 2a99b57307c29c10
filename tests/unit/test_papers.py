"""Customers' names on each kind of paper, read back as a reader would."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pypdf
import pypdfium2
import pytest

from app.accounts.records import AccountId
from app.certificates.paper import Facts, render_certificate
from app.certificates.records import (
    Application,
    ApplicationId,
    Certificate,
    CertificateCode,
    Kind,
)
from app.certificates.records import State as Decided
from app.exports.list_pdf import ListPdf
from app.exports.reading import Owed
from app.exports.records import Named, Tally
from app.formats import Formats
from app.invoices.document import render_invoice
from app.messages.texts import texts
from app.payments.receipt import render_receipt
from app.payments.records import Line, Order, OrderId, OrderReference, State
from benchmarks.documents import same_invoice
from config.settings import UtilitySettings
from legacy_adapters.records import (
    Contract,
    ContractCode,
    InvoiceNumber,
    OpenInvoice,
    Period,
    Statement,
)

NAMES = [
    ("Đorđe Žižić-Škoda", "Čapljina"),
    ("Łukasz Ślązak", "ul. Źródlana 7, Łódź"),
    ("Ђорђе Петровић", "Улица Љубе Ненадовића 5, Ниш"),
    ("Ќирил Ѓорѓиев", "Бул. Партизански Одреди 3, Скопје"),
    ("Αλέξανδρος Παπαδόπουλος", "Οδός Ερμού 9, Ιωάννινα"),
    ("محمد Агрон 👍", "大阪"),
]
AT = datetime(2026, 11, 28, 11, 5, tzinfo=UTC)
CODE = ContractCode("AL0000000")
UTILITY = UtilitySettings(legal_name="Енергија Čista d.o.o.", address="Łódzka 1, Шид")


def contract(holder: str, address: str) -> Contract:
    return Contract(code=CODE, subscriber=holder, address=address, phone="", tax_id="")


def an_invoice(holder: str, address: str) -> bytes:
    file = same_invoice()
    invoice = replace(file.invoice, contract=contract(holder, address))
    return render_invoice(
        replace(file, invoice=invoice),
        utility=UTILITY,
        is_sample=False,
        formats=Formats("sq"),
        translate=texts("sq"),
    )


def a_receipt(holder: str, _address: str) -> bytes:
    order = Order(
        id=OrderId(1),
        reference=OrderReference("P1"),
        account_id=AccountId(1),
        link_id=None,
        gateway="sandbox",
        bank_reference="1",
        language="sq",
        amount=Decimal(100),
        currency="ALL",
        state=State.BOOKED,
        state_at=AT,
        problem=None,
        created_at=AT,
        expires_at=AT,
        sent_at=AT,
        asks=0,
        next_ask_at=None,
        captured=Decimal(100),
        captured_currency="ALL",
        captured_at=AT,
        transaction="1",
        receipt_code="A" * 26,
    )
    line = Line(
        contract_code=CODE,
        holder=holder,
        invoice_number=InvoiceNumber("1"),
        period=Period(2026, 10),
        principal=Decimal(100),
        tv_fee=Decimal(0),
        interest=Decimal(0),
        amount=Decimal(100),
    )
    return render_receipt(
        order,
        [line],
        verify_at="https://portal.example/verify/A",
        utility=UTILITY,
        is_sample=False,
        formats=Formats("sq"),
        translate=texts("sq"),
    )


def a_certificate(holder: str, address: str) -> bytes:
    application = Application(
        id=ApplicationId(1),
        account_id=AccountId(1),
        language="sq",
        kind=Kind.HOUSEHOLD,
        contract_code=CODE,
        holder=holder,
        state=Decided.ISSUED,
        filed_at=AT,
        due_on=AT.date(),
        decided_at=AT,
        decided_by="",
        reason="",
    )
    certificate = Certificate(
        code=CertificateCode("A" * 26),
        issued_at=AT,
        valid_until=date(2026, 12, 28),
        ended_on=None,
        ended_why=None,
        is_signed=False,
    )
    facts = Facts(
        application=application,
        certificate=certificate,
        contracts=(contract(holder, address),),
        typed={"father": holder},
        verify_at="https://portal.example/verify/A",
    )
    return render_certificate(
        facts, utility=UTILITY, is_sample=False, formats=Formats("sq"), translate=texts("sq")
    )


def a_list(holder: str, address: str) -> bytes:
    stream = io.BytesIO()
    invoice = OpenInvoice(
        number=InvoiceNumber("1"),
        period=Period(2026, 10),
        issued_on=date(2026, 11, 1),
        due_on=date(2026, 11, 20),
        principal=Decimal(100),
        tv_fee=Decimal(0),
        interest=Decimal(0),
        outstanding=Decimal(100),
    )
    statement = Statement(contract=contract(holder, address), open_invoices=(invoice,))
    paper = ListPdf(
        stream,
        utility=UTILITY,
        is_sample=False,
        owner=holder,
        group=address,
        at=AT,
        formats=Formats("sq"),
        translate=texts("sq"),
    )
    paper.write([[Owed(named=Named(code=CODE, name="", group=""), statement=statement)]], Tally())
    return stream.getvalue()


def read(content: bytes) -> str:
    pages = pypdfium2.PdfDocument(content)
    return " ".join(" ".join(p.get_textpage().get_text_bounded().split()) for p in pages)


@pytest.mark.parametrize(
    ("paper", "with_address"),
    [(an_invoice, True), (a_receipt, False), (a_certificate, True), (a_list, True)],
)
@pytest.mark.parametrize(("holder", "address"), NAMES)
def test_names_stand_on_paper_as_they_are_written(
    paper: Callable[[str, str], bytes], with_address: bool, holder: str, address: str
) -> None:
    content = paper(holder, address)
    text = read(content)
    assert holder.replace("محمد", "◊" * 4).replace("👍", "◊") in text
    assert not with_address or address.replace("大阪", "◊◊") in text
    assert UTILITY.legal_name in text
    assert len(content) < 30_000
    pypdf.PdfReader(io.BytesIO(content), strict=True)
