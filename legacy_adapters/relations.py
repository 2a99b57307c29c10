"""The fixed contract: the relations that every mapping fills, with each field's type.

Consumption is not a relation of its own: it is the units of the invoices, so that the
table, the chart and the document can never disagree.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    CODE = "code"  # an identity: text, compared exactly
    TEXT = "text"
    MONEY = "money"  # lek, two decimals
    NUMBER = "number"
    DATE = "date"
    PERIOD = "period"  # a month as the number YYYYMM
    WORD = "word"  # one of the portal's own words


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    kind: Kind
    meaning: str
    required: bool = True
    words: tuple[str, ...] = ()


def _required(kind: Kind, meaning: str) -> Field:
    return Field(kind=kind, meaning=meaning)


def _optional(kind: Kind, meaning: str) -> Field:
    return Field(kind=kind, meaning=meaning, required=False)


RELATIONS: dict[str, dict[str, Field]] = {
    "contract": {
        "code": _required(Kind.CODE, "the customer code, unique"),
        "subscriber": _required(Kind.TEXT, "the holder's name, as one text"),
        "address": _optional(Kind.TEXT, "where the energy is delivered"),
        "phone": _optional(Kind.TEXT, "the holder's phone"),
        "tax_id": _optional(
            Kind.CODE,
            "the holder's NIPT; wants an index; found in capitals and small letters, too",
        ),
    },
    "contract_info": {
        "contract_code": _required(Kind.CODE, "the contract's code, unique here"),
        "region": _optional(Kind.TEXT, "region"),
        "instance": _optional(Kind.TEXT, "the utility's office in charge"),
        "connected_on": _optional(Kind.DATE, "the day the contract was connected"),
        "zone": _optional(Kind.TEXT, "zone name"),
        "category": _optional(Kind.TEXT, "category, such as FAMILJARE"),
        "phases": _optional(Kind.TEXT, "number of phases"),
        "connected_power": _optional(Kind.NUMBER, "connected power, kW"),
        "contracted_power": _optional(Kind.NUMBER, "contracted power, kW"),
    },
    "invoice": {
        "contract_code": _required(Kind.CODE, "the contract's code; wants an index"),
        "number": _required(Kind.CODE, "the invoice's number, unique within its contract"),
        "status": Field(
            kind=Kind.WORD,
            meaning="open: something is owed; paid; cancelled: never shown",
            words=("open", "paid", "cancelled"),
        ),
        "period": _optional(Kind.PERIOD, "the month billed; chart and PAY table use it"),
        "issued_on": _required(Kind.DATE, "date of issue"),
        "due_on": _required(Kind.DATE, "last day to pay without interest"),
        "units": _required(Kind.NUMBER, "energy billed, kWh"),
        "principal": _required(Kind.MONEY, "energy and fixed fee with VAT, no TV fee"),
        "tv_fee": _required(Kind.MONEY, "TV fee"),
        "interest": _required(Kind.MONEY, "interest owed now"),
        "outstanding": _required(
            Kind.MONEY, "owed now: principal + tv_fee + interest - paid; 0 if paid"
        ),
        "net": _optional(Kind.MONEY, "principal without VAT"),
        "vat": _optional(Kind.MONEY, "VAT within the principal"),
        "billed_from": _optional(Kind.DATE, "first day billed"),
        "billed_to": _optional(Kind.DATE, "last day billed"),
        "meter": _optional(Kind.TEXT, "serial number of the meter"),
        "reading_before": _optional(Kind.NUMBER, "earlier reading, kWh"),
        "reading_after": _optional(Kind.NUMBER, "later reading, kWh"),
        "nslf": _optional(Kind.TEXT, "NSLF (IIC), 32 hexadecimal digits"),
        "nivf": _optional(Kind.TEXT, "NIVF (FIC)"),
        "eic": _optional(Kind.TEXT, "EIC, for e-invoices"),
        "verification_url": _optional(Kind.TEXT, "the tax authority's check, an https address"),
    },
    "invoice_line": {
        "contract_code": _required(Kind.CODE, "the contract's code"),
        "invoice_number": _required(Kind.CODE, "the invoice's number; wants an index"),
        "position": _required(Kind.NUMBER, "order within the invoice"),
        "kind": Field(
            kind=Kind.WORD,
            meaning="energy and fixed_fee are shown in the page's language, other as described",
            words=("energy", "fixed_fee", "tv_fee", "other"),
        ),
        "description": _optional(Kind.TEXT, "billing's own text"),
        "quantity": _optional(Kind.NUMBER, "quantity"),
        "unit": _optional(Kind.TEXT, "unit, such as kWh"),
        "unit_price": _optional(Kind.NUMBER, "price of one unit without VAT, lek"),
        "net": _required(Kind.MONEY, "the line's amount without VAT"),
        "vat_rate": _optional(Kind.NUMBER, "VAT in percent"),
    },
    "payment": {
        "contract_code": _required(Kind.CODE, "the contract's code; wants an index"),
        "paid_on": _required(Kind.DATE, "day of payment"),
        "amount": _required(Kind.MONEY, "amount paid"),
        "method": _optional(Kind.TEXT, "how, such as CASH"),
        "source": _optional(Kind.TEXT, "where, such as BANKA-RAIFFESEN"),
    },
}
OPTIONAL_RELATIONS = frozenset({"invoice_line"})
