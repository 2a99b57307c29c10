"""Reads a mapping file: where in the utility's schema each field of the fixed contract stands.

docs/mapping.md explains the file to a DBA. Nothing here touches a database.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from config.places import Places
from legacy_adapters.errors import MappingError
from legacy_adapters.operations import Operation, Wrong, parse
from legacy_adapters.relations import OPTIONAL_RELATIONS, RELATIONS, Field, Kind

TABLE_KEYS = {"table", "schema", "as"}
JOIN_KEYS = TABLE_KEYS | {"on", "optional"}
RELATION_KEYS = TABLE_KEYS | {"joins", "only", "except", "columns"}
VIEWS_KEYS: dict[str, type] = {"schema": str, "prefix": str, "invoice_lines": bool}
KIND_NAMES = {str: "a text", bool: "true or false"}
VIEW_PREFIX = "SELFCARE_"
LONGEST_FILE = 200_000
Problem = tuple[str, str, str]  # relation, place in it, what is wrong


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
    """reads_views: the relations are views of the fixed contract, not the utility's tables."""

    file: Path
    relations: dict[str, RelationMapping]
    places: Places
    reads_views: bool

    def wrong(self, relation: str, place: str, what: str) -> MappingError:
        line, section = self.found(relation, place)
        return MappingError(f"{self.file}:{line}: {section}: {what}")

    def place(self, relation: str, place: str = "") -> str:
        """`file:line [relation] place`."""
        line, section = self.found(relation, place)
        return f"{self.file}:{line} {section}"

    def found(self, relation: str, place: str) -> tuple[int, str]:
        line = self.places.line(f"{relation}.{place}" if place else relation)
        return line, f"[{relation}] {place}" if place else f"[{relation}]"


def load_mapping(file: Path) -> Mapping:
    """Raises: MappingError, one line per problem: file, line, what was found and expected."""
    mapping, problems = read_mapping(file)
    if problems:
        raise MappingError("\n".join(str(mapping.wrong(*problem)) for problem in problems))
    return mapping


def read_mapping(file: Path) -> tuple[Mapping, list[Problem]]:
    """What can be made sense of, and what is wrong with the rest.

    Raises: MappingError, when the file is none or is not TOML.
    """
    try:
        text = _text_of(file)
        contents = tomllib.loads(text, parse_float=Decimal)
    except OSError as error:
        raise MappingError(f"{file}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{file}: is not valid TOML: {error}") from error
    except (ValueError, RecursionError, ArithmeticError) as error:
        told = "a number of too many digits, or too much in each other"
        raise MappingError(f"{file}: cannot be read as TOML: {told}") from error
    found: dict[str, RelationMapping] = {}
    if "views" in contents:
        found, problems = read_views(contents)
    else:
        problems = _wrong_relations(contents)
        for name, value in contents.items():
            if name in RELATIONS and isinstance(value, dict):
                reader = _RelationReader(name, value)
                found[name] = reader.read()
                problems += reader.problems
    mapping = Mapping(
        file=file, relations=found, places=Places(text), reads_views="views" in contents
    )
    return mapping, sorted(problems, key=lambda problem: mapping.found(*problem[:2])[0])


def _text_of(file: Path) -> str:
    if file.exists() and not file.is_file():  # a device or a pipe may have no end
        raise MappingError(f"{file}: cannot be read: it is no file")
    if file.stat().st_size > LONGEST_FILE:
        raise MappingError(f"{file}: is longer than {LONGEST_FILE:,} bytes")
    return file.read_text(encoding="utf-8-sig")  # some editors mark what is UTF-8


def _wrong_relations(contents: dict[str, Any]) -> list[Problem]:
    known = ", ".join(RELATIONS)
    problems = [
        (name, "", f"is not a relation; those are {known}") for name in contents.keys() - RELATIONS
    ]
    problems += [
        (name, "", f"must be a section, found {contents[name]!r}")
        for name in RELATIONS.keys() & contents.keys()
        if not isinstance(contents[name], dict)
    ]
    missing = RELATIONS.keys() - OPTIONAL_RELATIONS - contents.keys()
    return problems + [(name, "", "is missing") for name in sorted(missing)]


