"""The port through which payments made here reach billing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType, Protocol

from legacy_adapters.records import ContractCode, InvoiceNumber

PaymentId = NewType("PaymentId", str)  # at most 40 characters, unique for good


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentToPost:
    """What was paid for one invoice. amount: lek with two decimals, above 0; paid_at: aware;
    method and source: as billing's lists of payments show them; bank_transaction: the bank's id
    of the capture of which this is a part."""

    payment_id: PaymentId
    contract_code: ContractCode
    invoice_number: InvoiceNumber
    amount: Decimal
    paid_at: datetime
    method: str
    source: str
    bank_transaction: str


class PostingStatus(StrEnum):
    WAITING = "waiting"  # in the table; the utility's job has not taken it yet
    ACCEPTED = "accepted"  # billing has it as a payment
    REFUSED = "refused"  # billing does not take it; the reason says why


@dataclass(frozen=True, kw_only=True, slots=True)
class PostedPayment:
    """A payment as it stands in billing."""

    payment_id: PaymentId
    contract_code: ContractCode
    invoice_number: InvoiceNumber
    amount: Decimal
    status: PostingStatus
    reason: str


class PostingConflict(Exception):
    """The table has this payment_id already with another contract, invoice or amount. Nothing
    was written."""


class PaymentPosting(Protocol):
    """The staging table. Every method may raise BillingUnavailable, and MappingError where the
    table does not fit; it waits no longer than the settings say."""

    def post(self, payment: PaymentToPost) -> None:
        """Puts it there once, however often it is called: what is there already stays as it is.
        When it returns, the row is committed. When it raises, the row may be there: post again.

        Raises: PostingConflict.
        """

    def find(self, payment_ids: Sequence[PaymentId]) -> Mapping[PaymentId, PostedPayment]:
        """What billing has of these; one that is not there is absent. One round trip for each
        500."""

    def list_since(self, since: datetime) -> Sequence[PostedPayment]:
        """All that were posted since then, for the reconciliation."""

    def verify(self) -> None:
        """Proves that the table is there and fits. Writes nothing."""

    def close(self) -> None:
        """Gives back the connections."""
