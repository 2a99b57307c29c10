"""PostgreSQL as billing's engine: for utilities that replicate billing into one, and for
billing systems that live there."""

import importlib
from functools import cache
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event

from config.home import HOME
from config.settings import BillingSettings
from legacy_adapters.engine import BillingEngine
from legacy_adapters.errors import MappingError
from legacy_adapters.lane import ABANDONED_AT_MOST
from legacy_adapters.log_ins import limit_log_ins


def postgresql_engine(url: URL, settings: BillingSettings) -> BillingEngine:
    return make_postgresql_engine(
        url,
        {"default_transaction_read_only": "on", "timezone": HOME.key},
        application="veteshherbim",
        connections=settings.connections,
        connect_seconds=settings.connect_seconds,
        answer_seconds=settings.answer_seconds,
        # One statement is one round trip: no BEGIN before it and no ROLLBACK after.
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        pool_reset_on_return=None,
    )


def make_postgresql_engine(
    url: URL,
    session: dict[str, object],
    *,
    application: str,
    connections: int,
    connect_seconds: float,
    answer_seconds: float,
    **of_engine: Any,
) -> BillingEngine:
    """session: the settings of its sessions, besides their time-outs; of_engine:
    create_engine's. application: what the server calls them."""
    _refuse_unknown_options(url)
    answer = int(answer_seconds * 1000)
    session = {
        "statement_timeout": answer,
        "lock_timeout": answer,
        "datestyle": "ISO",  # the driver reads moments with a time zone in no other
        **session,
    }
    own = [f"-c {name}={value}" for name, value in session.items()]
    engine = create_engine(
        url,
        connect_args={
            "connect_timeout": max(2, round(connect_seconds)),  # libpq's least
            # The address may have such as a search path: what is ours comes after it.
            "options": " ".join([*url.normalized_query.get("options", ()), *own]),
            "application_name": application,
            "client_encoding": "utf8",  # whatever the database is in, or says of itself
            "tcp_user_timeout": answer,
            "keepalives_idle": 30,
        },
        pool_size=connections,
        max_overflow=ABANDONED_AT_MOST,
        hide_parameters=True,
        **of_engine,
    )
    limit_log_ins(engine, seconds=connect_seconds)
    event.listen(engine, "connect", _read_any_day)
    return BillingEngine(
        engine=engine,
        connect=engine.connect,
        connections=connections,
        seconds=connect_seconds + answer_seconds,
        answer_seconds=answer_seconds,
        is_remote=True,
        set_limit=set_limit,
        dispose=engine.dispose,
    )


def _refuse_unknown_options(url: URL) -> None:
    """Raises: MappingError. At each connect it would look as if billing did not answer."""
    # Only PostgreSQL's users pay for the driver.
    known = importlib.import_module("psycopg").pq.Conninfo.get_defaults()
    if unknown := ", ".join(sorted(url.query.keys() - {one.keyword.decode() for one in known})):
        told = f"the PostgreSQL address has an option that the driver has not: {unknown}"
        raise MappingError(told)


def _read_any_day(connection: Any, _record: Any) -> None:
    """Infinity, and days before Christ or after 9999, are no day: one must not take away all that
    was asked with it."""
    # Only PostgreSQL's users pay for the driver.
    psycopg = importlib.import_module("psycopg")
    for name in ("date", "timestamp", "timestamptz"):
        kind = connection.adapters.types[name].oid
        for form in (psycopg.pq.Format.TEXT, psycopg.pq.Format.BINARY):
            reader = connection.adapters.get_loader(kind, form)
            connection.adapters.register_loader(kind, _tolerant(reader, psycopg.DataError))


@cache
def _tolerant(reader: Any, error: type[Exception]) -> Any:
    class Tolerant:
        format = reader.format

        def __init__(self, kind: int, context: Any = None) -> None:
            self._load = reader(kind, context).load

        def load(self, data: Any) -> Any:
            try:
                return self._load(data)
            except error:
                return None

    return Tolerant


def set_limit(connection: Connection, seconds: float) -> None:
    connection.exec_driver_sql(f"SET statement_timeout = {int(seconds * 1000)}")
