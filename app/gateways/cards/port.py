"""The port to banks' payment pages. Card data are the bank's; none passes here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType, Protocol

OrderReference = NewType("OrderReference", str)  # 26 of A-Z and 2-7; the bank's order number
ALL = "ALL"  # lek, as ISO 4217 spells it; its number is 008


class Verdict(StrEnum):
    """What a bank says of an order."""

    CAPTURED = "captured"  # the money was taken
    DECLINED = "declined"  # the payer tried and the bank refused; nothing was taken
    PENDING = "pending"  # the payer has tried, and it has not decided
    ABSENT = "absent"  # the payer has not tried, or it knows no such order
    REVERSED = "reversed"  # the money was taken and given back


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkout:
    """What the payer's browser takes to the bank. amount: lek with two decimals, above 0;
    bank_reference: what an earlier Handover of this order brought, so that the bank makes no
    second one."""

    reference: OrderReference
    amount: Decimal
    currency: str
    language: str  # sq or en
    return_url: str  # where the browser comes back, whatever happened: by GET or POST
    callback_url: str  # where the bank itself tells the outcome
    payer_name: str = ""
    payer_email: str = ""
    payer_phone: str = ""
    bank_reference: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Handover:
    """How the browser gets to the bank: it opens `address`, or posts `fields` to it where there
    are any. bank_reference: the bank's own name of the order, if it gave one already."""

    address: str
    fields: Mapping[str, str] = field(default_factory=dict)
    bank_reference: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What the bank itself said of one order, its word proven.

    amount and currency: what was captured or asked for, None and "" where it does not say;
    transaction: the bank's own id of the capture, "" if there is none; code: its reason, for
    operators.
    """

    reference: OrderReference
    verdict: Verdict
    amount: Decimal | None = None
    currency: str = ""
    transaction: str = ""
    at: datetime | None = None
    code: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """What came by the browser or by a callback. report: None where it proves nothing, so that
    the bank has to be asked."""

    reference: OrderReference
    report: Report | None


class Forged(Exception):
    """It does not come from the bank, or not for us. The message is the reason, one of a few
    fixed phrases without anything of what came."""


class NoList(Exception):
    """This bank's interface lists no captures; its settlement file does."""


class CardGateway(Protocol):
    """One bank. Every method that talks to it may raise GatewayUnavailable, and takes no longer
    than the setting says."""

    name: str  # as in settings and addresses: sandbox, nestpay, raiaccept
    form_target: str  # sources to which browsers go, as the page's policy spells them
    callback_answer: str  # what the bank wants to read after a callback, as text/plain

    def begin(self, checkout: Checkout) -> Handover:
        """For the same order again it leads to the same order at the bank, not to a second one.

        Raises: Refused, when the bank does not accept such an order.
        """

    def read_notice(self, fields: Mapping[str, str], body: bytes = b"") -> Notice:
        """fields: of the form or query that came; body: what came, where it was no form. Asks
        nobody. Raises: Forged."""

    def ask(self, reference: OrderReference, bank_reference: str = "") -> Report:
        """What the bank says of the order now."""

    def list_captures(self, since: datetime, until: datetime) -> Sequence[Report]:
        """All that it captured or gave back in that time, for reconciling. Raises: NoList."""
