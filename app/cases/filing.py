"""From the form to the filed case: the check of what was filled in, and the number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection

from app.accounts.records import Account, SignedIn
from app.accounts.rules import name_key
from app.audit.records import Action
from app.cases import fields, letters, rules
from app.cases.catalogue import Catalogue, RequestForm
from app.cases.drafting import opened, refuse_if_filed
from app.cases.fields import Problem
from app.cases.records import (
    NOTE,
    Answers,
    By,
    CaseError,
    CaseNumber,
    Debt,
    Draft,
    DraftNotFound,
    Filled,
    State,
    TooManyCases,
    TooManyToday,
    What,
)
from app.cases.shared import Move, Shared
from app.cases.store import cases, drafts
from app.documents.records import Scan
from app.invoices.service import InvoiceService
from legacy_adapters.errors import BillingError, ContractNotFound
from legacy_adapters.records import NO_MONEY, ContractCode, Invoice, Statement

NOTE_LENGTH = 4_000


class NotComplete(CaseError):
    """What was filled in cannot be filed yet.

    problems: by field; documents: purposes of which none was added; undisputed: what is owed
    beside what is disputed, None where that is no hindrance; infected: names of documents that
    carry a virus.
    """

    def __init__(
        self,
        problems: Mapping[str, Problem],
        documents: Sequence[str],
        undisputed: Decimal | None,
        infected: Sequence[str],
    ) -> None:
        super().__init__(f"{len(problems)} fields, {len(documents)} documents")
        self.problems = problems
        self.documents = documents
        self.undisputed = undisputed
        self.infected = infected


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """What billing tells for a request. holder: "" and invoices: None where it does not tell;
    statement: only where the debt is checked; as_of: the moment of what was last known."""

    holder: str
    invoices: tuple[Invoice, ...] | None
    statement: Statement | None
    as_of: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Whole:
    """What is filed: everything checked. owed: beside what is disputed."""

    filled: Filled
    draft: Draft
    answers: Answers
    holder: str
    debt: Debt
    owed: Decimal


class Filing:
    def __init__(self, shared: Shared, *, invoices: InvoiceService) -> None:
        self._shared = shared
        self._invoices = invoices

    @property
    def catalogue(self) -> Catalogue:
        return self._shared.catalogue

    def ground(self, code: ContractCode, form: RequestForm | None) -> Ground:
        """One round trip for the holder, one more where invoices and debt are both wanted.

        Raises: ContractNotFound.
        """
        wants_invoices = form is not None and form.has_field("invoice")
        wants_debt = form is None or form.check_debt or not wants_invoices
        holder, as_of = "", None
        statement, invoices = None, None
        try:
            if wants_debt:
                choice = self._invoices.choose(code)
                statement, as_of = choice.statement, choice.as_of
                holder = statement.contract.subscriber
            if wants_invoices:
                told = self._invoices.list_recent(code)
                invoices, as_of = told.answer.invoices, as_of or told.as_of
                holder = told.answer.contract.subscriber
        except ContractNotFound:
            raise
        except BillingError:
            pass  # a complaint can be filed all the same
        checks = form is not None and form.check_debt
        return Ground(
            holder=holder,
            invoices=invoices,
            statement=statement if checks else None,
            as_of=as_of,
        )

    def find_invoices(self, code: ContractCode) -> tuple[Invoice, ...] | None:
        """Those that a request may be about; None where billing does not tell. One round trip."""
        try:
            return self._invoices.list_recent(code).answer.invoices
        except BillingError:
            return None

    def undisputed(self, form: RequestForm, ground: Ground, answers: Answers) -> Decimal:
        """What is overdue beside the invoices that the request is about."""
        if ground.statement is None:
            return NO_MONEY
        disputed = {answers.get(spec.code) for spec in form.fields if spec.type == "invoice"}
        today = self._shared.today()
        return sum(
            (
                invoice.outstanding
                for invoice in ground.statement.open_invoices
                if str(invoice.number) not in disputed and invoice.is_overdue(today)
            ),
            NO_MONEY,
        )

    # Filing

    def check(
        self, form: RequestForm, typed: Answers, ground: Ground
    ) -> tuple[dict[str, str], dict[str, Problem], frozenset[str]]:
        """Values as they are kept, problems by field, and fields worth a second look."""
        return check_answers(form, typed, ground.invoices, self._shared.today())

    def file(
        self, signed_in: SignedIn, filled: Filled, ground: Ground, *, agreed: bool
    ) -> CaseNumber:
        """Makes a case of a draft that was kept; once, however often it is sent. agreed: says
        that there is an agreement about what is owed.

        Raises: NotComplete, AlreadyFiled, DraftNotFound, TooManyCases, TooManyToday, Restricted;
        DocumentGone, where one has run out meanwhile.
        """
        shared, account = self._shared, signed_in.account
        shared.refuse_if_restricted(signed_in, filled.form)
        answers, problems, _doubtful = self.check(filled.form, filled.typed, ground)
        owed = self.undisputed(filled.form, ground, answers)
        with shared.database.write() as connection:
            draft = self._draft(connection, account, filled)
            whole = _Whole(
                filled=filled,
                draft=draft,
                answers=answers,
                holder=ground.holder,
                debt=_debt(filled.form, ground, owed),
                owed=owed,
            )
            self._refuse_if_incomplete(whole, problems, agreed=agreed)
            return self._file(connection, account, whole)

    def _draft(self, connection: Connection, account: Account, filled: Filled) -> Draft:
        """Raises: AlreadyFiled, DraftNotFound, TooManyCases, TooManyToday."""
        # Locked first: who sends it at the same time waits here, and then finds the case.
        row = drafts.find(connection, filled.key, account.id, lock=True)
        refuse_if_filed(connection, filled.key, account.id)
        is_holder = self._shared.is_holder(connection, account.id, filled.code)
        if row is None or row.contract_code != filled.code or not is_holder:
            raise DraftNotFound
        limits, yesterday = self._shared.settings, self._shared.clock() - timedelta(days=1)
        if cases.count_open(connection, account.id) >= limits.open_per_account:
            raise TooManyCases
        if cases.count_filed(connection, account.id, since=yesterday) >= limits.filed_per_day:
            raise TooManyToday
        return opened(self._shared, connection, row)

    @staticmethod
    def _refuse_if_incomplete(
        whole: _Whole, problems: Mapping[str, Problem], *, agreed: bool
    ) -> None:
        """Raises: NotComplete."""
        documents = whole.draft.documents
        there = {one.purpose for one in documents}
        lacking = [
            spec.code
            for spec in whole.filled.form.documents
            if spec.required and spec.code not in there
        ]
        infected = [o.document.name for o in documents if o.document.scan is Scan.INFECTED]
        hindrance = whole.owed if whole.owed > 0 and not agreed else None
        if problems or lacking or infected or hindrance is not None:
            raise NotComplete(problems, lacking, hindrance, infected)

    def _file(self, connection: Connection, account: Account, whole: _Whole) -> CaseNumber:
        shared, form, now = self._shared, whole.filled.form, self._shared.clock()
        sequence = cases.next_sequence(connection, form.code)
        number = CaseNumber(rules.number(form.code, sequence))
        case_id = cases.add_case(
            connection,
            {
                "number": number,
                "draft_key": whole.draft.key,
                "request_code": form.code,
                "kind": form.kind,
                "form_digest": cases.keep_form(connection, form, now),
                "contract_code": whole.filled.code,
                "holder": whole.holder[:200],
                "holder_key": name_key(whole.holder)[:200],
                "account_id": account.id,
                "language": account.language,
                "answers": shared.seal.close(whole.draft.key, whole.answers),
                "debt": whole.debt,
                "debt_amount": whole.owed,
                "state": State.WAITING,
                "is_open": True,
                "filed_at": now,
                "changed_at": now,
                "due_on": shared.legal_clock(form).start().due_on,
                "answer": "",
                "version": 1,
            },
        )
        documents = [(one.document.id, one.purpose) for one in whole.draft.documents]
        shared.documents.keep(connection, [one for one, _purpose in documents])
        cases.attach(connection, case_id, documents, by=By.CUSTOMER, at=now)
        drafts.forget(connection, whole.draft.key)
        self._tell(connection, number)
        return number

    def _tell(self, connection: Connection, number: CaseNumber) -> None:
        row = cases.find_case(connection, number)
        if row is None:
            raise RuntimeError("a case vanished while it was filed")
        step = Move(to=State.WAITING, what=What.FILED)
        self._shared.tell(connection, row, step, by=By.CUSTOMER, action=Action.CASE_FILED)
        self._shared.mail(
            connection,
            row,
            lambda _, language: letters.filed(
                _, language, row.summary, address=self._shared.addresses.case(number)
            ),
        )


def check_answers(
    form: RequestForm, typed: Answers, invoices: tuple[Invoice, ...] | None, today: date
) -> tuple[dict[str, str], dict[str, Problem], frozenset[str]]:
    """Values as they are kept, problems by field, and fields worth a second look. Whatever is
    typed beside the form's own fields is left out."""
    numbers = None if invoices is None else {str(invoice.number) for invoice in invoices}
    against = fields.Today(day=today, invoices=numbers)
    values: dict[str, str] = {}
    problems: dict[str, Problem] = {}
    doubtful = set()
    for spec in form.fields:
        checked = fields.check(spec, typed.get(spec.code, ""), against)
        if checked.problem:
            problems[spec.code] = checked.problem
        elif checked.value:
            values[spec.code] = checked.value
        if checked.is_doubtful:
            doubtful.add(spec.code)
    note = typed.get(NOTE, "").strip()
    if len(note) > NOTE_LENGTH:
        problems[NOTE] = Problem.TOO_LONG
    elif note:
        values[NOTE] = note
    return values, problems, frozenset(doubtful)


def _debt(form: RequestForm, ground: Ground, owed: Decimal) -> Debt:
    if not form.check_debt:
        return Debt.NOT_ASKED
    if ground.statement is None or ground.as_of is not None:
        return Debt.UNKNOWN
    return Debt.AGREED if owed else Debt.NONE
