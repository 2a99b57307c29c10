"""What clients ask: takes the messages of TTC apart."""

from dataclasses import dataclass, field
from typing import Any

from tests.oracle_net.errors import ProtocolError
from tests.oracle_net.values import OracleType, decode
from tests.oracle_net.wire import Reader

# Message types.
PROTOCOL, DATA_TYPES, FUNCTION, ROW, PIGGYBACK = 1, 2, 3, 7, 17
NOTHING = 0  # what is left of empty tags
# Functions of a FUNCTION message.
REEXECUTE, FETCH, LOGOFF, COMMIT, ROLLBACK, REEXECUTE_QUERY = 4, 5, 9, 14, 15, 78
EXECUTE, AUTHENTICATE, CHALLENGE, PING = 94, 115, 118, 147
# Piggybacks: what rides in front of a function.
_CLOSE_CURSORS, _SET_TAGS, _SET_SCHEMA, _SESSION_STATE = 105, 135, 152, 176
# Options of an execute.
_PARSE, _DEFINE, _EXECUTE, _FETCH, _COMMIT = 0x01, 0x10, 0x20, 0x40, 0x100
_ROW_LIMIT_OF_SHORT_BINDS = 32767
# What stands before the length of each tag, and the flag that says it changed.
_TAG_LAYOUT = {
    "client_identifier": "b",
    "module": "b",
    "action": "b",
    "client_info": "bn bn b",
    "dbop": "bn bn b",
}
_TAG_FLAGS = {
    "client_identifier": 0x01,
    "module": 0x08,
    "action": 0x10,
    "client_info": 0x100,
    "dbop": 0x200,
}
# From these field versions on, some messages carry more.
FIELD_VERSION_12_2, FIELD_VERSION_12_2_EXT = 8, 9


@dataclass(frozen=True)
class BindType:
    """What the client says of one bind, or of one column that it defines."""

    type: OracleType
    character_form: int
    size: int

    @property
    def is_long(self) -> bool:
        return self.size > _ROW_LIMIT_OF_SHORT_BINDS


BindRow = list[Any]


@dataclass
class Execute:
    """Parse, bind, execute, fetch: what of them the client wants in one request."""

    options: int
    cursor: int
    sql: str | None
    fetch: int
    bind_types: list[BindType] = field(default_factory=list)
    rows: list[BindRow] = field(default_factory=list)
    defines: list[BindType] | None = None

    @property
    def prefetch(self) -> int:
        return self.fetch if self.options & _FETCH else 0

    @property
    def commits(self) -> bool:
        return bool(self.options & _COMMIT)

    @property
    def only_parses(self) -> bool:
        return not self.options & _EXECUTE


@dataclass
class State:
    """What piggybacks changed."""

    closed_cursors: list[int] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    schema: str | None = None


def read_execute(r: Reader, field_version: int) -> Execute:
    options, cursor = r.number(), r.number()
    r.skip("bn bn bbn")  # has SQL and how much; ...
    fetch = r.number()
    r.skip("nb")
    bind_count = r.number()
    r.skip("bbbbbb")
    define_count = r.number()
    r.skip("nbbbn bnn bnb")  # registration for changes
    if field_version >= FIELD_VERSION_12_2:
        r.skip("bn bn b")
    if field_version >= FIELD_VERSION_12_2_EXT:
        r.skip("bn")
    sql = None
    if cursor == 0 or options & _PARSE:
        sql = r.text()
    r.number()
    executions = r.number()
    is_query = r.numbers(11)[5]
    request = Execute(options, cursor, sql, fetch)
    if options & _DEFINE:
        request.defines = _read_types(r, define_count, field_version)
    elif bind_count:
        request.bind_types = _read_types(r, bind_count, field_version)
        count = 1 if is_query else max(executions, 1)
        request.rows = read_rows(r, request.bind_types, count)
    return request


def _read_types(r: Reader, count: int, field_version: int) -> list[BindType]:
    return [_read_type(r, field_version) for _ in range(count)]


def _read_type(r: Reader, field_version: int) -> BindType:
    code = r.byte()
    r.skip("bbb")  # flags, precision, scale
    size = r.number()
    r.skip("nn tn n")  # elements, flags; object's id and version; character set
    character_form = r.byte()
    r.number()
    if field_version >= FIELD_VERSION_12_2:
        r.number()
    return BindType(OracleType(code), character_form, size)


def read_rows(r: Reader, types: list[BindType], count: int) -> list[BindRow]:
    return [_read_row(r, types) for _ in range(count)] if types else []


def _read_row(r: Reader, types: list[BindType]) -> BindRow:
    if r.byte() != ROW:
        raise ProtocolError("row of binds expected")
    # Long ones travel behind all others.
    order = sorted(range(len(types)), key=lambda i: types[i].is_long)
    values: BindRow = [None] * len(types)
    for i in order:
        values[i] = decode(types[i].type, r.octets(), types[i].character_form)
    return values


@dataclass(frozen=True)
class Reexecute:
    """A cursor that is known to both sides, with its new binds still to be read."""

    cursor: int
    count: int
    commits: bool


def read_reexecute(r: Reader) -> Reexecute:
    cursor, count, _, options = r.numbers(4)
    return Reexecute(cursor, count, bool(options & 1))


def read_piggyback(r: Reader, state: State) -> None:
    kind = r.byte()
    r.byte()
    if kind == _CLOSE_CURSORS:
        r.byte()
        state.closed_cursors += r.numbers(r.number())
    elif kind == _SET_SCHEMA:
        r.byte()
        state.schema = r.counted_text()
    elif kind == _SET_TAGS:
        _read_tags(r, state)
    elif kind == _SESSION_STATE:
        r.number()
    else:
        raise ProtocolError(f"piggyback {kind}")


def _read_tags(r: Reader, state: State) -> None:
    """Only what changed is told; a change to nothing has the length 0.

    The driver then writes an empty text, or not even that: so empty ones are passed over.
    """
    r.skip("bb")
    changed = r.number()
    lengths = {}
    for name, layout in _TAG_LAYOUT.items():
        r.skip(layout)
        lengths[name] = r.number()
    for name, length in lengths.items():
        if length:
            state.tags[name] = r.text() or r.text()
        elif changed & _TAG_FLAGS[name]:
            state.tags[name] = ""


def read_pairs(r: Reader, count: int) -> dict[str, str]:
    pairs = {}
    for _ in range(count):
        key = r.counted_text().rstrip("\0")
        pairs[key] = r.counted_text()
        r.number()  # flags
    return pairs


def read_challenge(r: Reader) -> str:
    """The user's name."""
    r.skip("bnnb")
    count = r.number()
    r.skip("bb")
    user = r.text()
    read_pairs(r, count)
    return user.upper()


def read_authentication(r: Reader) -> dict[str, str]:
    r.skip("bnnb")
    count = r.number()
    r.skip("bb")
    r.octets()
    return read_pairs(r, count)


def skip_data_types(r: Reader) -> None:
    """The client's list of types that it can convert; ends with a zero."""
    r.skip("bbbbb oo")
    while r.raw(2) != b"\0\0":
        if r.raw(2) != b"\0\0":
            r.raw(4)
