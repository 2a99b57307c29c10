"""A few rows of each relation, read as the pages read them. Nothing tells a value."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from dataclasses import field as default
from datetime import MAXYEAR, UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.exc import DBAPIError

from config.home import HOME
from legacy_adapters import decode
from legacy_adapters.doctor.patient import Patient
from legacy_adapters.doctor.plans import Example
from legacy_adapters.doctor.questions import FAILURES, reason
from legacy_adapters.doctor.report import Finding, Level, Topic
from legacy_adapters.doctor.sampled import is_nearly_all
from legacy_adapters.errors import CANNOT_READ, BillingDataError
from legacy_adapters.relations import RELATIONS, Kind
from legacy_adapters.schema import Relation

ROWS = 20
YEARS_AHEAD = 5
LONGEST_CODE = 20  # docs/mapping.md: what customers can type
SHORT_YEAR = re.compile(r"00[1-9]\d-")  # 0001 is a "none" of old programs
READERS: dict[Kind, Callable[[Any, str], Any]] = {
    Kind.CODE: decode.text,
    Kind.TEXT: decode.text,
    Kind.WORD: decode.text,
    Kind.MONEY: decode.money,
    Kind.NUMBER: decode.optional_quantity,
    Kind.DATE: decode.day,
    Kind.PERIOD: decode.period,
}
UNREADABLE, UNFOUND, EMPTY, PADDED, NO_MONTH, EARLY = range(6)
LATE, UNTYPABLE, NAMELESS, SHORT, IN_UTC, NO_PLACE = range(6, 12)
WITHOUT = {("invoice", "number"): NAMELESS, ("invoice_line", "position"): NO_PLACE}
TOLD: dict[int, tuple[Level, str, str]] = {
    UNREADABLE: (
        Level.BROKEN,
        "cannot be read as {kind}",
        "values of this kind in every row: pages that meet others fail",
    ),
    UNFOUND: (
        Level.BROKEN,
        "has blanks around it, and is looked up without them",
        "codes without blanks: {trimmed}",
    ),
    EMPTY: (
        Level.WARNING,
        "is empty, but required",
        "a value; it is shown as a dash, 0 or nothing",
    ),
    NO_PLACE: (
        Level.WARNING,
        "is empty, but required",
        "a number: lines without one come last, in any order",
    ),
    NAMELESS: (
        Level.BROKEN,
        "is empty",
        "a number: without one an invoice is in no history, and cannot be paid",
    ),
    PADDED: (Level.NOTE, "is padded with blanks", ""),
    NO_MONTH: (Level.WARNING, "is no month", "YYYYMM; it is taken for none"),
    EARLY: (Level.NOTE, "is before 1900, which means none", ""),
    SHORT: (
        Level.WARNING,
        "has a year of two digits, which means none",
        "four digits: such an invoice is never due",
    ),
    IN_UTC: (
        Level.WARNING,
        "is midnight in Tirana told in UTC, a day early",
        "days at home, by a view: such as (... AT TIME ZONE 'UTC') AT TIME ZONE 'Europe/Tirane'",
    ),
    LATE: (Level.NOTE, f"is more than {YEARS_AHEAD} years ahead", ""),
    UNTYPABLE: (
        Level.WARNING,
        "no customer can type it",
        f"at most {LONGEST_CODE} capital letters and digits, to register with",
    ),
}


@dataclass
class Sample:
    """trouble: by field and what it is, the rows' numbers. days: how many of each field."""

    rows: int = 0
    trouble: dict[tuple[str, int], list[int]] = default(default_factory=dict)
    days: Counter[str] = default(default_factory=Counter)

    def note(self, name: str, what: int, row: int) -> None:
        self.trouble.setdefault((name, what), []).append(row)

    def forget_chance(self) -> None:
        """One moment may be midnight somewhere; nearly all of them mean it."""
        for (name, what), rows in list(self.trouble.items()):
            if what == IN_UTC and not is_nearly_all(len(rows), self.days[name]):
                del self.trouble[name, what]


