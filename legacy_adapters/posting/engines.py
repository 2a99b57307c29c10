"""Engines that may write, by kind of database: small pools, READ COMMITTED, and nothing is
committed but by a COMMIT that somebody asked for."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import URL, Connection, QueuePool, create_engine, event

from config.posting import PostingSettings
from legacy_adapters.engine import BillingEngine
from legacy_adapters.engines import read_address, refusing_odd_options
from legacy_adapters.errors import BillingUnavailable
from legacy_adapters.oracle import cx_oracle_options, make_oracle_engine, oracledb_options
from legacy_adapters.postgresql import make_postgresql_engine
from legacy_adapters.sqlite import follow_file, is_current, open_file

CONNECTIONS = 3
WRITES = {"writes": True}  # the option of a connection that is about to write


def writing_engine(address: str, settings: PostingSettings) -> BillingEngine:
    """Connects to nothing yet. Raises: MappingError, when the address cannot be used."""
    url = read_address(address, "posting")
    with refusing_odd_options(url, "posting"):
        return ENGINES[url.drivername](url, settings)


def _oracledb(url: URL, settings: PostingSettings) -> BillingEngine:
    return _oracle(url, settings, oracledb_options(settings.connect_seconds))


def _cx_oracle(url: URL, settings: PostingSettings) -> BillingEngine:
    return _oracle(url, settings, cx_oracle_options())


def _oracle(url: URL, settings: PostingSettings, options: dict[str, object]) -> BillingEngine:
    return make_oracle_engine(
        url,
        options,
        connections=CONNECTIONS,
        connect_seconds=settings.connect_seconds,
        answer_seconds=settings.answer_seconds,
        reads_only=False,
        # Payments are rare: a connection that a firewall forgot must not cost one its turn.
        pool_pre_ping=True,
    )


def _postgresql(url: URL, settings: PostingSettings) -> BillingEngine:
    return make_postgresql_engine(
        url,
        {
            "default_transaction_read_only": "off",
            "synchronous_commit": "on",  # "committed" must hold even if the server loses its power
            # Whoever is gone between INSERT and COMMIT must not keep the next try waiting.
            "idle_in_transaction_session_timeout": int(settings.answer_seconds * 1000),
        },
        application="veteshherbim-posting",
        connections=CONNECTIONS,
        connect_seconds=settings.connect_seconds,
        answer_seconds=settings.answer_seconds,
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
    )


def _sqlite(url: URL, settings: PostingSettings) -> BillingEngine:
    """Waits for a file that another writes to for so many seconds as an answer may take."""
    path = Path(url.database or "").resolve()

    def connect() -> object:
        connection = open_file(path, mode="rw", busy_seconds=settings.answer_seconds)
        connection.isolation_level = None  # BEGIN is ours
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get("writes"):
            connection.exec_driver_sql("BEGIN")
            return
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        if not is_current(connection.info, path):
            # Replaced while this waited: what is written to the old one would be lost.
            raise BillingUnavailable("the file was replaced just now", may_retry=True)

    engine = create_engine(
        "sqlite+pysqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=CONNECTIONS,
        max_overflow=-1,
        hide_parameters=True,
    )
    follow_file(engine, path)
    event.listen(engine, "begin", begin)
    return BillingEngine(
        engine=engine,
        connect=engine.connect,
        connections=CONNECTIONS,
        seconds=settings.answer_seconds,
        answer_seconds=settings.answer_seconds,
        is_remote=False,
        set_limit=lambda _connection, _seconds: None,
        dispose=engine.dispose,
    )


MakeEngine = Callable[[URL, PostingSettings], BillingEngine]
ENGINES: dict[str, MakeEngine] = {
    "oracle+oracledb": _oracledb,
    "oracle+cx_oracle": _cx_oracle,
    "postgresql+psycopg": _postgresql,
    "sqlite": _sqlite,
    "sqlite+pysqlite": _sqlite,
}
