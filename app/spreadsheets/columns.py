"""What stands in a column, so that numbers arrive as numbers and days as days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum, auto

from legacy_adapters.records import Period

Cell = str | Decimal | date | Period | int | None
Row = Sequence[Cell]  # a cell for each column


class Kind(Enum):
    """Of a column's cells; None is an empty cell everywhere but in a TEXT."""

    TEXT = auto()  # str
    MONEY = auto()  # Decimal lek, two decimals
    QUANTITY = auto()  # Decimal, with the decimals it has
    COUNT = auto()  # int
    DAY = auto()  # date
    MONTH = auto()  # Period


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """width: in characters, where the file can say so."""

    title: str
    kind: Kind = Kind.TEXT
    width: int = 14
