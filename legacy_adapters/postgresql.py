"""PostgreSQL as billing's engine: for utilities that replicate billing into one, and for
billing systems that live there."""

from sqlalchemy import URL, Connection, create_engine

from config.settings import BillingSettings
from legacy_adapters.engine import BillingEngine
from legacy_adapters.lane import ABANDONED_AT_MOST


def postgresql_engine(url: URL, settings: BillingSettings) -> BillingEngine:
    answer = int(settings.answer_seconds * 1000)
    session = {
        "default_transaction_read_only": "on",
        "statement_timeout": answer,
        "lock_timeout": answer,
    }
    engine = create_engine(
        url,
        connect_args={
            "connect_timeout": max(2, round(settings.connect_seconds)),  # libpq's least
            "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
            "application_name": "veteshherbim",
            "tcp_user_timeout": answer,
            "keepalives_idle": 30,
        },
        # One statement is one round trip: no BEGIN before it and no ROLLBACK after.
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        pool_reset_on_return=None,
        pool_size=settings.connections,
        max_overflow=ABANDONED_AT_MOST,
        hide_parameters=True,
    )
    return BillingEngine(
        engine=engine,
        connect=engine.connect,
        connections=settings.connections,
        seconds=settings.connect_seconds + settings.answer_seconds,
        answer_seconds=settings.answer_seconds,
        is_remote=True,
        set_limit=set_limit,
        dispose=engine.dispose,
    )


def set_limit(connection: Connection, seconds: float) -> None:
    connection.exec_driver_sql(f"SET statement_timeout = {int(seconds * 1000)}")
