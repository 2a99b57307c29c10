"""The job process beside ./run, and on its own as `flask jobs work`."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from app.database import schema
from app.jobs.child import PAUSE_SECONDS
from app.messages.outbox import Addressee, Purpose
from app.messages.records import Block, Letter, State, Wanted
from app.services import Services
from app.wiring import wire
from config.settings import ROOT
from tests.commands.test_start import Browser
from tests.components import redis
from tests.conftest import SECRET, make_settings
from tests.portal_process import PortalProcess

SOON = 15.0  # a machine under test is busy; far below the minute of the periodic work
LETTER = Letter(subject="A word", blocks=(Block(text="A word."),))


def wait_until(is_so: Callable[[], object], what: str, seconds: float = SOON) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.05)


class Web:
    """What a web process does: writes a message down and wakes who sends it."""

    def __init__(self, data_dir: Path, database: str, jobs: str = "") -> None:
        settings = make_settings(data_dir, database={"url": database}, jobs={"url": jobs})
        self.services: Services = wire(settings)
        self.folder = data_dir / "outbox/mail"

    def post(self, recipient: str = "vera@example.org") -> None:
        with self.services.database.write() as connection:
            self.services.outbox.post_mail(
                connection,
                LETTER,
                Addressee(recipient=recipient, language="sq"),
                Purpose(kind="a_word"),
            )
        assert self.services.jobs.flush(SOON)

    def sent(self) -> int:
        found = self.services.messages.list_newest(Wanted(states=(State.SENT,)), limit=100)
        return len(found)

    def post_and_see_it_sent(self, number: int) -> None:
        self.post()
        wait_until(lambda: self.sent() == number, "it is not sent")
        assert len(list(self.folder.glob("*.eml"))) == number


@contextmanager
def web_of(data_dir: Path, database: str, jobs: str = "") -> Iterator[Web]:
    web = Web(data_dir, database, jobs)
    yield web
    web.services.jobs.close()
    web.services.database.close()
    web.services.billing.close()


def start(data_dir: Path, **variables: str) -> PortalProcess:
    portal = PortalProcess(data_dir, SELFCARE_LOG_LEVEL="DEBUG", **variables)
    wait_until(lambda: works(portal), "no job process")
    return portal.wait_until_ready()


def works(portal: PortalProcess) -> list[int]:
    """The process ids of the job processes so far."""
    assert portal.process.poll() is None, portal.output
    return [int(n) for n in re.findall(r"the job process works\s+process=(\d+)", portal.output)]


def alive(group: int) -> list[int]:
    """The processes of a group that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[PortalProcess]:
    process = start(tmp_path)
    yield process
    process.stop()


def database_of(data_dir: Path) -> str:
    return f"sqlite:///{data_dir}/demo-portal.sqlite3"


def jobs_of(data_dir: Path) -> str:
    return f"sqlite:///{data_dir}/demo-jobs.sqlite3"


def test_what_a_page_posts_is_sent_at_once(portal: PortalProcess, tmp_path: Path) -> None:
    folder = tmp_path / "outbox/mail"
    assert not folder.exists()
    assert "556,00" in Browser(portal.address).register("AL0000000", "Emer Mbiemer")
    # The newcomer is welcomed, and the one who holds the contract already is told.
    wait_until(lambda: len(list(folder.glob("*.eml"))) == 2, "no mails")
    mails = [message_from_bytes(f.read_bytes(), policy=default) for f in folder.glob("*.eml")]
    assert {mail["To"] for mail in mails} == {"emer@example.org", "emer.mbiemer@example.com"}
    mail = next(mail for mail in mails if mail["To"] == "emer@example.org")
    assert isinstance(mail, EmailMessage)
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert isinstance(body, EmailMessage) and "Përshëndetje" in body.get_content()
    assert len(works(portal)) == 1
    assert portal.stop() == 0
    assert "Traceback" not in portal.output
    assert "emer@example.org" not in portal.output


@pytest.mark.parametrize("how", ["ctrl-c", "SIGTERM", "SIGKILL"])
def test_it_ends_with_its_parent(tmp_path: Path, how: str) -> None:
    portal = start(tmp_path)
    group = portal.process.pid
    assert works(portal)[0] in alive(group)
    begun = time.monotonic()
    if how == "ctrl-c":
        portal.stop()
    else:
        os.kill(group, getattr(signal, how))
    wait_until(lambda: not alive(group), f"still there: {alive(group)}")
    assert time.monotonic() - begun < 7, "it left by itself, nothing had to end it"
    code = portal.wait_for_end()
    assert code == (-signal.SIGKILL if how == "SIGKILL" else 0)
    assert "Traceback" not in portal.output


def test_it_is_started_again_after_a_pause(portal: PortalProcess, tmp_path: Path) -> None:
    (first,) = works(portal)
    killed = time.monotonic()
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: len(works(portal)) == 2, "it is not started again")
    assert time.monotonic() - killed >= PAUSE_SECONDS - 0.1
    assert "the job process ended" in portal.output
    assert works(portal)[1] in alive(portal.process.pid)
    with web_of(tmp_path, database_of(tmp_path), jobs_of(tmp_path)) as web:
        web.post_and_see_it_sent(1)


def test_the_port_is_the_webs_alone(portal: PortalProcess, tmp_path: Path) -> None:
    """A job process that lives a moment longer must not keep the next start from its port."""
    (job,) = works(portal)
    links = [str(fd.readlink()) for fd in Path(f"/proc/{job}/fd").iterdir()]
    sockets = {link[8:-1] for link in links if link.startswith("socket:[")}
    listening = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{portal.port:04X}")
    }
    assert listening and not sockets & listening


@contextmanager
def working(data_dir: Path, database: str, jobs: str) -> Iterator[subprocess.Popen[str]]:
    """`flask jobs work`, as a service starts it."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("SELFCARE_")}
    own = {
        "SELFCARE_DATA_DIR": str(data_dir),
        "SELFCARE_SECRET_KEY": SECRET,
        "SELFCARE_DATABASE_URL": database,
        "SELFCARE_JOBS_URL": jobs,
        "SELFCARE_LOG_LEVEL": "DEBUG",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "jobs", "work"],
        cwd=ROOT,
        env={**inherited, **own},
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stderr
    try:
        line = process.stderr.readline()
        assert "the job process works" in line, line + process.stderr.read()
        yield process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.fixture(params=["sqlite", "redis", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The addresses of database and queue, as a site of this kind has them."""
    sqlite = f"sqlite:///{tmp_path}/portal.sqlite3"
    if request.param == "sqlite":
        yield sqlite, f"sqlite:///{tmp_path}/jobs.sqlite3"
    elif request.param == "redis":
        with redis(tmp_path) as server:
            yield sqlite, server.address
    else:
        address: str = request.getfixturevalue("new_postgresql_database")()
        yield address, address.replace("+psycopg", "")


def test_two_job_processes_send_each_message_once(kept: tuple[str, str], tmp_path: Path) -> None:
    with web_of(tmp_path, *kept) as web:
        schema.upgrade(web.services.database)
        with working(tmp_path, *kept) as one, working(tmp_path, *kept) as other:
            for number in range(30):
                web.post(f"customer{number}@example.org")
            wait_until(lambda: web.sent() == 30, "they are not sent")
            for process in (one, other):
                process.send_signal(signal.SIGTERM)
                assert process.wait(10) == 0
        assert len(list(web.folder.glob("*.eml"))) == 30
        assert web.services.jobs.count() <= 1
