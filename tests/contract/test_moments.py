"""Moments with a time zone: the day is the one in Tirana, and the month is that day's."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from config.settings import BillingSettings
from legacy_adapters import open_billing
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode, Period
from tests.billing_schemas.copies import run_in_postgresql
from tests.components import java_and_h2
from tests.contract.odd import EARLIEST, MAPPING
from tests.oracle_net import H2Database, OracleServer

CODE = ContractCode("AB12")
SCHEMA = """
CREATE TABLE {owner}con (nr VARCHAR(20) PRIMARY KEY, who VARCHAR(50), since DATE);
CREATE TABLE {owner}inv (nr VARCHAR(20), no VARCHAR(20) PRIMARY KEY, made {moment}, due {moment},
    net NUMERIC(12, 2), state VARCHAR(10));
INSERT INTO {owner}con VALUES ('AB12', 'ANA', DATE '2020-01-01');
INSERT INTO {owner}inv VALUES
    ('AB12', 'SUMMER',
        {zoned}'2026-09-30 22:00:00+00:00', {zoned}'2026-10-24 22:30:00+00:00', 1, 'open'),
    ('AB12', 'WINTER',
        {zoned}'2026-11-30 23:00:00+00:00', {zoned}'2026-12-24 22:30:00+00:00', 1, 'open'),
    ('AB12', 'EAST',
        {zoned}'2026-08-01 08:30:00+09:00', {zoned}'2026-09-01 06:59:00+09:00', 1, 'open');
"""
MOMENT = {"moment": "TIMESTAMP WITH TIME ZONE", "zoned": "TIMESTAMP WITH TIME ZONE "}
TOLD = {
    "SUMMER": (date(2026, 10, 1), Period(2026, 10), date(2026, 10, 25)),
    "WINTER": (date(2026, 12, 1), Period(2026, 12), date(2026, 12, 24)),
    "EAST": (date(2026, 8, 1), Period(2026, 8), date(2026, 8, 31)),
}


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    file = tmp_path / "moments.toml"
    file.write_text(MAPPING, encoding="utf-8")
    return file


@pytest.fixture(params=["postgresql", "oracle"])
def billing(request: pytest.FixtureRequest, mapping: Path) -> Iterator[Billing]:
    settings = BillingSettings(mapping=mapping)
    if request.param == "postgresql":
        address = request.getfixturevalue("new_postgresql_database")()
        run_in_postgresql(address, SCHEMA.format(owner="", **MOMENT))
        with closing(open_billing(address, settings)) as billing:
            yield billing
        return
    java_and_h2()
    with H2Database("moments", schemas=["BILLING"]) as database:
        database.script(SCHEMA.format(owner="BILLING.", **MOMENT))
        with (
            OracleServer({"billing": "secret"}, database) as server,
            closing(open_billing(server.url("billing"), settings)) as billing,
        ):
            yield billing


def told(billing: Billing) -> dict[str, tuple[date | None, Period | None, date | None]]:
    owed = billing.get_statement(CODE).open_invoices
    return {one.number: (one.issued_on, one.period, one.due_on) for one in owed}


def test_a_day_is_the_one_in_tirana(billing: Billing) -> None:
    assert told(billing) == TOLD
    assert billing.list_debts([CODE])[CODE].earliest_due == date(2026, 8, 31)
    assert billing.list_newest([CODE])[CODE] == date(2026, 12, 1)
    paid = billing.list_payments(CODE, since=EARLIEST, at_least=9)
    assert {payment.paid_on for payment in paid} == {issued for issued, _, _ in TOLD.values()}


@pytest.mark.parametrize(
    ("since", "found"),
    [
        (date(2026, 10, 1), {"SUMMER", "WINTER"}),
        (date(2026, 10, 2), {"WINTER"}),
        (date(2026, 12, 2), set()),
    ],
)
def test_a_day_is_found_as_it_is_told(billing: Billing, since: date, found: set[str]) -> None:
    issued = billing.list_issued([CODE], since=since)
    assert {one.invoice.number for one in issued} == found


@pytest.fixture
def in_sqlite(tmp_path: Path, mapping: Path) -> Iterator[Callable[..., Billing]]:
    opened = []

    def make(made: str) -> Billing:
        file = tmp_path / f"moments-{len(opened)}.sqlite3"
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(
                "CREATE TABLE con (nr TEXT, who TEXT, since DATE);"
                "CREATE TABLE inv (nr TEXT, no TEXT, made DATETIME, due DATETIME, net NUMERIC,"
                " state TEXT); INSERT INTO con VALUES ('AB12', 'ANA', '2020-01-01');"
                f"INSERT INTO inv VALUES ('AB12', 'F1', '{made}', '2026-10-30', 1, 'open');"
            )
        billing = open_billing(f"sqlite:///{file}", BillingSettings(mapping=mapping))
        opened.append(billing)
        return billing

    yield make
    for billing in opened:
        billing.close()


@pytest.mark.parametrize(
    ("made", "day", "period"),
    [
        ("2026-10-01 00:30:00+02:00", date(2026, 10, 1), Period(2026, 10)),
        ("2026-12-01 00:00:00+01:00", date(2026, 12, 1), Period(2026, 12)),
        ("2026-12-31T23:59:59", date(2026, 12, 31), Period(2026, 12)),
        ("2026-02-28", date(2026, 2, 28), Period(2026, 2)),
        ("0000-00-00", None, None),
        ("", None, None),
    ],
)
def test_a_copy_in_sqlite_tells_the_month_of_the_day_that_it_tells(
    in_sqlite: Callable[..., Billing], made: str, day: date | None, period: Period | None
) -> None:
    (owed,) = in_sqlite(made).get_statement(CODE).open_invoices
    assert (owed.issued_on, owed.period) == (day, period)


def test_what_is_no_day_as_sqlite_writes_it_has_no_month(
    in_sqlite: Callable[..., Billing], mapping: Path
) -> None:
    """By its own operation it has one: month_of over `date`."""
    read = '{ date = "made", format = "YYYYMMDD" }'
    text = MAPPING.replace('issued_on = "made"', f"issued_on = {read}")
    mapping.write_text(text, "utf-8")
    (owed,) = in_sqlite("20260105").get_statement(CODE).open_invoices
    assert (owed.issued_on, owed.period) == (date(2026, 1, 5), None)
    mapping.write_text(text.replace('month_of = "made"', f"month_of = {read}"), "utf-8")
    (owed,) = in_sqlite("20260105").get_statement(CODE).open_invoices
    assert owed.period == Period(2026, 1)
