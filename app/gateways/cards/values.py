"""What banks send, read strictly: nothing here raises, whatever came."""

import json
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.gateways.cards.port import OrderReference


def find_reference(text: str) -> OrderReference | None:
    return OrderReference(text) if re.fullmatch(r"[A-Z2-7]{26}", text) else None


def find_amount(text: str) -> Decimal | None:
    """Plain digits with at most two decimals; no sign, exponent or grouping."""
    return Decimal(text) if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,2})?", text) else None


def find_minor_units(text: str) -> Decimal | None:
    return Decimal(text).scaleb(-2) if re.fullmatch(r"[0-9]{1,14}", text) else None


def code(text: str) -> str:
    """A bank's code or id, for logs and documents, without what else could stand there."""
    return text if re.fullmatch(r"[A-Za-z0-9_.:-]{1,100}", text) else ""


def read_json(body: bytes) -> dict[str, Any]:
    """Empty if it is no object; numbers come as their digits."""
    try:
        found = json.loads(body, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def text_in(values: Mapping[str, Any], *path: str) -> str:
    """The text at that path, empty if there is none."""
    found: Any = values
    for name in path:
        found = found.get(name, "") if isinstance(found, Mapping) else ""
    return found if isinstance(found, str) else ""


def plain(text: str, most: int) -> str:
    """In ASCII letters: ë as e; what has no likeness is left out."""
    apart = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^A-Za-z0-9 .,@_'/+-]+", " ", apart).strip()[:most]


def phone(text: str) -> str:
    """A number of at most 15 digits with its country, empty if it is none."""
    digits = re.sub(r"[ ()/.-]", "", text)
    return digits if re.fullmatch(r"\+?[0-9]{5,15}", digits) else ""
