"""One session's connection to H2: binds in, rows out, errors with Oracle's codes."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import jpype

from tests.oracle_net.cursors import Result
from tests.oracle_net.errors import OraError
from tests.oracle_net.facts import Relation
from tests.oracle_net.jvm import attach_thread, detach_thread
from tests.oracle_net.plan import Indexes
from tests.oracle_net.sql import first_words, tokens_of, with_char_rule
from tests.oracle_net.values import Bind, Column, OracleType

if TYPE_CHECKING:
    from tests.oracle_net.h2 import H2Database

_DDL = {"CREATE", "ALTER", "DROP", "COMMENT", "TRUNCATE", "GRANT", "REVOKE", "ANALYZE"}
_LONGEST_TEXT = 4000
_MOST_DIGITS = 38
_UNKNOWN_SCALE = -127
_SNAPSHOT, _READ_COMMITTED = 6, 2
_ORACLE_CODES = {
    21002: 913,
    22001: 12899,
    22003: 1438,
    22007: 1861,
    22012: 1476,
    22018: 1722,
    23502: 1400,
    23503: 2292,
    23505: 1,
    23506: 2291,
    23513: 2290,
    40001: 60,
    42000: 900,
    42001: 900,
    42101: 955,
    42102: 942,
    42103: 942,
    42104: 942,
    42121: 957,
    42122: 904,
    50200: 54,
    57014: 1013,
    90016: 979,
    90022: 904,
    90054: 937,
    90059: 918,
    90079: 942,
}
_UNMAPPED = 20999


class H2Executor:
    """Belongs to one thread, which must be the one to close it."""

    def __init__(self, database: "H2Database", schema: str, *, shares_thread: bool = False) -> None:
        self._shares_thread = shares_thread
        attach_thread()
        self._database = database
        self._connection = database.connect()
        self._provided: dict[str, tuple[tuple[object, ...], ...]] = {}
        self.set_schema(schema)

    def set_schema(self, schema: str) -> None:
        quoted = schema.replace('"', '""')
        try:
            self._do(f'SET SCHEMA "{quoted}"')
            self._do(f'SET SCHEMA_SEARCH_PATH "{quoted}", PUBLIC, SYS')
        except OraError:
            raise OraError(1435, "user does not exist") from None

    def execute(self, sql: str, binds: Sequence[Bind] = ()) -> Result:
        words = first_words(sql)
        self._database.refresh_dictionary()
        values = {bind.name.upper(): bind for bind in binds}
        result = self._prepared(self._for_h2(sql, values), _in_order(sql, values))
        if words[:1] and words[0] in _DDL:
            self._database.forget_dictionary()
        return result

    def explain(self, sql: str, binds: Sequence[Bind] = ()) -> tuple[str, Indexes]:
        """H2's own plan, and Oracle's names of its indexes. Binds not given are NULL."""
        self._database.refresh_dictionary()
        values = {bind.name.upper(): bind for bind in binds}
        bare = "".join("?" if t.kind == "bind" else t.text for t in tokens_of(sql))
        try:
            result = self._prepared(f"EXPLAIN {bare}", _in_order(sql, values))
        except OraError:  # H2 does not always see what type a bare ? must have
            typed = self._for_h2(sql, values)
            result = self._prepared(f"EXPLAIN {typed}", _in_order(sql, values))
        return str(result.rows[0][0]), self._database.index_names

    def provide(self, relations: dict[str, Relation]) -> None:
        """Lets the session see these as tables; they are its own, and cost nothing unasked."""
        for name, relation in relations.items():
            if name not in self._provided:
                columns = ", ".join(f"{column} {kind}" for column, kind in relation.columns.items())
                # TRANSACTIONAL: making it does not commit what the session has done so far.
                self._do(f'CREATE LOCAL TEMPORARY TABLE "{name}" ({columns}) TRANSACTIONAL')
                self._provided[name] = relation.rows[:0]
            if self._provided[name] != relation.rows:
                self._do(f'DELETE FROM "{name}"')
                self.add_rows(name, relation.rows)
                self._provided[name] = relation.rows

    def add_rows(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        for row in rows:
            marks = ", ".join("?" for _ in row)
            values = [Bind("", OracleType.VARCHAR, value) for value in row]
            self._prepared(f'INSERT INTO "{table}" VALUES ({marks})', values)

    def begin_snapshot(self) -> None:
        """From here to the transaction's end every query sees the same data."""
        self._connection.setTransactionIsolation(_SNAPSHOT)

    def commit(self) -> None:
        self._connection.commit()
        self._connection.setTransactionIsolation(_READ_COMMITTED)

    def rollback(self) -> None:
        self._connection.rollback()
        self._connection.setTransactionIsolation(_READ_COMMITTED)
        self._provided = dict.fromkeys(self._provided, ())  # the tables stay, their rows do not

    def close(self) -> None:
        try:
            self._connection.rollback()
            self._connection.close()
        except jpype.java.sql.SQLException:
            pass  # the database was closed before its sessions
        finally:
            if not self._shares_thread:
                detach_thread()

    # ----- inside

    def _for_h2(self, sql: str, values: dict[str, Bind]) -> str:
        # H2 cannot always infer what type a bare ? has; where it inserts, it can.
        bare = first_words(sql)[:1] in (("INSERT",), ("MERGE",))
        casts = () if bare else tuple((name, _with_type(bind)) for name, bind in values.items())
        return with_char_rule(sql, self._database.char_columns, casts)

    def _do(self, sql: str) -> None:
        self._prepared(sql, [])

    def _prepared(self, sql: str, values: Sequence[Bind | None]) -> Result:
        try:
            statement = self._connection.prepareStatement(sql)
            try:
                for position, bind in enumerate(values, start=1):
                    _set(statement, position, bind.value if bind else None)
                return _result_of(statement)
            finally:
                statement.close()
        except jpype.java.sql.SQLException as error:
            raise _as_oracle(error) from None


