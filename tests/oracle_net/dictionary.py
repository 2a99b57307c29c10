"""ALL_TABLES and its kin: real tables in H2's schema SYS, which every session searches last.

dictionary.sql says how each is made from INFORMATION_SCHEMA. They are filled anew after the
schema has changed; their row counts are as old as that, like statistics are in Oracle.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SCRIPT = Path(__file__).with_name("dictionary.sql")
_INDEXED = {
    "ALL_TAB_COLS": "OWNER, TABLE_NAME",
    "ALL_COL_COMMENTS": "OWNER, TABLE_NAME",
    "ALL_CONS_COLUMNS": "OWNER, CONSTRAINT_NAME",
    "ALL_IND_COLUMNS": "INDEX_OWNER, INDEX_NAME",
}
# Other names for the same.
_ALSO = {
    "ALL_TAB_COLUMNS": "SELECT * FROM SYS.ALL_TAB_COLS WHERE HIDDEN_COLUMN = 'NO'",
    "ALL_CATALOG": "SELECT OWNER, OBJECT_NAME AS TABLE_NAME, OBJECT_TYPE AS TABLE_TYPE "
    "FROM SYS.ALL_OBJECTS WHERE OBJECT_TYPE IN ('TABLE', 'VIEW', 'SYNONYM', 'SEQUENCE')",
}
# H2's index, its name in Oracle. One that H2 made for a foreign key gives way to one that
# Oracle would have on the same column, if there is any.
_INDEX_NAMES = """
    SELECT C.INDEX_SCHEMA, C.INDEX_NAME, COALESCE(MIN(I.INDEX_NAME), MIN(A.INDEX_NAME))
    FROM INFORMATION_SCHEMA.INDEX_COLUMNS C
    LEFT JOIN SYS.ALL_INDEXES I ON I.OWNER = C.INDEX_SCHEMA AND I.H2_NAME = C.INDEX_NAME
    LEFT JOIN SYS.ALL_IND_COLUMNS A ON A.TABLE_OWNER = C.TABLE_SCHEMA
        AND A.TABLE_NAME = C.TABLE_NAME AND A.COLUMN_NAME = C.COLUMN_NAME
        AND A.COLUMN_POSITION = 1
    WHERE C.ORDINAL_POSITION = 1 GROUP BY C.INDEX_SCHEMA, C.INDEX_NAME
"""
_CHAR_COLUMNS = "SELECT DISTINCT COLUMN_NAME FROM SYS.ALL_TAB_COLS WHERE DATA_TYPE = 'CHAR'"


def statements_of(script: str) -> list[str]:
    """Its statements; a semicolon ends one where it ends a line."""
    without_comments = re.sub(r"^\s*--.*$", "", script, flags=re.M)
    parts = re.split(r";[ \t]*(?:\n|\Z)", without_comments)
    return [part.strip() for part in parts if part.strip()]


class Dictionary:
    """Makes the dictionary of one database, and fills it when asked."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._names: list[str] = []
        with connection.createStatement() as statement:
            for sql in statements_of(_SCRIPT.read_text(encoding="utf-8")):
                statement.execute(sql)
                self._names += re.findall(r"CREATE VIEW SYS\.LIVE_(\w+)", sql)
            statement.execute("INSERT INTO SYS.OPTION VALUES ('CHAR_USED', 'B')")
            for name in self._names:
                statement.execute(f"CREATE TABLE SYS.{name} AS SELECT * FROM SYS.LIVE_{name}")
            for name, columns in _INDEXED.items():
                statement.execute(f"CREATE INDEX SYS.IX_{name} ON SYS.{name} ({columns})")
            for name, query in _ALSO.items():
                statement.execute(f"CREATE VIEW SYS.{name} AS {query}")
        connection.commit()

    def fill(self, *, char_used: str, materialized_views: set[tuple[str, str]]) -> None:
        with self._connection.createStatement() as statement:
            statement.execute(f"UPDATE SYS.OPTION SET VAL = '{char_used}'")
            statement.execute("DELETE FROM SYS.MATERIALIZED")
            for owner, name in materialized_views:
                statement.execute(f"INSERT INTO SYS.MATERIALIZED VALUES ('{owner}', '{name}')")
            for name in self._names:
                statement.execute(f"DELETE FROM SYS.{name}")
                statement.execute(f"INSERT INTO SYS.{name} SELECT * FROM SYS.LIVE_{name}")
        self._connection.commit()

    def char_columns(self) -> frozenset[str]:
        """Names of columns that are CHAR in any table."""
        return frozenset(str(row[0]) for row in self._query(_CHAR_COLUMNS, 1))

    def index_names(self) -> dict[tuple[str, str], str | None]:
        """Schema and name of H2's indexes, with the names that Oracle would give them."""
        return {(row[0], row[1]): row[2] for row in self._query(_INDEX_NAMES, 3)}

    def _query(self, sql: str, width: int) -> Iterator[tuple[Any, ...]]:
        with self._connection.createStatement() as statement:
            found = statement.executeQuery(sql)
            while found.next():
                values = [found.getString(i + 1) for i in range(width)]
                yield tuple(None if value is None else str(value) for value in values)
