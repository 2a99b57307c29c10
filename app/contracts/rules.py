"""Which of an account's contracts are meant, and in which order they stand. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from app.accounts.records import Label
from app.accounts.rules import name_key
from legacy_adapters.records import NO_MONEY, ContractCode, Debt

PAGE_SIZE = 25
NO_DATE = date.max
NO_LABEL = Label()


class Show(StrEnum):
    """Of an account's contracts, those that ... Not known what they owe: they are shown."""

    ALL = ""
    OWING = "owing"
    OVERDUE = "overdue"
    CLEAR = "clear"


class Order(StrEnum):
    URGENT = ""  # the earliest deadline first
    DEBT = "debt"  # the largest first
    NAME = "name"  # what the account calls them; those without a name last
    CODE = "code"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sought:
    """search: a part of the number, or of the account's own name or group for it; group: "" for
    any."""

    search: str = ""
    show: Show = Show.ALL
    group: str = ""
    order: Order = Order.URGENT

    @property
    def is_all(self) -> bool:
        return not (self.search or self.show or self.group)


def matching(
    codes: Sequence[ContractCode], search: str, labels: Mapping[ContractCode, Label]
) -> list[ContractCode]:
    wanted, in_name = "".join(search.split()).upper(), name_key(search)
    found = []
    for code in codes:
        label = labels.get(code)
        called = name_key(f"{label.name} {label.group}") if label and in_name else ""
        if wanted in code.upper() or (called and in_name in called):
            found.append(code)
    return found


def label_of(labels: Mapping[ContractCode, Label], code: ContractCode) -> Label:
    return labels.get(code, NO_LABEL)


def is_shown(show: Show, debt: Debt | None, today: date, *, is_known: bool) -> bool:
    if not is_known or show is Show.ALL:
        return True
    if show is Show.OVERDUE:
        return is_overdue(debt, today)
    return owes(debt) is (show is Show.OWING)


def rank(
    order: Order, code: ContractCode, debt: Debt | None, labels: Mapping[ContractCode, Label]
) -> tuple[Any, ...]:
    match order:
        case Order.DEBT:
            return (-(debt.total if debt else NO_MONEY), code)
        case Order.NAME:
            label = label_of(labels, code)
            return (not label.name, name_key(label.name), name_key(label.group), code)
        case Order.CODE:
            return (code,)
    return urgency(code, debt)


def cut(codes: list[ContractCode], page: int) -> tuple[list[ContractCode], int, int]:
    """One page's, its number, and how many pages there are."""
    pages = max(1, -(-len(codes) // PAGE_SIZE))
    page = min(max(page, 1), pages)
    return codes[(page - 1) * PAGE_SIZE : page * PAGE_SIZE], page, pages


def urgency(code: ContractCode, debt: Debt | None) -> tuple[bool, date, str]:
    return not owes(debt), (debt.earliest_due if debt else None) or NO_DATE, code


def owes(debt: Debt | None) -> bool:
    """Not where credits are as much as what is open."""
    return debt is not None and debt.total > 0


def is_overdue(debt: Debt | None, today: date) -> bool:
    if debt is None or not owes(debt) or debt.earliest_due is None:
        return False
    return debt.earliest_due < today
