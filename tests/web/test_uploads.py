"""Files that come with a form and files that are given out, by pages that stand here alone."""

import tempfile
from email.message import Message
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, encode_multipart

from app.documents.records import (
    DocumentError,
    DocumentGone,
    DocumentId,
    DocumentRefused,
    Refusal,
    StillScanning,
    StorageFull,
    StorageUnavailable,
)
from app.web.access import ACCESS, Rule, Who
from app.web.current import services, signed_in
from app.web.uploads import (
    REFUSALS,
    TROUBLES,
    chosen_files,
    send_document,
    status_of,
    why_not,
)
from tests.conftest import MakePortal, Portal
from tests.documents import GOOD, pdf
from tests.web.client import CheckedClient

MEGABYTE = 1024 * 1024
ARRIVES_IN = "werkzeug.formparser.SpooledTemporaryFile"


def show(number: int) -> ResponseReturnValue:
    with services().database.read() as connection:
        [one] = services().documents.list(connection, [DocumentId(number)])
    return send_document(services().documents, one)


def take() -> ResponseReturnValue:
    told = []
    for file in chosen_files("files"):
        try:
            one = services().documents.take(
                file.stream,  # type: ignore[arg-type]
                name=file.filename or "",
                account_id=signed_in().account.id,
            )
            told.append(f"{one.id} {one.name}")
        except (DocumentRefused, DocumentError) as error:
            return why_not(error), status_of(error)
    return "\n".join([*told, request.form.get("text", "")])


def small() -> ResponseReturnValue:
    return str(len(request.files.getlist("files")))


@pytest.fixture
def portal(make_portal: MakePortal, monkeypatch: pytest.MonkeyPatch) -> Portal:
    made = make_portal(documents={"max_bytes": 2 * MEGABYTE, "max_request_bytes": 5 * MEGABYTE})
    for endpoint, rule, view, more in (
        ("try.take", Rule(who=Who.SIGNED_IN, uploads=True), take, {"methods": ["POST"]}),
        ("try.small", Rule(who=Who.SIGNED_IN), small, {"methods": ["POST"]}),
        ("try.show", Rule(who=Who.SIGNED_IN), show, {}),
    ):
        path = "/try/<int:number>" if endpoint == "try.show" else f"/{endpoint}"
        made.app.add_url_rule(path, endpoint, view, **more)  # type: ignore[arg-type]
        monkeypatch.setitem(ACCESS, endpoint, rule)
    return made


@pytest.fixture
def client(portal: Portal) -> CheckedClient:
    return portal.signed_in("Emer Mbiemer", "en")


def send(
    client: CheckedClient, *files: tuple[str, bytes], to: str = "/try.take", **fields: str
) -> TestResponse:
    """Written in memory: the test client would write it into a file that nobody closes."""
    sent = [FileStorage(BytesIO(content), name, name="files") for name, content in files]
    boundary, body = encode_multipart(
        MultiDict([("files", one) for one in sent] + [*fields.items()])
    )
    kind = f"multipart/form-data; boundary={boundary}"
    return client.http.post(to, data=body, content_type=kind)


def test_files_are_taken_and_given_out(client: CheckedClient) -> None:
    answer = send(client, *GOOD.items(), text="Ankesë")
    assert answer.status_code == 200, answer.text
    lines = answer.text.splitlines()
    assert lines[0] == "1 fatura.pdf" and lines[-1] == "Ankesë" and len(lines) == len(GOOD) + 1
    given = client.fetch("/try/1")
    assert given.data == GOOD["fatura.pdf"]


def test_what_is_given_out_is_to_be_saved_and_kept_by_nobody(client: CheckedClient) -> None:
    send(client, ("fatura.pdf", pdf()), ("Ankesë “1”.docx", GOOD["ankesë.docx"]))
    types = ["application/pdf"]
    types += ["application/vnd.openxmlformats-officedocument.wordprocessingml.document"]
    for number, (media_type, name) in enumerate(
        zip(types, ["fatura.pdf", "Ankesë “1”.docx"], strict=True), 1
    ):
        given = client.fetch(f"/try/{number}")
        headers = given.headers
        assert headers["Content-Type"] == media_type
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "sandbox" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Robots-Tag"].startswith("noindex")
        assert int(headers["Content-Length"]) == len(given.data) > 0
        assert headers["Content-Disposition"].startswith("attachment;")
        parsed = Message()
        parsed["Content-Disposition"] = headers["Content-Disposition"]
        assert parsed.get_filename() == name or f"filename*=UTF-8''{name[:4]}" in str(headers)


def test_a_name_cannot_leave_its_header(client: CheckedClient) -> None:
    send(client, ('a"; x="b\r\nSet-Cookie: x=y.pdf', pdf()))
    headers = client.fetch("/try/1").headers
    assert "Set-Cookie" not in headers
    assert headers["Content-Disposition"].count('"') in (0, 2)


def test_an_empty_field_has_no_files(client: CheckedClient) -> None:
    answer = client.http.post("/try.take", data={"files": (BytesIO(b""), ""), "text": "x"})
    assert answer.text == "x"


