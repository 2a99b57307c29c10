"""Named databases in memory: H2 in Oracle mode, in this process."""

import csv
import itertools
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jpype

from tests.oracle_net.cursors import Result
from tests.oracle_net.dictionary import Dictionary, statements_of
from tests.oracle_net.executor import H2Executor
from tests.oracle_net.jvm import attach_thread, start_java

_OPTIONS = "MODE=Oracle;DB_CLOSE_DELAY=-1;DEFAULT_NULL_ORDERING=HIGH;LOCK_TIMEOUT=2000"
# Words that Oracle lets a column be called, and dictionaries do.
_NAMES = "NON_KEYWORDS=VALUE,KEY,YEAR,MONTH,DAY,HOUR,MINUTE,SECOND"
_numbers = itertools.count(1)


class H2Database:
    """A database that lives until close(). Raises JavaMissing where Java or H2 is not there.

    `schemas` are made at once; each user of an OracleServer gets one too, as in Oracle.
    """

    def __init__(self, name: str = "billing", *, schemas: Iterable[str] = ()) -> None:
        start_java()
        # Two databases of one name in one process would be the same one.
        self._url = f"jdbc:h2:mem:{name}-{next(_numbers)};{_OPTIONS};{_NAMES}"
        self._lock = threading.Lock()
        self._schemas: set[str] = set()
        self._changes, self._changes_seen = 1, 0
        self._char_used = "B"
        self._materialized: set[tuple[str, str]] = set()
        self.char_columns: frozenset[str] = frozenset()
        self.index_names: dict[tuple[str, str], str | None] = {}
        self._admin = self.connect()
        self._dictionary = Dictionary(self._admin)
        for schema in schemas:
            self.add_schema(schema)

    def __enter__(self) -> "H2Database":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def connect(self) -> Any:
        """A JDBC connection that commits nothing by itself."""
        attach_thread()
        connection = jpype.java.sql.DriverManager.getConnection(self._url, "sa", "")
        connection.setAutoCommit(False)
        return connection

    def executor(self, schema: str = "PUBLIC") -> H2Executor:
        return H2Executor(self, schema)

    def add_schema(self, name: str) -> None:
        """Does nothing where it exists."""
        if name.upper() not in self._schemas:
            self.script(f'CREATE SCHEMA IF NOT EXISTS "{name.upper()}"')
            self._schemas.add(name.upper())

    def script(self, text: str) -> None:
        """Runs statements that end with a semicolon at a line's end, and commits."""
        attach_thread()
        with self._lock, self._admin.createStatement() as statement:
            for sql in statements_of(text):
                statement.execute(sql)
            self._admin.commit()
        self.forget_dictionary()

    def query(self, sql: str) -> Result:
        """For a look at the data past the server."""
        executor = H2Executor(self, "PUBLIC", shares_thread=True)
        try:
            return executor.execute(sql)
        finally:
            executor.close()

    def load_csv(self, table: str, file: Path) -> None:
        """From a UTF-8 file whose first line names the columns; nothing stands for NULL."""
        with file.open(encoding="utf-8", newline="") as lines:
            columns = ", ".join(f'"{name}"' for name in next(csv.reader(lines)))
        path = str(file).replace("'", "''")
        self.script(
            f"INSERT INTO {table} ({columns}) "
            f"SELECT {columns} FROM CSVREAD('{path}', NULL, 'charset=UTF-8')"
        )

    def load_rows(
        self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
    ) -> None:
        """By way of a file: a value handed to Java by itself takes ten times as long."""
        with TemporaryDirectory() as folder:
            file = Path(folder) / "rows.csv"
            with file.open("w", encoding="utf-8", newline="") as lines:
                writer = csv.writer(lines)
                writer.writerow([name.upper() for name in columns])
                writer.writerows(rows)
            self.load_csv(table, file)

    # ----- the dictionary

    @property
    def char_used(self) -> str:
        """B or C: whether VARCHAR2(10) means bytes or characters; told, not enforced."""
        return self._char_used

    @char_used.setter
    def char_used(self, unit: str) -> None:
        self._char_used = unit
        self.forget_dictionary()

    def call_materialized(self, owner: str, table: str) -> None:
        """Lets the dictionary list a table as a materialized view."""
        self._materialized.add((owner.upper(), table.upper()))
        self.forget_dictionary()

    def call_table(self, owner: str, table: str) -> None:
        """Takes call_materialized back."""
        self._materialized.discard((owner.upper(), table.upper()))
        self.forget_dictionary()

    def forget_dictionary(self) -> None:
        """Has it filled anew before the next statement, row counts included."""
        self._changes += 1

    def refresh_dictionary(self) -> None:
        """Fills the dictionary if the schema has changed since."""
        if self._changes_seen == self._changes:
            return
        attach_thread()
        with self._lock:  # all others wait here, lest they find it half empty
            changes = self._changes
            if self._changes_seen != changes:
                self._dictionary.fill(
                    char_used=self._char_used, materialized_views=self._materialized
                )
                self.char_columns = self._dictionary.char_columns()
                self.index_names = self._dictionary.index_names()
                self._changes_seen = changes

    def close(self) -> None:
        attach_thread()
        with self._lock, self._admin.createStatement() as statement:
            statement.execute("SHUTDOWN IMMEDIATELY")
