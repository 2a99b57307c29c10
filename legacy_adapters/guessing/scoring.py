"""How well a column's name and type suit a field."""

from collections.abc import Iterable
from dataclasses import dataclass

from legacy_adapters.guessing.catalogue import (
    Catalogue,
    ColumnFacts,
    Link,
    TableFacts,
    concepts_of_word,
    words_of,
)
from legacy_adapters.guessing.vocabulary import FIELDS, PALE, SHUNNED, TABLES
from legacy_adapters.relations import RELATIONS, Kind

ENOUGH = 3.0  # below this it is a candidate, not a guess
SURE, LIKELY = 5.5, 4.5
HOP = 0.7  # what each join costs
FAMILIES: dict[Kind, dict[str, float]] = {
    Kind.CODE: {"text": 0, "integer": 0, "number": -0.5},
    Kind.TEXT: {"text": 0, "integer": -1, "number": -1},
    Kind.MONEY: {"number": 0.5, "integer": 0, "text": -3},
    Kind.NUMBER: {"number": 0, "integer": 0, "text": -2},
    Kind.PERIOD: {"integer": 0, "number": 0, "text": -0.5},
    Kind.DATE: {"date": 0.5, "text": -0.5, "integer": -0.5, "number": -1},
    Kind.WORD: {"text": 0, "integer": -0.5, "number": -1},
}
LOOSE = {"phases"}  # a text that is often kept as a number


@dataclass(frozen=True)
class Found:
    column: ColumnFacts
    score: float
    concepts: str

    @property
    def sureness(self) -> str:
        return "sure" if self.score >= SURE else "likely" if self.score >= LIKELY else "guess"


@dataclass(frozen=True)
class Reached:
    """A table and how to come to it, one row at most, from where one began."""

    table: TableFacts
    path: tuple[Link, ...] = ()


def reach(catalogue: Catalogue, base: TableFacts, hops: int = 2) -> list[Reached]:
    found = {base.name: Reached(base)}
    border = [found[base.name]]
    for _ in range(hops):
        farther = []
        for here in border:
            for link in here.table.links:
                if link.target.table not in found:
                    goal = catalogue.tables[link.target.table]
                    found[goal.name] = Reached(goal, (*here.path, link))
                    farther.append(found[goal.name])
        border = farther
    return list(found.values())


def score(relation: str, field: str, column: ColumnFacts, table: TableFacts) -> Found:
    """Of the field's names the one that suits best."""
    own = column.concepts
    best = Found(column, -10.0, "")
    for names, weight in FIELDS[relation][field].items():
        wanted = set(names.split())
        if not wanted & own or not wanted <= own | table.concepts:
            continue
        points = weight - len(wanted - own) - 0.5 * _unexplained(column.name, wanted)
        if points > best.score:
            best = Found(column, points, names)
    kind = RELATIONS[relation][field].kind
    points = best.score + (0 if field in LOOSE else FAMILIES[kind].get(column.family, -8))
    shunned = SHUNNED.get(field, frozenset()) - set(best.concepts.split())
    points -= 4 * len(shunned & (own | _strange(relation, table)))
    if field in {"code", "number"} and any(link.source == column for link in table.links):
        points -= 3  # another table's identity, not this one's
    if kind is Kind.TEXT and own & {"code", "id"} and "name" not in own:
        points -= 2
    return Found(column, points, best.concepts)


def _strange(relation: str, table: TableFacts) -> frozenset[str]:
    """What the table is about beside what the relation's own tables are about."""
    return table.concepts - set(TABLES.get(relation, ((), frozenset()))[0]) - {"invoice"}


def _unexplained(name: str, wanted: set[str]) -> int:
    return sum(1 for word in words_of(name) if not concepts_of_word(word) & (wanted | PALE))


def ranked(relation: str, field: str, tables: Iterable[Reached]) -> list[Found]:
    """All columns that may be the field, the best first."""
    found = []
    for reached in tables:
        for column in reached.table.columns.values():
            one = score(relation, field, column, reached.table)
            points = one.score - HOP * len(reached.path)
            if points > 0:
                found.append(Found(column, points, one.concepts))
    return sorted(found, key=lambda one: -one.score)


def best_tables(catalogue: Catalogue, relation: str) -> list[tuple[float, TableFacts]]:
    """The tables that may be the relation's, the best first."""
    rated = [(_table_score(catalogue, relation, t), t) for t in catalogue.tables.values()]
    return sorted(((points, t) for points, t in rated if points > ENOUGH), key=lambda one: -one[0])


def _table_score(catalogue: Catalogue, relation: str, table: TableFacts) -> float:
    mains, shunned = TABLES[relation]
    points = next((6.0 - rank for rank, main in enumerate(mains) if main in table.concepts), -2.0)
    points -= 4 * len(shunned & table.concepts) + _unexplained(table.name, set(mains))
    # The holder of a contract often stands in a table that the contract's leads to.
    here = reach(catalogue, table, hops=1) if relation == "contract" else [Reached(table)]
    for field, described in RELATIONS[relation].items():
        if field in FIELDS[relation]:
            found = ranked(relation, field, here)[:1]
            weight = 0.5 if described.required else 0.15
            points += weight * min(found[0].score, 6) / 2 if found else 0
    return points
