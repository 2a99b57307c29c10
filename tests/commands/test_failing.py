"""What commands say when a database is away, without tables, or of another version."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.database.engine import DatabaseNotReady, DatabaseUnavailable
from app.jobs.process import Worker
from app.jobs.queue import Jobs
from legacy_adapters.errors import BillingUnavailable
from tests.commands.test_flask import flask, run
from tests.commands.test_messages import bounced, report
from tests.conftest import MakePortal, Portal

UPGRADE = "run: flask db upgrade; SELFCARE_DATA_DIR and SELFCARE_DATABASE_URL say which database"


def test_a_database_without_tables_on_sqlite(make_portal: MakePortal, tmp_path: Path) -> None:
    file = tmp_path / "empty.sqlite3"
    sqlite3.connect(file).close()
    portal = make_portal(database={"url": f"sqlite:///{file}"})
    for command in (["accounts", "events", "x"], ["messages", "list"], ["jobs", "status"]):
        done = run(portal, *command)
        assert (done.exit_code, UPGRADE in done.output) == (1, True), done.output
        assert "no such table" not in done.output


def test_a_database_without_tables_or_away_on_postgresql(
    new_postgresql_database: Callable[[], str], make_portal: MakePortal
) -> None:
    portal = make_portal(database={"url": new_postgresql_database()})
    done = run(portal, "accounts", "events", "x")
    assert done.exit_code == 1
    assert UPGRADE in done.output and "UndefinedTable" not in done.output
    portal = make_portal(database={"url": "postgresql+psycopg://portal@127.0.0.1:1/portal"})
    done = run(portal, "accounts", "events", "x")
    assert done.exit_code == 1
    assert "is SELFCARE_DATABASE_URL right, and that database reachable?" in done.output


def test_billing_that_is_away_names_its_setting(tmp_path: Path) -> None:
    away = {"SELFCARE_BILLING_URL": f"sqlite:///{tmp_path}/none.sqlite3"}
    for command in (["check"], ["map", "try", "AL0000000"], ["map", "init", "--output", "m.toml"]):
        done = flask(tmp_path, "billing", *command, **away)
        assert (done.returncode, "SELFCARE_BILLING_URL" in done.stderr) == (1, True), done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DatabaseNotReady("no such table: account"), UPGRADE),
        (DatabaseUnavailable("refused"), "is SELFCARE_DATABASE_URL right"),
        (BillingUnavailable("refused"), "run: flask billing check"),
        (ValueError("x"), "the reason says why"),
    ],
)
def test_a_job_that_failed_says_what_helps(error: Exception, words: str, tmp_path: Path) -> None:
    def fail() -> None:
        raise error

    jobs = Jobs(f"sqlite:///{tmp_path}/jobs.sqlite3")
    jobs.register("work", fail)
    with capture_logs() as lines:
        Worker(jobs)._do("work")
    assert words in lines[0]["do"] and lines[0]["do"].endswith(". It is tried again by itself")


def test_a_database_newer_than_the_portal(portal: Portal) -> None:
    assert run(portal, "db", "version").exit_code == 0
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    done = run(portal, "db", "upgrade")
    assert done.exit_code == 1
    told = "the database is newer than this portal: install that version again, or restore the"
    assert done.output.startswith(f"Error: {told} backup")
    done = run(portal, "db", "version")
    assert (done.exit_code, "has 9999" in done.output) == (1, True)
    ready = portal.client().fetch("/readyz")
    assert ready.status_code == 503
    assert "database: needs: that version again" in ready.text
    assert "newer than this portal" in ready.text
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0011'")
    done = run(portal, "db", "version")
    assert (done.exit_code, "needs: flask db upgrade" in done.output) == (1, True)


def test_no_command_makes_an_empty_database(make_portal: MakePortal, tmp_path: Path) -> None:
    missing = tmp_path / "none.sqlite3"
    done = bounced(
        make_portal(database={"url": f"sqlite:///{missing}"}), report("1.20260101000000000000")
    )
    assert (done.exit_code, UPGRADE in done.output) == (1, True)
    assert not missing.exists()
    folder = tmp_path / "data"
    for command in (["messages", "list"], ["staff", "list"]):
        told = flask(folder, *command)
        assert (told.returncode, UPGRADE in told.stderr) == (1, True), told.stdout + told.stderr
    assert flask(folder, "db", "version").returncode == 1
    assert flask(folder, "config", "check").returncode == 0
    assert list(folder.iterdir()) == []
    assert flask(folder, "db", "upgrade").returncode == 0
    assert flask(folder, "messages", "list").stdout == "There are none.\n"
