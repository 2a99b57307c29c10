"""Whatever billing may hold, over each kind of database: no page breaks, and nothing of it runs
as markup."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy

import psycopg
import pypdfium2
import pytest

from tests.billing_schemas.copies import copy_to_h2, copy_to_postgresql
from tests.components import java_and_h2
from tests.conftest import MakePortal, Portal
from tests.oracle_net import H2Database, OracleServer

PAGES = ["", "/AL0000000/pay", "/AL0000000/history", "/AL0000000/info"]
PDF = "/contracts/AL0000000/invoices/123456789.pdf"
MARKUP = "<script>alert(1)</script><b>&amp;\"'{{ 7*7 }}{% x %}"
RunSql = Callable[[str], None]


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "oracle"])
def copied(
    request: pytest.FixtureRequest, demo_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, RunSql]]:
    """A billing of its own: its address, and a way to change it."""
    if request.param == "sqlite":
        file = Path(copy(demo_file, tmp_path_factory.mktemp("values") / "billing.sqlite3"))

        def run_sqlite(sql: str) -> None:
            with sqlite3.connect(file) as connection:
                connection.execute(sql)

        yield f"sqlite:///{file}", run_sqlite
    elif request.param == "postgresql":
        address: str = request.getfixturevalue("new_postgresql_database")()
        copy_to_postgresql(address, demo_file)

        def run_postgresql(sql: str) -> None:
            plain = address.replace("+psycopg", "")
            with psycopg.connect(plain, autocommit=True) as connection:
                connection.execute(sql.encode())

        yield address, run_postgresql
    else:
        java_and_h2()
        with H2Database() as database:
            copy_to_h2(database, "DEMO", demo_file)
            with OracleServer({"demo": "secret"}, database) as server:
                yield server.url("demo"), lambda sql: database.script(f"SET SCHEMA DEMO;\n{sql};")


@pytest.fixture
def odd(copied: tuple[str, RunSql], make_portal: MakePortal) -> tuple[Portal, RunSql]:
    address, run = copied
    return make_portal(billing={"url": address}), run


def change(run: RunSql, table: str, values: str) -> None:
    key = "ABN_ID" if table == "ABONENT" else "KTR_ID"
    run(f"UPDATE {table} SET {values} WHERE {key} = 0")


@pytest.mark.parametrize(
    ("name", "on_paper"),
    [
        (MARKUP, "<script>alert(1)</script>"),
        ("Đorđe Ђорђе Ślązak Αλέξανδρος 大", "Đorđe Ђорђе Ślązak Αλέξανδρος ◊"),
        ("  MBIEMER\t ME\nHAPËSIRA   ", "MBIEMER ME HAPËSIRA"),
        ("\u202eREBMEIBM\u200f", "REBMEIBM"),
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
        ("x" * 120, "x" * 30),
    ],
    ids=["markup", "alphabets", "spaces", "direction", "formula", "long"],
)
def test_names(odd: tuple[Portal, RunSql], name: str, on_paper: str) -> None:
    portal, run = odd
    change(run, "ABONENT", f"EMERTIM = '{name.replace(chr(39), chr(39) * 2)}'")
    client = portal.signed_in("Emer Mbiemer")
    shown = " ".join(name.replace("\u202e", "").replace("\u200f", "").split())
    for address in PAGES:
        page = client.get(f"/contracts{address}")  # the client refuses any script of others
        assert shown in " ".join(page.content.split()), address
        assert "<b>" not in page.text
    page = pypdfium2.PdfDocument(client.fetch(PDF).data)[0]
    assert on_paper in " ".join(page.get_textpage().get_text_bounded().split())


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("ABONENT", "EMERTIM = NULL, NIPT = NULL, NR_TEL = NULL"),
        (
            "KONTRATE",
            "ADRESA = NULL, ZON_KOD = NULL, KAT_KOD = NULL, FAZA = NULL, DT_LIDHJE = NULL",
        ),
        ("FATURE", "VL_NETO = -500.55, VL_TVSH = -100.11, KAMATE = -0.01, KWH = -3"),
        ("FATURE", "VL_NETO = 9999999999.99, TKS_TV = NULL, KAMATE = NULL, VL_PAGUAR = NULL"),
        ("FATURE", "DT_LESHIM = NULL, DT_AFAT = NULL, DT_NGA = NULL, DT_DERI = NULL, VIT = NULL"),
        ("FATURE", "DT_LESHIM = DATE '9999-12-31', DT_AFAT = DATE '2999-02-28'"),
        ("FATURE", "URL_VERIF = 'javascript:alert(1)', NSLF = 'x', NIVF = NULL"),
        ("FATURE", "STATUS = 'Z'"),
        ("PAGESE", "DT_PAG = NULL, VLERA = -1, MEN_KOD = 'Z', KAN_KOD = NULL"),
    ],
)
def test_values(odd: tuple[Portal, RunSql], table: str, values: str) -> None:
    portal, run = odd
    if portal.services.settings.billing_url.startswith("sqlite"):
        values = values.replace("DATE '", "'")
    change(run, table, values)
    client = portal.signed_in("Emer Mbiemer")
    for address in PAGES:
        page = client.get(f"/contracts{address}")
        assert "None" not in page.content and "javascript:" not in page.text
    client.fetch(PDF)


def test_long_addresses(odd: tuple[Portal, RunSql]) -> None:
    portal, run = odd
    if not portal.services.settings.billing_url.startswith("sqlite"):
        run(
            "ALTER TABLE KONTRATE ALTER COLUMN ADRESA TYPE VARCHAR(4000)"
            if "postgresql" in portal.services.settings.billing_url
            else "ALTER TABLE KONTRATE ALTER COLUMN ADRESA VARCHAR2(4000)"
        )
    change(run, "KONTRATE", f"ADRESA = '{'RRUGA E GJATË ' * 285}'")
    client = portal.signed_in("Emer Mbiemer")
    for address in ("", "/AL0000000/info"):
        assert client.get(f"/contracts{address}").content.count("RRUGA") == 285
    assert client.fetch(PDF).data.startswith(b"%PDF")
