"""The views that `flask billing export-views` prints, created, tell what the tables told."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlglot
from sqlalchemy import Connection

from app.clock import today
from config.settings import BillingSettings
from legacy_adapters import open_billing
from legacy_adapters.errors import MappingError
from legacy_adapters.mapping import load_mapping
from legacy_adapters.once import ask_once
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode
from legacy_adapters.relations import RELATIONS
from legacy_adapters.schema import compile_relations
from legacy_adapters.views import Target, export_views
from tests.billing_schemas.copies import copy_to_postgresql, run_in_postgresql
from tests.billing_schemas.questions import answers
from tests.billing_schemas.wide.make import code_in_wide
from tests.conftest import DEMO_MAPPING, WIDE_MAPPING
from tests.contract.test_billing import CODES

UNKNOWN = ["NONE0000", "0", "", "99999999999999999999"]
DEMO_CODES = [*CODES, *UNKNOWN]
WIDE_CODES = [*(code_in_wide(code) for code in CODES), *UNKNOWN]
SCHEMAS = {
    "demo": (DEMO_MAPPING, DEMO_CODES),
    "wide": (WIDE_MAPPING, WIDE_CODES),
}


def exported(address: str, mapping: Path, dialect: str, **target: str) -> str:
    settings = BillingSettings(mapping=mapping)
    wanted = Target(dialect=dialect, **target)
    return ask_once(
        address, settings, lambda found: export_views(found, load_mapping(mapping), wanted)
    )


def printed_mapping(text: str, file: Path) -> Path:
    """The mapping file that stands at the end of the printed text, as a comment."""
    comment = text.partition("-- [views]\n")[2]
    file.write_text("[views]\n" + re.sub(r"^-- ?", "", comment, flags=re.M), encoding="utf-8")
    return file


def opened(address: str, mapping: Path) -> closing[Billing]:
    return closing(open_billing(address, BillingSettings(mapping=mapping)))


def over_views(address: str, text: str, folder: Path) -> closing[Billing]:
    return opened(address, printed_mapping(text, folder / "views.toml"))


def assert_same(one: Billing, other: Billing, codes: list[str]) -> None:
    since = today() - timedelta(days=365)
    mine, theirs = answers(one, codes, since), answers(other, codes, since)
    assert len(mine) > 9 * len(codes)
    for question, answer in mine.items():
        assert theirs[question] == answer, question
    other.verify()


@pytest.mark.parametrize("name", SCHEMAS)
def test_views_in_sqlite(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    mapping, codes = SCHEMAS[name]
    file = shutil.copy(request.getfixturevalue(f"{name}_file"), tmp_path / "billing.sqlite3")
    text = exported(f"sqlite:///{file}", mapping, "sqlite")
    with sqlite3.connect(file) as connection:
        connection.executescript(text)
    with over_views(f"sqlite:///{file}", text, tmp_path) as views:
        assert_same(request.getfixturevalue(f"{name}_billing"), views, codes)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_base_tables_indexes_serve_the_views(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Also where the contract's code is a number: it stays one, and is looked for as one."""
    mapping, codes = SCHEMAS[name]
    file = shutil.copy(request.getfixturevalue(f"{name}_file"), tmp_path / "billing.sqlite3")
    text = exported(f"sqlite:///{file}", mapping, "sqlite")
    with sqlite3.connect(file) as connection:
        connection.executescript(text)
    views = load_mapping(printed_mapping(text, tmp_path / "views.toml"))

    def plan(connection: Connection) -> list[str]:
        relations = compile_relations(connection, views)
        steps: list[str] = []
        for relation, field in (("contract", "code"), ("invoice", "contract_code")):
            code = relations[relation].field(field)
            query = relations[relation].select([field]).where(code == codes[0])
            sql = query.compile(connection, compile_kwargs={"literal_binds": True})
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")
            steps += [str(row[3]) for row in rows]
        return steps

    steps = ask_once(f"sqlite:///{file}", BillingSettings(), plan)
    assert steps and not [step for step in steps if "SCAN" in step], steps


