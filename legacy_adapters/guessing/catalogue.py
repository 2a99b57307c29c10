"""A schema as the guessing sees it: tables, columns, keys, links, and a bounded look at the
values of few columns. It only reads."""

import json
import re
import unicodedata
import warnings
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    Date,
    DateTime,
    Integer,
    Numeric,
    String,
    column,
    inspect,
    select,
    table,
)
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.engine.reflection import Inspector, ObjectKind
from sqlalchemy.exc import DBAPIError, NoSuchTableError, SAWarning, SQLAlchemyError

from legacy_adapters.errors import MappingError
from legacy_adapters.guessing.vocabulary import CONCEPTS
from legacy_adapters.operations import is_nameable
from legacy_adapters.schema import LiveTables

ROWS_FOR_SHAPES = 300
ROWS_FOR_CODES = 20_000
MOST_CODES = 20
LONGEST_CODE = 12
TRUTH = {"0": "false", "1": "true", "false": "false", "true": "true"}
SHAPES = {
    "period": re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])"),
    "YYYYMMDD": re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])"),
    "YYYY-MM-DD": re.compile(r"(19|20)\d\d-\d\d-\d\d.*"),
    "YYYY/MM/DD": re.compile(r"(19|20)\d\d/\d\d/\d\d.*"),
}


@dataclass(frozen=True)
class ColumnFacts:
    """family: text, integer, number, date or other. is_truth: true or false, an integer here."""

    table: str
    name: str
    family: str
    may_be_null: bool
    is_truth: bool = False

    @property
    def concepts(self) -> frozenset[str]:
        return concepts_of(self.name)


@dataclass(frozen=True)
class Link:
    """Many rows here, one row there."""

    source: ColumnFacts
    target: ColumnFacts
    is_declared: bool


@dataclass
class TableFacts:
    name: str
    columns: dict[str, ColumnFacts]
    key: tuple[str, ...]
    links: list[Link] = field(default_factory=list)

    @property
    def concepts(self) -> frozenset[str]:
        return concepts_of(self.name)


