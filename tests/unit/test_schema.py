"""A mapping against a live database: every place that does not fit is named."""

import sqlite3
from datetime import date
from pathlib import Path

import pytest

from config.settings import BillingSettings
from legacy_adapters import open_billing
from legacy_adapters.errors import MappingError
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode
from tests.conftest import DEMO_MAPPING, WIDE_MAPPING

TEXT = DEMO_MAPPING.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            '"k.ADRESA"',
            '"k.ADRES"',
            "[contract] columns.address: the table KONTRATE (k) has no column 'ADRES'",
        ),
        ('"k.ADRESA"', '"ADRESA"', "'ADRESA' needs the name of its table: k, a"),
        ('"k.ADRESA"', '"x.ADRESA"', "no table is named 'x' here; there are k, a"),
        ('table = "PAGESE"', 'table = "PAGESAT"', "[payment] joins: the database has no PAGESAT"),
        (
            '"p.STORNO" = ',
            '"p.ANULUAR" = ',
            "[payment] except: the table PAGESE (p) has no column 'ANULUAR'",
        ),
        (
            '"f.KTR_ID" = "k.KTR_ID"',
            '"f.KTR" = "k.KTR_ID"',
            "joins: the table FATURE (f) has no column 'KTR'",
        ),
        (
            '"k.FAZA"',
            '{ column = "k.FAZA", map = { I = "1" } }',
            "the column holds numbers, but the code is",
        ),
        (
            '"p.STORNO" = ["P"]',
            '"p.DT_PAG" = ["2026-01-31"]',
            "[payment] except: p.DT_PAG: the column holds days, which have no codes",
        ),
    ],
)
def test_misfit_is_named(tmp_path: Path, demo_file: Path, old: str, new: str, words: str) -> None:
    assert old in TEXT
    file = tmp_path / "misfit.toml"
    file.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        open_billing(f"sqlite:///{demo_file}", BillingSettings(mapping=file)).verify()
    assert words in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_table_without_a_short_name_is_named(tmp_path: Path, wide_file: Path) -> None:
    billing = wide_with(tmp_path, wide_file, 'yyyymm"', 'yyyy"')
    with pytest.raises(MappingError, match="the table bills has no column 'yyyy'"):
        billing.verify()


def test_names_are_found_in_any_case(tmp_path: Path, demo_file: Path) -> None:
    file = tmp_path / "lower.toml"
    lower = TEXT.replace('"k.KTR_KOD"', '"k.ktr_kod"').replace('"FATURE"', '"fature"', 1)
    file.write_text(lower)
    open_billing(f"sqlite:///{demo_file}", BillingSettings(mapping=file)).verify()


def test_views_serve_as_tables(tmp_path: Path, demo_file: Path) -> None:
    database = tmp_path / "views.sqlite3"
    database.write_bytes(demo_file.read_bytes())
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE VIEW V_PAGESE AS SELECT * FROM PAGESE")
    file = tmp_path / "views.toml"
    file.write_text(TEXT.replace('table = "PAGESE"', 'table = "V_PAGESE"'))
    open_billing(f"sqlite:///{database}", BillingSettings(mapping=file)).verify()


WIDE_TEXT = WIDE_MAPPING.read_text(encoding="utf-8")
SINCE = date(2023, 1, 1)


def wide_with(tmp_path: Path, wide_file: Path, old: str, new: str) -> Billing:
    assert old in WIDE_TEXT
    file = tmp_path / "wide.toml"
    file.write_text(WIDE_TEXT.replace(old, new), encoding="utf-8")
    return open_billing(f"sqlite:///{wide_file}", BillingSettings(mapping=file))


def test_month_of_a_date_kept_as_text(tmp_path: Path, wide_file: Path) -> None:
    new = 'period = { month_of = { date = "due", format = "YYYYMMDD" } }'
    billing = wide_with(tmp_path, wide_file, 'period = "yyyymm"', new)
    history = billing.get_invoice_history(ContractCode("7000000"), since=SINCE, at_least=1)
    for invoice in history.invoices:
        assert invoice.due_on is not None
        assert invoice.period == (invoice.due_on.year, invoice.due_on.month)


def test_codes_without_a_word_may_mean_cancelled(tmp_path: Path, wide_file: Path) -> None:
    database = tmp_path / "wide.sqlite3"
    database.write_bytes(wide_file.read_bytes())
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE bills SET state = NULL WHERE bill_no = '123456788'")
        connection.execute("UPDATE bills SET state = 'ODD' WHERE bill_no = '123456787'")
    old = 'map = { SETTLED = "paid", VOID = "cancelled" }, else = "open"'
    new = 'map = { SETTLED = "paid", UNPAID = "open" }, else = "cancelled"'
    billing = wide_with(tmp_path, database, old, new)
    history = billing.get_invoice_history(ContractCode("7000000"), since=SINCE, at_least=1)
    numbers = {invoice.number for invoice in history.invoices}
    assert len(numbers) == 10
    assert not numbers & {"123456788", "123456787"}


def test_a_date_that_is_text_must_say_how_it_is_written(tmp_path: Path, wide_file: Path) -> None:
    old = 'due_on = { date = "due", format = "YYYYMMDD" }'
    billing = wide_with(tmp_path, wide_file, old, 'due_on = "due"')
    with pytest.raises(MappingError, match=r"\[invoice\] columns.due_on: is text or a number"):
        billing.verify()


def test_a_status_that_is_never_open_is_refused(tmp_path: Path, wide_file: Path) -> None:
    with pytest.raises(MappingError, match="no code means open"):
        wide_with(tmp_path, wide_file, ', else = "open"', "")
