"""Guesses for a whole schema: which table is which relation, and what fills each field."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from legacy_adapters.guessing import codes
from legacy_adapters.guessing.catalogue import Catalogue, ColumnFacts, Link, TableFacts
from legacy_adapters.guessing.parts import of_one_kind
from legacy_adapters.guessing.scoring import (
    ENOUGH,
    Found,
    Reached,
    best_tables,
    ranked,
    reach,
)
from legacy_adapters.guessing.vocabulary import FIELDS
from legacy_adapters.relations import RELATIONS, Kind

CANDIDATES = 4
FLAGS = {  # that stand where a status should, and what to check of them
    "paid": "what each code means; is it this flag that says what is paid?",
    "cancelled": "what each code means; no status was found that says which are paid",
}
SPOKEN = {"category", "method", "source", "region"}  # customers read these: no codes


@dataclass
class Guess:
    """value: an operation of the mapping, with ColumnFacts where a column's name will stand."""

    value: Any
    sureness: str
    why: str
    check: str = ""  # what a person must look at

    @property
    def columns(self) -> list[ColumnFacts]:
        return columns_in(self.value)


def columns_in(value: Any) -> list[ColumnFacts]:
    if isinstance(value, ColumnFacts):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [column for part in parts for column in columns_in(part)]


@dataclass
class RelationGuess:
    """base: None, where no table looks like the relation. parts: tables of the same kind."""

    name: str
    base: TableFacts | None = None
    others: list[str] = field(default_factory=list)  # tables that were second best
    parts: list[str] = field(default_factory=list)
    fields: dict[str, Guess] = field(default_factory=dict)
    candidates: dict[str, list[Found]] = field(default_factory=dict)
    without: dict[ColumnFacts, list[str]] = field(default_factory=dict)
    paths: dict[str, tuple[Link, ...]] = field(default_factory=dict)


def guess_relations(catalogue: Catalogue) -> dict[str, RelationGuess]:
    return _Guesser(catalogue).guess()


