"""What the portal writes is its own user's, however it is started."""

import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import ROOT
from tests.commands.test_config_check import UTILITY
from tests.conftest import SECRET


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "flask", "db", "upgrade"],
        ["-m", "flask", "mail", "test", "emer@example.org"],
        ["-c", "import wsgi; wsgi.app.extensions['selfcare'].jobs.count()"],
    ],
)
def test_data_folder_and_files(command: list[str], tmp_path: Path, demo_file: Path) -> None:
    data = tmp_path / "data"
    env = {
        "SELFCARE_DATA_DIR": str(data),
        "SELFCARE_SECRET_KEY": SECRET,
        "SELFCARE_BILLING_URL": f"sqlite:///{demo_file}",
        **UTILITY,
    }
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=env, umask=0o022, check=False)
    assert done.returncode == 0
    found = [data, *data.rglob("*")]
    assert len(found) > 1
    for path in found:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
