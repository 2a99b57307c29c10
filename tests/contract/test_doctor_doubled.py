"""Joins that double payments and lines, of tables in which no key tells their rows apart."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from legacy_adapters.doctor import Level, Report, Topic
from tests.billing_schemas.copies import run_in_postgresql
from tests.contract.test_doctor import find
from tests.contract.test_doctor_money import look

# Ten contracts of seven payments each, by seven ways; the last one has no way.
SCHEMA = """
CREATE TABLE con (nr VARCHAR(10), who VARCHAR(10), gone VARCHAR(3));
CREATE TABLE inv (nr VARCHAR(10), no VARCHAR(10), st VARCHAR(1), made DATE, net NUMERIC(12, 2));
CREATE TABLE pay (nr VARCHAR(10), way CHAR(4), off INTEGER, paid NUMERIC(12, 2), made DATE);
CREATE TABLE way (code VARCHAR(4), told VARCHAR(10), off INTEGER, bank VARCHAR(4));
CREATE TABLE bank (code VARCHAR(4), told VARCHAR(10));
INSERT INTO con VALUES {contracts};
INSERT INTO inv SELECT nr, nr, 'H', '2026-10-05', 100 FROM con;
INSERT INTO pay VALUES {payments};
UPDATE pay SET way = NULL WHERE paid = 169;
INSERT INTO way VALUES {ways};
INSERT INTO bank VALUES ('B0', 'bank'), ('B1', 'bank'), ('B1', 'bank');
""".format(
    contracts=", ".join(f"('A{n}', 'ANA', 'N')" for n in range(10)),
    payments=", ".join(
        f"('A{n // 7}', 'W{n % 7}', 1, {100 + n}, '2026-10-0{1 + n % 7}')" for n in range(70)
    ),
    ways=", ".join(f"('W{n}', 'way', 1, 'B{n}')" for n in range(7)),
)
BY_WAY = '{ table = "way", as = "w", on = { "w.code" = "p.way" }, optional = true }'
MAPPING = """
[contract]
table = "con"
columns = {{ code = "nr", subscriber = "who" }}
[contract_info]
table = "con"
columns = {{ contract_code = "nr" }}
[invoice]
table = "inv"
[invoice.columns]
contract_code = "nr"
number = "no"
status = {{ column = "st", map = {{ H = "open" }} }}
issued_on = "made"
due_on = "made"
units = {{ value = 1 }}
principal = "net"
tv_fee = {{ value = 0 }}
interest = {{ value = 0 }}
outstanding = "net"
[payment]
table = "con"
as = "k"
joins = [{{ table = "pay", as = "p", on = {{ "p.nr" = "k.nr" }} }}, {joins}]
{conditions}
columns = {{ contract_code = "{code}", paid_on = "p.made", amount = "p.paid", source = "w.told" }}
"""
PLACE = "[payment] joins"
Look = Callable[..., Report]


@pytest.fixture(params=["sqlite", "postgresql"])
def look_at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Look]:
    def looked(
        sql: str = "", joins: str = BY_WAY, conditions: str = "", code: str = "k.nr"
    ) -> Report:
        mapping = tmp_path / "doubled.toml"
        text = MAPPING.format(joins=joins, conditions=conditions, code=code)
        mapping.write_text(text, "utf-8")
        if request.param == "postgresql":
            address = request.getfixturevalue("new_postgresql_database")()
            run_in_postgresql(address, SCHEMA + sql)
        else:
            address = f"sqlite:///{tmp_path / 'doubled.sqlite3'}"
            with closing(sqlite3.connect(tmp_path / "doubled.sqlite3")) as connection:
                connection.executescript(SCHEMA + sql)
        return look(address, mapping)

    yield looked


SECOND_WAY = "INSERT INTO way VALUES ('W3', 'another', 2, 'B3');"
OLD_HOLDER = "INSERT INTO con VALUES ('A1', 'OLD', 'P');"
BY_BANK = f'{BY_WAY}, {{ table = "bank", as = "b", on = {{ "b.code" = "w.bank" }} }}'
BY_BOTH = BY_WAY.replace('"w.code" = "p.way"', '"w.code" = "p.way", "w.off" = "p.off"')


@pytest.mark.parametrize(
    ("sql", "joins", "conditions", "found"),
    [
        (SECOND_WAY, BY_WAY, "", "1 of 7 values of way.code are there more than once"),
        (
            f"{SECOND_WAY} UPDATE way SET off = 1;",
            BY_BOTH,
            "",
            "1 of 7 values of way.code, off are there more than once",
        ),
        ("", BY_BANK, "", "1 of 2 values of bank.code are there more than once"),
        (OLD_HOLDER, BY_WAY, "", "1 of 10 values of con.nr are there more than once"),
        (
            "ALTER TABLE way RENAME TO ways; CREATE VIEW way AS SELECT * FROM ways"
            " UNION ALL SELECT * FROM ways",
            BY_WAY,
            "",
            "7 of 7 values of way.code are there more than once",
        ),
    ],
)
def test_a_look_up_of_several_rows_for_a_code_is_told(
    look_at: Look, sql: str, joins: str, conditions: str, found: str
) -> None:
    finding = find(look_at(sql, joins, conditions), Topic.KEYS, PLACE, Level.BROKEN)
    assert finding.found == f"{found}: such rows of pay come out as often"
    assert "columns that name one row" in finding.expected


@pytest.mark.parametrize(
    ("sql", "joins", "conditions"),
    [
        ("", BY_WAY, ""),
        ("INSERT INTO way VALUES (NULL, 'a', 1, 'B0'), (NULL, 'b', 1, 'B0')", BY_WAY, ""),
        ("INSERT INTO way VALUES ('X', 'a', 1, 'B0'), ('X', 'b', 1, 'B0')", BY_WAY, ""),
        (SECOND_WAY, BY_BOTH, ""),
        (SECOND_WAY, BY_WAY, 'except = { "w.off" = ["2"] }'),
        (SECOND_WAY, BY_WAY, 'only = { "w.off" = ["1"] }'),
        (OLD_HOLDER, BY_WAY, 'except = { "k.gone" = ["P"] }'),
        # Of two ways the next table keeps one.
        (f"{SECOND_WAY} UPDATE way SET bank = 'B0' WHERE off = 1", BY_BANK, ""),
        ("DELETE FROM way", BY_WAY, ""),
    ],
)
def test_what_comes_out_once_is_no_finding(
    look_at: Look, sql: str, joins: str, conditions: str
) -> None:
    finding = find(look_at(sql, joins, conditions), Topic.KEYS, PLACE)
    assert finding.level is Level.OK and finding.found == "no join doubles the rows of pay"


def test_payments_are_compared_without_what_a_join_adds(look_at: Look) -> None:
    """A view that doubles them all says so in no key, and in no value of a join."""
    report = look_at(
        "ALTER TABLE pay RENAME TO pays; CREATE VIEW pay AS SELECT nr, 'W' || n AS way, off, paid,"
        " made FROM pays, (SELECT 1 AS n UNION SELECT 2) AS twice;"
        "UPDATE way SET told = code"
    )
    found = find(report, Topic.MONEY, "[payment] columns.amount", Level.WARNING).found
    assert found == "140 of 140 payments are like another one in every field that no join adds"
    assert find(report, Topic.KEYS, PLACE).level is Level.OK


@pytest.mark.parametrize(("sql", "level"), [("", Level.OK), (SECOND_WAY, Level.BROKEN)])
def test_without_the_contracts_code_the_first_rows_are_looked_at(
    look_at: Look, sql: str, level: Level
) -> None:
    report = look_at(sql, code="k.not_there")
    assert find(report, Topic.KEYS, PLACE).level is level
