"""What holds for payments: the choice, the life of an order, when the bank is asked. Pure."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from app.gateways.cards.port import Report, Verdict
from app.payments.records import (
    ChoiceRefused,
    Chosen,
    Line,
    Order,
    Posting,
    Problem,
    Refusal,
    State,
)
from legacy_adapters.records import NO_MONEY, ContractCode, InvoiceNumber, OpenInvoice, Statement

# The life of an order. Whatever a bank says late is still heard: money that it took is never
# overlooked because the portal had given the order up.
MAY_FOLLOW: dict[State, frozenset[State]] = {
    State.OPEN: frozenset(
        {State.AT_BANK, State.CANCELLED, State.EXPIRED, State.PAID, State.REVIEW}
    ),
    State.AT_BANK: frozenset(
        {
            *(State.UNKNOWN, State.DECLINED, State.CANCELLED, State.EXPIRED),
            *(State.PAID, State.REVIEW),
        }
    ),
    State.UNKNOWN: frozenset(
        {
            *(State.DECLINED, State.CANCELLED, State.EXPIRED),
            *(State.PAID, State.REVIEW, State.CLOSED),
        }
    ),
    State.DECLINED: frozenset({State.PAID, State.REVIEW}),
    State.CANCELLED: frozenset({State.PAID, State.REVIEW}),
    State.EXPIRED: frozenset({State.PAID, State.REVIEW}),
    State.PAID: frozenset({State.BOOKED, State.REVIEW}),
    State.BOOKED: frozenset({State.REVIEW}),
    State.REVIEW: frozenset({State.PAID, State.BOOKED, State.CLOSED}),
    State.CLOSED: frozenset({State.REVIEW}),
}
UNDECIDED = frozenset({State.OPEN, State.AT_BANK, State.UNKNOWN})
NOT_TAKEN = frozenset({State.DECLINED, State.CANCELLED, State.EXPIRED})
COUNTED = frozenset({State.PAID, State.BOOKED})
# Invoices in these are nobody else's to pay.
HOLDING = frozenset({*UNDECIDED, State.PAID, State.REVIEW})

NUMBER_LENGTH = 40  # what the staging table holds of an invoice's number

AT_BANK_EVERY = timedelta(minutes=3)
UNKNOWN_DELAYS = tuple(timedelta(minutes=m) for m in (1, 2, 5, 10, 30))
UNKNOWN_LATER = timedelta(hours=1)
UNANSWERED = timedelta(minutes=5)  # when the bank could not be asked of an order at its end
# A bank may take money late, for an order given up here.
AFTER_THE_END = (timedelta(hours=1), timedelta(days=1))


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What a report does to an order; problem: why a person is needed from now on."""

    state: State
    problem: Problem | None = None


def draft(
    statements: Mapping[ContractCode, Statement],
    chosen: Iterable[Chosen],
    *,
    busy: Container[tuple[ContractCode, InvoiceNumber]] = (),
    most_invoices: int,
    most_amount: Decimal,
) -> tuple[Line, ...]:
    """The lines of an order, each figure billing's own, in the contracts' order, oldest first.

    busy: invoices in other orders, left out where a whole contract is chosen. An invoice is never
    in it twice: one that a statement tells twice cannot be paid, for nobody knows which is right.

    Raises: ChoiceRefused.
    """
    lines: dict[tuple[ContractCode, InvoiceNumber], Line] = {}
    chosen = list(chosen)
    for wanted in sorted(chosen, key=lambda one: one.contract_code):
        statement = statements.get(wanted.contract_code)
        if statement is None:
            raise ChoiceRefused(Refusal.GONE, sorted(wanted.numbers or ()))
        for invoice in _pick(statement, wanted, busy):
            lines[statement.contract.code, invoice.number] = _line(statement, invoice)
    if not lines:
        is_whole = any(one.numbers is None for one in chosen)
        raise ChoiceRefused(Refusal.NOTHING_LEFT if is_whole else Refusal.NOTHING)
    if len(lines) > most_invoices:
        raise ChoiceRefused(Refusal.TOO_MANY)
    if total(lines.values()) > most_amount:
        raise ChoiceRefused(Refusal.TOO_MUCH)
    return tuple(lines.values())


def total(lines: Iterable[Line]) -> Decimal:
    return sum((line.amount for line in lines), NO_MONEY)


def is_payable(invoice: OpenInvoice) -> bool:
    """A credit in the customer's favour, or nothing, cannot be paid; nor can what its payment
    could not be posted for."""
    number = invoice.number
    can_be_posted = 0 < len(number) <= NUMBER_LENGTH and number.isprintable()
    return invoice.is_to_pay and can_be_posted


