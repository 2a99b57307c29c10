"""Writes the guesses as a mapping file, with what is left to do beside each."""

import json
import re
from typing import Any

from legacy_adapters.guessing.catalogue import Catalogue, ColumnFacts, Link
from legacy_adapters.guessing.guesses import CANDIDATES, Guess, RelationGuess
from legacy_adapters.relations import OPTIONAL_RELATIONS, RELATIONS

TABLES_SHOWN = 40
BARE = re.compile(r"[A-Za-z0-9_-]+")
PARTS = "CHECK: one table for each year, or for what is old? A view has to put it together with {}"
HEAD = """\
# A first mapping, guessed by `flask billing map init` from names, types, keys and codes.
# Look at every line: docs/mapping.md explains each key. What is marked OPEN is yours to fill.
# After each value: how sure the guess is, and why; then what to look at.
"""


def write_mapping(catalogue: Catalogue, guesses: dict[str, RelationGuess]) -> str:
    parts = [HEAD]
    if catalogue.unnameable:
        told = "; ".join(catalogue.unnameable[:TABLES_SHOWN])
        why = "no mapping can name these columns, a view can give them other names"
        parts[0] += _comment(f"OPEN: {why}: {told}") + "\n"
    for name, guess in guesses.items():
        if guess.base is None and name in OPTIONAL_RELATIONS:
            parts.append(f"# OPEN: [{name}] is optional; no table looks like it.\n")
        elif guess.base is None:
            parts.append(_unknown_section(catalogue, name))
        elif name in OPTIONAL_RELATIONS and _lacks_required(guess):
            parts.append(f"# OPEN: [{name}] is optional, and too little of it was found.\n")
        else:
            parts.append(_Section(catalogue, guess).text())
    return "\n".join(parts)


def _unknown_section(catalogue: Catalogue, name: str) -> str:
    """What there is to choose from, and what must be filled."""
    tables = ", ".join(sorted(catalogue.tables)[:TABLES_SHOWN])
    more = len(catalogue.tables) - TABLES_SHOWN
    told = f"{tables}{f' and {more} more' if more > 0 else ''}" if tables else "none at all"
    lines = [
        _comment(f"OPEN: no table looks like this. There are: {told}"),
        f"[{name}]",
        'table = ""',
        "",
        f"[{name}.columns]",
        *(
            _comment(f"{'OPEN: ' if field.required else ''}{key} = {field.kind}: {field.meaning}")
            for key, field in RELATIONS[name].items()
        ),
    ]
    return "\n".join(lines) + "\n"


def _lacks_required(guess: RelationGuess) -> bool:
    fields = RELATIONS[guess.name]
    return any(field.required and name not in guess.fields for name, field in fields.items())


class _Section:
    def __init__(self, catalogue: Catalogue, guess: RelationGuess) -> None:
        self._schema = catalogue.schema
        self._guess = guess
        used = {column.table for g in guess.fields.values() for column in g.columns}
        used |= {column.table for column in guess.without}
        self._joins = self._needed(used)
        base = guess.base.name if guess.base else ""
        self._names = _short_names([base, *(link.target.table for link in self._joins)])
        self._base = base

    def text(self) -> str:
        guess = self._guess
        lines = [f"[{guess.name}]", *self._table_lines()]
        if guess.parts:
            parts = ", ".join(guess.parts[:TABLES_SHOWN])
            lines[1] += f"  {_comment(PARTS.format(parts))}"
        if guess.others:
            lines[1] += f"  {_comment('or: ' + ', '.join(guess.others))}"
        if self._joins:
            lines += ["joins = [", *(self._join(link) for link in self._joins), "]"]
        if guess.without:
            flags = {self._name(column): gone for column, gone in guess.without.items()}
            lines.append(f"except = {toml(flags)}  # CHECK: the codes of rows that are gone")
        lines += ["", f"[{guess.name}.columns]"]
        for field in RELATIONS[guess.name]:
            lines.append(self._field(field))
        return "\n".join(lines) + "\n"

    def _table_lines(self) -> list[str]:
        lines = [f"table = {toml(self._base)}"]
        if self._schema:
            lines.append(f"schema = {toml(self._schema)}")
        if len(self._names) > 1:
            lines.append(f"as = {toml(self._names[self._base])}")
        return lines

    def _needed(self, used: set[str]) -> list[Link]:
        """The links to all tables in use, each once, nearer ones first."""
        links: dict[str, Link] = {}
        for table in sorted(used, key=lambda t: (len(self._guess.paths.get(t, ())), t)):
            for link in self._guess.paths.get(table, ()):
                links.setdefault(link.target.table, link)
        return list(links.values())

    def _join(self, link: Link) -> str:
        table, here = link.target.table, self._names
        parts: dict[str, Any] = {"table": table}
        if self._schema:
            parts["schema"] = self._schema
        parts["as"] = here[table]
        parts["on"] = {self._name(link.target): self._name(link.source)}
        if not self._must_be_there(table):
            parts["optional"] = True
        why = "a declared key" if link.is_declared else "guess: names and types agree"
        return f"    {toml(parts)},  # {why}"

    def _must_be_there(self, table: str) -> bool:
        """The tables on the way to what identifies the row."""
        for field in ("code", "contract_code", "invoice_number"):
            for column in self._guess.fields[field].columns if field in self._guess.fields else []:
                path = self._guess.paths.get(column.table, ())
                if table in {link.target.table for link in path}:
                    return True
        return False

    def _name(self, column: ColumnFacts) -> str:
        return f"{self._names[column.table]}.{column.name}" if self._joins else column.name

    def _field(self, field: str) -> str:
        described = RELATIONS[self._guess.name][field]
        found = self._guess.fields.get(field)
        if found:
            check = f"; CHECK: {found.check}" if found.check else ""
            told = _comment(f"{found.sureness}: {found.why}{check}")
            return f"{field} = {toml(self._filled(found))}  {told}"
        need = "" if described.required else " (optional)"
        return _comment(f"OPEN: {field}{need}: {described.meaning}{self._candidates(field)}")

    def _filled(self, guess: Guess) -> Any:
        def fill(value: Any) -> Any:
            if isinstance(value, ColumnFacts):
                return self._name(value)
            if isinstance(value, dict):
                return {key: fill(part) for key, part in value.items()}
            return [fill(part) for part in value] if isinstance(value, list) else value

        return fill(guess.value)

    def _candidates(self, field: str) -> str:
        found = self._guess.candidates.get(field, [])[:CANDIDATES]
        names = ", ".join(f"{one.column.table}.{one.column.name}" for one in found)
        return f"; candidates: {names}" if names else ""


def _comment(text: str) -> str:
    """Names are somebody else's: none may end the comment."""
    return "# " + "".join(c if c.isprintable() else "?" for c in text)


def _short_names(tables: list[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for table in tables:
        letters = [c for c in table.lower() if c.isascii() and c.isalpha()] or ["t"]
        free = (letter for letter in letters if letter not in names.values())
        names[table] = next(free, f"t{len(names)}")
    return names


def toml(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(toml(part) for part in value)}]"
    parts = (f"{_key(key)} = {toml(part)}" for key, part in value.items())
    return f"{{ {', '.join(parts)} }}" if value else "{}"


def _key(key: str) -> str:
    return key if BARE.fullmatch(key) else toml(key)
