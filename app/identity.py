"""Albania's numbers of people and businesses. No official text of the check letter was found, so
a wrong one is worth a warning and no more."""

import re
from enum import Enum, auto

NIPT = re.compile(r"[J-M]\d{8}[A-Z]")
NID = re.compile(r"[0-9A-T]\d{8}[A-W]")
LETTERS = "WABCDEFGHIJKLMNOPQRSTUV"
WEIGHTS = (1, 1, 2, 3, 4, 5, 6, 7, 8)


class Shape(Enum):
    RIGHT = auto()
    DOUBTFUL = auto()  # of the right shape, with another check letter than its digits make
    WRONG = auto()


def nipt_shape(number: str) -> Shape:
    """`L12345678I`, in capitals and without spaces."""
    return _shape(number) if NIPT.fullmatch(number) else Shape.WRONG


def nid_shape(number: str) -> Shape:
    """`J12345678G`, in capitals and without spaces."""
    return _shape(number) if NID.fullmatch(number) else Shape.WRONG


def _shape(number: str) -> Shape:
    values = [int(c) if c.isdigit() else ord(c) - ord("A") + 1 for c in number[:9]]
    rest = sum(w * v for w, v in zip(WEIGHTS, values, strict=True)) % len(LETTERS)
    # Where nothing is left over, both letters occur.
    right = {"W", "A"} if rest == 0 else {LETTERS[rest]}
    return Shape.RIGHT if number[9] in right else Shape.DOUBTFUL
