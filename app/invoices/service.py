"""What is owed, what was billed and paid, and one invoice with all its details."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from app.invoices import rules
from app.invoices.rules import Consumption, Selection
from legacy_adapters.port import Billing
from legacy_adapters.records import (
    Contract,
    ContractCode,
    Invoice,
    InvoiceDetail,
    InvoiceNumber,
    Payment,
    Statement,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """The open invoices of a contract, those ticked, and those whose due day has passed."""

    statement: Statement
    selection: Selection
    overdue: frozenset[InvoiceNumber]


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """consumption is None when nothing was billed yet."""

    contract: Contract
    invoices: tuple[Invoice, ...]
    payments: tuple[Payment, ...]
    consumption: Consumption | None


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceFile:
    """An invoice, and the consumption its document draws beside it."""

    invoice: InvoiceDetail
    consumption: Consumption | None


class InvoiceService:
    def __init__(self, *, billing: Billing, today: Callable[[], date]) -> None:
        self._billing = billing
        self._today = today

    def choose(
        self, code: ContractCode, numbers: Sequence[str] = (), *, everything: bool = False
    ) -> Choice:
        """What is owed now, and what of it was ticked. One round trip.

        Raises: ContractNotFound.
        """
        statement, today = self._billing.get_statement(code), self._today()
        owed = statement.open_invoices
        return Choice(
            statement=statement,
            selection=rules.select_invoices(
                owed, [i.number for i in owed] if everything else numbers
            ),
            overdue=frozenset(i.number for i in owed if i.due_on and i.due_on < today),
        )

    def get_history(self, code: ContractCode) -> History:
        """Two round trips. Raises: ContractNotFound."""
        today = self._today()
        found = self._billing.get_invoice_history(
            code,
            # Two years, for the chart's comparison; the table shows one.
            since=rules.years_before(today, 2),
            at_least=2 * rules.ROWS_AT_LEAST,
        )
        return History(
            contract=found.contract,
            invoices=rules.last_twelve_months(found.invoices, lambda i: i.issued_on, today),
            payments=self._billing.list_payments(
                code, since=rules.years_before(today, 1), at_least=rules.ROWS_AT_LEAST
            ),
            consumption=rules.consumption(found.invoices),
        )

    def get_file(self, code: ContractCode, number: InvoiceNumber) -> InvoiceFile:
        """Two round trips. Raises: ContractNotFound, InvoiceNotFound."""
        invoice = self._billing.get_invoice(code, number)
        issued = invoice.issued_on or self._today()
        found = self._billing.get_invoice_history(
            code, since=rules.years_before(issued, 1), at_least=rules.ROWS_AT_LEAST
        )
        upto = [i for i in found.invoices if i.issued_on is None or i.issued_on <= issued]
        return InvoiceFile(invoice=invoice, consumption=rules.consumption(upto))
