"""Documents taken and given out, over SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from app.audit.records import Action
from app.audit.service import Audit
from app.database.engine import Database
from app.documents.records import DocumentGone, DocumentId, DocumentRefused, Refusal, Scan
from app.documents.service import Documents
from app.documents.store import document
from tests.accounts import Clock
from tests.documents import docx, pdf, picture
from tests.handed_in import (
    ANOTHERS,
    DAY,
    MINE,
    Make,
    documents,
    drop,
    files,
    folder,
    held,
    keep,
    make,
    read,
    rows,
    take,
)

__all__ = ["documents", "folder", "make"]


def test_what_is_taken_comes_back(documents: Documents, database: Database, clock: Clock) -> None:
    sent = pdf()
    one = take(documents, sent)
    assert (one.name, one.media_type, one.size) == ("fatura.pdf", "application/pdf", len(sent))
    assert (one.created_at, one.scan) == (clock.now, Scan.NOT_ASKED)
    assert read(documents, one) == sent
    assert held(database, documents, one.id) == one


def test_what_is_held_is_its_accounts_alone(documents: Documents, database: Database) -> None:
    one = take(documents)
    of_staff = documents.take(BytesIO(pdf()), name="a.pdf", staff_id=MINE)
    assert held(database, documents, one.id, ANOTHERS) is None
    assert held(database, documents, of_staff.id) is None
    assert held(database, documents, DocumentId(99)) is None


def test_the_trail_tells_who_took_what_in(documents: Documents, database: Database) -> None:
    take(documents)
    documents.take(BytesIO(pdf()), name="a.pdf", staff_id=3)
    with pytest.raises(DocumentRefused):
        take(documents, docx(members={"word/vbaProject.bin": b"x"}), "a.docx")
    events = Audit(database=database, clock=lambda: None).list_newest()  # type: ignore[arg-type, return-value]
    assert [(e.action, e.actor, e.account_id, e.staff_id) for e in events] == [
        (Action.DOCUMENT_REFUSED, "customer", MINE, None),
        (Action.DOCUMENT_TAKEN, "staff", None, 3),
        (Action.DOCUMENT_TAKEN, "customer", MINE, None),
    ]


def test_names_are_cleaned(documents: Documents) -> None:
    sent = "C:\\Users\\Arta\\<img src=x onerror=alert(1)>\u202e\r\n" + "ë" * 10_000 + ".PDF"
    name = take(documents, name=sent).name
    assert len(name) <= 120 and name.endswith("ë.pdf") and name.isprintable()
    assert not set(name) & set("<>\"'\\/&\r\n\u202e")


def test_kept_is_held_no_more_and_stays(
    documents: Documents, database: Database, clock: Clock
) -> None:
    one = take(documents)
    keep(database, documents, one.id)
    assert held(database, documents, one.id) is None
    clock.now += 400 * DAY
    documents.sweep()
    assert read(documents, one)


def test_kept_once(documents: Documents, database: Database) -> None:
    """Two cases cannot have the same file."""
    one = take(documents)
    keep(database, documents, one.id)
    with pytest.raises(DocumentGone):
        keep(database, documents, one.id)


def test_of_two_at_once_one_keeps_it(documents: Documents, database: Database) -> None:
    ids = [take(documents).id for _ in range(4)]

    def work(one: DocumentId) -> bool:
        try:
            keep(database, documents, one)
        except DocumentGone:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(work, ids * 3)) == len(ids)


def test_keeping_is_undone_with_its_transaction(documents: Documents, database: Database) -> None:
    one = take(documents)
    with pytest.raises(RuntimeError), database.write() as connection:
        documents.keep(connection, [one.id])
        raise RuntimeError
    assert held(database, documents, one.id) == one


def test_dropped_is_gone_with_its_file(
    documents: Documents, database: Database, folder: Path
) -> None:
    one, kept = take(documents), take(documents)
    keep(database, documents, kept.id)
    with database.write() as connection:
        documents.drop(connection, [one.id, kept.id])
        assert len(files(folder)) == 2, "not before it is certain"
    assert (files(folder), rows(database)) == ([], [])
    with pytest.raises(DocumentGone):
        documents.open(one)


def test_dropping_is_undone_with_its_transaction(documents: Documents, database: Database) -> None:
    one = take(documents)
    with pytest.raises(RuntimeError), database.write() as connection:
        documents.drop(connection, [one.id])
        raise RuntimeError
    assert read(documents, one)


def test_list_keeps_the_order_and_leaves_out_what_is_gone(
    documents: Documents, database: Database
) -> None:
    one, two, three = (take(documents, name=f"{n}.pdf") for n in "abc")
    drop(database, documents, two.id)
    with database.read() as connection:
        found = documents.list(connection, [three.id, two.id, one.id, DocumentId(99)])
        assert documents.list(connection, []) == []
    assert found == [three, one]


def test_an_account_that_is_closed(documents: Documents, database: Database, folder: Path) -> None:
    one, kept = take(documents), take(documents)
    others = documents.take(BytesIO(pdf()), name="a.pdf", account_id=ANOTHERS)
    keep(database, documents, kept.id)
    with database.write() as connection:
        documents.drop_of_account(connection, MINE)
    assert [row[:2] for row in rows(database)] == [(kept.id, "kept"), (others.id, "held")]
    assert len(files(folder)) == 2
    with database.read() as connection:
        assert set(connection.scalars(select(document.c.account_id))) == {None, ANOTHERS}
    with pytest.raises(DocumentGone):
        documents.open(one)


def test_nobody_hoards(make: Make) -> None:
    documents = make(max_files_per_case=1)
    for _ in range(10):
        take(documents, picture("PNG"), "a.png")
    with pytest.raises(DocumentRefused) as caught:
        take(documents)
    assert caught.value.reason is Refusal.TOO_MANY
    documents.take(BytesIO(pdf()), name="a.pdf", account_id=ANOTHERS)
    documents.check_number(1)
    with pytest.raises(DocumentRefused):
        documents.check_number(2)


def test_a_source_that_breaks_leaves_nothing(
    documents: Documents, database: Database, folder: Path
) -> None:
    class Breaking(BytesIO):
        def read(self, *_size: Any) -> bytes:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        documents.take(Breaking(), name="a.pdf", account_id=MINE)
    assert (files(folder), rows(database)) == ([], [])


def test_a_database_that_fails_leaves_nothing(
    documents: Documents, database: Database, folder: Path
) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE document RENAME COLUMN sha256 TO away")
    with pytest.raises(Exception, match="sha256"):
        take(documents)
    assert files(folder) == []


def test_another_content_is_never_given_out(documents: Documents, folder: Path) -> None:
    one = take(documents)
    [file] = files(folder)
    whole = file.read_bytes()
    for content in (whole[:-1], whole + b"x", whole[:-1] + b"x", b""):
        file.write_bytes(content)
        with capture_logs() as logs, pytest.raises(DocumentGone):
            documents.open(one)
        assert [log["event"] for log in logs] == ["document lost"]
    file.unlink()
    with pytest.raises(DocumentGone):
        documents.open(one)
