"""A mapping against a live database: every place that does not fit is named."""

import sqlite3
from pathlib import Path

import pytest

from legacy_adapters import open_billing
from legacy_adapters.errors import MappingError
from tests.conftest import DEMO_MAPPING

TEXT = DEMO_MAPPING.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            '"k.ADRESA"',
            '"k.ADRES"',
            "[contract] columns.address: the table k has no column 'ADRES'",
        ),
        ('"k.ADRESA"', '"ADRESA"', "'ADRESA' needs the name of its table: k, a"),
        ('"k.ADRESA"', '"x.ADRESA"', "no table is named 'x' here; there are k, a"),
        ('table = "PAGESE"', 'table = "PAGESAT"', "[payment] table: the database has no PAGESAT"),
        (
            '"p.STORNO" = ',
            '"p.ANULUAR" = ',
            "[payment] except: the table p has no column 'ANULUAR'",
        ),
        (
            '"f.KTR_ID" = "k.KTR_ID"',
            '"f.KTR" = "k.KTR_ID"',
            "joins: the table f has no column 'KTR'",
        ),
        ('"k.FAZA"', '{ column = "k.FAZA", map = { I = "1" } }', "the column holds numbers, but"),
    ],
)
def test_misfit_is_named(tmp_path: Path, demo_file: Path, old: str, new: str, words: str) -> None:
    assert old in TEXT
    file = tmp_path / "misfit.toml"
    file.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        open_billing(f"sqlite:///{demo_file}", file).verify()
    assert words in str(caught.value)
    assert str(file) in str(caught.value)


def test_names_are_found_in_any_case(tmp_path: Path, demo_file: Path) -> None:
    file = tmp_path / "lower.toml"
    lower = TEXT.replace('"k.KTR_KOD"', '"k.ktr_kod"').replace('"FATURE"', '"fature"', 1)
    file.write_text(lower)
    open_billing(f"sqlite:///{demo_file}", file).verify()


def test_views_serve_as_tables(tmp_path: Path, demo_file: Path) -> None:
    database = tmp_path / "views.sqlite3"
    database.write_bytes(demo_file.read_bytes())
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE VIEW V_PAGESE AS SELECT * FROM PAGESE")
    file = tmp_path / "views.toml"
    file.write_text(TEXT.replace('table = "PAGESE"', 'table = "V_PAGESE"'))
    open_billing(f"sqlite:///{database}", file).verify()
