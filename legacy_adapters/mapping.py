"""Reads a mapping file: where in the utility's schema each field of the fixed contract stands.

docs/mapping.md explains the file to a DBA. Nothing here touches a database.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from legacy_adapters.errors import MappingError
from legacy_adapters.operations import Operation, Wrong, parse
from legacy_adapters.relations import OPTIONAL_RELATIONS, RELATIONS, Field, Kind

TABLE_KEYS = {"table", "schema", "as"}
JOIN_KEYS = TABLE_KEYS | {"on", "optional"}
RELATION_KEYS = TABLE_KEYS | {"joins", "only", "except", "columns"}


@dataclass(frozen=True, kw_only=True)
class TableUse:
    table: str
    schema: str | None
    alias: str


@dataclass(frozen=True, kw_only=True)
class Join:
    use: TableUse
    on: tuple[tuple[str, str], ...]
    optional: bool


@dataclass(frozen=True, kw_only=True)
class RelationMapping:
    name: str
    use: TableUse
    joins: tuple[Join, ...]
    only: dict[str, list[str]]  # column -> the codes a row must have one of
    without: dict[str, list[str]]  # column -> codes whose rows do not exist for the portal
    columns: dict[str, Operation]

    @property
    def uses(self) -> tuple[TableUse, ...]:
        return (self.use, *(join.use for join in self.joins))


@dataclass(frozen=True, kw_only=True)
class Mapping:
    file: Path
    relations: dict[str, RelationMapping]

    def wrong(self, relation: str, place: str, what: str) -> MappingError:
        return MappingError(f"{self.file}: [{relation}] {place}: {what}")


def load_mapping(file: Path) -> Mapping:
    """Raises: MappingError, one line per problem."""
    try:
        contents = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise MappingError(f"{file}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{file}: is not valid TOML: {error}") from error
    problems = _wrong_relations(contents)
    relations: dict[str, RelationMapping] = {}
    for name, value in contents.items():
        if name in RELATIONS and isinstance(value, dict):
            reader = _RelationReader(name, value)
            relations[name] = reader.read()
            problems += reader.problems
    if problems:
        raise MappingError("\n".join(f"{file}: {problem}" for problem in problems))
    return Mapping(file=file, relations=relations)


def _wrong_relations(contents: dict[str, Any]) -> list[str]:
    known = ", ".join(RELATIONS)
    problems = [
        f"[{name}]: is not a relation; those are {known}" for name in contents.keys() - RELATIONS
    ]
    missing = RELATIONS.keys() - OPTIONAL_RELATIONS - contents.keys()
    return problems + [f"[{name}]: is missing" for name in sorted(missing)]


class _RelationReader:
    """Reads one relation and collects what is wrong with it."""

    def __init__(self, name: str, value: dict[str, Any]) -> None:
        self.name = name
        self.value = value
        self.problems: list[str] = []

    def read(self) -> RelationMapping:
        self._refuse_unknown(self.value, RELATION_KEYS, "")
        relation = RelationMapping(
            name=self.name,
            use=self._table(self.value, "table"),
            joins=tuple(self._join(join) for join in self._list("joins")),
            only=self._codes("only"),
            without=self._codes("except"),
            columns=self._columns(),
        )
        self._check_aliases(relation)
        return relation

    def _problem(self, place: str, what: str) -> None:
        self.problems.append(
            f"[{self.name}] {place}: {what}" if place else f"[{self.name}]: {what}"
        )

    def _refuse_unknown(self, value: dict[str, Any], known: set[str], place: str) -> None:
        for key in sorted(value.keys() - known):
            self._problem(place, f"there is no key {key!r}; known are {', '.join(sorted(known))}")

    def _list(self, key: str) -> list[dict[str, Any]]:
        value = self.value.get(key, [])
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return value
        self._problem(key, "must be a list of tables")
        return []

    def _table(self, value: dict[str, Any], place: str) -> TableUse:
        texts = {}
        for key in TABLE_KEYS:
            text = value.get(key, "")
            if not isinstance(text, str):
                self._problem(key, f"must be a text, found {text!r}")
                text = ""
            texts[key] = text
        if not texts["table"]:
            self._problem(place, "no table is named")
        return TableUse(
            table=texts["table"],
            schema=texts["schema"] or None,
            alias=texts["as"] or texts["table"],
        )

    def _join(self, value: dict[str, Any]) -> Join:
        self._refuse_unknown(value, JOIN_KEYS, "joins")
        pairs = value.get("on", {})
        if not isinstance(pairs, dict) or not pairs:
            self._problem("joins", '`on` must name the columns, as {"a.ID" = "b.ID"}')
            pairs = {}
        return Join(
            use=self._table(value, "joins"),
            on=tuple((left, str(right)) for left, right in pairs.items()),
            optional=self._flag(value, "optional"),
        )

    def _flag(self, value: dict[str, Any], key: str) -> bool:
        flag = value.get(key, False)
        if not isinstance(flag, bool):
            self._problem("joins", f"`{key}` is true or false, found {flag!r}")
        return flag is True

    def _codes(self, key: str) -> dict[str, list[str]]:
        value = self.value.get(key, {})
        if isinstance(value, dict) and all(isinstance(codes, list) for codes in value.values()):
            return {column: [str(code) for code in codes] for column, codes in value.items()}
        self._problem(key, 'must name columns and codes, as {"f.STATUS" = ["A"]}')
        return {}

    def _columns(self) -> dict[str, Operation]:
        value = self.value.get("columns", {})
        if not isinstance(value, dict):
            self._problem("columns", "must be a table")
            return {}
        fields = RELATIONS[self.name]
        for field, described in fields.items():
            if described.required and field not in value:
                self._problem(f"columns.{field}", f"is missing: {described.meaning}")
        columns = {}
        for field, operation in value.items():
            place = f"columns.{field}"
            if field not in fields:
                self._problem(place, f"is not a field; those are {', '.join(fields)}")
                continue
            try:
                columns[field] = parse(operation)
                _check_words(fields[field], columns[field])
            except Wrong as wrong:
                self._problem(place, str(wrong))
        return columns

    def _check_aliases(self, relation: RelationMapping) -> None:
        aliases = [use.alias for use in relation.uses]
        for alias in {a for a in aliases if aliases.count(a) > 1}:
            self._problem("joins", f"the name {alias!r} is used twice; give one with `as`")


def _check_words(field: Field, operation: Operation) -> None:
    if field.kind is not Kind.WORD or operation.codes is None:
        return
    given = {*operation.codes, *([operation.otherwise] if operation.otherwise else [])}
    unknown = given - set(field.words)
    if unknown:
        raise Wrong(f"{', '.join(sorted(unknown))}: the words are {', '.join(field.words)}")
    if "open" in field.words and "open" not in given:
        raise Wrong("no code means open, so nobody would ever owe anything")
