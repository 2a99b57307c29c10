"""The commands an operator types after `flask`."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from click.testing import Result

from app.commands.config import _shown
from config.settings import ROOT
from legacy_adapters.demo.generator import MANUAL_CODE
from tests.billing_schemas.wide.make import code_in_wide
from tests.conftest import DEMO_MAPPING, SECRET, WIDE_MAPPING, MakePortal, Portal


def run(portal: Portal, *arguments: str) -> Result:
    return portal.app.test_cli_runner().invoke(args=list(arguments))


def test_demo_of_any_size(portal: Portal, tmp_path: Path) -> None:
    file = tmp_path / "made.sqlite3"
    command = ["billing", "demo", "--contracts", "25", "--seed", "3", "--months", "4"]
    done = run(portal, *command, "--file", str(file))
    assert done.exit_code == 0, done.output
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT COUNT(*) FROM KONTRATE").fetchone() == (330,)


def test_billing_check(portal: Portal, make_portal: MakePortal, tmp_path: Path) -> None:
    done = run(portal, "billing", "check")
    assert done.exit_code == 0, done.output
    assert "The portal can read billing: 0 broken, 0 warnings" in done.output
    report = json.loads(run(portal, "billing", "check", "--json").output)
    assert report["answered"] and not report["broken"]
    scanned = run(portal, "billing", "check", "--scan-limit", "0")
    assert scanned.exit_code == 0, "a doubtful plan is a warning"
    assert "warning info: reads all of KATEGORI (about" in scanned.output
    away = make_portal(billing={"url": f"sqlite:///{tmp_path}/none.sqlite3"})
    done = run(away, "billing", "check")
    assert done.exit_code == 1
    assert done.output.count("\n") == 1
    assert "unable to open database file" in done.output
    done = run(away, "billing", "check", "--json")
    assert done.exit_code == 1
    assert not json.loads(done.output)["answered"]


def test_billing_check_of_a_mapping_that_does_not_fit(
    make_portal: MakePortal, tmp_path: Path, demo_file: Path
) -> None:
    file = tmp_path / "misfit.toml"
    file.write_text(DEMO_MAPPING.read_text(encoding="utf-8").replace('"k.ADRESA"', '"k.ADRES"'))
    done = run(
        make_portal(billing={"url": f"sqlite:///{demo_file}", "mapping": file}), "billing", "check"
    )
    assert done.exit_code == 1
    assert "misfit.toml:13 [contract] columns.address: the table k has no column" in done.output
    assert "The portal cannot read billing like this: 1 broken" in done.output


def flask(data_dir: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """As an operator types it, in a process of its own."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("SELFCARE_")}
    own = {"SELFCARE_DATA_DIR": str(data_dir), "SELFCARE_SECRET_KEY": SECRET}
    return subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT,
        env={**inherited, **own, **variables},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_a_mapping_that_is_wrong_in_itself_is_reported(tmp_path: Path, demo_file: Path) -> None:
    """The portal refuses to start with it; the command that finds out why must not."""
    file = tmp_path / "wrong.toml"
    text = DEMO_MAPPING.read_text(encoding="utf-8")
    file.write_text(text.replace('phone = "a.NR_TEL"', 'fone = "a.NR_TEL"'), encoding="utf-8")
    variables = {
        "SELFCARE_BILLING_MAPPING": str(file),
        "SELFCARE_BILLING_URL": f"sqlite:///{demo_file}",
    }
    done = flask(tmp_path, "billing", "check", **variables)
    assert done.returncode == 1, done.stderr
    assert "wrong.toml:14 [contract] columns.fone: is not a field" in done.stdout
    assert "[payment]: 20 rows can be read" in done.stdout
    assert "Traceback" not in done.stderr
    done = flask(tmp_path, "billing", "map", "try", MANUAL_CODE, **variables)
    assert done.returncode == 1
    assert "columns.fone: is not a field" in done.stderr
    assert "Traceback" not in done.stderr


def test_billing_map_try(portal: Portal, make_portal: MakePortal, wide_file: Path) -> None:
    done = run(portal, "billing", "map", "try", MANUAL_CODE.lower())
    assert done.exit_code == 0, done.output
    lines = [" ".join(line.split()) for line in done.output.splitlines()]
    for expected in (
        "subscriber EMER MBIEMER",
        "connected_on 2023-07-22",
        "total 556.00",
        "123456789 2024-01 open 2024-01-31 2024-02-29 30 456.00 100.00 0.00 556.00",
        "123456788 2023-12 paid 2024-01-05 2024-01-31 0 114.00 100.00 0.00 0.00",
        "reading_after 4000",
        f"{MANUAL_CODE} 123456789 2 fixed_fee TF 1 - 95 95.00 20",
        f"{MANUAL_CODE} 2023-08-10 215.14 CASH KANALE MM-EASYPAY",
    ):
        assert expected in lines, done.output
    missing = run(portal, "billing", "map", "try", "AL9999999")
    assert missing.exit_code == 1
    assert "Billing has no contract AL9999999" in missing.output
    assert run(portal, "billing", "map", "try", "AL-1").exit_code == 1
    assert "customer's name" in run(portal, "billing", "map", "try", "--help").output
    wide = make_portal(billing={"url": f"sqlite:///{wide_file}", "mapping": WIDE_MAPPING})
    done = run(wide, "billing", "map", "try", code_in_wide(MANUAL_CODE))
    assert done.exit_code == 0 and "EMER MBIEMER" in done.output
    assert "invoice_line" not in done.output


def test_database_upgrade_can_be_repeated(portal: Portal) -> None:
    assert "version 0003 (was: 0003)" in run(portal, "db", "upgrade").output
    assert run(portal, "db", "version").output == "has 0003, needs 0003\n"


def test_config_check_hides_secrets(make_portal: MakePortal) -> None:
    signing_in = {"user": "portal", "password": "a secret key"}
    portal = make_portal(
        database={"url": ""},
        mail=signing_in,
        sms={"url": "http://127.0.0.1:13013", "sender": "Energjia", **signing_in},
    )
    done = run(portal, "config", "check")
    assert done.exit_code == 0
    assert "secret_key = (hidden)" in done.output
    assert done.output.count("password = (hidden)") == 2
    assert "a secret key" not in done.output


def test_config_check_hides_passwords_in_addresses() -> None:
    shown = _shown("url", "postgresql+psycopg://portal:p@ss@db.example/portal")
    assert shown == "postgresql+psycopg://(hidden)@db.example/portal"
    assert _shown("contact_email", "klienti@example.org") == "klienti@example.org"


def test_accounts_are_signed_out_disabled_and_enabled(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    assert "1 sessions ended" in run(portal, "accounts", "sign-out", "emer mbiemer").output
    told = run(portal, "accounts", "events", "emer mbiemer").output.splitlines()
    assert "operator  sessions ended  1 sessions" in told[0]
    assert "customer  signed in  127.0.0.1" in told[1]
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
