"""What is owed, what was billed and paid, and one invoice with all its details."""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.invoices import rules
from app.invoices.rules import Consumption, Selection
from app.last_known.records import HISTORY, PAYMENTS, STATEMENT, Told
from app.last_known.service import LastKnown
from legacy_adapters.port import Billing
from legacy_adapters.records import (
    NO_MONEY,
    Contract,
    ContractCode,
    Invoice,
    InvoiceDetail,
    InvoiceHistory,
    InvoiceNumber,
    Payment,
    Statement,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """The open invoices of a contract, those ticked, and those whose due day has passed.

    owed, credit: what is to pay in all, and how much in the customer's favour is in it; owing: how
    many invoices ask for something; can_choose: one of them can be paid now. as_of: the moment
    billing told them, while it is away: nothing may be paid then.
    """

    statement: Statement
    selection: Selection
    overdue: frozenset[InvoiceNumber]
    owed: Decimal
    credit: Decimal
    owing: int
    can_choose: bool
    as_of: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """consumption is None when nothing was billed yet. as_of: as of a Choice."""

    contract: Contract
    invoices: tuple[Invoice, ...]
    payments: tuple[Payment, ...]
    consumption: Consumption | None
    as_of: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceFile:
    """An invoice, and the consumption its document draws beside it."""

    invoice: InvoiceDetail
    consumption: Consumption | None


class InvoiceService:
    def __init__(
        self, *, billing: Billing, last_known: LastKnown, today: Callable[[], date]
    ) -> None:
        self._billing = billing
        self._last_known = last_known
        self._today = today

    def choose(
        self,
        code: ContractCode,
        numbers: Sequence[str] = (),
        *,
        everything: bool = False,
        busy: Container[str] = (),
    ) -> Choice:
        """What is owed now, and what of it was ticked. One round trip.

        busy: invoices in a payment already; `everything` leaves them out, and credits.

        Raises: ContractNotFound.
        """
        told = self._last_known.ask(STATEMENT, code, lambda: self._billing.get_statement(code))
        statement, today = told.answer, self._today()
        invoices, owed = statement.open_invoices, statement.outstanding
        free = [i.number for i in invoices if i.is_to_pay and i.number not in busy]
        credits = [i.outstanding for i in invoices if i.outstanding < 0]
        late = [i.number for i in invoices if i.is_overdue(today)] if owed > 0 else ()
        return Choice(
            statement=statement,
            selection=rules.select_invoices(invoices, free if everything else numbers),
            overdue=frozenset(late),
            owed=owed,
            credit=-sum(credits, NO_MONEY),
            owing=sum(i.outstanding > 0 for i in invoices),
            can_choose=bool(free),
            as_of=told.as_of,
        )

    def get_history(self, code: ContractCode) -> History:
        """Two round trips. Raises: ContractNotFound."""
        today = self._today()
        history = self.list_recent(code)
        payments = self._last_known.ask(
            PAYMENTS,
            code,
            lambda: self._billing.list_payments(
                code, since=rules.years_before(today, 1), at_least=rules.ROWS_AT_LEAST
            ),
        )
        found = history.answer
        return History(
            contract=found.contract,
            invoices=rules.last_twelve_months(found.invoices, lambda i: i.issued_on, today),
            payments=payments.answer,
            consumption=rules.consumption(found.invoices),
            as_of=min((told.as_of for told in (history, payments) if told.as_of), default=None),
        )

    def list_recent(self, code: ContractCode) -> Told[InvoiceHistory]:
        """The contract with its invoices of two years: the table shows one, the chart compares
        it with the one before. One round trip. Raises: ContractNotFound."""
        since = rules.years_before(self._today(), 2)
        return self._last_known.ask(
            HISTORY,
            code,
            lambda: self._billing.get_invoice_history(
                code, since=since, at_least=2 * rules.ROWS_AT_LEAST
            ),
        )

    @staticmethod
    def get_consumption(history: InvoiceHistory) -> Consumption | None:
        """Of the months that the page's chart shows; None when nothing was billed yet."""
        return rules.consumption(history.invoices)

    def get_file(self, code: ContractCode, number: InvoiceNumber) -> InvoiceFile:
        """Two round trips; never from last known data: a document is kept and shown to others.

        Raises: ContractNotFound, InvoiceNotFound.
        """
        invoice = self._billing.get_invoice(code, number)
        issued = invoice.issued_on or self._today()
        found = self._billing.get_invoice_history(
            code, since=rules.years_before(issued, 1), at_least=rules.ROWS_AT_LEAST
        )
        consumption = rules.consumption_until(found.invoices, issued)
        return InvoiceFile(invoice=invoice, consumption=consumption)
