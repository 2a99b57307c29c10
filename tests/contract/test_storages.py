"""The documents' storages: what both twins promise. For S3 the server is moto's, which stands in
for a real one (docs/documents.md)."""

import logging
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from threading import Event

import boto3
import pytest
from moto.server import ThreadedMotoServer

from app.clock import now
from app.gateways.errors import GatewayUnavailable
from app.gateways.storage import open_storage
from app.gateways.storage.port import NoSpace, NotStored, Storage, StorageKey, is_key, new_key
from app.gateways.storage.whole import checksum, fetch
from config.documents import DocumentSettings
from config.settings import ROOT
from tests.components import free_port
from tests.talker import Talker, Wire, silence, talking

BUCKET = "portal"
KEYS = {"s3_access_key": "key", "s3_secret_key": "secret", "s3_bucket": BUCKET}
SOON = timedelta(minutes=1)


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    server.start()
    endpoint = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    client(endpoint).create_bucket(Bucket=BUCKET)
    yield endpoint
    server.stop()


def client(endpoint: str):  # type: ignore[no-untyped-def]
    own = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    return boto3.session.Session().client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", **own
    )


def s3_at(endpoint: str, **changes: object) -> Storage:
    own = {"storage": "s3", "s3_endpoint": endpoint, "s3_seconds": 1.0, **KEYS, **changes}
    return open_storage(DocumentSettings(**own), Path("/nowhere"))


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        return open_storage(DocumentSettings(), tmp_path / "documents")
    prefix = f"{new_key()}/"
    return s3_at(request.getfixturevalue("s3_endpoint"), s3_prefix=prefix)


def read(storage: Storage, key: StorageKey) -> bytes:
    return b"".join(storage.open(key))


@pytest.mark.parametrize("size", [0, 1, 65536, 3_000_001])
def test_what_is_put_comes_back(storage: Storage, size: int) -> None:
    key, content = new_key(), bytes(range(256)) * (size // 256 + 1)
    storage.put(key, BytesIO(content[:size]))
    assert read(storage, key) == content[:size]


@pytest.mark.parametrize("size", [0, 65537, 3_000_001])
def test_a_whole_file_or_none(storage: Storage, size: int) -> None:
    key, another, content = new_key(), new_key(), b"x" * size
    expected = checksum(BytesIO(content))
    storage.put(key, BytesIO(content))
    with fetch(storage, key, expected) as found:
        assert found.read() == content
    storage.put(another, BytesIO(content + b"x"))
    with pytest.raises(NotStored, match="not what was taken"):
        fetch(storage, another, expected)
    with pytest.raises(NotStored):
        fetch(storage, new_key(), expected)


def test_from_where_the_content_stands(storage: Storage) -> None:
    key, content = new_key(), BytesIO(b"0123456789")
    content.seek(4)
    storage.put(key, content)
    assert read(storage, key) == b"456789"


def test_what_was_never_there(storage: Storage) -> None:
    with pytest.raises(NotStored):
        read(storage, new_key())
    storage.delete(new_key())
    assert list(storage.list_older(now() + SOON)) == []


def test_deleted_is_gone(storage: Storage) -> None:
    key = new_key()
    storage.put(key, BytesIO(b"x"))
    storage.delete(key)
    storage.delete(key)
    with pytest.raises(NotStored):
        read(storage, key)


def test_lists_what_is_older(storage: Storage) -> None:
    keys = {new_key() for _ in range(12)}
    for key in keys:
        storage.put(key, BytesIO(b"x"))
    assert set(storage.list_older(now() + SOON)) == keys
    assert list(storage.list_older(now() - SOON)) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 32, "a" * 31, "a" * 32 + "\n", "/"])
def test_only_keys_are_names(storage: Storage, name: str) -> None:
    assert not is_key(name)
    for use in (
        lambda: storage.put(StorageKey(name), BytesIO(b"x")),
        lambda: list(storage.open(StorageKey(name))),
        lambda: storage.delete(StorageKey(name)),
    ):
        with pytest.raises(ValueError, match="not a key"):
            use()


def test_keys_do_not_repeat() -> None:
    assert len({new_key() for _ in range(10_000)}) == 10_000


# The folder


def test_files_are_for_nobody_else(tmp_path: Path) -> None:
    storage, key = open_storage(DocumentSettings(), tmp_path / "documents"), new_key()
    storage.put(key, BytesIO(b"x"))
    file = tmp_path / "documents" / key[:2] / key
    assert file.stat().st_mode & 0o777 == 0o600
    for folder in (file.parent, tmp_path / "documents"):
        assert folder.stat().st_mode & 0o077 == 0


def test_nothing_half_written_is_ever_seen(tmp_path: Path) -> None:
    folder, done, content = tmp_path / "documents", Event(), b"x" * 8_000_000
    storage = open_storage(DocumentSettings(), folder)

    def look() -> set[int]:
        seen = set()
        while not done.is_set():
            seen |= {f.stat().st_size for f in folder.glob("??/*")}
        return seen

    with ThreadPoolExecutor(1) as other:
        looking = other.submit(look)
        try:
            for _ in range(4):
                storage.put(new_key(), BytesIO(content))
        finally:
            done.set()
    assert looking.result() == {len(content)}


