"""Just enough reading of SQL text: binds, IN lists, long names, and what CHAR compares to.

Nothing here parses SQL; it walks over tokens and rewrites a few of them.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from tests.oracle_net.errors import OraError

_TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<text>'(?:[^']|'')*')
    |(?P<bind>:"[^"]+"|:\w[\w$\#]*)
    |(?P<name>"[^"]*"|[^\W\d][\w$\#]*)
    |(?P<number>\d[\w.]*|\.\d+)
    |(?P<sign><=|>=|<>|!=|\|\||.)""",
    re.S | re.X,
)
_COMPARES = {"=", "<>", "!=", "<", ">", "<=", ">="}


@dataclass(frozen=True)
class Token:
    kind: str
    text: str

    @property
    def word(self) -> str:
        """A name as the database knows it, a bind without its colon, a sign as it is."""
        text = self.text.removeprefix(":") if self.kind == "bind" else self.text
        return text[1:-1] if text.startswith('"') else text.upper()

    @property
    def is_name(self) -> bool:
        return self.kind == "name"


@lru_cache(maxsize=500)
def tokens_of(sql: str) -> list[Token]:
    return [Token(str(match.lastgroup), match.group()) for match in _TOKEN.finditer(sql)]


def _solid(tokens: list[Token]) -> list[Token]:
    return [token for token in tokens if token.kind != "blank"]


@lru_cache(maxsize=500)
def bind_names(sql: str) -> list[str]:
    """In the order of their values: SQL has one for each occurrence, PL/SQL one for each name."""
    names = [token.word for token in tokens_of(sql) if token.kind == "bind"]
    if re.match(r"\s*(BEGIN|DECLARE|CALL)\b", sql, re.I):
        return list(dict.fromkeys(names))
    return names


@lru_cache(maxsize=500)
def names_in(sql: str) -> frozenset[str]:
    return frozenset(token.word for token in tokens_of(sql) if token.is_name)


@lru_cache(maxsize=500)
def first_words(sql: str) -> tuple[str, ...]:
    """The first four words, which tell what kind of statement it is."""
    return tuple(token.word for token in _solid(tokens_of(sql))[:4])


@lru_cache(maxsize=500)
def check_limits(sql: str, *, in_list: int, name_length: int) -> None:
    """Raises what Oracle raises for long lists (ORA-01795) and long names (ORA-00972)."""
    tokens = _solid(tokens_of(sql))
    for token in tokens:
        if token.kind in ("name", "bind") and len(token.word.encode()) > name_length:
            raise OraError(972, f"identifier is too long: {token.word[:40]}")
    for start, (token, following) in enumerate(pairwise(tokens)):
        opens_list = token.is_name and token.word == "IN" and following.text == "("
        if opens_list and _list_length(tokens[start + 2 :]) > in_list:
            raise OraError(1795, f"maximum number of expressions in a list is {in_list}")


def _list_length(tokens: list[Token]) -> int:
    depth, commas = 1, 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        commas += depth == 1 and token.text == ","
        if not depth:
            break
    return commas + 1


def replace_calls(sql: str, pattern: re.Pattern[str], value: Callable[[str], str]) -> str:
    """Puts a text literal in the place of each match of a call that the database lacks."""

    def literal(match: re.Match[str]) -> str:
        return "'" + value(match[1]).replace("'", "''") + "'"

    return pattern.sub(literal, sql)


# ----- the rule of CHAR


@dataclass
class _Item:
    """A column with its qualifiers (`K.CODE`), or any other token; blanks ride behind."""

    tokens: list[Token]

    @property
    def text(self) -> str:
        return "".join(token.text for token in self.tokens)

    @property
    def last(self) -> Token:
        return _solid(self.tokens)[-1]

    @property
    def core(self) -> str:
        """Without the blanks and comments behind it."""
        last = max(i for i, token in enumerate(self.tokens) if token.kind != "blank")
        return "".join(token.text for token in self.tokens[: last + 1])

    @property
    def tail(self) -> str:
        return self.text[len(self.core) :]


