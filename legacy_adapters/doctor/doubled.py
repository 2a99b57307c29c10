"""Whether a join doubles the rows that tell of money, because what it leads to has several rows for
one value. It needs no key, which views have not.

Without the table that tells of money a relation's tables fall into groups, which hang on it by some
of its columns. Each group has to have one row for each value that these columns hold; so a base
that every row of money leads to, such as the contract, is not called doubled by having many.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Subquery, and_, func, select, union

from legacy_adapters.contracts import is_one_of, list_of_codes, list_size
from legacy_adapters.doctor.patient import Fitted, Patient
from legacy_adapters.doctor.sampled import Codes, some_contracts
from legacy_adapters.schema import Relation, find_column, same

ROWS = 5_000  # the first, and as many of some contracts, of which the values are looked up
VALUES = 900
Column = tuple[str, str]  # a table's short name, and the column's as the mapping writes it


@dataclass(frozen=True, kw_only=True)
class Group:
    """times: how many rows each value finds, in tables of which the last one doubles them."""

    aliases: list[str]
    times: list[int]

    @property
    def doubled(self) -> int:
        return sum(times > 1 for times in self.times)


class Joins:
    """telling: the short name of the table that tells of money."""

    def __init__(self, patient: Patient, fitted: Fitted, relation: Relation, telling: str) -> None:
        mapping = fitted.mapping
        self.are_looked_at = False  # nothing can be said of a table without rows
        self._codes: Codes = []
        self._patient = patient
        self._fitted = fitted
        self._relation = relation
        self._telling = telling
        self._links = [
            (split(left), split(right)) for join in mapping.joins for left, right in join.on
        ]
        self._order = [use.alias for use in mapping.uses]
        self._optional = {join.use.alias for join in mapping.joins if join.optional}
        names = [*mapping.only, *mapping.without]
        self._conditions = [
            (split(name)[0], condition)
            for name, condition in zip(names, relation.conditions, strict=True)
        ]

    def told(self) -> Iterator[str]:
        """Of each group that doubles rows. Raises: one of questions.FAILURES."""
        if self._relation.has("contract_code"):
            self._codes = some_contracts(self._patient)
        for aliases in self._groups():
            whole = self._look(aliases)
            if whole.doubled:
                yield self._sentence(self._narrowed(whole))

    def _groups(self) -> Iterator[list[str]]:
        left = [alias for alias in self._order if alias != self._telling]
        while left:
            group = self._grown(left[:1], left)
            yield [alias for alias in self._order if alias in group]
            left = [alias for alias in left if alias not in group]

    def _grown(self, group: list[str], others: Sequence[str]) -> list[str]:
        """With all others that hang on it, each after what it hangs on."""
        for alias in others:
            if alias not in group and self._is_linked(alias, group):
                return self._grown([*group, alias], others)
        return group

    def _is_linked(self, alias: str, others: Sequence[str]) -> bool:
        return any(
            (left == alias and right in others) or (right == alias and left in others)
            for (left, _), (right, _) in self._links
        )

    def _narrowed(self, whole: Group) -> Group:
        """The same with no more tables than double the rows already."""
        near: list[str] = []
        while len(near) < len(whole.aliases):
            left = [alias for alias in whole.aliases if alias not in near]
            beside = [self._telling, *near]
            near.append(next((a for a in left if self._is_linked(a, beside)), left[0]))
            found = whole if len(near) == len(whole.aliases) else self._look(near)
            if found.doubled:
                return Group(aliases=near, times=found.times)
        return whole

    def _look(self, aliases: Sequence[str]) -> Group:
        statement = self._statement(aliases)
        values = list_of_codes(self._codes) if self._codes else {}
        times = self._patient.ask(lambda c: c.execute(statement, values).scalars().all())
        self.are_looked_at |= bool(times)
        return Group(aliases=[*aliases], times=[*times])

    def _statement(self, aliases: Sequence[str]) -> Select[Any]:
        """The mapping's joins of these, where its values stand for the table that tells of money:
        how many rows there are for each value."""
        met = self._met(aliases)
        first, *others = [a for a in self._order if a in aliases or a == self._telling]
        placed = self._grown([first], others)
        source = self._table(first, met)
        for number, alias in enumerate(placed[1:], 1):
            is_outer = alias in self._optional and alias != self._telling
            on = self._on(alias, placed[:number], met)
            source = source.join(self._table(alias, met), on, isouter=is_outer)
        kept = [condition for alias, condition in self._conditions if alias in aliases]
        counted = select(func.count().label("times")).select_from(source)
        return counted.where(and_(True, *kept)).group_by(*met.c)

    def _table(self, alias: str, met: Subquery) -> FromClause:
        return met if alias == self._telling else self._relation.alias(alias)

    def _met(self, aliases: Sequence[str]) -> Subquery:
        """The different values by which the money's rows lead to these tables."""
        columns = {
            found.name: found
            for pair in self._links
            for (alias, column), (other, _) in (pair, pair[::-1])
            if alias == self._telling and other in aliases
            for found in [self._live(alias, column)]
        }
        rows = (
            self._relation.select(())
            .add_columns(*(column.label(name) for name, column in columns.items()))
            .where(*(column.is_not(None) for column in columns.values()))
            .limit(ROWS)
        )
        # The first rows may be those of one value, where the database begins with its table.
        of_some = [rows.where(self._is_of_some)] if self._codes else []
        found = union(*(select(*r.subquery().c) for r in (*of_some, rows))).subquery("r")
        return select(*found.c).distinct().limit(VALUES).subquery("met")

    @property
    def _is_of_some(self) -> ColumnElement[bool]:
        return is_one_of(self._relation.field("contract_code"), list_size(len(self._codes)))

    def _on(self, alias: str, placed: Sequence[str], met: Subquery) -> ColumnElement[bool]:
        return and_(
            *(
                same(self._column(left, met), self._column(right, met))
                for left, right in self._links
                if alias in (left[0], right[0])
                and {left[0], right[0]} <= {alias, *placed}
                and {left[0], right[0]} != {self._telling}
            )
        )

    def _column(self, name: Column, met: Subquery) -> ColumnElement[Any]:
        column: ColumnElement[Any] = self._live(*name)
        return met.c[str(column.key)] if name[0] == self._telling else column

    def _live(self, alias: str, column: str) -> Any:
        return find_column({alias: self._relation.alias(alias)}, alias, column)

    def _sentence(self, found: Group) -> str:
        last = found.aliases[-1]
        beside = [self._telling, *found.aliases[:-1]]
        columns = dict.fromkeys(
            column
            for pair in self._links
            for (alias, column), (other, _) in (pair, pair[::-1])
            if alias == last and other in beside
        )
        tables = self._fitted.tables
        return (
            f"{found.doubled} of {len(found.times)} values of {tables[last]}.{', '.join(columns)}"
            f" are there more than once: such rows of {tables[self._telling]} come out as often"
        )


def split(name: str) -> Column:
    alias, _, column = name.rpartition(".")
    return alias, column