def read_views(contents: dict[str, Any]) -> tuple[dict[str, RelationMapping], list[Problem]]:
    """Relations that are views made for the portal: every field is a column of that name."""
    value = contents["views"]
    if not isinstance(value, dict):
        return {}, [("views", "", "must be a section")]
    problems: list[Problem] = [
        (name, "", "cannot stand beside [views]") for name in contents.keys() - {"views"}
    ]
    for key in sorted(value.keys() - VIEWS_KEYS.keys()):
        known = ", ".join(VIEWS_KEYS)
        problems.append(("views", key, f"there is no such key; known are {known}"))
    for key, kind in VIEWS_KEYS.items():
        if not isinstance(value.get(key, kind()), kind):
            found = f"found {value[key]!r}"
            problems.append(("views", key, f"must be {KIND_NAMES[kind]}, {found}"))
    if problems:
        return {}, problems
    prefix, schema = value.get("prefix", VIEW_PREFIX), value.get("schema") or None
    left_out = set() if value.get("invoice_lines", True) else OPTIONAL_RELATIONS
    return {
        name: view_relation(name, f"{prefix}{name.upper()}", schema)
        for name in RELATIONS
        if name not in left_out
    }, []


def view_relation(name: str, view: str, schema: str | None) -> RelationMapping:
    return RelationMapping(
        name=name,
        use=TableUse(table=view, schema=schema, alias=name),
        joins=(),
        only={},
        without={},
        columns={field: parse(field) for field in RELATIONS[name]},
    )


class _RelationReader:
    """Reads one relation and collects what is wrong with it."""

    def __init__(self, name: str, value: dict[str, Any]) -> None:
        self.name = name
        self.value = value
        self.problems: list[Problem] = []

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
        self._check_joins(relation)
        return relation

    def _problem(self, place: str, what: str) -> None:
        self.problems.append((self.name, place, what))

    def _refuse_unknown(self, value: dict[str, Any], known: set[str], place: str) -> None:
        for key in sorted(value.keys() - known):
            told = f"there is no key {key!r}; known are {', '.join(sorted(known))}"
            self._problem(place or key, told)

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
        own = self.value.get("schema", "")
        return Join(
            use=self._table({"schema": own if isinstance(own, str) else "", **value}, "joins"),
            on=tuple(self._pairs(pairs)),
            optional=self._flag(value, "optional"),
        )

    def _pairs(self, pairs: dict[str, Any]) -> Iterator[tuple[str, str]]:
        for left, right in pairs.items():
            if isinstance(right, str):
                yield left, right
            else:
                self._problem("joins", f"`on` compares two columns; beside {left} is {right!r}")

    def _flag(self, value: dict[str, Any], key: str) -> bool:
        flag = value.get(key, False)
        if not isinstance(flag, bool):
            self._problem("joins", f"`{key}` is true or false, found {flag!r}")
        return flag is True

    def _codes(self, key: str) -> dict[str, list[str]]:
        value = self.value.get(key, {})
        if isinstance(value, dict) and all(map(_are_codes, value.values())):
            return {column: [_as_code(c) for c in codes] for column, codes in value.items()}
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
            except (RecursionError, TypeError, ValueError, ArithmeticError):
                self._problem(place, "is no operation that can be read")
        return columns

    def _check_aliases(self, relation: RelationMapping) -> None:
        used = Counter(use.alias.lower() for use in relation.uses)
        for alias, times in used.items():
            if times > 1:
                self._problem("joins", f"the name {alias!r} is used twice; give one with `as`")

    def _check_joins(self, relation: RelationMapping) -> None:
        """A table that hangs on nothing stands beside every row: everybody's invoices."""
        before = {relation.use.alias}
        for join in relation.joins:
            own = join.use.alias
            met = [{_alias(left), _alias(right)} for left, right in join.on]
            # Where no columns or no table are named, that is told already.
            if met and own and not any(own in pair and pair & before for pair in met):
                told = f"nothing in `on` joins {own!r} to a table before it: {_listed(before)}"
                self._problem("joins", told)
            before.add(own)


def _alias(column: str) -> str:
    return column.rpartition(".")[0]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _are_codes(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(c, str | int) for c in value)


def _as_code(value: str | int) -> str:
    """TOML's true is Python's True."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_words(field: Field, operation: Operation) -> None:
    if field.kind is not Kind.WORD or operation.codes is None:
        return
    given = {*operation.codes, *([] if operation.otherwise is None else [operation.otherwise])}
    unknown = given - set(field.words)
    if unknown:
        told = ", ".join(word or "an empty text" for word in sorted(unknown))
        raise Wrong(f"{told}: the words are {', '.join(field.words)}")
    if "open" in field.words and "open" not in given:
        raise Wrong("no code means open, so nobody would ever owe anything")