def _as_oracle(error: Any) -> OraError:
    code = int(error.getErrorCode())
    mapped = _ORACLE_CODES.get(code, _UNMAPPED)
    return OraError(mapped, f"[H2 {code}] {str(error.getMessage())[:300]}")


def _in_order(sql: str, values: dict[str, Bind]) -> list[Bind | None]:
    return [values.get(t.word.upper()) for t in tokens_of(sql) if t.kind == "bind"]


_CASTS = {
    OracleType.VARCHAR: f"VARCHAR({_LONGEST_TEXT})",
    OracleType.NUMBER: "DECFLOAT(40)",
    OracleType.INTEGER: "DECFLOAT(40)",
    OracleType.DATE: "TIMESTAMP(0)",
    OracleType.TIMESTAMP: "TIMESTAMP(6)",
    OracleType.TIMESTAMP_TZ: "TIMESTAMP(6)",
    OracleType.TIMESTAMP_LTZ: "TIMESTAMP(6)",
    OracleType.BINARY_DOUBLE: "DOUBLE PRECISION",
    OracleType.BINARY_FLOAT: "DOUBLE PRECISION",
}


def _with_type(bind: Bind) -> str:
    if bind.type is OracleType.CHAR:
        return f"CAST(? AS CHAR({max(len(bind.value or ''), 1)}))"
    too_long = isinstance(bind.value, str) and len(bind.value) > _LONGEST_TEXT
    kind = _CASTS.get(bind.type)
    return f"CAST(? AS {kind})" if kind and not too_long else "?"


def _set(statement: Any, position: int, value: Any) -> None:
    match value:
        case None:
            statement.setNull(position, jpype.java.sql.Types.NULL)
        case int() | Decimal():
            statement.setBigDecimal(position, jpype.java.math.BigDecimal(str(value)))
        case float():
            statement.setDouble(position, value)
        case datetime():
            moment = jpype.java.time.LocalDateTime.parse(value.replace(tzinfo=None).isoformat())
            statement.setObject(position, moment)
        case bytes():
            statement.setBytes(position, jpype.JArray(jpype.JByte)(value))
        case _:
            statement.setString(position, value)


