"""Which engine reads a billing address."""

from collections.abc import Callable

from sqlalchemy import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError

from legacy_adapters.errors import MappingError
from legacy_adapters.sqlite import sqlite_engine

ENGINES: dict[str, Callable[[URL], Engine]] = {
    "sqlite": sqlite_engine,
    "sqlite+pysqlite": sqlite_engine,
}


def make_engine(address: str) -> Engine:
    """Raises: MappingError, when the address is none or its kind is not supported."""
    try:
        url = make_url(address)
    except ArgumentError:
        raise MappingError(
            "the billing address is not one: expected something like sqlite:////srv/billing.db"
        ) from None
    if url.drivername not in ENGINES:
        raise MappingError(
            f"billing addresses of the kind {url.drivername}:// are not supported;"
            f" supported: {', '.join(f'{name}://' for name in ENGINES)}"
        )
    return ENGINES[url.drivername](url)
