"""flask config check: what is in force, and whether the web starts with it."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.commands.test_flask import flask
from tests.conftest import SECRET

Done = subprocess.CompletedProcess[str]
KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


UTILITY = {
    "SELFCARE_UTILITY_NAME": "Energjia Veriore",
    "SELFCARE_UTILITY_LEGAL_NAME": "Energjia Veriore sh.a.",
    "SELFCARE_UTILITY_CONTACT_EMAIL": "klienti@energjia.example",
    "SELFCARE_UTILITY_CONTACT_PHONE": "0800 1234",
}


@pytest.fixture
def billing(demo_file: Path) -> dict[str, str]:
    return {"SELFCARE_BILLING_URL": f"sqlite:///{demo_file}", **UTILITY}


def check(folder: Path, billing: dict[str, str], **variables: str) -> Done:
    own = {f"SELFCARE_{name}": value for name, value in variables.items()}
    return flask(folder, "config", "check", **{**billing, **own})


def test_what_the_web_starts_with_passes_and_no_secret_is_shown(
    tmp_path: Path, billing: dict[str, str]
) -> None:
    assert flask(tmp_path, "db", "upgrade", **billing).returncode == 0
    signing_in = {"USER": "portal", "PASSWORD": "a secret key"}
    more = {f"{kind}_{name}": v for kind in ("MAIL", "SMS") for name, v in signing_in.items()}
    sms = {"SMS_URL": "http://127.0.0.1:13013", "SMS_SENDER": "Energjia"}
    keys = {"CASES_KEYS": KEY, "SECRET_KEY_FALLBACKS": f"{SECRET}-of-before"}
    done = check(tmp_path, billing, **more, **sms, **keys)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "secret_key = (hidden)" in lines
    assert lines.count("password = (hidden)") == 2
    assert "signing_password = (not set)" in lines
    for secret in ("a secret key", KEY, SECRET):
        assert secret not in done.stdout


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("SECRET_KEY=", "SELFCARE_SECRET_KEY ([portal] secret_key): is not set"),
        ("BILLING_URL=mysql://x/y", "Check SELFCARE_BILLING_URL"),
        ("BILLING_MAPPING=/nope.toml", "/nope.toml: cannot be read"),
        ("CERTIFICATES_SIGNING_FILE=/nope.p12", "signing_file): /nope.p12 cannot be read"),
        ("CERTIFICATES_SIGNING_FILE=README.md", "SELFCARE_CERTIFICATES_SIGNING_FILE"),
        ("CASES_CATALOGUE=/nope.toml", "SELFCARE_CASES_CATALOGUE"),
        ("WEB_TRUSTED_HOSTS=https://a.al", "'https://a.al' is no host name"),
    ],
)
def test_what_stops_the_web_is_told(
    variable: str, words: str, tmp_path: Path, billing: dict[str, str]
) -> None:
    name, _, value = variable.partition("=")
    if name == "SECRET_KEY":  # left out: set to nothing it is too short
        done = flask(tmp_path, "config", "check", with_key=False, **billing)
        assert "secret_key = (not set)" in done.stdout
    else:
        done = check(tmp_path, billing, **{name: value})
    assert done.returncode == 3
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_only_away_is_a_warning(tmp_path: Path) -> None:
    away = {
        "DATABASE_URL": "postgresql+psycopg://portal@127.0.0.1:1/portal",
        "JOBS_URL": "redis://127.0.0.1:1/0",
        "BILLING_URL": f"sqlite:///{tmp_path}/none.sqlite3",
    }
    done = check(tmp_path, UTILITY, **away)
    assert done.returncode == 0, done.stderr
    for name in away:
        assert f"See SELFCARE_{name}" in done.stderr


@pytest.mark.parametrize("name", UTILITY)
def test_no_paper_bears_the_demos_name(name: str, tmp_path: Path, billing: dict[str, str]) -> None:
    del billing[name]
    done = check(tmp_path, billing)
    assert done.returncode == 3
    assert re.search(rf"{name} .*: is still the demo's; set the utility's own", done.stderr)
    assert done.stderr.count("is still the demo's") == 1
