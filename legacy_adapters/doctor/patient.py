"""What the checks look at: a mapping and the database that it should fit."""

from dataclasses import dataclass, field

from legacy_adapters.doctor.kinds import DatabaseKind, TableName, count_up_to
from legacy_adapters.doctor.questions import FAILURES, Ask
from legacy_adapters.mapping import Mapping, RelationMapping
from legacy_adapters.schema import Relation


@dataclass(kw_only=True)
class Fitted:
    """A relation over the live tables.

    tables: alias -> table, of those that are there. relation: made of the fields that fit;
    None when its tables or joins do not. is_whole: nothing of it is broken. odd: alias -> column in
    small letters -> its declared type, where the database does not know that.
    """

    mapping: RelationMapping
    tables: dict[str, TableName] = field(default_factory=dict)
    relation: Relation | None = None
    is_whole: bool = False
    odd: dict[str, dict[str, str]] = field(default_factory=dict)

    def odd_type(self, column: str) -> str:
        """column: as the mapping writes it. "": none."""
        alias, _, name = column.rpartition(".")
        return self.odd.get(alias or self.mapping.use.alias, {}).get(name.lower(), "")


@dataclass(kw_only=True)
class Patient:
    """answer_seconds: the portal's own limit for one question."""

    mapping: Mapping
    kind: DatabaseKind
    ask: Ask
    scan_limit: int
    answer_seconds: float
    fitted: dict[str, Fitted] = field(default_factory=dict)
    _rows: dict[TableName, int | None] = field(default_factory=dict)
    _views: dict[TableName, bool] = field(default_factory=dict)

    @property
    def tables(self) -> list[TableName]:
        """Every table once, in the mapping's order."""
        return list({name: None for f in self.fitted.values() for name in f.tables.values()})

    def place(self, relation: str, place: str = "") -> str:
        return self.mapping.place(relation, place)

    def rows(self, name: TableName) -> int | None:
        """About how many rows a table has; from scan_limit on it may have more. None: unknown."""
        if name not in self._rows:
            self._rows[name] = self._estimate(name)
        return self._rows[name]

    def is_view(self, name: TableName) -> bool:
        if name not in self._views:
            try:
                self._views[name] = self.ask(lambda c: self.kind.is_view(c, name))
            except FAILURES:
                self._views[name] = False
        return self._views[name]

    def is_big(self, name: TableName) -> bool:
        """Also where nobody can say."""
        rows = self.rows(name)
        return rows is None or rows > self.scan_limit

    def _estimate(self, name: TableName) -> int | None:
        try:
            rows = self.ask(lambda c: self.kind.estimate(c, name))
        except FAILURES:
            rows = None
        if rows is not None:
            return rows
        try:
            return self.ask(lambda c: count_up_to(c, name, self.scan_limit + 1))
        except FAILURES:
            return None
