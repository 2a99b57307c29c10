"""Documents held and kept over a database and a folder of a test's own, by an account."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.database.engine import Database
from app.documents.records import Document, DocumentId
from app.documents.service import Documents
from app.documents.store import document
from tests.accounts import Clock
from tests.documents import make_documents, pdf

MINE, ANOTHERS = 7, 8
DAY = timedelta(days=1)
Make = Callable[..., Documents]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "documents"


@pytest.fixture
def make(database: Database, folder: Path, clock: Clock) -> Make:
    return lambda **more: make_documents(database, folder, clock=clock, **more)


@pytest.fixture
def documents(make: Make) -> Documents:
    return make()


def take(documents: Documents, content: bytes = b"", name: str = "fatura.pdf") -> Document:
    return documents.take(BytesIO(content or pdf()), name=name, account_id=MINE)


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def rows(database: Database) -> list[tuple[int, str, str]]:
    with database.read() as connection:
        query = select(document.c.id, document.c.state, document.c.scan).order_by(document.c.id)
        return [tuple(row) for row in connection.execute(query)]


def keep(database: Database, documents: Documents, *ids: DocumentId) -> None:
    with database.write() as connection:
        documents.keep(connection, ids)


def drop(database: Database, documents: Documents, *ids: DocumentId) -> None:
    with database.write() as connection:
        documents.drop(connection, ids)


def read(documents: Documents, one: Document) -> bytes:
    with documents.open(one) as content:
        return content.read()


def held(database: Database, documents: Documents, one: DocumentId, account: int = MINE) -> Any:
    with database.read() as connection:
        return documents.find_held(connection, one, account_id=account)
