"""What is looked for in the audit trail, as it stands in the page's address."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from app.accounts.rules import normal_contract_code
from app.audit.records import Action, Actor, Filter, Place
from app.clock import HOME
from app.web.forms import clean

LARGEST = 2**31 - 1  # of a column
LARGEST_PLACE = 2**53
FIELDS = ("since", "until", "actor", "action", "account", "contract", "member")
NOT_A_DAY = _l("Write the day as 2026-01-31.")
ENDS_FIRST = _l("The period ends before it begins.")
NOT_A_NUMBER = _l("An account’s number has only digits.")
NOT_A_CONTRACT = _l("A customer code has only letters and digits, at most 20 of them.")


@dataclass(kw_only=True)
class Asked:
    """typed: as it was, for the fields and for links; errors: what is wrong, by field."""

    typed: dict[str, str]
    errors: dict[str, Any] = field(default_factory=dict)
    wanted: Filter = field(default_factory=Filter)

    @property
    def given(self) -> dict[str, str]:
        """What stands in links to other pages of the same."""
        return {name: value for name, value in self.typed.items() if value}

    def in_short(self) -> str:
        """For the trail itself."""
        return " ".join(f"{name}={value}" for name, value in self.given.items()) or "all"


def asked(values: Mapping[str, str]) -> Asked:
    found = Asked(typed={name: (clean(values.get(name)) or "")[:40] for name in FIELDS})
    since, until = _day(found, "since"), _day(found, "until")
    if since and until and since > until:
        found.errors["until"] = ENDS_FIRST
    found.wanted = Filter(
        since=_begin(since),
        until=_begin(until + timedelta(days=1)) if until else None,
        actor=_one_of(found, "actor", Actor),
        action=_one_of(found, "action", Action),
        account_id=_number(found, "account"),
        contract_code=_contract(found),
        staff_id=_number(found, "member"),
    )
    return found


def place(typed: str | None) -> Place | None:
    """As `written` gives it; None for anything else."""
    micros, _, number = (typed or "").partition("-")
    if not (_is_number(micros, LARGEST_PLACE) and _is_number(number, LARGEST)):
        return None
    return Place(at=_EPOCH + timedelta(microseconds=int(micros)), id=int(number))


def written(at: datetime, number: int) -> str:
    return f"{(at - _EPOCH) // timedelta(microseconds=1)}-{number}"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _is_number(text: str, largest: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= largest  # noqa: PLR2004


def _day(found: Asked, name: str) -> date | None:
    typed = found.typed[name]
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed)
        if not date(1971, 1, 1) <= day <= date(2200, 1, 1):
            raise ValueError
    except ValueError:
        found.errors[name] = NOT_A_DAY
        return None
    return day


def _begin(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), tzinfo=HOME) if day else None


def _one_of(found: Asked, name: str, kind: Any) -> Any:
    """From a closed list: whatever else was typed into the address is all of it."""
    if found.typed[name] not in set(kind):
        found.typed[name] = ""
        return None
    return kind(found.typed[name])


def _number(found: Asked, name: str) -> int | None:
    typed = found.typed[name]
    if typed and not _is_number(typed, LARGEST):
        found.errors[name] = NOT_A_NUMBER
        return None
    return int(typed) if typed else None


def _contract(found: Asked) -> str | None:
    typed = found.typed["contract"]
    if not typed:
        return None
    code = normal_contract_code(typed)
    if code is None:
        found.errors["contract"] = NOT_A_CONTRACT
    return code
