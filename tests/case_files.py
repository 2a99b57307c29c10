"""Cases as records, made up of what a test wants to see on paper."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from app.accounts.records import AccountId
from app.cases.catalogue import load_catalogue
from app.cases.records import (
    Attached,
    By,
    Case,
    CaseFile,
    CaseId,
    CaseNumber,
    Debt,
    Event,
    State,
    Summary,
    What,
)
from app.documents.records import Document, DocumentId, Scan
from config.settings import ROOT
from legacy_adapters.records import ContractCode

FILED = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
F2 = load_catalogue(ROOT / "config/cases.toml").requests["F2"]
ANSWERS = {
    "invoice": "123456789",
    "tariff": next(spec for spec in F2.fields if spec.code == "tariff")
    .choices.__iter__()
    .__next__(),
    "note": "Tarifa në faturë është e biznesit.\n\nUnë jam familje, çdo muaj njësoj.",
}
ANSWER = (
    "E nderuara zonjë,\n\nFatura u rillogarit me tarifën familjare. Diferenca prej 1 204,00 lekësh"
    " zbritet nga fatura e radhës.\n\nJu falënderojmë që na e treguat."
)


def an_event(day: int, what: What, by: By, state: State, **more: str) -> Event:
    given = {"staff": "", "note": "", "remark": "", **more}
    return Event(at=FILED + timedelta(days=day), what=what, by=by, state=state, **given)


EVENTS = (
    an_event(0, What.FILED, By.CUSTOMER, State.WAITING),
    an_event(1, What.ASSIGNED, By.STAFF, State.WAITING, staff="Agjent Demo", remark="agjent"),
    an_event(1, What.NOTED, By.STAFF, State.WAITING, remark="klient i vështirë"),
    an_event(
        2,
        What.MOVED,
        By.STAFF,
        State.WAITING_INFORMATION,
        staff="Agjent Demo",
        note="Na dërgoni kopjen e faturës, ju lutemi.",
        remark="pa kopje nuk shihet",
    ),
    an_event(3, What.DOCUMENTS, By.CUSTOMER, State.WAITING_INFORMATION, note="fatura.pdf"),
    an_event(3, What.MOVED, By.CUSTOMER, State.IN_PROGRESS, note="E shtova."),
    an_event(6, What.MOVED, By.STAFF, State.DONE, note="Përgjigjja jonë gjendet te kërkesa."),
)


def a_document(number: int = 1, **more: Any) -> Attached:
    given = {"purpose": "invoice_copy", "by": By.CUSTOMER, "scan": Scan.CLEAN, **more}
    return Attached(
        document=Document(
            id=DocumentId(number),
            name=given.get("name", f"fatura-{number}.pdf"),
            media_type="application/pdf",
            size=812_345 + number,
            sha256=sha256(str(number).encode()).hexdigest(),
            created_at=FILED,
            scan=given["scan"],
        ),
        purpose=given["purpose"],
        by=given["by"],
        at=FILED + timedelta(minutes=number),
    )


def a_case(**more: Any) -> Case:
    """more: of the case or of its summary."""
    summary = Summary(
        id=CaseId(1),
        number=CaseNumber("F2000000053"),
        contract_code=ContractCode("AL0000000"),
        holder="EMER MBIEMER",
        request_code="F2",
        form=F2,
        state=State.DONE,
        filed_at=FILED,
        due_on=date(2026, 12, 4),
        days_left=None,
        closed_at=FILED + timedelta(days=6),
        assignee=None,
    )
    of_summary = {name: more.pop(name) for name in list(more) if hasattr(summary, name)}
    case = Case(
        summary=replace(summary, **of_summary),
        account_id=AccountId(1),
        language="sq",
        answers=ANSWERS,
        debt=Debt.AGREED,
        debt_amount=Decimal("2756.20"),
        answer=ANSWER,
        version=7,
    )
    return replace(case, **more)


def a_file(
    documents: tuple[Attached, ...] = (a_document(),),
    events: tuple[Event, ...] = EVENTS,
    **more: Any,
) -> CaseFile:
    return CaseFile(case=a_case(**more), documents=documents, events=events)
