"""Tables of one kind that stand apart: one for each year, or one for what is old."""

import re

from legacy_adapters.guessing.catalogue import Catalogue, TableFacts

YEAR = re.compile(r"(?:19|20)\d\d")  # also at the front of 20260131
WORDS = re.compile(r"\d+|[^\W\d_]+")
OLD = {
    *("ARKIV", "ARKIVA", "ARKIVE", "ARKIVUAR", "ARCHIVE", "ARCHIVIO", "ARSIV", "ARK", "ARCH"),
    *("HIST", "HISTORY", "HISTORIK", "STORICO", "BCK", "BAK", "BKP", "BACKUP", "OLD", "VJETER"),
}


def of_one_kind(catalogue: Catalogue, table: TableFacts) -> list[TableFacts]:
    """With the table itself, the one in use first: that without a mark, else of the last year."""
    kind, columns = _kind(table.name), _columns(table)
    alike = [
        other
        for other in catalogue.tables.values()
        if _kind(other.name) == kind and (_columns(other) <= columns or columns <= _columns(other))
    ]
    return sorted(alike, key=lambda other: _in_use(other.name), reverse=True)


def _words(name: str) -> list[str]:
    return [word.upper() for word in WORDS.findall(name)]


def _kind(name: str) -> list[str]:
    """The name without numbers, and without what calls it old at its end."""
    words = [word for word in _words(name) if not word.isdigit()]
    return words[:-1] if len(words) > 1 and words[-1] in OLD else words


def _columns(table: TableFacts) -> set[str]:
    return {name.upper() for name in table.columns}


def _in_use(name: str) -> tuple[bool, bool, list[int]]:
    words = _words(name)
    numbers = [word for word in words if word.isdecimal()]
    # The year first, wherever it stands: of 12_2025 and 01_2026 the second is newer.
    years = [part for word in numbers if YEAR.match(word) for part in (word[:4], word[4:] or "0")]
    others = [word for word in numbers if not YEAR.match(word)]
    return not OLD & set(words[1:]), not numbers, [int(part) for part in years + others]
