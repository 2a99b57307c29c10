"""Values as they travel: NUMBER in base 100, DATE in excess bytes, text in UTF-8."""

import struct
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal
from enum import IntEnum
from typing import Any

# More digits than this no NUMBER keeps, whatever its exponent.
_NUMBER = Context(prec=39)
_ZERO = b"\x80"
_POSITIVE = 0x80
_EXPONENT_BIAS = 193
_NEGATIVE_END = 102
_MOST_PAIRS = 20
_AS_UTF16 = 2


class OracleType(IntEnum):
    """Type codes of TTC, for columns and binds."""

    VARCHAR = 1
    NUMBER = 2
    INTEGER = 3
    LONG = 8
    DATE = 12
    RAW = 23
    LONG_RAW = 24
    CHAR = 96
    BINARY_FLOAT = 100
    BINARY_DOUBLE = 101
    CLOB = 112
    TIMESTAMP = 180
    TIMESTAMP_TZ = 181
    TIMESTAMP_LTZ = 231

    @property
    def is_text(self) -> bool:
        return self in (OracleType.VARCHAR, OracleType.CHAR, OracleType.CLOB, OracleType.LONG)


@dataclass(frozen=True)
class Bind:
    """A bound value. CHAR compares blank-padded, VARCHAR does not: the type matters."""

    name: str
    type: OracleType
    value: Any


@dataclass(frozen=True)
class Column:
    """How a result's column is described to the client."""

    name: str
    type: OracleType
    size: int
    precision: int = 0
    scale: int = 0
    nullable: bool = True


def encode_number(value: Decimal | int) -> bytes:
    """Sign and exponent in one byte, then pairs of digits; negative ones are complemented."""
    sign, digits, exponent = _NUMBER.create_decimal(value).as_tuple()
    assert isinstance(exponent, int), "NUMBER has neither infinity nor NaN"
    text = "".join(map(str, digits))
    point = len(text) + exponent
    significant = text.lstrip("0")
    point -= len(text) - len(significant)
    significant = significant.rstrip("0")
    if not significant:
        return _ZERO
    if point % 2:
        significant = "0" + significant
        point += 1
    if len(significant) % 2:
        significant += "0"
    pairs = [int(significant[i : i + 2]) for i in range(0, len(significant), 2)]
    first = (point // 2 - 1 + _EXPONENT_BIAS) & 0xFF
    if not sign:
        return bytes([first, *(pair + 1 for pair in pairs)])
    end = [_NEGATIVE_END] if len(pairs) < _MOST_PAIRS else []
    return bytes([first ^ 0xFF, *(101 - pair for pair in pairs), *end])


def decode_number(encoded: bytes) -> int | Decimal:
    if encoded == _ZERO:
        return 0
    positive = bool(encoded[0] & _POSITIVE)
    exponent = (encoded[0] if positive else encoded[0] ^ 0xFF) - _EXPONENT_BIAS
    mantissa = list(encoded[1:])
    if not positive and mantissa and mantissa[-1] == _NEGATIVE_END:
        mantissa.pop()
    digits = "".join(f"{pair - 1 if positive else 101 - pair:02d}" for pair in mantissa)
    shift = 2 * (exponent - len(mantissa) + 1)
    value = Decimal(("-" if not positive else "") + f"{digits}E{shift}")
    return int(value) if value == value.to_integral_value() else value


def encode_date(value: datetime) -> bytes:
    century, year = divmod(value.year, 100)
    time = (value.hour + 1, value.minute + 1, value.second + 1)
    return bytes([century + 100, year + 100, value.month, value.day, *time])


def encode_timestamp(value: datetime) -> bytes:
    return encode_date(value) + struct.pack(">I", value.microsecond * 1000)


def decode_date(encoded: bytes) -> datetime:
    century, year, month, day, hour, minute, second = encoded[:7]
    has_fraction = len(encoded) >= 11
    nanoseconds = struct.unpack_from(">I", encoded, 7)[0] if has_fraction else 0
    return datetime(
        (century - 100) * 100 + year - 100,
        *(month, day, hour - 1, minute - 1, second - 1),
        microsecond=nanoseconds // 1000,
    )


def decode_binary_float(encoded: bytes) -> float:
    """IEEE with the sign turned over, so that the bytes sort like the numbers."""
    if encoded[0] & 0x80:
        turned = bytes([encoded[0] & 0x7F]) + encoded[1:]
    else:
        turned = bytes(byte ^ 0xFF for byte in encoded)
    return float(struct.unpack(">d" if len(encoded) == 8 else ">f", turned)[0])


def decode(kind: OracleType, encoded: bytes | None, character_form: int) -> Any:
    """A bind's value; None stands for NULL and for the empty text, which are one here."""
    if encoded is None:
        return None
    if kind.is_text:
        return encoded.decode("utf-16-be" if character_form == _AS_UTF16 else "utf-8")
    if kind in (OracleType.NUMBER, OracleType.INTEGER):
        return decode_number(encoded)
    if kind in (OracleType.BINARY_FLOAT, OracleType.BINARY_DOUBLE):
        return decode_binary_float(encoded)
    if kind in (OracleType.RAW, OracleType.LONG_RAW):
        return encoded
    return decode_date(encoded)


def encode(kind: OracleType, value: Any) -> bytes | None:
    """A result's value."""
    if value is None:
        return None
    if kind is OracleType.NUMBER:
        return encode_number(value)
    if kind is OracleType.DATE:
        return encode_date(value)
    if kind is OracleType.TIMESTAMP:
        return encode_timestamp(value)
    return value if isinstance(value, bytes) else str(value).encode()
