"""Questions that pages ask again and again, compiled once and then given to the driver as they are.

At each execution SQLAlchemy looks its statement up, sorts the parameters and describes the rows
anew, which takes several times as long as SQLite's answer. What it knows of types is used here too,
and what is raised are its errors.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.exc import DBAPIError, StatementError

Row = dict[str, Any]
# Oracle's drivers want to hear with each statement how it binds and reads: SQLAlchemy tells them.
DIRECT = frozenset({"sqlite", "postgresql"})


class Prepared:
    """A SELECT whose columns have names of their own. It begins no transaction."""

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement
        self._plan: _Plan | None = None

    def all(self, connection: Connection, values: Row) -> list[Row]:
        """All rows. Raises: what SQLAlchemy would."""
        dialect = connection.dialect
        if dialect.name not in DIRECT:
            return [row._asdict() for row in connection.execute(self.statement, values)]
        plan = self._plan
        if plan is None or plan.dialect is not dialect:
            plan = self._plan = _Plan(self.statement, dialect)
        return plan.all(connection, values)


class _Plan:
    """A statement for one dialect: its text, and what is done to values on their way."""

    def __init__(self, statement: Select[Any], dialect: Dialect) -> None:
        self.dialect = dialect
        self._columns = statement.selected_columns
        self._names = tuple(column.name for column in self._columns)
        if len(set(self._names)) < len(self._names):
            raise ValueError(f"two columns have one name: {', '.join(sorted(self._names))}")
        compiled: Any = statement.compile(dialect=dialect)
        wanted = {name for bind, name in compiled.bind_names.items() if bind.required}
        # Lists of codes stand in the statement from here on, a parameter for each.
        whole = compiled.construct_expanded_state(dict.fromkeys(wanted), escape_names=False)
        self.text: str = whole.statement
        self._order: tuple[str, ...] | None = whole.positiontup and tuple(whole.positiontup)
        self._spelled: dict[str, str] = dict(compiled.escaped_bind_names)
        self._writers: dict[str, Callable[[Any], Any]] = {}
        self._fixed = {
            name: value for name, value in whole.parameters.items() if name not in wanted
        }
        for bind, name in compiled.bind_names.items():
            write = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if write and name in wanted:
                self._writers[name] = write
            elif write:
                for one in whole.parameter_expansion.get(name, (name,)):
                    self._fixed[one] = write(self._fixed[one])
        self._readers: dict[str, Callable[[Any], Any]] | None = None

    def all(self, connection: Connection, values: Row) -> list[Row]:
        parameters = self._parameters(values)
        cursor = connection.connection.cursor()
        try:
            for listener in connection.dispatch.before_cursor_execute:
                listener(connection, cursor, self.text, parameters, None, False)
            cursor.execute(self.text, parameters)
            found = cursor.fetchall()
            readers = self._readers
            if readers is None:  # some hang on what the driver says of the columns
                readers = self._readers = self._find_readers(cursor.description)
        except self.dialect.loaded_dbapi.Error as error:
            raise self._translated(connection, cursor, error) from error
        finally:
            cursor.close()
        rows = [dict(zip(self._names, row, strict=True)) for row in found]
        for name, read in readers.items():
            for row in rows:
                row[name] = read(row[name])
        return rows

    def _parameters(self, values: Row) -> Any:
        bound = self._fixed | values
        try:
            for name, write in self._writers.items():
                bound[name] = write(bound[name])
        except Exception as error:
            told = f"{type(error).__name__}, for {name}"
            raise StatementError(told, self.text, None, error, hide_parameters=True) from error
        if self._order is not None:
            return tuple(bound[name] for name in self._order)
        return {self._spelled.get(name, name): value for name, value in bound.items()}

    def _find_readers(self, description: Any) -> dict[str, Callable[[Any], Any]]:
        found: dict[str, Callable[[Any], Any]] = {}
        for column, told in zip(self._columns, description, strict=True):
            read = column.type.dialect_impl(self.dialect).result_processor(self.dialect, told[1])
            if read:
                found[column.name] = read
        return found

    def _translated(self, connection: Connection, cursor: Any, error: Any) -> Exception:
        driver: Any = connection.connection.dbapi_connection
        is_lost = self.dialect.is_disconnect(error, driver, cursor)
        if is_lost:
            with suppress(DBAPIError):  # SQLAlchemy notices, and lets all go that are as old
                connection.exec_driver_sql("SELECT 1")
        translated: Exception = DBAPIError.instance(
            self.text,
            None,
            error,
            self.dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=is_lost,
            dialect=self.dialect,
        )
        return translated
