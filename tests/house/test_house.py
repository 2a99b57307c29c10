"""The house's own rules: lint, types, layers."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import ROOT

TOOLS = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["lint-imports", "--no-cache"],
    ],
    ids=["ruff", "format", "mypy", "layers"],
)
def test_tool_is_content(command: list[str]) -> None:
    program = [str(TOOLS / command[0]), *command[1:]]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_top_level_holds_what_it_should() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    if not listed:
        pytest.skip("not a git checkout")
    top = {name.split("/")[0] for name in listed}
    assert top <= {
        *("app", "legacy_adapters", "config", "tests", "benchmarks", "docs", ".ci"),
        *("run", "test", "wsgi.py", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"),
        *("requirements.in", "requirements.txt", "requirements-dev.in", "requirements-dev.txt"),
        ".gitignore",
        *(f"requirements-cx_oracle{kind}" for kind in (".in", ".txt", "-build.in", "-build.txt")),
    }


def test_rooms_stay_small() -> None:
    for folder in ("app", "legacy_adapters", "config"):
        for file in (ROOT / folder).rglob("*.py"):
            lines = file.read_text(encoding="utf-8").count("\n")
            assert lines <= 400, f"{file}: {lines} lines"


def test_imports_stand_at_the_top() -> None:
    """No import inside a function: that hides a circle."""
    for folder in ("app", "legacy_adapters", "config"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef):
                    inner = [
                        n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)
                    ]
                    assert not inner, f"{file}: {node.name}"


def test_locks_pin_everything_with_hashes() -> None:
    for name in [file.name for file in ROOT.glob("requirements*.txt")]:
        entries = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
        for entry in entries:
            if entry.strip() and not entry.lstrip().startswith("#"):
                assert "==" in entry and "--hash=sha256:" in entry, entry
        assert "://" not in "".join(line for line in entries if not line.startswith("#"))