@pytest.fixture(scope="module")
def server(new_postgresql_database: Callable[[], str]) -> str:
    return new_postgresql_database()


@pytest.mark.parametrize("name", SCHEMAS)
def test_views_in_postgresql(
    name: str, server: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    mapping, codes = SCHEMAS[name]
    file = request.getfixturevalue(f"{name}_file")
    copy_to_postgresql(server, file, name)
    user, schema_of_views = f"portal_{name}", f"views_{name}"
    run_in_postgresql(server, f"CREATE ROLE {user} LOGIN; CREATE SCHEMA {schema_of_views};")
    text = exported(server, mapping, "postgresql", schema=schema_of_views, user=user)
    run_in_postgresql(server, text + f"GRANT USAGE ON SCHEMA {schema_of_views} TO {user};")
    as_portal = server.replace("postgres@", f"{user}@")
    with opened(server, mapping) as tables, over_views(as_portal, text, tmp_path) as views:
        assert_same(tables, views, codes)
    # The same tables read from a copy in SQLite: the same views, but for where the tables are.
    from_copy = exported(
        f"sqlite:///{file}", mapping, "postgresql", schema=schema_of_views, user=user
    )
    assert _folded(from_copy) == re.sub(rf" {name}\.(?!toml)", " ", _folded(text))


def _folded(text: str) -> str:
    return text.lower().replace('"', "")


ORACLE_CONTRACT = """\
CREATE VIEW BILLING.SELFCARE_CONTRACT AS
SELECT
    K.KTR_KOD AS CODE,
    A.EMERTIM AS SUBSCRIBER,
    K.ADRESA AS ADDRESS,
    A.NR_TEL AS PHONE,
    A.NIPT AS TAX_ID
FROM KONTRATE K
  JOIN ABONENT A ON A.ABN_ID = K.ABN_ID
WHERE (K.FSHIRE IS NULL OR (K.FSHIRE NOT IN ('P')));
"""
ORACLE_PAYMENT = """\
CREATE VIEW SELFCARE_PAYMENT AS
SELECT
    RECEIPTS.CONTRACT_NO AS CONTRACT_CODE,
    CASE WHEN (substr(RECEIPTS.PAID_DAY, 1, 4) BETWEEN '1900' AND '9999'\
 AND substr(RECEIPTS.PAID_DAY, 5, 2) BETWEEN '01' AND '12'\
 AND substr(RECEIPTS.PAID_DAY, 7, 2) BETWEEN '01' AND '31'\
 AND translate(substr(RECEIPTS.PAID_DAY, 1, 4) || substr(RECEIPTS.PAID_DAY, 5, 2)\
 || substr(RECEIPTS.PAID_DAY, 7, 2), '123456789', '000000000') = '00000000'\
 AND (substr(RECEIPTS.PAID_DAY, 7, 2) <= '28'\
 OR substr(RECEIPTS.PAID_DAY, 5, 2) IN ('01', '03', '05', '07', '08', '10', '12')\
 OR substr(RECEIPTS.PAID_DAY, 7, 2) <= '30' AND (substr(RECEIPTS.PAID_DAY, 5, 2) != '02'\
 OR substr(RECEIPTS.PAID_DAY, 7, 2) = '29' AND (substr(RECEIPTS.PAID_DAY, 1, 4) = '2000'\
 OR substr(RECEIPTS.PAID_DAY, 3, 2) IN ('04', '08', '12', '16', '20', '24', '28', '32', '36',\
 '40', '44', '48', '52', '56', '60', '64', '68', '72', '76', '80', '84', '88', '92', '96')))))\
 THEN to_date(substr(RECEIPTS.PAID_DAY, 1, 8), 'YYYYMMDD') END AS PAID_ON,
    (RECEIPTS.MINOR / 100) AS AMOUNT,
    RECEIPTS.HOW AS METHOD,
    RECEIPTS.WHENCE AS SOURCE
FROM RECEIPTS
WHERE (RECEIPTS.REVERSED IS NULL OR (RECEIPTS.REVERSED NOT IN (1)));
"""


def test_oracles_ddl(demo_file: Path, wide_file: Path) -> None:
    demo = exported(f"sqlite:///{demo_file}", DEMO_MAPPING, "oracle", schema="BILLING", user="WEB")
    wide = exported(f"sqlite:///{wide_file}", WIDE_MAPPING, "oracle", user="WEB")
    assert ORACLE_CONTRACT in demo
    assert ORACLE_PAYMENT in wide
    assert "GRANT READ ON BILLING.SELFCARE_INVOICE TO WEB;\n" in demo
    assert 'AS "NUMBER",\n' in demo
    assert "THEN 'KARTË' WHEN" in demo
    assert "invoice_lines = true" in demo and "invoice_lines = false" in wide
    for text in (demo, wide):
        views = [
            tree for tree in sqlglot.parse(text, read="oracle") if tree and tree.key == "create"
        ]
        assert len(views) in {4, 5}
        for tree in views:
            name = tree.find(sqlglot.exp.Table).name  # type: ignore[union-attr]
            fields = RELATIONS[name.removeprefix("SELFCARE_").lower()]
            columns = tree.expression.named_selects
            assert columns == [field.upper() for field in fields]
            assert all(len(column) <= 30 for column in columns)


ODD = """
CREATE TABLE "order" (id INTEGER, "Group" TEXT, who TEXT, day, flag TEXT, kept NUMERIC(8));
INSERT INTO "order" VALUES (1, 'a', 'O''Neil 100%', '20240131', 'X', 20240131);
INSERT INTO "order" VALUES (2, 'b', 'ë \\ ç', '', 'Y', 0), (3, 'a', NULL, '0', NULL, NULL);
INSERT INTO "order" VALUES (4, 'a', '', '00000000', 'Z', 20240000), (5, 'a', '', '  ', 'Z', 1);
INSERT INTO "order" VALUES (6, 'a', '', NULL, 'Z', 99999999), (7, 'a', '', '20240229', 'Z', 7);
"""
ODD_COLUMNS = {
    "contract": {"code": '"id"', "subscriber": '"who"'},
    "contract_info": {
        "contract_code": '"id"',
        "connected_on": '{ date = "day", format = "YYYYMMDD" }',
        "category": """{ column = "flag", map = { X = "it's 100% ë:ç \\\\", Y = "&you" } }""",
    },
    "invoice": {
        "contract_code": '"id"',
        "number": '{ nvl = ["id", { value = 0 }] }',
        "status": '{ column = "flag", map = { X = "paid" }, else = "open" }',
        "period": '{ month_of = { date = "kept", format = "YYYYMMDD" } }',
        "issued_on": '{ date = "kept", format = "YYYYMMDD" }',
        "due_on": '{ nvl = [{ date = "day", format = "YYYYMMDD" },'
        ' { date = "kept", format = "YYYYMMDD" }] }',
        **dict.fromkeys(["units", "tv_fee", "interest"], "{ value = 0 }"),
        "principal": '{ expr = "id / 3" }',
        "outstanding": '{ divide = { sum = ["id", "id"] }, by = 7 }',
        "meter": '{ concat = ["id", "who"], separator = "%" }',
    },
    "payment": {
        "contract_code": '"id"',
        "paid_on": '{ date = "day", format = "YYYYMMDD" }',
        "amount": '{ times = "id", by = 0.001 }',
    },
}


@pytest.fixture
def odd(tmp_path: Path) -> tuple[Path, Path]:
    """A small schema of names, texts and dates that are hard to write down; and its mapping."""
    file, mapping = tmp_path / "odd.sqlite3", tmp_path / "odd.toml"
    with sqlite3.connect(file) as connection:
        connection.executescript(ODD.replace("day,", "day TEXT,"))
    lines = []
    for relation, columns in ODD_COLUMNS.items():
        lines += [f"[{relation}]", 'table = "order"', 'only = { Group = ["a", "b%\'"] }']
        lines += [f"[{relation}.columns]", *(f"{key} = {value}" for key, value in columns.items())]
    mapping.write_text("\n".join(lines), encoding="utf-8")
    return file, mapping


ODD_CODES = [str(number) for number in range(9)]


def assert_same_where_readable(tables: Billing, views: Billing) -> None:
    """Where a table holds text that is no day, its view says NULL: no page fails for it."""
    told = answers(tables, ODD_CODES, today())
    readable = {key: value for key, value in told.items() if value != ["BillingDataError"]}
    assert len(readable) > 60
    theirs = answers(views, ODD_CODES, today())
    assert {key: theirs[key] for key in readable} == readable
    info = views.get_contract_info(ContractCode("1"))
    assert info.category == "it's 100% ë:ç \\"
    assert info.connected_on == date(2024, 1, 31)
    for code in "23456":
        assert theirs[f"info {code}"] != ["BillingDataError"]
    assert views.get_contract_info(ContractCode("4")).connected_on is None
    (owed,) = views.get_statement(ContractCode("4")).open_invoices
    assert (owed.due_on, owed.issued_on, owed.outstanding) == (None, None, Decimal("1.14"))


def test_odd_names_texts_and_dates_in_sqlite(odd: tuple[Path, Path], tmp_path: Path) -> None:
    file, mapping = odd
    address = f"sqlite:///{file}"
    text = exported(address, mapping, "sqlite")
    with sqlite3.connect(file) as connection:
        connection.executescript(text)
    with opened(address, mapping) as tables, over_views(address, text, tmp_path) as views:
        assert_same_where_readable(tables, views)


def test_odd_names_texts_and_dates_in_postgresql(
    odd: tuple[Path, Path], server: str, tmp_path: Path
) -> None:
    _file, mapping = odd
    database = server.rpartition("/")[2]
    run_in_postgresql(
        server, f"CREATE SCHEMA odd; ALTER DATABASE {database} SET search_path TO odd"
    )
    run_in_postgresql(server, ODD.replace("day,", "day TEXT,"))
    text = exported(server, mapping, "postgresql")
    assert 'FROM "order"' in text and '"order"."Group"' in text
    run_in_postgresql(server, text)
    with opened(server, mapping) as tables, over_views(server, text, tmp_path) as views:
        assert_same_where_readable(tables, views)
    ddl = exported(server, mapping, "oracle")
    assert ddl.count('FROM "ORDER"') == 4
    assert "'it''s 100% ë:ç \\'" in ddl


def test_what_cannot_be_exported_is_told(tmp_path: Path, demo_file: Path) -> None:
    file = tmp_path / "views.toml"
    file.write_text("[views]\n", encoding="utf-8")
    with pytest.raises(MappingError, match="reads views already"):
        exported(f"sqlite:///{demo_file}", file, "oracle")
    with pytest.raises(MappingError, match="'A_PREFIX_THAT_IS_TOO_LONG_CONTRACT' is no name"):
        exported(
            f"sqlite:///{demo_file}", DEMO_MAPPING, "oracle", prefix="A_PREFIX_THAT_IS_TOO_LONG_"
        )
    with pytest.raises(MappingError, match="is no name"):
        exported(f"sqlite:///{demo_file}", DEMO_MAPPING, "oracle", user="x; DROP TABLE y")
    file.write_text(DEMO_MAPPING.read_text(encoding="utf-8").replace("PAGESE", "NOT_THERE"))
    with pytest.raises(MappingError, match="has no NOT_THERE"):
        exported(f"sqlite:///{demo_file}", file, "oracle")
