"""The commands an operator types after `flask`."""

import sqlite3
from pathlib import Path

from click.testing import Result

from app.commands.config import _shown
from tests.conftest import MakePortal, Portal


def run(portal: Portal, *arguments: str) -> Result:
    return portal.app.test_cli_runner().invoke(args=list(arguments))


def test_demo_of_any_size(portal: Portal, tmp_path: Path) -> None:
    file = tmp_path / "made.sqlite3"
    command = ["billing", "demo", "--contracts", "25", "--seed", "3", "--months", "3"]
    done = run(portal, *command, "--file", str(file))
    assert done.exit_code == 0, done.output
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT COUNT(*) FROM KONTRATE").fetchone() == (330,)


def test_billing_check(portal: Portal, make_portal: MakePortal, tmp_path: Path) -> None:
    assert run(portal, "billing", "check").exit_code == 0
    away = make_portal(billing={"url": f"sqlite:///{tmp_path}/none.sqlite3"})
    done = run(away, "billing", "check")
    assert done.exit_code == 1
    assert "unable to open database file" in done.output


def test_database_upgrade_can_be_repeated(portal: Portal) -> None:
    assert "version 0001 (was: 0001)" in run(portal, "db", "upgrade").output
    assert run(portal, "db", "version").output == "has 0001, needs 0001\n"


def test_config_check_hides_secrets(make_portal: MakePortal) -> None:
    portal = make_portal(database={"url": ""})
    done = run(portal, "config", "check")
    assert done.exit_code == 0
    assert "secret_key = (hidden)" in done.output
    assert "a secret key" not in done.output


def test_config_check_hides_passwords_in_addresses() -> None:
    shown = _shown("url", "postgresql+psycopg://portal:p@ss@db.example/portal")
    assert shown == "postgresql+psycopg://(hidden)@db.example/portal"
    assert _shown("contact_email", "klienti@example.org") == "klienti@example.org"


def test_accounts_are_signed_out_disabled_and_enabled(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    assert "1 sessions ended" in run(portal, "accounts", "sign-out", "emer mbiemer").output
    client.get("/contracts", status=303)
    client = portal.signed_in("Emer Mbiemer")
    assert run(portal, "accounts", "disable", "emer.mbiemer@example.com").exit_code == 0
    client.get("/contracts", status=303)
    wrong = {"user_name": "Emer Mbiemer", "password": "Provo2024"}
    portal.client().post("/login", wrong, status=400)
    assert run(portal, "accounts", "enable", "Emer Mbiemer").exit_code == 0
    portal.client().sign_in("Emer Mbiemer")
    missing = run(portal, "accounts", "disable", "Askush")
    assert missing.exit_code == 1
    assert "No account has the user name or e-mail" in missing.output
