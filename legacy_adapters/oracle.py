"""Oracle as billing's engine, by python-oracledb's thin mode or by cx_Oracle.

Connections are kept by SQLAlchemy's pool, not by the driver's: tried against a listener
that accepts and stays silent, the driver's pool waits for that one connection for good and
gives no other; tried with a wrong password, it logs in more often than it was asked to.
"""

import importlib
import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event

from config.settings import BillingSettings
from legacy_adapters.asking import asker
from legacy_adapters.engine import BillingEngine
from legacy_adapters.errors import MappingError
from legacy_adapters.lane import ABANDONED_AT_MOST
from legacy_adapters.log_ins import limit_log_ins

MODULE = "veteshherbim"  # V$SESSION.MODULE: at most 48 bytes
ACTION_BYTES = 32
NOBODY = "-"


def oracledb_engine(url: URL, settings: BillingSettings) -> BillingEngine:
    return _reader(url, settings, oracledb_options(settings.connect_seconds))


def cx_oracle_engine(url: URL, settings: BillingSettings) -> BillingEngine:
    return _reader(url, settings, cx_oracle_options())


def oracledb_options(connect_seconds: float) -> dict[str, Any]:
    """What the driver's connect takes."""
    # Only Oracle's users pay for the driver. Its mode is set before the first connect: else
    # it is decided there, and one connect that hangs blocks all others.
    importlib.import_module("oracledb").enable_thin_mode()
    return {
        "tcp_connect_timeout": connect_seconds,
        "expire_time": 1,  # minutes between keep-alive probes: a host that died is noticed
        "retry_count": 0,
        "program": MODULE,
    }


def cx_oracle_options() -> dict[str, Any]:
    """What the driver's connect takes. Raises: MappingError, where the driver is missing."""
    try:
        importlib.import_module("cx_Oracle")
    except ImportError as error:
        raise MappingError(
            f"oracle+cx_oracle:// wants the package cx_Oracle, which is not installed ({error});"
            " WITH_CX_ORACLE=1 ./run installs it (it needs gcc and Python's headers)."
            " oracle+oracledb:// needs neither, for databases from 12.1 on"
        ) from None
    return {"threaded": True}


def _reader(url: URL, settings: BillingSettings, options: dict[str, Any]) -> BillingEngine:
    return make_oracle_engine(
        url,
        options,
        connections=settings.connections,
        connect_seconds=settings.connect_seconds,
        answer_seconds=settings.answer_seconds,
        reads_only=settings.read_only_transactions,
        **({} if settings.read_only_transactions else NO_TRANSACTION),
    )


def make_oracle_engine(
    url: URL,
    options: dict[str, Any],
    *,
    connections: int,
    connect_seconds: float,
    answer_seconds: float,
    reads_only: bool,
    **of_engine: Any,
) -> BillingEngine:
    """options: the driver's; of_engine: create_engine's. reads_only: within read-only
    transactions."""
    engine = create_engine(
        url,
        connect_args=options,
        pool_size=connections,
        max_overflow=ABANDONED_AT_MOST,
        hide_parameters=True,
        encoding_errors="replace",  # a name in broken letters must not take its page away
        **of_engine,
    )
    _refuse_unknown_options(engine, url)
    limit_log_ins(engine, seconds=connect_seconds)
    # First of all listeners: what the dialect asks at its first connect may hang as well.
    event.listen(
        engine,
        "connect",
        lambda connection, _record: limit_calls(connection, answer_seconds),
        insert=True,
    )
    event.listen(engine, "checkout", _prepare(answer_seconds, reads_only=reads_only))
    return BillingEngine(
        engine=engine,
        connect=engine.connect,
        connections=connections,
        seconds=connect_seconds + answer_seconds,
        answer_seconds=answer_seconds,
        is_remote=True,
        set_limit=lambda connection, seconds: limit_calls(connection.connection, seconds),
        dispose=engine.dispose,
    )


def _refuse_unknown_options(engine: Engine, url: URL) -> None:
    """Raises: MappingError. The driver would raise a TypeError at each connect."""
    if engine.driver != "oracledb":
        return
    known = inspect.signature(importlib.import_module("oracledb").connect).parameters
    _arguments, wanted = engine.dialect.create_connect_args(url)
    if unknown := ", ".join(sorted(wanted.keys() - known.keys())):
        raise MappingError(f"the Oracle address has an option that the driver has not: {unknown}")


# Nothing to end: one question is one round trip.
NO_TRANSACTION: dict[str, Any] = {
    "isolation_level": "AUTOCOMMIT",
    "skip_autocommit_rollback": True,
    "pool_reset_on_return": None,
}


def limit_calls(connection: Any, seconds: float) -> None:
    with suppress(Exception):  # cx_Oracle has it with a client from 18 on
        connection.call_timeout = int(seconds * 1000)


def _prepare(answer_seconds: float, *, reads_only: bool) -> Callable[..., None]:
    def prepare(connection: Any, _record: Any, _proxy: Any) -> None:
        """Time-out and tags travel with the next question; they are no round trip."""
        limit_calls(connection, answer_seconds)
        who = asker()
        connection.module = MODULE
        # Never "": the drivers do not agree what that means, and the last one's must not stay.
        connection.action = who.action[:ACTION_BYTES] or NOBODY
        connection.client_identifier = who.customer or NOBODY
        if reads_only:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")

    return prepare
