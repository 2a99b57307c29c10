"""An office that makes files to take away, for tests."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest

from app.database.engine import Database
from legacy_adapters.records import NO_MONEY
from tests.accounts import Clock
from tests.exporting import Office

FEW = ["AL0000001", "AL0000002", "AL0000003"]


@pytest.fixture
def office(database: Database, clock: Clock, demo_file: Path, tmp_path: Path) -> Iterator[Office]:
    office = Office(database, tmp_path, demo_file, clock)
    yield office
    office.close()


def rows(content: bytes, delimiter: str = ";") -> list[dict[str, str]]:
    text = content.decode().removeprefix("\ufeff")
    return list(csv.DictReader(StringIO(text, newline=""), delimiter=delimiter))


def total(found: list[dict[str, str]], column: str) -> Decimal:
    return sum((Decimal(row[column].replace(",", ".")) for row in found), NO_MONEY)
