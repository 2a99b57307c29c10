"""Addresses of billing, and what of them is refused before anybody connects."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from config.settings import BillingSettings
from legacy_adapters.doctor.examination import examine
from legacy_adapters.engines import make_engine
from legacy_adapters.errors import MappingError
from tests.billing_schemas.copies import run_in_postgresql
from tests.contract.odd import MAPPING, SCHEMA
from tests.contract.test_odd_types import check_large


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    file = tmp_path / "odd.toml"
    file.write_text(MAPPING, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    "address",
    [
        "oracle+oracledb://user:secret@host:1521/?service_name=B&foo=1",
        "postgresql+psycopg://user:secret@host/billing?sslmode=require&foo=1",
    ],
)
def test_an_option_that_the_driver_has_not_is_told(address: str) -> None:
    with pytest.raises(MappingError, match=r"an option that the driver has not: foo") as caught:
        make_engine(address, BillingSettings())
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "option"),
    [
        ("oracle+oracledb://u:secret@h:1521/?service_name=b&mode=secret", "mode"),
        ("oracle+oracledb://u:secret@h:1521/?service_name=b&purity=secret", "purity"),
        ("oracle+oracledb://u:secret@h:1521/?service_name=b&events=secret", "events"),
        ("postgresql+psycopg://u:secret@/b?host=a,b&port=1,2,3", "port"),
    ],
)
def test_an_option_of_a_value_that_it_cannot_have_is_told(address: str, option: str) -> None:
    told = f"a value that it cannot have; its options: .*{option}"
    with pytest.raises(MappingError, match=told) as caught:
        make_engine(address, BillingSettings())
    assert "secret" not in str(caught.value)
    (finding,) = examine(address, BillingSettings(), today=date(2026, 1, 1)).findings
    assert finding.found == str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql+psycopg://u:secret@{'long' * 20}/billing",
        "postgresql+psycopg://u:secret@no..host/billing",
        "sqlite:////tmp/secret\0.sqlite3",
        "sqlite:////tmp/secret\n.sqlite3",
    ],
)
def test_an_address_that_no_host_or_file_has_is_refused(address: str) -> None:
    with pytest.raises(MappingError, match="the billing address is not one") as caught:
        make_engine(address, BillingSettings())
    assert "secret" not in str(caught.value)


def test_a_search_path_in_the_address_counts(
    new_postgresql_database: Callable[[], str], mapping: Path
) -> None:
    address = new_postgresql_database()
    made = SCHEMA.format(number="BIGINT", money="NUMERIC(12, 2)", net="'100.50'")
    run_in_postgresql(address, f"CREATE SCHEMA old; SET search_path TO old; {made}")
    address += "?options=-csearch_path%3Dold"
    check_large(address, mapping)
    engine = make_engine(address, BillingSettings())
    with engine.connect() as connection:
        told = connection.exec_driver_sql("SHOW default_transaction_read_only").scalar()
    engine.dispose()
    assert told == "on"