def check(patient: Patient, today: date) -> Iterator[Finding]:
    for name, fitted in patient.fitted.items():
        if fitted.relation is not None:
            yield from _RelationSample(patient, name, fitted.relation, today).findings()


def example(patient: Patient) -> Example:
    """A contract and an invoice's number to ask for; never told."""
    return Example(
        code=_first(patient, "invoice", "contract_code")
        or _first(patient, "contract", "code")
        or Example.code,
        number=_first(patient, "invoice", "number") or Example.number,
    )


def _first(patient: Patient, relation: str, field: str) -> str:
    fitted = patient.fitted.get(relation)
    if fitted is None or fitted.relation is None or not fitted.relation.has(field):
        return ""
    statement = fitted.relation.select([field]).limit(1)
    try:
        return str(patient.ask(lambda c: c.execute(statement).scalar()) or "")
    except FAILURES:
        return ""


class _RelationSample:
    def __init__(self, patient: Patient, name: str, relation: Relation, today: date) -> None:
        self._patient = patient
        self._name = name
        self._relation = relation
        self._today = today
        self._mapped = patient.fitted[name].mapping.columns

    def findings(self) -> Iterator[Finding]:
        fields = [field for field in RELATIONS[self._name] if self._relation.has(field)]
        if not fields:
            return  # none of its columns is there, which is told already
        sample = Sample()
        unread: list[Finding] = []
        try:
            self._patient.ask(lambda c: self._read(c, fields, sample))
        except FAILURES as error:
            # One by one: some of the fields can be read.
            sample = Sample()
            unread = list(self._one_by_one(fields, sample))
            if not unread and not sample.trouble:
                yield self._finding(Level.BROKEN, "", f"rows cannot be read: {reason(error)}")
                return
        yield from unread
        sample.forget_chance()
        yield from self._told(sample)
        if not sample.trouble and not unread:
            what = f"{sample.rows} rows can be read" if sample.rows else "has no rows"
            yield self._finding(Level.OK if sample.rows else Level.WARNING, "", what)

    def _one_by_one(self, fields: list[str], sample: Sample) -> Iterator[Finding]:
        for field in fields:
            single = Sample()
            try:
                self._patient.ask(lambda c, f=field, s=single: self._read(c, [f], s))  # type: ignore[misc]
            except FAILURES as error:
                told = f"the database cannot give it: {reason(error)}"
                yield self._finding(
                    Level.BROKEN, f"columns.{field}", told, "values that the operation can take"
                )
                continue
            sample.rows = max(sample.rows, single.rows)
            sample.trouble |= single.trouble
            sample.days += single.days

    def _read(self, connection: Connection, fields: list[str], sample: Sample) -> None:
        statement: Select[Any] = self._relation.select(fields).limit(ROWS)
        result = connection.execute(statement)
        spoiled = False
        while True:
            try:
                row = result.fetchone()
            except DBAPIError:
                raise
            except CANNOT_READ:
                # A type that the driver or SQLAlchemy reads; which field it is, comes next.
                sample.rows += 1
                spoiled = True
                if len(fields) == 1:
                    sample.note(fields[0], UNREADABLE, sample.rows)
                continue
            if row is None:
                break
            sample.rows += 1
            self._look_at(sample, row._asdict())
        if spoiled and len(fields) > 1:
            raise ValueError

    def _look_at(self, sample: Sample, row: dict[str, Any]) -> None:
        if row.get("status") == "cancelled" and row.get("number") is None:
            row.pop("number", None)  # given up before it had one: no page shows it
        for field, value in row.items():
            self._look(sample, field, value)

    def _look(self, sample: Sample, field: str, value: Any) -> None:
        described = RELATIONS[self._name][field]
        if value is None:
            if described.required and not self._is_coded(field):
                sample.note(field, WITHOUT.get((self._name, field), EMPTY), sample.rows)
            return
        try:
            read = READERS[described.kind]({field: value}, field)
        except BillingDataError:
            sample.note(field, UNREADABLE, sample.rows)
            return
        sample.days[field] += described.kind is Kind.DATE
        for what in self._oddities(field, described.kind, value, read):
            sample.note(field, what, sample.rows)

    def _is_coded(self, field: str) -> bool:
        """Codes without a word, and no words, have a check of their own."""
        is_word = RELATIONS[self._name][field].kind is Kind.WORD
        return is_word or self._mapped[field].codes is not None

    def _oddities(self, field: str, kind: Kind, value: Any, read: Any) -> Iterator[int]:
        if isinstance(value, str):
            yield from self._blanks(field, kind, value)
        if kind is Kind.PERIOD and read is None:
            yield NO_MONTH
        if kind is Kind.DATE:
            yield from self._odd_day(value, read)
        if (self._name, field) == ("contract", "code") and not can_be_typed(read):
            yield UNTYPABLE

    def _odd_day(self, value: Any, read: date | None) -> Iterator[int]:
        if read is None:
            yield SHORT if SHORT_YEAR.match(str(value)) else EARLY
        elif read.year > self._today.year + YEARS_AHEAD:
            yield LATE
        elif is_midnight_in_utc(value):
            yield IN_UTC

    def _blanks(self, field: str, kind: Kind, value: str) -> Iterator[int]:
        if kind is Kind.CODE and not self._relation.ignores_padding(field):
            if value != value.strip(" "):
                yield UNFOUND
        elif value != value.rstrip(" "):
            yield PADDED

    def _told(self, sample: Sample) -> Iterator[Finding]:
        for (field, what), rows in sorted(sample.trouble.items(), key=lambda item: item[0][1]):
            level, found, expected = TOLD[what]
            if what == UNTYPABLE and len(rows) == sample.rows:
                level = Level.BROKEN  # nobody can register
            kind = RELATIONS[self._name][field].kind.value
            where = f"{found.format(kind=kind)} in {len(rows)} of {sample.rows} rows"
            if len(rows) < sample.rows:
                where += f": row {', '.join(str(row) for row in rows)}"
            expected = self._expected(field, expected)
            if what == UNREADABLE:
                expected += self._odd_type(field)
            yield self._finding(level, f"columns.{field}", where, expected)

    def _expected(self, field: str, expected: str) -> str:
        trimmed = "where they are put together"
        operation, fitted = self._mapped[field], self._patient.fitted[self._name]
        if operation.is_plain:
            alias, _, column = operation.columns[0].rpartition(".")
            table = fitted.tables[alias or fitted.mapping.use.alias]
            trimmed = f"in a copy by SET {column} = TRIM({column}) in {table}, else by a view"
        return expected.format(kind=RELATIONS[self._name][field].kind.value, trimmed=trimmed)

    def _odd_type(self, field: str) -> str:
        columns = self._mapped[field].columns
        odd = next(filter(None, map(self._patient.fitted[self._name].odd_type, columns)), "")
        return f"; not in a column of type {odd}, of which SQLite makes numbers" if odd else ""

    def _finding(self, level: Level, place: str, found: str, expected: str = "") -> Finding:
        return Finding(
            level=level,
            topic=Topic.SAMPLES,
            place=self._patient.place(self._name, place),
            found=found,
            expected=expected,
        )


def can_be_typed(code: str) -> bool:
    """What is typed is looked for in capitals and without spaces."""
    looked_for = "".join(code.split()).upper()
    return code == looked_for and code.isascii() and code.isalnum() and len(code) <= LONGEST_CODE


def is_midnight_in_utc(value: Any) -> bool:
    """A moment without a time zone, which in UTC would be midnight at home."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return False
    if not isinstance(moment, datetime) or moment.tzinfo or moment.year == MAXYEAR:
        return False
    return moment.replace(tzinfo=UTC).astimezone(HOME).time() == time.min
