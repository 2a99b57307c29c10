"""The queue of jobs, kept in a file, in Redis and in PostgreSQL."""

import pickle
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.jobs.process import Worker
from app.jobs.queue import Jobs
from tests.components import RedisServer, free_port, redis

PATIENCE = 20.0


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(params=["sqlite", "redis", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'folder' / 'jobs.sqlite3'}"
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis_server")
        return server.address.replace("/0", f"/{request.param_index}")
    found: str = request.getfixturevalue("new_postgresql_database")()
    return found.replace("postgresql+psycopg://", "postgresql://")


class Work:
    """Counts how often it was done."""

    def __init__(self) -> None:
        self.times = 0
        self.changed = threading.Condition()

    def __call__(self) -> None:
        with self.changed:
            self.times += 1
            self.changed.notify_all()

    def wait_for(self, times: int) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: self.times >= times, PATIENCE)


MakeJobs = Callable[..., Jobs]


@pytest.fixture
def make_jobs(request: pytest.FixtureRequest) -> Iterator[MakeJobs]:
    """As the web and the job process each make them. Named by the test: one Redis has them all."""
    made: list[Jobs] = []

    def make(address: str, work: Callable[[], object], every: float | None = None) -> Jobs:
        jobs = Jobs(address, name=request.node.name)
        jobs.register("work", work, every=every)
        made.append(jobs)
        return jobs

    yield make
    for jobs in made:
        jobs.close()


@contextmanager
def working(jobs: Jobs, *which: str) -> Iterator[None]:
    """What the job process does with its threads."""
    worker = Worker(jobs)
    threads = [threading.Thread(target=getattr(worker, name)) for name in which or ("queue",)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        jobs.stopping.set()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "the job process ends when it is told to"


def test_what_the_web_asks_the_job_process_does(make_jobs: MakeJobs, address: str) -> None:
    work = Work()
    web, process = make_jobs(address, pytest.fail), make_jobs(address, work)
    with working(process):
        for times in (1, 2):
            web.ask("work")
            assert work.wait_for(times)
            assert web.flush(PATIENCE)
    assert (work.times, web.count()) == (2, 0)


def test_nothing_piles_up_while_nobody_works(make_jobs: MakeJobs, address: str) -> None:
    work = Work()
    webs = [make_jobs(address, pytest.fail) for _ in range(2)]
    for web in webs:
        for _ in range(1_000):
            web.ask("work")
        assert web.flush(PATIENCE)
    assert webs[0].count() == 1
    with working(make_jobs(address, work)):
        assert work.wait_for(1)
    assert (work.times, webs[0].count()) == (1, 0)


def test_asked_while_it_is_done_it_is_done_once_more(make_jobs: MakeJobs, address: str) -> None:
    """What was written after the work had looked is not left to chance."""
    begun, go_on, work = threading.Event(), threading.Event(), Work()

    def slowly() -> None:
        work()
        begun.set()
        assert go_on.wait(PATIENCE)

    web = make_jobs(address, pytest.fail)
    with working(make_jobs(address, slowly)):
        web.ask("work")
        assert begun.wait(PATIENCE)
        web.ask("work")
        assert web.flush(PATIENCE)
        go_on.set()
        assert work.wait_for(2)


class Bomb:
    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return pytest.fail, ("a pickle was opened",)


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(Bomb()),
        b"",
        b"[]",
        b'"work"',
        b'{"id": "1", "name": "os.system", "args": ["true"]}',
        b'{"name": "app.jobs.queue.work", "id": "1", "evil": 1}',
    ],
    ids=["pickle", "empty", "list", "text", "unknown", "field"],
)
def test_what_is_no_job_is_dropped_and_work_goes_on(
    make_jobs: MakeJobs, address: str, data: bytes
) -> None:
    work = Work()
    web, process = make_jobs(address, pytest.fail), make_jobs(address, work)
    web.open().storage.enqueue(data)
    with capture_logs() as lines, working(process):
        web.ask("work")
        assert work.wait_for(1)
    assert [line["event"] for line in lines] == ["a job that nobody knows was dropped"]
    assert web.count() == 0


def test_a_job_that_fails_does_not_end_the_process(make_jobs: MakeJobs, address: str) -> None:
    work = Work()

    def fail() -> None:
        work()
        raise ArithmeticError("no")

    web = make_jobs(address, pytest.fail)
    with capture_logs() as lines, working(make_jobs(address, fail)):
        for times in (1, 2):
            web.ask("work")
            assert work.wait_for(times)
    assert {(line["event"], line["kind"]) for line in lines} == {
        ("a job failed", "ArithmeticError")
    }


@pytest.mark.parametrize(
    "away",
    [
        "redis://127.0.0.1:{port}/0",
        "postgresql://portal@127.0.0.1:{port}/portal",
        "sqlite:////proc/no/jobs.sqlite3",
    ],
)
def test_a_queue_that_is_away_stops_neither_pages_nor_periodic_work(
    make_jobs: MakeJobs, away: str
) -> None:
    away = away.format(port=free_port())
    work = Work()
    web, process = make_jobs(away, pytest.fail), make_jobs(away, work, every=0.1)
    with capture_logs() as lines, working(process, "queue", "periodic"):
        begun = time.monotonic()
        for _ in range(100):
            web.ask("work")
        assert time.monotonic() - begun < 0.5, "a page never waits for the queue"
        assert web.flush(PATIENCE)
        web.ask("work")
        assert web.flush(PATIENCE)
        assert work.wait_for(3)
    events = sorted(line["event"] for line in lines)
    assert events == ["the job queue cannot be told", "the job queue is away"], "once a minute"
    assert all("SELFCARE_JOBS_URL" in line["do"] for line in lines)


def test_a_queue_that_comes_back_is_used_again(
    make_jobs: MakeJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.jobs.process.AWAY_SECONDS", 0.1)
    with redis(tmp_path) as server:
        work = Work()
        web, process = (make_jobs(server.address, work) for _ in range(2))
        with working(process):
            web.ask("work")
            assert work.wait_for(1)
            server.stop()
            web.ask("work")
            assert web.flush(PATIENCE)
            server.start()
            web.ask("work")
            assert work.wait_for(2)