def test_only_upload_routes_take_large_requests(client: CheckedClient) -> None:
    large = b"%PDF-" + b"x" * (MEGABYTE + MEGABYTE // 2)
    assert send(client, ("a.pdf", large), to="/try.small").status_code == 413
    assert send(client, ("a.pdf", large)).text == REFUSALS[Refusal.BROKEN]
    too_large = send(client, *[("a.pdf", large)] * 4)
    assert too_large.status_code == 413 and "That is too large to be sent" in too_large.text


def test_a_request_that_does_not_tell_its_size(client: CheckedClient) -> None:
    assert send_unmeasured(client, MEGABYTE).status_code == 400
    assert send_unmeasured(client, 6 * MEGABYTE).status_code == 413


def send_unmeasured(client: CheckedClient, size: int) -> TestResponse:
    """As browsers do not, in chunks of which none says how many there will be."""
    head = b"--b\r\nContent-Disposition: form-data; name=files; filename=a.pdf\r\n\r\n"
    return client.http.post(
        "/try.take",
        input_stream=BytesIO(head + b"x" * size + b"\r\n--b--\r\n"),
        content_type="multipart/form-data; boundary=b",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )


def test_fields_stay_small_beside_files(client: CheckedClient) -> None:
    assert send(client, ("a.pdf", pdf()), text="x" * (MEGABYTE + 1)).status_code == 413
    assert send(client, ("a.pdf", pdf()), text="x" * 100_000).status_code == 200


def test_strangers_send_nothing(portal: Portal) -> None:
    answer = send(portal.client(), ("a.pdf", pdf()))
    assert answer.status_code == 303 and portal.services.documents.count().held == 0


def test_large_files_are_not_kept_in_memory(
    client: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived: list[bool] = []

    class Noted(tempfile.SpooledTemporaryFile[bytes]):
        def close(self) -> None:
            arrived.append(bool(self._rolled))  # type: ignore[attr-defined]
            super().close()

    monkeypatch.setattr(ARRIVES_IN, Noted)
    send(client, ("a.pdf", b"x" * MEGABYTE))
    assert arrived and all(arrived)


def test_files_of_a_refused_request_are_closed(
    client: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived: list[Any] = []

    class Noted(tempfile.SpooledTemporaryFile[bytes]):
        def __init__(self, **more: Any) -> None:
            super().__init__(**more)
            arrived.append(self)

    monkeypatch.setattr(ARRIVES_IN, Noted)
    assert send_unmeasured(client, 6 * MEGABYTE).status_code == 413
    assert arrived and all(file.closed for file in arrived)


@pytest.mark.parametrize("language", ["sq", "en"])
def test_each_refusal_has_words(portal: Portal, language: str) -> None:
    headers = {"Cookie": f"language={language}"}
    with portal.app.test_request_context(headers=headers):
        told = {why_not(DocumentRefused(reason)) for reason in Refusal}
        assert len(told) == len(Refusal)
        assert not [words for words in told if "%" in words]
        assert any("2 MB" in words for words in told) and any(" 50 " in words for words in told)
        errors = [kind("secret reason") for kind in DocumentError.__subclasses__()]
        assert {type(error) for error in errors} == set(TROUBLES)
        assert not [error for error in errors if "secret" in why_not(error)]


def test_refusals_are_said_in_words_beside_the_field(client: CheckedClient) -> None:
    for name, content in (("a.html", b"<html>"), ("a.pdf", b""), ("a.pdf", b"x" * 2_100_000)):
        answer = send(client, (name, content))
        assert answer.status_code == 400 and len(answer.text) > 10


FAILING = [
    (StorageUnavailable("x"), 503),
    (StorageFull("x"), 507),
    (StillScanning("x"), 409),
    (DocumentGone("x"), 410),
    (DocumentRefused(Refusal.INFECTED), 410),
]


@pytest.mark.parametrize(("error", "status"), FAILING, ids=lambda v: type(v).__name__)
def test_what_cannot_be_given_out_is_a_page(
    portal: Portal,
    client: CheckedClient,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
) -> None:
    send(client, ("a.pdf", pdf()))

    def fail(*_args: object) -> None:
        raise error

    monkeypatch.setattr(portal.services.documents, "open", fail)
    page = client.get("/try/1", status=status)
    assert page.heading


def test_a_full_disk_while_the_request_arrives(
    client: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(tempfile.SpooledTemporaryFile[bytes]):
        def write(self, *_args: object) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(ARRIVES_IN, Full)
    answer = send(client, ("a.pdf", b"x" * MEGABYTE))
    assert answer.status_code == 507 and "We cannot take files right now" in answer.text


def test_the_folder_is_in_the_data_folder(portal: Portal, client: CheckedClient) -> None:
    send(client, ("a.pdf", pdf()))
    folder: Path = portal.services.settings.portal.data_dir / "documents"
    assert len([file for file in folder.rglob("*") if file.is_file()]) == 1
