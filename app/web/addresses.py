"""Addresses of our own pages, as templates write them."""

import re
from collections.abc import Set
from typing import Any
from urllib.parse import quote, quote_plus

from flask.sansio.app import App

MARK = "\ue000"  # stands around a variable's name; no name holds it
MARKED = re.compile(f"{quote(MARK)}(\\w+){quote(MARK)}")


def address_parts(app: App, endpoint: str, fixed: dict[str, Any], variables: Set[str]) -> list[str]:
    """A path below where the portal is mounted: its texts, and between them, at the odd places,
    names of variables. Empty for what only `url_for` can tell."""
    rules = list(app.url_map.iter_rules(endpoint))
    values = {name: value for name, value in fixed.items() if value is not None}
    values |= {name: f"{MARK}{name}{MARK}" for name in variables}
    app.inject_url_defaults(endpoint, values)
    wants_more = any(name.startswith("_") for name in values)  # `_anchor` and its like
    is_plain = len(rules) == 1 and variables <= rules[0].arguments and not wants_more
    if not is_plain or not rules[0].suitable_for(values):
        return []
    try:
        built = rules[0].build(values)
    except ValueError:  # a part that is a number: the mark is none
        return []
    return MARKED.split(built[1]) if built else []


def in_address(value: object) -> str:
    """A value as a part of a path, as werkzeug's converters of texts write it."""
    text = str(value)
    return text if text.isascii() and text.isalnum() else quote(text, safe="!$&'()*+,/:;=@")


def in_query(value: object) -> str:
    """A value in a query, as werkzeug writes it."""
    return quote_plus(str(value), safe="!$'()*,/:;?@")
