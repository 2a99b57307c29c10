"""The codes that billing really uses, against those that the mapping gives words to."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Float,
    Integer,
    Numeric,
    Select,
    String,
    select,
    type_coerce,
)
from sqlalchemy.types import CHAR

from legacy_adapters.doctor.patient import Patient
from legacy_adapters.doctor.questions import FAILURES, level_of, reason
from legacy_adapters.doctor.report import Finding, Level, Topic
from legacy_adapters.operations import Operation, as_compared
from legacy_adapters.relations import RELATIONS, Kind
from legacy_adapters.schema import Relation

ROWS = 100_000
CODES = 50
SHOWN, LONGEST_SHOWN = 10, 20  # a free text mapped by mistake is not to be spread out here
NOTHING = "(none)"
STATUS = ("invoice", "status")


def check(patient: Patient) -> Iterator[Finding]:
    for name, fitted in patient.fitted.items():
        if fitted.relation is not None:
            yield from _words(patient, name, fitted.relation)
            for key in ("only", "except"):
                yield from _choices(patient, fitted.relation, key)


def _words(patient: Patient, name: str, relation: Relation) -> Iterator[Finding]:
    for field, operation in patient.fitted[name].mapping.columns.items():
        if not relation.has(field):
            continue
        if operation.codes is not None:
            yield from _Codes(patient, name, field, relation, operation).findings()
        elif RELATIONS[name][field].kind is Kind.WORD:
            yield from _Codes(patient, name, field, relation, operation).words()


def _choices(patient: Patient, relation: Relation, key: str) -> Iterator[Finding]:
    mapping = patient.fitted[relation.name].mapping
    conditions = mapping.only if key == "only" else mapping.without
    for column, codes in conditions.items():
        yield from _chosen(patient, relation, key, column, set(codes))


def _chosen(
    patient: Patient, relation: Relation, key: str, name: str, codes: set[str]
) -> Iterator[Finding]:
    """What `only` or `except` lets through."""
    place = patient.place(relation.name, key)
    column = as_compared(relation.condition_column(key, name))
    try:
        rows = select(_read(column).label("code")).select_from(relation.joined).limit(ROWS)
        stored = _distinct(patient, rows)
    except FAILURES as error:
        told = f"the codes of {name} cannot be read: {reason(error)}"
        yield _finding(level_of(error), place, told)
        return
    found = {_as_written(code, column) for code in stored}
    wanted = _as_told(codes, column)
    yield from _no_truth(found, column, place)
    yield from _near(found - wanted, wanted, place)
    kept = found & wanted if key == "only" else found - wanted
    told = f"{name}: keeps {_shown(kept) or 'no row'}; leaves out {_shown(found - kept) or 'none'}"
    level = Level.OK if kept or not found else Level.WARNING
    if level is Level.OK and (unseen := wanted - found):
        level = Level.NOTE
        told += f"; in none of the first {ROWS:,} rows: {_shown(unseen)}"
    yield _finding(level, place, told)


def _read(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """As it is kept: any text in a BOOLEAN of SQLite's would be read as true."""
    return type_coerce(column, String) if isinstance(column.type, Boolean) else column


def _distinct(patient: Patient, rows: Select[Any]) -> list[Any]:
    """rows: with a column `code`."""
    found = rows.subquery()
    statement: Select[Any] = select(found.c.code).distinct().limit(CODES)
    return list(patient.ask(lambda c: c.execute(statement).scalars().all()))


def _no_truth(found: set[str], column: ColumnElement[Any], place: str) -> Iterator[Finding]:
    if not isinstance(column.type, Boolean):
        return
    if wrong := found - {"true", "false", NOTHING}:
        told = f"the column is true or false, and holds {_shown(wrong)}"
        yield _finding(Level.BROKEN, place, told, "1 and 0; or text, with these as its codes")


def _as_told(codes: set[str], column: ColumnElement[Any]) -> set[str]:
    """The mapping's codes as the column would hold them."""
    if isinstance(column.type, Boolean):
        return {code.lower() for code in codes}
    if isinstance(column.type, Integer | Numeric | Float):
        return {str(int(code)) for code in codes}  # 01 is 1; that it is a number is certain
    return codes


def _near(others: set[str], codes: set[str], place: str) -> Iterator[Finding]:
    """Codes that are compared as others, and hardly are: blanks, small letters, 1.0 for 1."""
    plain = {_plain(code) for code in codes}
    if near := {code for code in others if code != NOTHING and _plain(code) in plain}:
        told = f"nearly a code that is listed, and not taken for it: {_shown(near)}"
        expected = "each code as it is kept; list these too if they mean the same"
        yield _finding(Level.WARNING, place, told, expected)