@lru_cache(maxsize=20_000)
def words_of(name: str) -> tuple[str, ...]:
    # A kWh is one word, whatever its letters.
    plain = unicodedata.normalize("NFKD", name.replace("ı", "i").replace("kWh", "Kwh"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return tuple(w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", plain))


@lru_cache(maxsize=20_000)
def concepts_of_word(word: str) -> frozenset[str]:
    exact = _EXACT.get(word, frozenset())
    return exact | {concept for start, concept in _STARTS if word.startswith(start)}


@lru_cache(maxsize=20_000)
def concepts_of(name: str) -> frozenset[str]:
    return frozenset().union(*(concepts_of_word(word) for word in words_of(name)))


def _vocabulary() -> tuple[dict[str, frozenset[str]], list[tuple[str, str]]]:
    exact: dict[str, frozenset[str]] = {}
    starts = []
    for concept, words in CONCEPTS.items():
        for word in words.split():
            if word.endswith("*"):
                starts.append((word[:-1], concept))
            else:
                exact[word] = exact.get(word, frozenset()) | {concept}
    return exact, starts


_EXACT, _STARTS = _vocabulary()


class Catalogue:
    """Raises: MappingError, when the schema is not there or has no tables."""

    def __init__(self, connection: Connection, schema: str | None) -> None:
        self._connection = connection
        self.unnameable: list[str] = []  # columns that no mapping can name, with their tables
        try:
            self.schema = LiveTables(connection).real_schema(schema or None)
        except NoSuchTableError as error:
            raise MappingError(f"the database has no {error}") from None
        self.tables = self._read()
        if not self.tables:
            where = f"the schema {schema}" if schema else "the user's own schema"
            raise MappingError(f"{where} has no tables that this user may see")
        self._shapes: dict[ColumnFacts, str] = {}
        self._codes: dict[ColumnFacts, list[str] | None] = {}

    def _read(self) -> dict[str, TableFacts]:
        ask = inspect(self._connection)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # types that SQLAlchemy does not know
            try:
                found = ask.get_multi_columns(schema=self.schema, kind=ObjectKind.ANY)
            except DBAPIError:  # of a view that does not work, on SQLite: the others are told
                found = self._one_by_one(ask)
            keys = ask.get_multi_pk_constraint(schema=self.schema, kind=ObjectKind.TABLE)
            foreign = ask.get_multi_foreign_keys(schema=self.schema, kind=ObjectKind.TABLE)
        tables = {}
        for place, columns in found.items():
            name = place[1]
            facts = {
                c["name"]: ColumnFacts(
                    name,
                    c["name"],
                    _family(c["type"]),
                    c["nullable"],
                    isinstance(c["type"], Boolean),
                )
                for c in columns
                if is_nameable(c["name"])
            }
            self.unnameable += [
                f"{name}: {json.dumps(c['name'], ensure_ascii=False)}"
                for c in columns
                if c["name"] not in facts
            ]
            found_key: Any = keys.get(place) or {}
            key = tuple(found_key.get("constrained_columns") or ())
            tables[name] = TableFacts(name, facts, key)
        for place, constraints in foreign.items():
            for constraint in constraints:
                _declare(tables, place[1], constraint)
        _guess_links(tables)
        return tables

    def _one_by_one(self, ask: Inspector) -> dict[Any, list[ReflectedColumn]]:
        found = {}
        for name in [*ask.get_table_names(self.schema), *ask.get_view_names(self.schema)]:
            with suppress(SQLAlchemyError):
                found[self.schema, name] = ask.get_columns(name, schema=self.schema)
        return found

    def shape(self, facts: ColumnFacts) -> str:
        """`period`, a format of dates, or nothing: what the values look like."""
        if facts not in self._shapes:
            self._shapes[facts] = ""
            values = [_plain(value) for value in self._values(facts, ROWS_FOR_SHAPES, 50)]
            values = [value for value in values if value.strip(" 0")]
            for name, pattern in SHAPES.items():
                if values and all(pattern.fullmatch(value) for value in values):
                    self._shapes[facts] = name
        return self._shapes[facts]

    def codes(self, facts: ColumnFacts) -> list[str] | None:
        """The column's few short codes; None where it has many or long values."""
        if facts not in self._codes:
            values = self._values(facts, ROWS_FOR_CODES, MOST_CODES + 1)
            codes = sorted({_plain(value) for value in values} - {""})
            if facts.is_truth:
                codes = [TRUTH.get(code.lower(), code) for code in codes]
            is_short = len(codes) <= MOST_CODES and all(len(c) <= LONGEST_CODE for c in codes)
            self._codes[facts] = codes if is_short else None
        return self._codes[facts]

    def _values(self, facts: ColumnFacts, rows: int, distinct: int) -> Iterable[Any]:
        if facts.family not in {"text", "integer", "number"}:
            return []
        here = table(facts.table, column(facts.name), schema=self.schema).c[facts.name]
        few = select(here).limit(rows).subquery().c[facts.name]
        statement = select(few).where(few.is_not(None)).distinct().limit(distinct)
        try:
            return self._connection.execute(statement).scalars().all()
        except DBAPIError:  # a view that does not work, a table that is not for this user
            return []


def _plain(value: Any) -> str:
    return re.sub(r"(?<=\d)\.0+$", "", str(value).strip())


def _family(kind: Any) -> str:
    families = (
        ("date", (Date, DateTime)),
        ("integer", (Integer, Boolean)),
        ("number", (Numeric,)),
        ("text", (String,)),
    )
    found = next((name for name, kinds in families if isinstance(kind, kinds)), "other")
    # Oracle's NUMBER(10) is a decimal without decimals.
    return "integer" if found == "number" and getattr(kind, "scale", None) == 0 else found


def _declare(tables: dict[str, TableFacts], name: str, constraint: Any) -> None:
    goal = tables.get(constraint["referred_table"])
    here, there = constraint["constrained_columns"], constraint["referred_columns"]
    if goal is None or len(here) != 1 or name not in tables:
        return
    there = there or list(goal.key)  # SQLite may leave it to the primary key
    if len(there) == 1 and there[0] in goal.columns and here[0] in tables[name].columns:
        source, target = tables[name].columns[here[0]], goal.columns[there[0]]
        tables[name].links.append(Link(source, target, is_declared=True))


def _guess_links(tables: dict[str, TableFacts]) -> None:
    """A column of the same name and type as another table's only key, or CUSTOMER_ID for the
    ID of CUSTOMERS."""
    keyed: dict[str, list[ColumnFacts]] = {}
    for facts in tables.values():
        if len(facts.key) == 1 and facts.key[0] in facts.columns:
            keyed.setdefault(facts.key[0].lower(), []).append(facts.columns[facts.key[0]])
    for facts in tables.values():
        linked = {link.source.name for link in facts.links}
        for source in facts.columns.values():
            if source.name not in linked and (source.name,) != facts.key:
                goals = keyed.get(source.name.lower(), []) or _by_table_name(source, keyed)
                facts.links += [
                    Link(source, target, is_declared=False)
                    for target in goals
                    if target.family == source.family and target.table != facts.name
                ]


def _by_table_name(source: ColumnFacts, keyed: dict[str, list[ColumnFacts]]) -> list[ColumnFacts]:
    *start, end = words_of(source.name) or ("",)
    about = {concept for word in start for concept in concepts_of_word(word)}
    wanted = "".join(start)
    return [
        target
        for target in keyed.get(end, [])
        if start
        and (
            "".join(words_of(target.table)).startswith(wanted)
            or (about and about == concepts_of(target.table))
        )
    ]
