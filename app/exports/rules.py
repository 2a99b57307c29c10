"""What may be asked for, how much work it is, and what its file is called."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date

from app.exports.records import OFFERED, Format, Named, Scope, Wanted, What
from legacy_adapters.records import ContractCode

LONGEST_YEARS = 10
NAME_AT_MOST = 40


def is_offered(what: What, wanted: Format) -> bool:
    return wanted in OFFERED[what]


def months_between(since: date, until: date) -> int:
    """How many months a period touches."""
    return (until.year - since.year) * 12 + until.month - since.month + 1


def within(scope: Scope, contracts: Iterable[Named]) -> list[Named]:
    """Those of an account's contracts that are meant, by group and code."""
    found = [
        one
        for one in contracts
        if (scope.contract is None or one.code == scope.contract)
        and (not scope.group or one.group == scope.group)
    ]
    return sorted(found, key=lambda one: (one.group, one.code))


def rows_asked_for(wanted: Wanted, contracts: int, today: date) -> int:
    """How many rows of a period billing may tell: all since its first day, whenever it ends."""
    return contracts * months_between(wanted.since or today, today)


def is_over(wanted: Wanted, today: date) -> bool:
    """Whether all of its period is past: then it may well hold nothing."""
    return wanted.until is not None and wanted.until < today


def is_in(wanted: Wanted, day: date | None) -> bool:
    """Whether something of this day belongs to the period; what has no day does not."""
    if day is None or wanted.since is None or wanted.until is None:
        return False
    return wanted.since <= day <= wanted.until


def file_name(title: str, wanted: Wanted, made_on: date) -> str:
    """title: what it is, in the customer's language. Only letters, digits and hyphens."""
    period = f"{wanted.since}_{wanted.until}" if wanted.what.has_period else str(made_on)
    scope = wanted.scope.contract or wanted.scope.group
    parts = [plain(title).lower(), plain(scope)[:NAME_AT_MOST] if scope else "", period]
    return f"{'-'.join(part for part in parts if part)}.{wanted.format}"


def entry_name(code: ContractCode, name: str) -> str:
    """Of one document within an archive: below its contract."""
    return f"{plain(code) or 'x'}/{plain(name) or 'x'}.pdf"


def plain(text: str) -> str:
    """What is safe in the names of files on every system."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", ascii_only).strip("-")


def pages_of(contracts: Sequence[Named], size: int) -> list[Sequence[Named]]:
    return [contracts[start : start + size] for start in range(0, len(contracts), size)]
