"""flask billing map ..."""

import tomllib
from pathlib import Path

from tests.commands.test_flask import run
from tests.conftest import MakePortal, Portal


def test_map_init_writes_a_file_and_overwrites_none(portal: Portal, tmp_path: Path) -> None:
    file = tmp_path / "mapping.toml"
    command = ["billing", "map", "init", "--output", str(file)]
    done = run(portal, *command)
    assert done.exit_code == 0, done.output
    assert "places in it are marked OPEN, and all are guesses" in done.output
    text = file.read_text(encoding="utf-8")
    assert tomllib.loads(text)["invoice"]["table"] == "FATURE"
    file.write_text("mine", encoding="utf-8")
    again = run(portal, *command)
    assert again.exit_code == 1
    assert "is there already and is left as it is" in again.output
    assert file.read_text(encoding="utf-8") == "mine"
    assert run(portal, "billing", "map", "init").output == text


def test_map_init_fails_in_words(portal: Portal, make_portal: MakePortal, tmp_path: Path) -> None:
    away = make_portal(billing={"url": f"sqlite:///{tmp_path}/none.sqlite3"})
    done = run(away, "billing", "map", "init")
    assert (done.exit_code, "unable to open database file" in done.output) == (1, True)
    nowhere = tmp_path / "no" / "folder.toml"
    done = run(portal, "billing", "map", "init", "--output", str(nowhere))
    assert (done.exit_code, "cannot be written: No such file" in done.output) == (1, True)