def _pick(
    statement: Statement, wanted: Chosen, busy: Container[tuple[ContractCode, InvoiceNumber]]
) -> list[OpenInvoice]:
    oldest_first = list(reversed(statement.open_invoices))
    told = Counter(invoice.number for invoice in oldest_first)
    payable = [i for i in oldest_first if is_payable(i) and told[i.number] == 1]
    if wanted.numbers is None:
        code = statement.contract.code
        return [invoice for invoice in payable if (code, invoice.number) not in busy]
    found = [invoice for invoice in oldest_first if invoice.number in wanted.numbers]
    gone = wanted.numbers - {invoice.number for invoice in found}
    if gone:
        raise ChoiceRefused(Refusal.GONE, sorted(gone))
    chosen = [invoice for invoice in payable if invoice.number in wanted.numbers]
    unpayable = wanted.numbers - {invoice.number for invoice in chosen}
    if unpayable:
        raise ChoiceRefused(Refusal.NOT_PAYABLE, sorted(unpayable))
    return chosen


def _line(statement: Statement, invoice: OpenInvoice) -> Line:
    return Line(
        contract_code=statement.contract.code,
        holder=statement.contract.subscriber,
        invoice_number=invoice.number,
        period=invoice.period,
        principal=invoice.principal,
        tv_fee=invoice.tv_fee,
        interest=invoice.interest,
        amount=invoice.outstanding,
    )


def decide(order: Order, report: Report, *, now: datetime, invoices_are_free: bool) -> Step | None:
    """What the bank's word does to the order; None: nothing, it is known or comes too late.

    invoices_are_free: whether no other order has them; asked of orders that do not hold them.
    """
    step = _decide(order, report, now=now, invoices_are_free=invoices_are_free)
    if step is None or (step.state == order.state and step.problem == order.problem):
        return None
    if step.state != order.state and step.state not in MAY_FOLLOW[order.state]:
        return None
    return step


def _decide(order: Order, report: Report, *, now: datetime, invoices_are_free: bool) -> Step | None:
    match report.verdict:
        case Verdict.CAPTURED:
            return _captured(order, report, invoices_are_free=invoices_are_free)
        case Verdict.REVERSED:
            return _reversed(order)
        case Verdict.DECLINED:
            return Step(state=State.DECLINED) if order.state in UNDECIDED else None
        case Verdict.PENDING:
            late = order.state is State.AT_BANK and now >= order.expires_at
            return Step(state=State.UNKNOWN) if late else None
        case Verdict.ABSENT:
            late = order.state in UNDECIDED and now >= order.expires_at
            return Step(state=State.EXPIRED) if late else None


def _captured(order: Order, report: Report, *, invoices_are_free: bool) -> Step | None:
    if was_given_back(order, report):
        return None
    if order.captured is not None:
        known = report.transaction in ("", order.transaction) or names_capture(order, report)
        return None if known else Step(state=State.REVIEW, problem=Problem.TAKEN_TWICE)
    if order.state is State.CLOSED:
        return Step(state=State.REVIEW, problem=Problem.TAKEN_TWICE)
    # Some banks' interfaces tell no currency: they take the one that was asked for.
    if report.amount != order.amount or report.currency not in ("", order.currency):
        return Step(state=State.REVIEW, problem=Problem.AMOUNT)
    if order.state in NOT_TAKEN and not invoices_are_free:
        return Step(state=State.REVIEW, problem=Problem.TAKEN_TWICE)
    return Step(state=State.PAID)


def names_capture(order: Order, report: Report) -> bool:
    """Whether it gives a capture that is known without one its transaction's id: not every way
    by which a bank tells of it has that."""
    is_known = order.captured is not None and report.verdict is Verdict.CAPTURED
    return is_known and not order.transaction and bool(report.transaction)


def was_given_back(order: Order, report: Report) -> bool:
    """Whether the bank gave this money back before it was counted: news can overtake each other."""
    return order.captured is None and report.transaction in {order.transaction} - {""}


def _reversed(order: Order) -> Step | None:
    if order.captured is not None:
        return Step(state=State.REVIEW, problem=Problem.REVERSED)
    return Step(state=State.DECLINED) if order.state in UNDECIDED else None


def is_booked(postings: Sequence[Posting | None]) -> bool:
    return all(posting is Posting.ACCEPTED for posting in postings)


def next_ask(order: Order, now: datetime) -> datetime | None:
    """When the bank is to be asked next of an order in this state, asked `order.asks` times in
    it; None: not any more."""
    if order.sent_at is None:
        return order.expires_at if order.state is State.OPEN else None
    if order.state is State.AT_BANK:
        return now + AT_BANK_EVERY
    if order.state is State.UNKNOWN:
        return now + (
            UNKNOWN_DELAYS[order.asks] if order.asks < len(UNKNOWN_DELAYS) else UNKNOWN_LATER
        )
    if order.state in NOT_TAKEN and order.asks < len(AFTER_THE_END):
        return now + AFTER_THE_END[order.asks]
    return None


def is_due(order: Order, now: datetime) -> bool:
    """Whether the bank should be asked of it by now; whoever asks has it put off first."""
    return order.next_ask_at is not None and order.next_ask_at <= now


def masked_name(name: str) -> str:
    """`Emer Mbiemer` as `E*** M***`: enough to see whose bill it is, for who knows it."""
    return " ".join(f"{part[0]}***" for part in name.split()[:4])


def masked_code(code: str) -> str:
    """A contract's code by its last three characters."""
    return f"***{code[-3:]}"
