"""flask billing export-views"""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.commands.test_flask import run
from tests.conftest import MakePortal, Portal


def test_export_views_prints_the_ddl(portal: Portal) -> None:
    command = ["billing", "export-views", "--dialect", "oracle", "--schema", "PORTAL"]
    done = run(portal, *command, "--user", "WEB")
    assert done.exit_code == 0, done.output
    assert done.output.count("CREATE VIEW PORTAL.SELFCARE_") == 5
    assert done.output.count("GRANT READ ON PORTAL.SELFCARE_") == 5
    assert '-- [views]\n-- schema = "PORTAL"\n-- prefix = "SELFCARE_"\n' in done.output


def test_export_views_refuses_in_words(
    make_portal: MakePortal, demo_file: Path, tmp_path: Path
) -> None:
    mapping = tmp_path / "views.toml"
    mapping.write_text("[views]\n", encoding="utf-8")
    portal = make_portal(billing={"url": f"sqlite:///{demo_file}", "mapping": mapping})
    done = run(portal, "billing", "export-views", "--dialect", "postgresql")
    assert done.exit_code == 1
    assert "reads views already: there is nothing to export" in done.output
    assert run(portal, "billing", "export-views", "--dialect", "db2").exit_code == 2


def test_the_doctor_finds_nothing_against_views_made_so(
    make_portal: MakePortal, demo_file: Path, tmp_path: Path
) -> None:
    file, mapping = tmp_path / "viewed.sqlite3", tmp_path / "views.toml"
    shutil.copy(demo_file, file)
    tables = make_portal(billing={"url": f"sqlite:///{file}"})
    ddl = run(tables, "billing", "export-views", "--dialect", "sqlite").output
    with closing(sqlite3.connect(file)) as billing:
        billing.executescript(ddl)
    mapping.write_text("[views]\n", encoding="utf-8")
    portal = make_portal(billing={"url": f"sqlite:///{file}", "mapping": mapping})
    # The demo's file is small: with this limit its invoices and their lines are large.
    done = run(portal, "billing", "check", "--scan-limit", "100", "--json")
    assert done.exit_code == 0, done.output
    findings = json.loads(done.output)["findings"]
    assert [f for f in findings if f["level"] in {"warning", "broken"}] == []
