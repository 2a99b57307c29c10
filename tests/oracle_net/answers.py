"""What the server says: builds the messages of TTC."""

from tests.oracle_net.requests import FIELD_VERSION_12_2, BindType
from tests.oracle_net.values import Column, OracleType, encode
from tests.oracle_net.wire import SESSION_DATA_UNIT, Writer

_PROTOCOL, _DATA_TYPES, _ERROR, _ROW_HEADER, _ROW, _PARAMETERS, _STATUS, _DESCRIBE = (
    *(1, 2, 4, 6, 7, 8, 9, 16),
)
_IN_TRANSACTION = 2
_AL32UTF8 = 873
_AL16UTF16 = 2000
_IMPLICIT_FORM = 1
_LONGEST_CODE = 0xFFFF
_FIELD_VERSION_20 = 14
_LONG_TYPES = (OracleType.LONG, OracleType.LONG_RAW)

# Listener's refusals, and the protocol version that is accepted.


def refusal(code: int) -> bytes:
    text = (
        f"(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR={code})"
        f"(ERROR_STACK=(ERROR=(CODE={code})(EMFI=4))))"
    ).encode()
    return bytes(Writer().raw(b"\x22\0").fixed16(len(text)).raw(text))


def acceptance(protocol_version: int) -> bytes:
    w = Writer().fixed16(protocol_version).fixed16(0).zeros(10).byte(0).zeros(9)
    return bytes(w.fixed32(SESSION_DATA_UNIT).zeros(9))


def protocol(field_version: int) -> bytes:
    """Names, character sets and capabilities; of those only the field version matters here."""
    compile_time = bytearray(45)
    compile_time[7] = field_version
    run_time = bytearray(13)
    run_time[6] = 4
    w = Writer().byte(_PROTOCOL).byte(6).byte(0).raw(b"x86_64/Linux 2.4.xx\0")
    w.fixed16_little(_AL32UTF8).byte(1).fixed16_little(0)
    w.fixed16(11).zeros(9).fixed16(_AL16UTF16)
    return bytes(w.octets(bytes(compile_time)).octets(bytes(run_time)))


def data_types() -> bytes:
    return bytes(Writer().byte(_DATA_TYPES).fixed16(0))


def status(*, in_transaction: bool) -> bytes:
    return bytes(Writer().byte(_STATUS).number(_IN_TRANSACTION if in_transaction else 0, 0))


class Answer:
    """The answer to one function: what it brings, then always the end of the call."""

    def __init__(self, field_version: int) -> None:
        self._field_version = field_version
        self._w = Writer()

    def parameters(self, pairs: list[tuple[str, str, int]]) -> "Answer":
        self._w.byte(_PARAMETERS).number(len(pairs))
        for key, value, flags in pairs:
            self._w.text(key).text(value).number(flags)
        return self

    def describe(self, columns: list[Column]) -> "Answer":
        self._w.byte(_DESCRIBE).byte(0).number(1000, len(columns))
        if columns:
            self._w.byte(1)
        for position, column in enumerate(columns):
            self._describe_column(position, column)
        self._w.number(0, 0, 0, 0, 0, 0)
        return self

    def _describe_column(self, position: int, column: Column) -> None:
        w, is_text = self._w, column.type.is_text
        octets = column.size * 4 if is_text and column.type is not OracleType.CLOB else column.size
        w.byte(column.type).byte(0).byte(column.precision).byte(column.scale)
        w.number(octets, 0, 0, 0, 0, _AL32UTF8 if is_text else 0)
        w.byte(_IMPLICIT_FORM if is_text else 0).number(column.size)
        if self._field_version >= FIELD_VERSION_12_2:
            w.number(0)
        w.byte(column.nullable).byte(len(column.name.encode())).text(column.name)
        w.number(0, 0, position, 0)

    def rows(
        self, columns: list[Column], rows: list[tuple[object, ...]], defines: list[BindType] | None
    ) -> "Answer":
        if rows:
            self._w.byte(_ROW_HEADER).byte(0).number(0, 0, 0, 0, 0, 0)
        for row in rows:
            self._w.byte(_ROW)
            for i, (column, value) in enumerate(zip(columns, row, strict=True)):
                self._w.octets(encode(column.type, value))
                if defines and defines[i].type in _LONG_TYPES:
                    self._w.number(0, 0)  # NULL indicator, return code
        return self

    def end(
        self,
        *,
        code: int = 0,
        text: str = "",
        cursor: int = 0,
        row_count: int = 0,
        in_transaction: bool = False,
    ) -> bytes:
        """The error message, which ends successful calls too."""
        w = self._w
        w.byte(_ERROR).number(_IN_TRANSACTION if in_transaction else 0, 0, row_count)
        w.number(code if code <= _LONGEST_CODE else 0, 0, 0, cursor, 0).zeros(5)
        w.byte(0).number(0, 0).byte(0).number(0, 0, 0).zeros(2)
        w.number(0, 0, 0, 0, 0, 0, code, row_count)
        if self._field_version >= _FIELD_VERSION_20:
            w.number(0, 0)
        if code:
            w.octets(text.encode())
        return bytes(w)