def _result_of(statement: Any) -> Result:
    if not statement.execute():
        return Result(row_count=int(statement.getUpdateCount()))
    cursor = statement.getResultSet()
    description = cursor.getMetaData()
    columns = [_column(description, i + 1) for i in range(description.getColumnCount())]
    if any(column.type in (OracleType.RAW, OracleType.CLOB) for column in columns):
        rows = _rows_one_by_one(cursor, columns)
    else:
        rows = _rows_at_once(cursor, columns)
    return Result(columns, rows, len(rows))


def _rows_at_once(cursor: Any, columns: list[Column]) -> list[tuple[Any, ...]]:
    """As one text: a call into Java for each single value takes ten times as long."""
    writer = jpype.java.io.StringWriter()
    tool = jpype.JClass("org.h2.tools.Csv")()
    tool.setWriteColumnHeader(False)
    tool.setLineSeparator("\n")
    tool.write(writer, cursor)
    readers = [_READERS.get(column.type, str) for column in columns]
    lines = csv.reader(io.StringIO(str(writer.toString()), newline=""))
    # Empty is NULL, as ever in Oracle; an empty line is one NULL.
    return [
        tuple(
            read(value) if value else None
            for read, value in zip(readers, line or [""], strict=True)
        )
        for line in lines
    ]


def _rows_one_by_one(cursor: Any, columns: list[Column]) -> list[tuple[Any, ...]]:
    rows = []
    while cursor.next():
        rows.append(tuple(_value(cursor, i, c.type) for i, c in enumerate(columns, start=1)))
    return rows


def _value(cursor: Any, position: int, kind: OracleType) -> Any:
    if kind is OracleType.RAW:
        found = cursor.getBytes(position)
        return None if found is None else bytes(found)
    text = cursor.getString(position)
    return None if text is None else _READERS.get(kind, str)(str(text))


def _column(description: Any, position: int) -> Column:
    kind = str(description.getColumnTypeName(position)).upper()
    precision = int(description.getPrecision(position))
    scale = int(description.getScale(position))
    if kind in _NUMBERS:
        is_column = bool(str(description.getTableName(position) or ""))
        precision, scale = _precision(kind, precision, scale, is_column=is_column)
        code, size = OracleType.NUMBER, 22
    else:
        code, size = _type_and_size(kind, precision, scale)
        precision = 0
    name = str(description.getColumnLabel(position))
    return Column(name, code, size, precision, scale, bool(description.isNullable(position)))


def _type_and_size(kind: str, precision: int, scale: int) -> tuple[OracleType, int]:
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        return (OracleType.TIMESTAMP, 11) if scale else (OracleType.DATE, 7)
    if kind == "CHARACTER":
        return OracleType.CHAR, precision
    if kind == "CHARACTER LARGE OBJECT":
        return OracleType.CLOB, _LONGEST_TEXT
    if kind.startswith("BINARY"):
        return OracleType.RAW, precision
    return OracleType.VARCHAR, min(max(precision, 1), _LONGEST_TEXT)


_INTEGERS = {"INTEGER", "BIGINT", "SMALLINT", "TINYINT", "BOOLEAN"}
_NUMBERS = {"NUMERIC", "DECFLOAT", "DOUBLE PRECISION", "REAL", *_INTEGERS}


def _precision(kind: str, precision: int, scale: int, *, is_column: bool) -> tuple[int, int]:
    """Only declared columns have a precision; an expression is NUMBER without any."""
    if is_column and kind in _INTEGERS:
        return _MOST_DIGITS, 0
    if is_column and kind == "NUMERIC" and precision <= _MOST_DIGITS:
        return precision, scale
    return 0, _UNKNOWN_SCALE


def _number(text: str) -> Decimal:
    return Decimal({"TRUE": "1", "FALSE": "0"}.get(text, text))


_READERS: dict[OracleType, Callable[[str], Any]] = {
    OracleType.NUMBER: _number,
    OracleType.DATE: datetime.fromisoformat,
    OracleType.TIMESTAMP: datetime.fromisoformat,
}
