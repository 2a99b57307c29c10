"""The doctor's own rules: plans, types, codes, clocks, and what an error may tell."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import types
from sqlalchemy.dialects import oracle, postgresql
from sqlalchemy.exc import DBAPIError

from legacy_adapters.doctor.column_types import family_of, judge, type_name
from legacy_adapters.doctor.examination import _clock
from legacy_adapters.doctor.kinds import Scan, TableName
from legacy_adapters.doctor.postgresql import read_plan as postgresql_plan
from legacy_adapters.doctor.questions import level_of, reason
from legacy_adapters.doctor.report import Level
from legacy_adapters.doctor.samples import can_be_typed
from legacy_adapters.doctor.sqlite import read_plan as sqlite_plan
from legacy_adapters.errors import BillingDataError, BillingUnavailable, NotThere
from legacy_adapters.relations import Kind
from legacy_adapters.text_dates import TextDate

BILL = TableName(None, "BILL")
LINES = TableName(None, "LINES")
ORACLE: Any = oracle.dialect()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("steps", "scanned"),
    [
        ([(0, "SEARCH b USING INDEX x (c=?)")], []),
        ([(0, "SCAN b")], [BILL]),
        ([(0, "SCAN TABLE BILL AS b")], [BILL]),
        ([(0, "SCAN b USING COVERING INDEX x")], [BILL]),
        ([(0, "SEARCH b USING AUTOMATIC COVERING INDEX (c=?)")], [BILL]),
        ([(0, "SCAN CONSTANT ROW"), (0, "SCAN 3 CONSTANT ROWS"), (0, "SCAN (subquery-2)")], []),
        # A subquery that bears the name of a table inside it.
        ([(0, "MATERIALIZE l"), (4, "SEARCH l USING INDEX x (c=?)"), (0, "SCAN l")], []),
        ([(0, "MATERIALIZE l"), (4, "SCAN l"), (0, "SCAN l")], [LINES]),
        ([(0, "CO-ROUTINE p"), (3, "SCAN b"), (0, "SCAN p")], [BILL]),
        # A view that is made first, and then read by its alias.
        ([(0, "MATERIALIZE BILL"), (4, "SEARCH f USING INDEX x (c=?)"), (0, "SCAN b")], []),
        ([(0, "MATERIALIZE BILL"), (4, "SCAN l"), (0, "SCAN b")], [LINES]),
    ],
)
def test_sqlite_plan(steps: list[tuple[int, str]], scanned: list[TableName]) -> None:
    found = sqlite_plan(steps, {"b": BILL, "l": LINES})
    assert [scan.table for scan in found] == scanned


def test_postgresql_plan_is_read_to_its_depth() -> None:
    node = {"Node Type": "Index Scan", "Relation Name": "b", "Index Cond": "x", "Schema": "public"}
    whole = {"Node Type": "Index Scan", "Relation Name": "c", "Schema": "public"}
    scan = {"Node Type": "Seq Scan", "Relation Name": "d", "Schema": "other"}
    plan = {"Node Type": "Limit", "Plans": [node, {"Node Type": "Sort", "Plans": [whole, scan]}]}
    assert list(postgresql_plan(plan, "public")) == [
        Scan(TableName(None, "c"), "Index Scan on c"),
        Scan(TableName("other", "d"), "Seq Scan on other.d"),
    ]


@pytest.mark.parametrize(
    ("kind", "column_type", "level"),
    [
        (Kind.CODE, types.VARCHAR(20), None),
        (Kind.CODE, types.Numeric(10, 0), None),
        (Kind.CODE, types.Numeric(10, 2), Level.WARNING),
        (Kind.CODE, types.Double(), Level.WARNING),
        (Kind.CODE, types.CLOB(), Level.BROKEN),
        (Kind.CODE, types.DateTime(), Level.BROKEN),
        (Kind.TEXT, types.CLOB(), None),
        (Kind.TEXT, types.LargeBinary(), Level.BROKEN),
        (Kind.TEXT, types.DateTime(), Level.WARNING),
        (Kind.MONEY, oracle.NUMBER(12, 2), None),
        (Kind.MONEY, types.VARCHAR(20), Level.WARNING),
        (Kind.MONEY, types.Double(), Level.NOTE),
        (Kind.MONEY, oracle.DATE(), Level.BROKEN),
        (Kind.NUMBER, types.Boolean(), Level.BROKEN),
        (Kind.DATE, oracle.DATE(), None),
        (Kind.DATE, oracle.TIMESTAMP(), None),
        (Kind.DATE, TextDate("%Y%m%d"), None),
        (Kind.DATE, types.VARCHAR(8), Level.BROKEN),
        (Kind.DATE, types.Integer(), Level.BROKEN),
        (Kind.PERIOD, types.Integer(), None),
        (Kind.PERIOD, oracle.DATE(), Level.BROKEN),
        (Kind.WORD, types.Integer(), Level.BROKEN),
        (Kind.MONEY, types.NullType(), None),
    ],
)
def test_which_types_can_serve(kind: Kind, column_type: Any, level: Level | None) -> None:
    verdict = judge(kind, family_of(column_type, ORACLE))
    assert (verdict[0] if verdict else None) is level
    assert verdict is None or verdict[1]


def test_types_are_named_as_a_dba_does() -> None:
    assert type_name(types.VARCHAR(20), ORACLE) == "VARCHAR2(20 CHAR)"
    assert type_name(types.CHAR(2), ORACLE) == "CHAR(2)"
    assert type_name(types.VARCHAR(20), postgresql.dialect()) == "VARCHAR(20)"  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("code", "can"),
    [
        *[("AL0000001", True), ("7000001", True), ("A" * 20, True)],
        *[("al1", False), ("A-1", False), ("A 1", False), ("A" * 21, False), ("Ë1", False)],
    ],
)
def test_codes_that_customers_can_type(code: str, can: bool) -> None:
    assert can_be_typed(code) is can


class _Clock:
    def __init__(self, skew: float | None) -> None:
        self._skew = skew

    def utc_now(self, _connection: object) -> datetime | None:
        return None if self._skew is None else datetime.now(UTC) + timedelta(seconds=self._skew)


@pytest.mark.parametrize(
    ("skew", "level"),
    [(0, Level.OK), (-59, Level.OK), (75, Level.WARNING), (-75, Level.WARNING), (None, Level.OK)],
)
def test_clocks_may_differ_by_a_minute(skew: float | None, level: Level) -> None:
    def ask(question: Any) -> Any:
        return question(None)

    assert _clock(_Clock(skew), ask).level is level  # type: ignore[arg-type]


class _DriverError(Exception):
    sqlstate: str | None = None


def _errors() -> Iterator[tuple[str, str | None, str]]:
    yield 'invalid input syntax for type integer: "Emer"', "22P02", "_DriverError 22P02"
    yield "ORA-01722: unable to convert Emer", None, "_DriverError ORA-01722"
    yield "ORA-00942: no table", None, "_DriverError: ORA-00942: no table"
    yield "ORA-00942: no table\nEmer", None, "_DriverError: ORA-00942: no table"


@pytest.mark.parametrize(("message", "state", "expected"), list(_errors()))
def test_errors_tell_no_value(message: str, state: str | None, expected: str) -> None:
    original = _DriverError(message)
    original.sqlstate = state
    error = DBAPIError("SELECT", {}, original)
    assert reason(error) == expected


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (BillingDataError("22P02"), Level.BROKEN),
        (NotThere("no column"), Level.BROKEN),
        (ValueError(), Level.BROKEN),
        (BillingUnavailable("interrupted"), Level.NOTE),  # after the doctor's own 10 seconds
    ],
)
def test_what_a_page_cannot_read_either_is_broken(error: Exception, level: Level) -> None:
    assert level_of(error) is level
