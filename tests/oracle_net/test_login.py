"""Who gets in, and what a session tells and is told."""

import oracledb
import pytest
from sqlalchemy import Engine, text

from tests.oracle_net import OracleServer
from tests.oracle_net.conftest import Connect


def test_right_password_gets_in(server: OracleServer, connect: Connect) -> None:
    connection = connect()
    assert connection.version == "19.22.0.0.0"
    assert connection.username == "portal"
    assert (server.log.logins, server.log.refused_logins) == (1, 0)


@pytest.mark.parametrize("wrong", [{"password": "S3cret"}, {"user": "nobody"}])
def test_wrong_password_and_unknown_user_do_not(
    server: OracleServer, connect: Connect, wrong: dict[str, str]
) -> None:
    with pytest.raises(oracledb.DatabaseError, match="ORA-01017"):
        connect(**wrong)
    assert (server.log.logins, server.log.refused_logins) == (0, 1)


def test_dialect_learns_the_version(engine: Engine, each_version: OracleServer) -> None:
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1 FROM DUAL")) == 1
    version = each_version.facts.version
    assert engine.dialect.server_version_info == version
    assert engine.dialect.max_identifier_length == (30 if version[0] == 12 else 128)


@pytest.mark.parametrize("nothing", ["", None])
def test_tags_are_recorded_with_each_statement(
    server: OracleServer, connect: Connect, nothing: str | None
) -> None:
    connection = connect()
    cursor = connection.cursor()
    connection.module, connection.action = "selfcare", "history"
    connection.client_identifier = "c0ffee"
    cursor.execute("SELECT sys_context('USERENV', 'MODULE') FROM DUAL")
    assert cursor.fetchone() == ("selfcare",)
    connection.action = "pay"
    connection.client_identifier = nothing  # type: ignore[assignment]
    cursor.execute("SELECT 2 FROM DUAL")
    first, second = server.log.statements
    assert first.tags == {"module": "selfcare", "action": "history", "client_identifier": "c0ffee"}
    assert second.tags == {"module": "selfcare", "action": "pay"}
    assert first.session == second.session


def test_round_trips_and_pings_are_counted(server: OracleServer, connect: Connect) -> None:
    connection = connect()
    before = server.log.round_trips
    connection.ping()
    connection.cursor().execute("SELECT 1 FROM DUAL").fetchall()
    assert server.log.round_trips - before == 2
    assert server.log.pings == 1


def test_current_schema_can_be_another(connect: Connect) -> None:
    connection = connect()
    connection.current_schema = "BILLING"
    cursor = connection.cursor().execute("SELECT COUNT(*) FROM CONTRACT")
    assert cursor.fetchone() == (2,)


def test_fact_views_follow_the_facts(server: OracleServer, connect: Connect) -> None:
    cursor = connect().cursor()
    question = "SELECT DATABASE_ROLE FROM V$DATABASE"
    assert cursor.execute(question).fetchall() == [("PRIMARY",)]
    server.facts.database_role = "PHYSICAL STANDBY"
    assert cursor.execute(question).fetchall() == [("PHYSICAL STANDBY",)]
