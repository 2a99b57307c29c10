"""Real programs that tests start on free loopback ports."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import create_engine

from tests.oracle_net.jvm import why_missing


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def need(found: object, what: str) -> None:
    """Skips with the reason, or fails where components are required."""
    if found:
        return
    if os.environ.get("REQUIRE_COMPONENTS") == "1":
        pytest.fail(f"{what} is not installed, but REQUIRE_COMPONENTS=1")
    pytest.skip(f"{what} is not installed")


CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser")


def chromium_path() -> str:
    """The one without windows first: a visitor's costs it 0.1 s of CPU instead of 0.6."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    need(found, "Chromium")
    return str(found)


def opened_in_office(file: Path, kind: str, folder: Path, *more: str) -> bytes:
    """What LibreOffice makes of a file, in another format; it must not say a word of warning.
    more: of its options, such as how it is to read the file."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    need(program, "LibreOffice (libreoffice-calc-nogui)")
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = [str(program), profile, "--headless", *more, "--convert-to", kind]
    done = subprocess.run(
        [*command, "--outdir", str(folder), str(file)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    # Of itself it says that it found no Java.
    warnings = [line for line in done.stderr.splitlines() if line and "javaldx" not in line]
    assert (done.returncode, warnings) == (0, [])
    return (folder / f"{file.stem}.{kind.partition(':')[0]}").read_bytes()


def java_and_h2() -> None:
    """For tests that use tests.oracle_net."""
    reason = why_missing()
    need(not reason, f"Java with H2 ({reason})")


def _postgresql_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


class PostgresqlServer:
    """A PostgreSQL of its own in a folder; `stop` is a power cut."""

    def __init__(self, folder: Path) -> None:
        programs = _postgresql_programs()
        need(programs, "PostgreSQL")
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        # PostgreSQL refuses to run as root.
        as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if as_user:
            shutil.chown(folder, "postgres")
        self.log = folder / "log"
        self._quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "cwd": folder}
        data = str(folder / "data")
        initdb = [f"{programs}/initdb", "-D", data, "-A", "trust", "-U", "postgres"]
        encoding = ["-E", "UTF8", "--locale=C.UTF-8"]
        subprocess.run([*as_user, *initdb, *encoding], check=True, **self._quiet)
        self._control = [*as_user, f"{programs}/pg_ctl", "-D", data, "-l", str(self.log)]
        self._options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1"
            f" -c unix_socket_directories={folder} -c fsync=off -c max_wal_size=64MB"
        )

    def address(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        command = [*self._control, "-o", self._options, "-w", "start"]
        subprocess.run(command, check=True, **self._quiet)

    def stop(self) -> None:
        subprocess.run([*self._control, "-m", "immediate", "stop"], check=True, **self._quiet)


MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30  # bytes


@contextmanager
def postgresql() -> Iterator[PostgresqlServer]:
    """A running server, in memory where there is room: for each database it makes three hundred
    files. Not below pytest's folder: it runs as another user, who may not enter that."""
    is_roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    with TemporaryDirectory(prefix="postgresql-", dir=MEMORY if is_roomy else None) as folder:
        server = PostgresqlServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


class PostgresqlDatabases:
    """Databases of one server."""

    def __init__(self, server: PostgresqlServer) -> None:
        self._server = server
        self._numbers = count()
        self._engine = create_engine(server.address(), isolation_level="AUTOCOMMIT")

    def make(self, template: str = "template1") -> str:
        """The address of a new one. template: a name, or the address of one that nobody uses."""
        name = f"test_{next(self._numbers)}"
        copied = template.rpartition("/")[2]
        self._do(f"CREATE DATABASE {name} TEMPLATE {copied} STRATEGY FILE_COPY")
        return self._server.address(name)

    def drop(self, address: str) -> None:
        self._do(f"DROP DATABASE {address.rpartition('/')[2]} WITH (FORCE)")

    def close(self) -> None:
        self._engine.dispose()

    def _do(self, sql: str) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql(sql)


class RedisServer:
    """A Redis of its own that keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self._program = shutil.which("redis-server")
        need(self._program, "Redis")
        self._folder = folder
        self.port = free_port()
        self.address = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        options += ["--dir", str(self._folder), "--appendonly", "no"]
        command = [str(self._program), *options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert time.monotonic() < end, "Redis does not start"
                time.sleep(0.02)

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def redis(folder: Path) -> Iterator[RedisServer]:
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