def test_a_limit_on_files_is_no_space_and_leaves_nothing(tmp_path: Path) -> None:
    storage, key = open_storage(DocumentSettings(), tmp_path / "documents"), new_key()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(NoSpace, match="File too large"):
            storage.put(key, BytesIO(b"x" * 20_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [f for f in (tmp_path / "documents").rglob("*") if f.is_file()] == []
    with pytest.raises(NotStored):
        read(storage, key)


def test_what_a_dead_put_left_is_forgotten(tmp_path: Path) -> None:
    storage = open_storage(DocumentSettings(), tmp_path / "documents")
    storage.put(new_key(), BytesIO(b"x"))
    part = tmp_path / "documents/arriving" / new_key()
    part.write_bytes(b"half")
    assert part.name not in list(storage.list_older(now() - SOON)) and part.exists()
    assert part.name not in list(storage.list_older(now() + SOON)) and not part.exists()


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "documents").touch()
    storage = open_storage(DocumentSettings(), tmp_path / "documents")
    with pytest.raises(GatewayUnavailable, match="cannot be used"):
        storage.put(new_key(), BytesIO(b"x"))


# S3


def test_a_bucket_that_is_not_there(s3_endpoint: str) -> None:
    storage = s3_at(s3_endpoint, s3_bucket="another")
    with pytest.raises(GatewayUnavailable, match="cannot be used: NoSuchBucket"):
        storage.put(new_key(), BytesIO(b"x"))


def test_what_others_keep_in_the_bucket_is_not_ours(s3_endpoint: str) -> None:
    prefix = f"{new_key()}/"
    storage = s3_at(s3_endpoint, s3_prefix=prefix)
    for name in ("other/" + new_key(), prefix + "notes.txt", prefix + "deep/" + new_key()):
        client(s3_endpoint).put_object(Bucket=BUCKET, Key=name, Body=b"x")
    assert list(storage.list_older(now() + SOON)) == []


def test_a_storage_that_is_away_or_silent() -> None:
    with pytest.raises(GatewayUnavailable, match="EndpointConnectionError"):
        s3_at(f"http://127.0.0.1:{free_port()}").put(new_key(), BytesIO(b"x"))
    with talking(silence) as talker, pytest.raises(GatewayUnavailable, match="ReadTimeout"):
        s3_at(f"http://127.0.0.1:{talker.port}").delete(new_key())


def test_a_storage_that_breaks_off() -> None:
    def half(talker: Talker, wire: Wire) -> None:
        talker.hear(wire, b"\r\n\r\n")
        wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 70_000)

    with talking(half) as talker, pytest.raises(GatewayUnavailable):
        read(s3_at(f"http://127.0.0.1:{talker.port}"), new_key())


def test_a_full_storage() -> None:
    body = b"<Error><Code>XMinioStorageFull</Code><Message>full</Message></Error>"
    answer = b"HTTP/1.1 507 x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    def full(talker: Talker, wire: Wire) -> None:
        talker.hear(wire, b"\r\n\r\n")
        wire.sendall(answer)

    with talking(full) as talker, pytest.raises(NoSpace):
        s3_at(f"http://127.0.0.1:{talker.port}").put(new_key(), BytesIO(b""))


def test_errors_tell_no_key_of_the_storage(s3_endpoint: str) -> None:
    storage = s3_at(s3_endpoint, s3_bucket="another", s3_secret_key="very secret")
    with pytest.raises(GatewayUnavailable) as caught:
        storage.put(new_key(), BytesIO(b"x"))
    assert "secret" not in repr(caught.value) and "secret" not in repr(storage)


def test_many_threads_at_once(storage: Storage) -> None:
    def work(number: int) -> bool:
        key, content = new_key(), str(number).encode() * 10_000
        storage.put(key, BytesIO(content))
        return read(storage, key) == content

    before = threading.active_count()
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(40)))
    assert threading.active_count() < before + 30  # other tests have threads of their own


def test_who_does_not_use_s3_does_not_wait_for_its_library() -> None:
    program = (
        "import app.factory, sys; assert not {'boto3', 'pypdf', 'pillow_heif'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_what_lies_below_is_nobody_elses(s3_endpoint: str) -> None:
    """Documents and files to take away share a bucket: each sweeps its own."""
    prefix = f"{new_key()}/"
    settings = DocumentSettings(
        storage="s3", s3_endpoint=s3_endpoint, s3_seconds=1.0, s3_prefix=prefix, **KEYS
    )
    documents = open_storage(settings, Path("/nowhere"))
    exports = open_storage(settings, Path("/nowhere"), below="exports/")
    one, other = new_key(), new_key()
    documents.put(one, BytesIO(b"handed in"))
    exports.put(other, BytesIO(b"taken away"))
    before = now() + SOON
    assert list(documents.list_older(before)) == [one]
    assert list(exports.list_older(before)) == [other]
    assert read(exports, other) == b"taken away"
    with pytest.raises(NotStored):
        read(documents, other)