def _plain(code: str) -> str:
    plain = code.strip().casefold().removesuffix(".0")
    return plain.lstrip("0") or plain[-1:]


class _Codes:
    def __init__(
        self, patient: Patient, name: str, field: str, relation: Relation, operation: Operation
    ) -> None:
        self._patient = patient
        self._name = name
        self._field = field
        self._place = f"columns.{field}"
        self._relation = relation
        self._operation = operation

    def findings(self) -> Iterator[Finding]:
        column = as_compared(self._relation.column(self._field, self._operation.columns[0]))
        try:
            stored = self._distinct(_read(column))
        except FAILURES as error:
            yield self._finding(level_of(error), f"its codes cannot be read: {reason(error)}")
            return
        found = {_as_written(code, column) for code in stored}
        codes = self._operation.codes or {}
        mapped = _as_told({code for listed in codes.values() for code in listed}, column)
        place = self._patient.place(self._name, self._place)
        yield from _no_truth(found, column, place)
        yield from _near(found - mapped, mapped, place)
        unmapped = found - mapped
        if self._operation.otherwise is None and unmapped:
            yield self._unmapped(unmapped)
        if unseen := mapped - found:
            told = f"in the map, but in none of the first {ROWS:,} rows: {_shown(unseen)}"
            yield self._finding(Level.NOTE, told)
        if not (unmapped and self._operation.otherwise is None):
            other = f"; else {self._operation.otherwise!r}: {_shown(unmapped)}" if unmapped else ""
            told = f"every code has a word: {_shown(found & mapped) or NOTHING}{other}"
            yield self._finding(Level.OK, told)

    def words(self) -> Iterator[Finding]:
        """A field that holds the portal's words already, as in views."""
        allowed = RELATIONS[self._name][self._field].words
        column = self._relation.field(self._field)
        try:
            stored = self._distinct(column)
        except FAILURES as error:
            yield self._finding(level_of(error), f"its words cannot be read: {reason(error)}")
            return
        found = {NOTHING if word is None else str(word) for word in stored}
        if self._relation.ignores_padding(self._field):
            found = {word.rstrip(" ") for word in found}
        wrong = found - set(allowed)
        if not wrong:
            yield self._finding(Level.OK, f"only the portal's words: {', '.join(allowed)}")
            return
        is_only_empty = wrong == {NOTHING} and (self._name, self._field) != STATUS
        told = f"words that the portal does not know: {_shown(wrong)}"
        level = Level.WARNING if is_only_empty else Level.BROKEN
        yield self._finding(level, told, f"one of {', '.join(allowed)}")

    def _unmapped(self, codes: set[str]) -> Finding:
        told = f"codes without a word: {_shown(codes)}"
        if (self._name, self._field) == STATUS:
            expected = (
                "a word for each, or `else`: such an invoice is never owed and never cancelled,"
                " it would be shown as paid"
            )
            return self._finding(Level.BROKEN, told, expected)
        return self._finding(Level.WARNING, told, "a word for each, or `else`; it shows as none")

    def _distinct(self, column: ColumnElement[Any]) -> list[Any]:
        rows = self._relation.select(()).add_columns(column.label("code")).limit(ROWS)
        return _distinct(self._patient, rows)

    def _finding(self, level: Level, found: str, expected: str = "") -> Finding:
        return _finding(level, self._patient.place(self._name, self._place), found, expected)


def _finding(level: Level, place: str, found: str, expected: str = "") -> Finding:
    return Finding(level=level, topic=Topic.CODES, place=place, found=found, expected=expected)


def _as_written(code: Any, column: ColumnElement[Any]) -> str:
    """As the mapping writes it."""
    if code is None:
        return NOTHING
    if isinstance(column.type, Boolean):  # a text 'true' in SQLite's is not compared as true
        told = f"{code!r} as text" if isinstance(code, str) else str(code)
        return {0: "false", 1: "true"}.get(code, told)
    if isinstance(code, float | Decimal) and code % 1 == 0:
        return str(int(code))
    # What is compared without its padding: a CHAR(1) has none.
    is_padded = isinstance(column.type, CHAR) and column.type.length != 1
    return str(code).rstrip(" ") if is_padded else str(code)


def _shown(codes: set[str]) -> str:
    listed = sorted(codes)
    # Names or addresses, mapped by mistake: how many is enough to see that.
    if len(listed) > SHOWN and any(
        " " in code.strip() or len(code) > LONGEST_SHOWN for code in listed
    ):
        return f"{len(listed)} different texts, which look like no codes"
    told = ", ".join(c if c == NOTHING else repr(c[:LONGEST_SHOWN]) for c in listed[:SHOWN])
    more = len(listed) - SHOWN
    return f"{told} and {more} more" if more > 0 else told