class _Guesser:
    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.found: dict[str, RelationGuess] = {}

    def guess(self) -> dict[str, RelationGuess]:
        taken: set[str] = set()
        for name in ("invoice", "payment", "invoice_line", "contract"):
            rated = [t for _, t in best_tables(self.catalogue, name) if t.name not in taken]
            base = next((t for t in rated if self._suits(name, t)), None)
            alike = of_one_kind(self.catalogue, base) if base else []
            base = next((t for t in alike if self._suits(name, t)), None)
            others = [table.name for table in rated if table not in alike][:CANDIDATES]
            parts = [table.name for table in alike if table is not base]
            self.found[name] = RelationGuess(name, base, others, parts)
            taken |= {table.name for table in alike}
        contract = self.found["contract"]
        self.found["contract_info"] = RelationGuess(
            "contract_info", contract.base, contract.others, contract.parts
        )
        for name in RELATIONS:
            self._fill(self.found[name])
        return {name: self.found[name] for name in RELATIONS}

    def _suits(self, name: str, table: TableFacts) -> bool:
        """A line belongs to an invoice that was found."""
        if name != "invoice_line":
            return True
        invoice = self.found["invoice"].base
        return any(r.table is invoice and r.path for r in reach(self.catalogue, table))

    def _fill(self, relation: RelationGuess) -> None:
        if relation.base is None:
            return
        near = reach(self.catalogue, relation.base)
        relation.paths = {reached.table.name: reached.path for reached in near}
        fields = FIELDS[relation.name]
        relation.candidates = {
            name: ranked(relation.name, name, self._where(relation, near)) for name in fields
        }
        for name in fields:
            self._plain(relation, name)
        special: dict[str, Callable[[RelationGuess, list[Reached]], None]] = {
            "contract": self._contract,
            "contract_info": self._info,
            "invoice": self._invoice,
            "invoice_line": self._line,
            "payment": self._payment,
        }
        special[relation.name](relation, near)
        self._leave_out(relation)

    def _where(self, relation: RelationGuess, near: list[Reached]) -> list[Reached]:
        """What an invoice says of itself stands in its own table, but for the meter."""
        if relation.name in {"contract", "contract_info"}:
            return near
        bases = {r.base.name for r in self.found.values() if r.base} - {relation.base.name}  # type: ignore[union-attr]
        return [reached for reached in near if reached.table.name not in bases]

    def _plain(self, relation: RelationGuess, name: str) -> None:
        for found in relation.candidates[name]:
            if found.score < ENOUGH:
                return
            guess = self._guess(relation.name, name, found)
            if guess:
                relation.fields[name] = guess
                return

    def _guess(self, relation: str, name: str, found: Found) -> Guess | None:
        """What stands for one column, as its kind wants it; None: its values do not suit."""
        kind, column = RELATIONS[relation][name].kind, found.column
        named = f"{column.name}: {found.concepts}"
        guess = Guess(column, found.sureness, named)
        if kind is Kind.DATE and column.family != "date":
            form = self.catalogue.shape(column)
            if form in {"", "period"}:
                return None
            guess.value, guess.why = {"date": column, "format": form}, f"{named}; values like it"
        elif kind is Kind.PERIOD:
            guess.why = f"{named}; values like YYYYMM"
            return guess if self.catalogue.shape(column) == "period" else None
        elif kind is Kind.MONEY:
            self._money(guess, column)
        elif kind is Kind.WORD:
            return self._words(relation, name, found)
        else:
            _small_print(guess, name, column)
        return guess

    def _money(self, guess: Guess, column: ColumnFacts) -> None:
        if "minor" in column.concepts:
            guess.value, guess.why = {"divide": column, "by": 100}, f"{guess.why}; minor units"
            guess.check = "100 minor units make one lek?"
        elif column.family == "integer":
            guess.check = "whole numbers: if minor units, { divide = ..., by = 100 }"

    def _words(self, relation: str, name: str, found: Found) -> Guess | None:
        known = self.catalogue.codes(found.column)
        if not known:
            return None
        words, told = codes.words(name, known), "what each code means"
        if name == "status" and found.concepts in FLAGS:
            words, told = codes.of_flag(found.concepts, known), FLAGS[found.concepts]
        if not words:
            return None
        value = {"column": found.column, "map": words, "else": codes.OTHERWISE[name]}
        return Guess(value, "guess", f"{found.column.name}: {found.concepts}", told)

    def _contract(self, relation: RelationGuess, near: list[Reached]) -> None:
        own = {f"{c.name}": c for reached in near for c in reached.table.columns.values()}
        people = [c for c in own.values() if c.family == "text"]
        first = [c for c in people if "first" in c.concepts]
        last = [c for c in people if "last" in c.concepts]
        named = relation.fields["subscriber"].columns if "subscriber" in relation.fields else []
        beside = [c for c in last if named and c.table == named[0].table and c not in named]
        if beside:  # EMER and MBIEMER: customers type both
            first, last, named = named, beside, []
        if first and last and not named:
            both = [c for c in first if c in last]  # EMRI_MBIEMRI
            value = both[0] if both else {"concat": [first[0], last[0]]}
            why = both[0].name if both else f"{first[0].name} and {last[0].name}"
            relation.fields["subscriber"] = Guess(value, "likely", why)
        self._joined_text(relation, people, "address", ("street", "house"))
        phones = [f.column for f in relation.candidates["phone"] if f.score >= ENOUGH][:2]
        if len(phones) > 1 and phones[0].table == phones[1].table:
            phones.sort(key=lambda c: "mobile" not in c.concepts)
            why = " and ".join(c.name for c in phones)
            relation.fields["phone"] = Guess({"nvl": phones}, "likely", why)

    def _joined_text(
        self, relation: RelationGuess, columns: list[ColumnFacts], name: str, parts: tuple[str, str]
    ) -> None:
        found = [next((c for c in columns if part in c.concepts), None) for part in parts]
        if name not in relation.fields and found[0]:
            kept = [column for column in found if column]
            value: Any = {"concat": kept, "separator": ", "} if len(kept) > 1 else kept[0]
            relation.fields[name] = Guess(value, "likely", " and ".join(c.name for c in kept))

    def _info(self, relation: RelationGuess, _near: list[Reached]) -> None:
        code = self.found["contract"].fields.get("code")
        if code:
            relation.fields["contract_code"] = Guess(code.value, code.sureness, code.why)
        power = {
            name: relation.fields.get(name) for name in ("connected_power", "contracted_power")
        }
        if all(power.values()) and len({str(g.columns) for g in power.values() if g}) == 1:
            del relation.fields["contracted_power"]

    def _invoice(self, relation: RelationGuess, _near: list[Reached]) -> None:
        self._link_contract(relation)
        self._period(relation)
        self._amounts(relation)

    def _period(self, relation: RelationGuess) -> None:
        columns = list(relation.base.columns.values()) if relation.base else []
        whole = [c for c in columns if c.family == "integer"]
        years = [c for c in whole if "year" in c.concepts]
        months = [c for c in whole if "month" in c.concepts]
        if "period" in relation.fields:
            return
        if years and months:
            value: Any = {"year": years[0], "month": months[0]}
            why = f"{years[0].name} and {months[0].name}"
            relation.fields["period"] = Guess(value, "sure", why)
        elif "issued_on" in relation.fields:
            value = {"month_of": relation.fields["issued_on"].value}
            told = "is the month of issue the month billed?"
            relation.fields["period"] = Guess(value, "guess", "no period was found", told)

    def _amounts(self, relation: RelationGuess) -> None:
        fields, columns = relation.fields, relation.base.columns.values()  # type: ignore[union-attr]
        found = {name: g.columns[0] for name, g in fields.items() if _is_money(name)}
        paid = next((c for c in columns if "paid" in c.concepts and _is_amount(c)), None)
        plain = [c for c in columns if "amount" in c.concepts and _is_amount(c)]
        plain = [c for c in plain if c not in found.values() and c != paid]
        if "principal" not in found and "net" not in found and len(plain) == 1:
            name = "net" if "vat" in found else "principal"
            fields[name] = Guess(plain[0], "guess", f"{plain[0].name}: amount", "is VAT in it?")
            self._money(fields[name], plain[0])
            found[name] = plain[0]
        principal = self._principal(fields, found)
        tail = [found[name] for name in ("tv_fee", "interest") if name in found]
        if "outstanding" not in fields and paid and principal:
            owed: Any = [*principal, *tail]
            value = {"minus": [{"sum": owed} if len(owed) > 1 else owed[0], paid]}
            why = f"what is billed less {paid.name}"
            fields["outstanding"] = _summed(value, why, "0 if paid?")

    def _principal(
        self, fields: dict[str, Guess], found: dict[str, ColumnFacts]
    ) -> list[ColumnFacts]:
        """The columns that make the principal."""
        if "principal" in found:
            if "net" not in found and "vat" in found:
                value = {"minus": [found["principal"], found["vat"]]}
                fields["net"] = _summed(value, "principal less VAT", "")
            fields["principal"].check = fields["principal"].check or "with VAT, without TV fee?"
            return [found["principal"]]
        if "net" in found and "vat" in found:
            parts = [found["net"], found["vat"]]
            fields["principal"] = _summed({"sum": parts}, "net and VAT", "")
            return parts
        return []

    def _line(self, relation: RelationGuess, _near: list[Reached]) -> None:
        number = self.found["invoice"].fields.get("number")
        if number:
            relation.fields["invoice_number"] = Guess(
                number.value, "likely", "the invoice's number"
            )
        self._link_contract(relation)

    def _payment(self, relation: RelationGuess, _near: list[Reached]) -> None:
        self._link_contract(relation)

    def _link_contract(self, relation: RelationGuess) -> None:
        """The contract's code: a column of the same name, or by way of the contract's table."""
        code = self.found["contract"].fields.get("code")
        base, contract = relation.base, self.found["contract"].base
        if not code or not base or not contract:
            return
        column = code.columns[0]
        same = {c.name.lower(): c for c in base.columns.values()}.get(column.name.lower())
        if same and same.family == column.family:
            why = f"{same.name}, as in {column.table}"
            relation.fields["contract_code"] = Guess(same, "sure", why)
        elif column.table in relation.paths:
            why = f"{column.table}, which {base.name} leads to"
            relation.fields["contract_code"] = Guess(column, "likely", why)

    def _leave_out(self, relation: RelationGuess) -> None:
        """Flags that say deleted or reversed, in the relation's own table or the contract's."""
        tables = {column.table for g in relation.fields.values() for column in g.columns}
        own = {t.base.name for t in (relation, self.found["contract"]) if t.base}
        if relation.name == "contract_info":
            return
        for name in sorted(tables & own):
            for column in self.catalogue.tables[name].columns.values():
                used = any(column in g.columns for g in relation.fields.values())
                if "cancelled" in column.concepts and column.family in {"text", "integer"}:
                    gone = codes.gone(self.catalogue.codes(column) or [])
                    if gone and not used:
                        relation.without[column] = gone


def _small_print(guess: Guess, name: str, column: ColumnFacts) -> None:
    if name in {"connected_power", "contracted_power"} and "watts" in column.concepts:
        guess.value, guess.why = {"divide": column, "by": 1000}, f"{guess.why}; watts into kW"
    elif name in SPOKEN and ("code" in column.concepts or column.family == "integer"):
        guess.check = "codes? { column = ..., map = { ... } } gives words"


def _is_money(name: str) -> bool:
    return RELATIONS["invoice"][name].kind is Kind.MONEY


def _is_amount(column: ColumnFacts) -> bool:
    return column.family in {"number", "integer"} and not column.concepts & {"price", "rate"}


def _summed(value: Any, why: str, check: str) -> Guess:
    """Minor units are divided once, around the whole."""
    columns = columns_in(value)
    if all("minor" in column.concepts for column in columns):
        return Guess({"divide": value, "by": 100}, "likely", f"{why}; minor units", check)
    return Guess(value, "likely", why, check)
