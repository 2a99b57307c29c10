"""A long file whose process is killed again and again: in the end it is there, whole, and once."""

import os
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from app.database import schema
from app.database.engine import Database
from app.exports.records import State
from config.settings import ROOT
from tests.accounts import Clock
from tests.conftest import SECRET
from tests.exporting import MANY, Office

PATIENCE = 60.0
# Tells often how far it is: a quick machine makes the whole file between two beats.
TELLING = """
from flask.cli import main
from app.exports import working
working.BEAT_SECONDS = 0.05
main()
"""


def test_killed_again_and_again(tmp_path: Path, demo_file: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'portal.sqlite3'}")
    schema.upgrade(database)
    office = Office(database, tmp_path, demo_file, Clock())
    me = office.settle("Elbasan Market", MANY)
    reference = office.order(me, "documents.zip", days=150)
    command = [sys.executable, "-c", TELLING, "--app", "wsgi", "exports", "run"]
    variables = {
        "PATH": os.environ["PATH"],
        "SELFCARE_DATA_DIR": str(tmp_path),
        "SELFCARE_SECRET_KEY": SECRET,
        "SELFCARE_DATABASE_URL": f"sqlite:///{tmp_path / 'portal.sqlite3'}",
        "SELFCARE_BILLING_URL": f"sqlite:///{office.file}",
    }
    for turn in (1, 2, 3):
        with subprocess.Popen(command, cwd=ROOT, env=variables) as process:
            end = time.monotonic() + PATIENCE
            export = office.get(me, reference)
            while (export.attempts < turn or not export.done) and time.monotonic() < end:
                time.sleep(0.01)
                export = office.get(me, reference)
            assert (export.state, export.attempts) == (State.RUNNING, turn)
            assert 0 < export.done < export.total
            process.kill()
        assert [f for f in office.shared.folder.rglob("*") if f.is_dir()], "it was at work"
    assert office.get(me, reference).attempts == 3 and not office.kept.exists()
    done = subprocess.run(command, cwd=ROOT, env=variables, check=True, capture_output=True)
    assert b"ready:      1" in done.stdout
    export = office.get(me, reference)
    assert (export.state, export.attempts) == (State.READY, 4)
    archive = ZipFile(BytesIO(office.take(me, reference)))
    issued = office.billing.list_issued(
        me.contracts, since=office.wanted("documents.zip", days=150).since or office.today
    )
    assert archive.testzip() is None and len(archive.namelist()) == len(issued) > 100
    assert [f.name for f in office.files()] == [export.file.key if export.file else ""]
    assert len(office.mails()) == 1
    office.close()
    database.close()
