"""flask billing export-views"""

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
