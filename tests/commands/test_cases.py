"""flask cases ..."""

from pathlib import Path

from config.cases import CaseSettings
from tests.commands.test_flask import flask, run
from tests.conftest import MakePortal, Portal

SHIPPED = CaseSettings().catalogue
WARNED = """
[fields.forgotten]
type = "date"
name = { sq = "Data", en = "Date" }

[documents.bare]
name = { sq = "Letër", en = "Paper" }

[requests.X1]
kind = "billing"
name = { sq = "<b>Bosh</b>", en = "Empty" }
about = { sq = "Asgjë.", en = "Nothing." }
deadline = { days = 1, count = "calendar" }
target = { sq = "përgjigje", en = "answer" }

[requests.X2]
kind = "billing"
name = { sq = "Letër", en = "Paper" }
about = { sq = "Një letër.", en = "A paper." }
documents = ["bare"]
deadline = { days = 2, count = "calendar" }
target = { sq = "përgjigje", en = "answer" }
"""


def test_the_shipped_catalogue_is_shown(portal: Portal) -> None:
    done = run(portal, "cases", "check")
    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"{SHIPPED}: version 2026-11, 34 requests\n")
    assert "\nAnkesë për Faturim (billing): 7 requests\n" in done.output
    assert (
        "  F2-Tarifim i gabuar\n"
        "      deadline: 10 working days, përgjigje\n"
        "      fields: Fatura; Tarifa që duhej zbatuar\n"
        "      documents: Dokument identifikimi; Kopje e faturës; Prova (optional); Prokurë ose"
        " autorizim (optional); Ekstrakt historik i QKB-së (optional)\n"
        "      only without other debt\n"
    ) in done.output
    assert "deadline: 1 working day, rilidhje" in done.output
    assert done.output.endswith("\nThe portal can use it: 0 problems, 0 warnings\n")
    english = run(portal, "cases", "check", "--language", "en").output
    assert "Complaint about the meter (meter): 7 requests" in english
    assert "M6-Disputed economic damage" in english


def test_what_was_perhaps_not_meant_is_a_warning(make_portal: MakePortal, tmp_path: Path) -> None:
    file = tmp_path / "cases.toml"
    file.write_text(SHIPPED.read_text(encoding="utf-8") + WARNED, encoding="utf-8")
    done = run(make_portal(cases={"catalogue": file}), "cases", "check")
    assert done.exit_code == 0, done.output
    assert "X1-<b>Bosh</b>\n      deadline: 1 calendar day, përgjigje" in done.output
    assert done.output.endswith(
        "The portal can use it: 0 problems, 3 warnings\n"
        "warning: [fields.forgotten] is used by no request\n"
        "warning: [requests.X1] asks for no field and no document\n"
        "warning: [documents.bare] has no help: customers see its name alone\n"
    )


def test_a_catalogue_that_cannot_be_used(make_portal: MakePortal, tmp_path: Path) -> None:
    file = tmp_path / "cases.toml"
    text = SHIPPED.read_text(encoding="utf-8")
    file.write_text(text.replace('"tariff"]', '"tarif"]'), encoding="utf-8")
    done = run(make_portal(cases={"catalogue": file}), "cases", "check")
    assert done.exit_code == 1
    number = text[: text.index('"tariff"]')].count("\n") + 1
    told = f"{file}:{number}: requests.F2.fields: there is no [fields.tarif]"
    assert done.output == f"Error: The catalogue cannot be used:\n{told}\n"


def test_it_needs_no_database(tmp_path: Path) -> None:
    away = {
        "SELFCARE_BILLING_URL": "sqlite:////nowhere/billing.sqlite3",
        "SELFCARE_DATABASE_URL": "postgresql+psycopg://portal@127.0.0.1:1/portal",
    }
    done = flask(tmp_path, "cases", "check", **away)
    assert done.returncode == 0, done.stderr
    assert "The portal can use it: 0 problems, 0 warnings" in done.stdout
    away |= {
        "SELFCARE_DATABASE_URL": "sqlite:////nowhere/portal.sqlite3",
        "SELFCARE_BILLING_MAPPING": "/nowhere.toml",
        "SELFCARE_CASES_CATALOGUE": str(tmp_path / "none.toml"),
    }
    done = flask(tmp_path, "cases", "check", **away)
    assert done.returncode == 1
    assert done.stderr.endswith("none.toml: cannot be read: No such file or directory\n")
    assert "Traceback" not in done.stderr
