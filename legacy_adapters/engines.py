"""Which engine reads a billing address."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from config.settings import BillingSettings
from legacy_adapters.engine import BillingEngine
from legacy_adapters.errors import MappingError
from legacy_adapters.oracle import cx_oracle_engine, oracledb_engine
from legacy_adapters.postgresql import postgresql_engine
from legacy_adapters.sqlite import sqlite_engine

MakeEngine = Callable[[URL, BillingSettings], BillingEngine]
ENGINES: dict[str, MakeEngine] = {
    "oracle+oracledb": oracledb_engine,
    "oracle+cx_oracle": cx_oracle_engine,
    "postgresql+psycopg": postgresql_engine,
    "sqlite": sqlite_engine,
    "sqlite+pysqlite": sqlite_engine,
}
# SQLAlchemy would choose a driver by itself, and another one from version to version.
UNNAMED_DRIVER = {
    "oracle": (
        "use oracle+oracledb:// (databases from 12.1 on, no client needed)"
        " or oracle+cx_oracle:// (11.2, with Oracle Instant Client)"
    ),
    "postgresql": "use postgresql+psycopg://",
}


NO_ADDRESS = (
    "the {what} address is not one: expected something like"
    " oracle+oracledb://user:password@host:1521/?service_name=BILLING; in user and password"
    " write @ as %40, : as %3A and / as %2F"
)


def _names_service(url: URL) -> bool:
    return bool(url.database or {"service_name", "sid", "dsn"} & set(url.query))


def make_engine(address: str, settings: BillingSettings) -> BillingEngine:
    """Connects to nothing yet.

    Raises: MappingError, when the address is none or its kind is not supported.
    """
    url = read_address(address)
    with refusing_odd_options(url):
        return ENGINES[url.drivername](url, settings)


@contextmanager
def refusing_odd_options(url: URL, what: str = "billing") -> Iterator[None]:
    """While an engine is made: SQLAlchemy looks values of options up in the driver. Raises:
    MappingError."""
    try:
        yield
    except (ArgumentError, AttributeError, TypeError, ValueError):
        told = ", ".join(sorted(url.query)) or "none"
        raise MappingError(
            f"the {what} address has an option of a value that it cannot have; its options: {told}"
        ) from None


def read_address(address: str, what: str = "billing") -> URL:
    """what: whose address it is, for the words. Raises: MappingError, as above."""
    try:
        url = make_url(address)
        (url.host or "").encode("idna")  # as it is looked up
    except (ArgumentError, ValueError):
        raise MappingError(NO_ADDRESS.format(what=what)) from None
    # An @ in the host is a part of the password, which no log may show.
    if "@" in (url.host or "") or not address.isprintable():
        raise MappingError(NO_ADDRESS.format(what=what))
    if url.drivername.startswith("oracle+") and url.port and not _names_service(url):
        raise MappingError(f"the {what} address names no database: add ?service_name=NAME to it")
    if url.drivername in UNNAMED_DRIVER:
        told = UNNAMED_DRIVER[url.drivername]
        raise MappingError(f"{url.drivername}:// does not say which driver: {told}")
    if url.drivername not in ENGINES:
        raise MappingError(
            f"{what} addresses of the kind {url.drivername}:// are not supported;"
            f" supported: {', '.join(f'{name}://' for name in ENGINES)}"
        )
    return url
