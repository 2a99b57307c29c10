"""What may stand in the fields of a request. Values are kept as text in one form: numbers with a
point, days as `2026-11-28`, choices by their code."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from app.accounts.contact import email_address, international_phone
from app.cases.catalogue import FieldSpec
from app.identity import Shape, nid_shape, nipt_shape

NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,12})?")
EARLIEST = date(1900, 1, 1)
LATEST = date(2100, 1, 1)
YES, NO = "yes", "no"


class Problem(StrEnum):
    MISSING = "missing"
    TOO_SHORT = "too short"
    TOO_LONG = "too long"
    NOT_A_NUMBER = "not a number"
    TOO_SMALL = "too small"
    TOO_LARGE = "too large"
    TOO_MANY_DECIMALS = "too many decimals"
    NOT_A_DATE = "not a date"
    NOT_IN_PAST = "not in the past"
    NOT_IN_FUTURE = "not in the future"
    NOT_A_CHOICE = "not a choice"
    NOT_A_PHONE = "not a phone"
    NOT_AN_EMAIL = "not an e-mail"
    NOT_AN_INVOICE = "not an invoice"
    NOT_A_NIPT = "not a NIPT"
    NOT_A_NID = "not an identity number"


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """value: to be kept; what was typed, where there is a problem. is_doubtful: kept, but worth a
    second look: a number's check letter is not the one that its digits make."""

    value: str
    problem: Problem | None = None
    is_doubtful: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Today:
    """What a field is checked against. invoices: those that the contract has, None while billing
    does not tell."""

    day: date
    invoices: Collection[str] | None


def check(spec: FieldSpec, typed: str, against: Today) -> Checked:
    typed = typed.strip()
    if not typed:
        return Checked(value="", problem=Problem.MISSING if spec.required else None)
    if len(typed) > spec.limit:
        return Checked(value=typed, problem=Problem.TOO_LONG)
    if len(typed) < spec.shortest:
        return Checked(value=typed, problem=Problem.TOO_SHORT)
    checked = CHECKS.get(spec.type)
    return checked(spec, typed, against) if checked else Checked(value=typed)


def _number(spec: FieldSpec, typed: str, _against: Today) -> Checked:
    number = number_of(typed)
    if number is None:
        return Checked(value=typed, problem=Problem.NOT_A_NUMBER)
    problem = None
    if -int(number.normalize().as_tuple().exponent) > spec.decimals:
        problem = Problem.TOO_MANY_DECIMALS
    elif spec.least is not None and number < spec.least:
        problem = Problem.TOO_SMALL
    elif spec.most is not None and number > spec.most:
        problem = Problem.TOO_LARGE
    return Checked(value=typed if problem else f"{number:f}", problem=problem)


def _date(spec: FieldSpec, typed: str, against: Today) -> Checked:
    day, problem = date_of(typed), None
    if day is None or not EARLIEST <= day < LATEST:
        return Checked(value=typed, problem=Problem.NOT_A_DATE)
    if spec.when == "past" and day > against.day:
        problem = Problem.NOT_IN_PAST
    elif spec.when == "future" and day < against.day:
        problem = Problem.NOT_IN_FUTURE
    return Checked(value=typed if problem else day.isoformat(), problem=problem)


def _choice(spec: FieldSpec, typed: str, _against: Today) -> Checked:
    return _kept(typed, typed if typed in spec.choices else None, Problem.NOT_A_CHOICE)


def _yes_no(_spec: FieldSpec, typed: str, _against: Today) -> Checked:
    return _kept(typed, typed if typed in (YES, NO) else None, Problem.NOT_A_CHOICE)


def _invoice(_spec: FieldSpec, typed: str, against: Today) -> Checked:
    is_one = against.invoices is None or typed in against.invoices
    return _kept(typed, typed if is_one else None, Problem.NOT_AN_INVOICE)


def _phone(_spec: FieldSpec, typed: str, _against: Today) -> Checked:
    return _kept(typed, international_phone(typed), Problem.NOT_A_PHONE)


def _email(_spec: FieldSpec, typed: str, _against: Today) -> Checked:
    return _kept(typed, email_address(typed), Problem.NOT_AN_EMAIL)


def _nipt(_spec: FieldSpec, typed: str, _against: Today) -> Checked:
    return _identity(typed, nipt_shape, Problem.NOT_A_NIPT)


def _nid(_spec: FieldSpec, typed: str, _against: Today) -> Checked:
    return _identity(typed, nid_shape, Problem.NOT_A_NID)


def _identity(typed: str, shape_of: Callable[[str], Shape], problem: Problem) -> Checked:
    number = "".join(typed.split()).upper()
    shape = shape_of(number)
    if shape is Shape.WRONG:
        return Checked(value=typed, problem=problem)
    return Checked(value=number, is_doubtful=shape is Shape.DOUBTFUL)


def _kept(typed: str, value: str | None, problem: Problem) -> Checked:
    """value: None where it is none of its kind."""
    if value is None:
        return Checked(value=typed, problem=problem)
    return Checked(value=value)


CHECKS: dict[str, Callable[[FieldSpec, str, Today], Checked]] = {
    "number": _number,
    "money": _number,
    "date": _date,
    "choice": _choice,
    "yes_no": _yes_no,
    "invoice": _invoice,
    "phone": _phone,
    "email": _email,
    "nipt": _nipt,
    "nid": _nid,
}


def number_of(typed: str) -> Decimal | None:
    """`1 234,50`, `1.234,50`, `1234.5` in any of the ways people write numbers."""
    plain = "".join(typed.split()).removesuffix("kWh").removesuffix("lekë").removesuffix("lek")
    mark = max(plain.rfind(","), plain.rfind("."))
    if mark >= 0:
        whole, part = plain[:mark], plain[mark + 1 :]
        is_group = len(part) == 3 and "," not in whole and "." not in whole and plain[mark] == "."  # noqa: PLR2004
        plain = re.sub(r"[.,]", "", whole) + ("" if is_group else ".") + part
    plain = plain.rstrip(".")
    return Decimal(plain) if NUMBER.fullmatch(plain) else None


def date_of(typed: str) -> date | None:
    """`2026-11-28` as browsers send it, `28.11.2026`, `28/11/2026` or `28-11-2026` as people write
    it."""
    plain = "".join(typed.split()).replace("/", ".").rstrip(".")
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y"):
        try:
            return datetime.strptime(plain, form).date()  # noqa: DTZ007 - a day, no moment
        except ValueError:
            continue
    return None
