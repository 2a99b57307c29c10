"""The codes that billing really uses, against those that the mapping gives words to."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.types import CHAR

from legacy_adapters.doctor.patient import Patient
from legacy_adapters.doctor.questions import FAILURES, reason
from legacy_adapters.doctor.report import Finding, Level, Topic
from legacy_adapters.operations import Operation
from legacy_adapters.relations import RELATIONS, Kind
from legacy_adapters.schema import Relation

ROWS = 100_000
CODES = 50
SHOWN, LONGEST_SHOWN = 10, 20  # a free text mapped by mistake is not to be spread out here
NOTHING = "(none)"
STATUS = ("invoice", "status")


def check(patient: Patient) -> Iterator[Finding]:
    for name, fitted in patient.fitted.items():
        if fitted.relation is None:
            continue
        for field, operation in fitted.mapping.columns.items():
            if not fitted.relation.has(field):
                continue
            if operation.codes is not None:
                yield from _Codes(patient, name, field, fitted.relation, operation).findings()
            elif RELATIONS[name][field].kind is Kind.WORD:
                yield from _Codes(patient, name, field, fitted.relation, operation).words()


class _Codes:
    def __init__(
        self, patient: Patient, name: str, field: str, relation: Relation, operation: Operation
    ) -> None:
        self._patient = patient
        self._name = name
        self._field = field
        self._relation = relation
        self._operation = operation

    def findings(self) -> Iterator[Finding]:
        column = self._relation.column(self._field, self._operation.columns[0])
        try:
            stored = self._distinct(column)
        except FAILURES as error:
            yield self._finding(Level.NOTE, f"its codes cannot be read: {reason(error)}")
            return
        # What is compared without its padding: a CHAR(1) has none.
        is_padded = isinstance(column.type, CHAR) and column.type.length != 1
        found = {_as_written(code, is_padded=is_padded) for code in stored}
        codes = self._operation.codes or {}
        mapped = {code for listed in codes.values() for code in listed}
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
        try:
            stored = self._distinct(self._relation.field(self._field))
        except FAILURES as error:
            yield self._finding(Level.NOTE, f"its words cannot be read: {reason(error)}")
            return
        wrong = {_as_written(word, is_padded=False) for word in stored} - set(allowed)
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

    def _distinct(self, column: Any) -> list[Any]:
        rows = self._relation.select(()).add_columns(column.label("code")).limit(ROWS).subquery()
        statement: Select[Any] = select(rows.c.code).distinct().limit(CODES)
        return list(self._patient.ask(lambda c: c.execute(statement).scalars().all()))

    def _finding(self, level: Level, found: str, expected: str = "") -> Finding:
        return Finding(
            level=level,
            topic=Topic.CODES,
            place=self._patient.place(self._name, f"columns.{self._field}"),
            found=found,
            expected=expected,
        )


def _as_written(code: Any, *, is_padded: bool) -> str:
    """As the mapping writes it."""
    if code is None:
        return NOTHING
    if isinstance(code, bool):
        return str(code).lower()
    if not isinstance(code, str) and code == int(code):
        return str(int(code))
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
