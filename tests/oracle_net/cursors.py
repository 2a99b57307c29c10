"""Cursors: a statement that both sides know by number, and what its last execution brought."""

from dataclasses import dataclass, field

from tests.oracle_net.errors import OraError
from tests.oracle_net.requests import BindType
from tests.oracle_net.values import Column, OracleType

Row = tuple[object, ...]


@dataclass
class Result:
    """Columns and rows of a query; of anything else only how many rows it touched."""

    columns: list[Column] | None = None
    rows: list[Row] = field(default_factory=list)
    row_count: int = 0


@dataclass
class Cursor:
    sql: str
    bind_types: list[BindType] = field(default_factory=list)
    defines: list[BindType] | None = None
    position: int = 0
    _result: Result = field(default_factory=Result)

    @property
    def result(self) -> Result:
        return self._result

    @result.setter
    def result(self, result: Result) -> None:
        self._result = result
        self.position = 0

    @property
    def holds_long_texts(self) -> bool:
        return any(column.type is OracleType.CLOB for column in self._result.columns or [])

    @property
    def is_exhausted(self) -> bool:
        return self.position >= len(self._result.rows)

    def define(self, defines: list[BindType]) -> None:
        if any(define.type is OracleType.CLOB for define in defines):
            raise OraError(
                932, "this test server gives a CLOB as text only: set oracledb.defaults.fetch_lobs"
            )
        self.defines = defines

    def take(self, count: int) -> list[Row]:
        """The next rows, at most so many."""
        rows = self._result.rows[self.position : self.position + count]
        self.position += len(rows)
        return rows