def _items(sql: str) -> list[_Item]:
    items: list[_Item] = []
    joins = False
    for token in tokens_of(sql):
        if token.kind == "blank":
            if items:
                items[-1].tokens.append(token)
            else:
                items.append(_Item([token, Token("sign", "")]))
        elif items and (joins or (token.text == "." and items[-1].last.is_name)):
            joins = token.text == "."
            items[-1].tokens.append(token)
        else:
            joins = False
            items.append(_Item([token]))
    return items


@lru_cache(maxsize=500)
def with_char_rule(
    sql: str, char_columns: frozenset[str], casts: tuple[tuple[str, str], ...]
) -> str:
    """Lets H2 compare CHAR columns as Oracle does.

    Oracle pads with blanks where CHAR meets CHAR or a literal, and does not where CHAR meets
    VARCHAR2. H2 turns a constant into the column's type first and so always finds the row.
    Here the column is cast to VARCHAR where it meets a VARCHAR2 bind, which keeps H2 from that;
    literals that meet a CHAR column become CHAR. `casts` tell how binds are written for H2:
    with their types, the others as a mere question mark.
    """
    items = _items(sql)
    char_names = char_columns | _aliases(items, char_columns)
    meets = _Meetings(items, char_names, dict(casts))
    return "".join(meets.written(i) + item.tail for i, item in enumerate(items))


def _aliases(items: list[_Item], char_columns: frozenset[str]) -> set[str]:
    """Names that the statement gives to CHAR columns: CODE AS C."""
    return {
        alias.last.word
        for column, word, alias in zip(items, items[1:], items[2:], strict=False)
        if column.last.word in char_columns and word.last.word == "AS"
    }


class _Meetings:
    """Which columns of a statement meet which binds and literals."""

    def __init__(
        self, items: list[_Item], char_names: frozenset[str], casts: dict[str, str]
    ) -> None:
        self._items = items
        self._casts = casts
        self._plain: set[int] = set()  # columns that meet a VARCHAR2 bind
        self._char_literals: set[int] = set()
        for i, item in enumerate(items):
            if item.last.is_name and item.last.word in char_names:
                self._look_around(i)

    def _look_around(self, column: int) -> None:
        for other in self._partners(column):
            token = self._items[other].last
            if token.kind == "bind" and "VARCHAR" in self._cast(token):
                self._plain.add(column)
            elif token.kind == "text":
                self._char_literals.add(other)

    def _partners(self, column: int) -> Iterator[int]:
        """Places of what the column is compared with."""
        after = [item.last.text.upper() for item in self._items[column + 1 : column + 5]]
        before = [item.last.text for item in self._items[max(column - 2, 0) : column]]
        if len(before) == 2 and before[1] in _COMPARES:
            yield column - 2
        if after[:1] and after[0] in _COMPARES:
            yield column + 2
        elif after[:1] == ["BETWEEN"]:
            yield from (column + 2, column + 4)
        elif "IN" in after[:1] or after[:2] == ["NOT", "IN"]:
            yield from self._list(column + after.index("IN") + 2)

    def _list(self, start: int) -> Iterator[int]:
        for place in range(start, len(self._items)):
            if self._items[place].last.text == ")":
                return
            yield place

    def _cast(self, bind: Token) -> str:
        return self._casts.get(bind.word.upper(), "?")

    def written(self, place: int) -> str:
        item = self._items[place]
        if item.last.kind == "bind":
            return self._cast(item.last)
        if place in self._plain:
            return f"CAST({item.core} AS VARCHAR(4000))"
        if place in self._char_literals:
            length = max(len(item.last.text.replace("''", "'")) - 2, 1)
            return f"CAST({item.core} AS CHAR({length}))"
        return item.core
