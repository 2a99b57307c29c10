"""What billing tells, as frozen records.

Money is `Decimal` lek with two decimals, VAT included unless a name says `net`;
energy is `Decimal` kWh; power is kW. A text that billing does not have is "".

What pages read by the dozen are named tuples, which are made and compared in half the time.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple, NewType

ContractCode = NewType("ContractCode", str)
InvoiceNumber = NewType("InvoiceNumber", str)
NO_MONEY = Decimal("0.00")


class Period(NamedTuple):
    """The month an invoice bills."""

    year: int
    month: int

    def plus(self, months: int) -> "Period":
        index = self.year * 12 + self.month - 1 + months
        return Period(index // 12, index % 12 + 1)


class Contract(NamedTuple):
    code: ContractCode
    subscriber: str
    address: str
    phone: str
    tax_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ContractInfo:
    contract: Contract
    region: str
    instance: str
    connected_on: date | None
    zone: str
    category: str
    phases: str
    connected_power: Decimal | None
    contracted_power: Decimal | None


class Debt(NamedTuple):
    """What one contract owes in all, at this moment.

    total: with credits taken off, negative in the customer's favour. payable: of the invoices that
    can be paid, which credits do not shorten; earliest_due: of those.
    """

    total: Decimal
    payable: Decimal
    invoices: int
    earliest_due: date | None


class OpenInvoice(NamedTuple):
    """An invoice that is owed, wholly or in part.

    principal: energy, fixed fee and VAT; without TV fee and interest.
    outstanding: what is owed now: principal + tv_fee + interest - what was paid.
    """

    number: InvoiceNumber
    period: Period | None
    issued_on: date | None
    due_on: date | None
    principal: Decimal
    tv_fee: Decimal
    interest: Decimal
    outstanding: Decimal

    @property
    def paid(self) -> Decimal:
        return self.principal + self.tv_fee + self.interest - self.outstanding

    @property
    def is_to_pay(self) -> bool:
        """Not a credit, whose outstanding is below 0; nor what billing gives no number."""
        return self.outstanding > 0 and bool(self.number)

    @property
    def to_pay_by(self) -> date | None:
        """None for a credit, whatever day billing tells."""
        return self.due_on if self.outstanding > 0 else None

    def is_overdue(self, today: date) -> bool:
        return self.to_pay_by is not None and self.to_pay_by < today


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    contract: Contract
    open_invoices: tuple[OpenInvoice, ...]

    @property
    def outstanding(self) -> Decimal:
        return sum((invoice.outstanding for invoice in self.open_invoices), NO_MONEY)

    @property
    def owes(self) -> bool:
        """Not where credits are as much as what is open."""
        return self.outstanding > 0


class Invoice(NamedTuple):
    """An invoice as it was issued: amount is principal + TV fee, without interest."""

    number: InvoiceNumber
    period: Period | None
    issued_on: date | None
    due_on: date | None
    units: Decimal
    amount: Decimal


class Payment(NamedTuple):
    """A payment that billing has posted; method and source are billing's own words."""

    paid_on: date | None
    amount: Decimal
    method: str
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class IssuedInvoice:
    """An invoice beside the contract that it bills. outstanding: what is owed of it now, interest
    included; 0 unless it is open."""

    contract_code: ContractCode
    invoice: Invoice
    outstanding: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class PostedPayment:
    """A payment beside the contract that it is for."""

    contract_code: ContractCode
    payment: Payment


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceHistory:
    contract: Contract
    invoices: tuple[Invoice, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceLine:
    """kind: `energy`, `fixed_fee`, `tv_fee` or `other`; vat_rate in percent."""

    kind: str
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    net: Decimal
    vat_rate: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceDetail:
    """An invoice with all that its document shows.

    net + vat is the principal; outstanding is 0 when nothing is owed any more, and is_paid where
    billing says so: an invoice whose status has no word is neither.
    nslf, nivf, eic: the fiscal codes (IIC, FIC, e-invoice code), "" when there are none.
    """

    contract: Contract
    number: InvoiceNumber
    period: Period | None
    issued_on: date | None
    due_on: date | None
    billed_from: date | None
    billed_to: date | None
    meter: str
    reading_before: Decimal | None
    reading_after: Decimal | None
    units: Decimal
    net: Decimal
    vat: Decimal
    principal: Decimal
    tv_fee: Decimal
    interest: Decimal
    amount: Decimal
    outstanding: Decimal
    is_paid: bool
    nslf: str
    nivf: str
    eic: str
    verification_url: str
    lines: tuple[InvoiceLine, ...]
