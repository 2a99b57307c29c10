"""Prepared statements give what SQLAlchemy gives, over SQLite and over PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Date,
    Float,
    Integer,
    MetaData,
    Numeric,
    Select,
    String,
    Table,
    bindparam,
    case,
    event,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError

from app.database.engine import Database, DatabaseUnavailable
from app.database.tables import Moment, Money
from legacy_adapters.prepared import Prepared
from legacy_adapters.schema import NumericCode
from legacy_adapters.text_dates import TextDate

THING = Table(
    "thing",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name (of it) 100%", String(40), key="name"),
    Column("code", NumericCode),
    Column("day", Date),
    Column("written_day", TextDate("%Y%m%d")),
    Column("moment", Moment),
    Column("price", Money),
    Column("ratio", Float),
    Column("exact", Numeric(12, 4)),
)
FULL: dict[str, Any] = {
    "id": 1,
    "name": "një '%s' :x ?",
    "code": "17",
    "day": date(2026, 2, 28),
    "written_day": date(2026, 3, 1),
    "moment": datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
    "price": Decimal("1234.50"),
    "ratio": 0.1,
    "exact": Decimal("1.2345"),
}
EMPTY = dict.fromkeys(FULL) | {"id": 2}
COLUMNS = [column.label(key) for key, column in THING.c.items()]


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.write() as connection:
        THING.metadata.create_all(connection)
        connection.execute(insert(THING), [FULL, EMPTY])
    with database.read() as connection:
        yield connection


ALL = select(*COLUMNS).order_by(THING.c.id)
ASKED: list[tuple[Select[Any], dict[str, Any]]] = [
    (ALL, {}),
    (ALL.where(THING.c.code == bindparam("code")), {"code": "17"}),
    (ALL.where(THING.c.code == bindparam("code")), {"code": "no number"}),
    (ALL.where(THING.c.name == bindparam("name")), {"name": FULL["name"]}),
    (ALL.where(THING.c.day >= bindparam("since")), {"since": date(2026, 1, 1)}),
    (ALL.where(THING.c.written_day >= bindparam("since")), {"since": date(2026, 3, 2)}),
    (ALL.where(THING.c.moment > bindparam("at")), {"at": datetime(2026, 1, 1, tzinfo=UTC)}),
    (ALL.where(THING.c.price == bindparam("price")), {"price": Decimal("1234.50")}),
    # Values of the statement's own: lists, texts with signs that mean something, NULL.
    (ALL.where(THING.c.name.in_(["a", FULL["name"]]), THING.c.code.in_(["17", "18"])), {}),
    (ALL.where(THING.c.name.not_in([])), {}),
    (select(literal("100 %").label("a"), (THING.c.id * 100 + 7).label("b")), {}),
    (select(case((THING.c.name == "x", "y"), else_="%").label("word"), THING.c.id), {}),
    (select(func.count().label("n"), func.sum(func.round(THING.c.exact, 2)).label("s")), {}),
]


@pytest.mark.parametrize(("statement", "values"), ASKED)
def test_rows_are_sqlalchemys(
    connection: Connection, statement: Select[Any], values: dict[str, Any]
) -> None:
    wanted = [row._asdict() for row in connection.execute(statement, values)]
    prepared = Prepared(statement)
    for _ in range(2):  # what the driver says of the columns is looked at once
        found = prepared.all(connection, values)
        assert found == wanted
        assert [[type(v) for v in row.values()] for row in found] == [
            [type(v) for v in row.values()] for row in wanted
        ]


def test_one_statement_serves_another_dialect(connection: Connection, tmp_path: Any) -> None:
    prepared = Prepared(ALL.where(THING.c.id == bindparam("id")))
    other = Database(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    other.make()
    with other.write() as writing:
        THING.metadata.create_all(writing)
    with other.read() as reading:
        for _ in range(2):
            assert len(prepared.all(connection, {"id": 1})) == 1
            assert prepared.all(reading, {"id": 1}) == []
    other.close()


def test_listeners_hear_of_it(database: Database, connection: Connection) -> None:
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        heard.append(statement)

    event.listen(database.engine, "before_cursor_execute", hear)
    Prepared(ALL).all(connection, {})
    event.remove(database.engine, "before_cursor_execute", hear)
    assert len(heard) == 1
    assert heard[0].startswith("SELECT")


def test_two_columns_of_one_name_are_refused(connection: Connection) -> None:
    statement = select(THING.c.id, THING.c.code.label("id"))
    with pytest.raises(ValueError, match="one name"):
        Prepared(statement).all(connection, {})


def test_a_missing_value_is_refused(connection: Connection) -> None:
    prepared = Prepared(ALL.where(THING.c.code == bindparam("code")))
    with pytest.raises((StatementError, KeyError)):
        prepared.all(connection, {})


def test_errors_are_sqlalchemys_and_hide_the_values(connection: Connection) -> None:
    statement, values = ALL.where(THING.c.day == bindparam("day")), {"day": "no day"}
    with pytest.raises((StatementError, DBAPIError)) as wanted:
        connection.execute(statement, values)
    with pytest.raises(type(wanted.value)) as caught:
        Prepared(statement).all(connection, values)
    assert caught.value.params is None
    assert caught.value.hide_parameters


def test_a_missing_table_is_the_databases_matter(database: Database) -> None:
    gone = Prepared(select(literal(1).label("x")).select_from(Table("gone", MetaData())))
    with pytest.raises(DatabaseUnavailable), database.read() as connection:
        gone.all(connection, {})


def test_lost_connections_are_told_once_and_let_go(database: Database) -> None:
    if database.engine.dialect.name != "postgresql":
        pytest.skip("a file is not lost")
    prepared = Prepared(select(func.pg_backend_pid().label("pid")))
    with database.read() as first, database.read() as second:
        pids = {prepared.all(found, {})[0]["pid"] for found in (first, second)}
    assert len(pids) == 2
    with pytest.raises(DatabaseUnavailable) as caught, database.read() as connection:
        with database.write() as other:
            other.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        prepared.all(connection, {})
    assert isinstance(caught.value.__cause__, OperationalError)
    assert caught.value.__cause__.connection_invalidated
    assert "terminating connection" in str(caught.value)
    with database.read() as connection:  # the other idle one was let go, too
        assert prepared.all(connection, {})[0]["pid"] not in pids
