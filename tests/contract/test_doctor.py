"""The doctor over real databases: silent about what is whole, exact about what is not."""

import json
import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path

import psycopg
import pytest

from app.clock import today
from config.settings import BillingSettings
from legacy_adapters.doctor import Finding, Level, Report, Topic, examine
from legacy_adapters.doctor.plans import BUILDERS
from legacy_adapters.schema import Relation, compile_relations
from legacy_adapters.statements import Statements
from tests.billing_schemas.copies import copy_to_postgresql
from tests.billing_schemas.spoiled import SECRET, make_spoiled
from tests.conftest import DEMO_MAPPING, MAPPINGS, AddressOn

TEXT = DEMO_MAPPING.read_text(encoding="utf-8")
READER = "billing_reader"


def look(
    address: str,
    mapping: Path = DEMO_MAPPING,
    *,
    scan_limit: int = 10_000,
    day: date | None = None,
) -> Report:
    """day: instead of today, for data that does not grow older."""
    settings = BillingSettings(mapping=mapping)
    return examine(address, settings, today=day or today(), scan_limit=scan_limit)


def told(report: Report, *levels: Level) -> list[str]:
    return [
        f"{f.topic} {f.place} {f.found} -> {f.expected}"
        for f in report.findings
        if f.level in levels
    ]


def find(report: Report, topic: Topic, place: str, level: Level | None = None) -> Finding:
    """The one finding of this topic whose place ends like this."""
    matching = [
        f
        for f in report.of(topic)
        if f.place.endswith(place) and (level is None or f.level is level)
    ]
    assert len(matching) == 1, "\n".join(["", *told(report, *Level)])
    return matching[0]


def as_reader(address: str) -> str:
    """As a user who may read the tables of this PostgreSQL database, and nothing else."""
    with psycopg.connect(address.replace("+psycopg", ""), autocommit=True) as connection:
        roles = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [READER])
        if not roles.fetchone():
            connection.execute(f"CREATE ROLE {READER} LOGIN")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER}")
    return address.replace("postgres@", f"{READER}@")


@pytest.mark.parametrize("schema", ["demo", "wide"])
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_whole_schemas_have_no_warning(address_on: AddressOn, schema: str, engine: str) -> None:
    address = address_on(schema, engine)
    report = look(as_reader(address) if engine == "postgresql" else address, MAPPINGS[schema])
    assert told(report, Level.BROKEN, Level.WARNING) == []
    assert {f.topic for f in report.findings} == set(Topic) - {Topic.MAPPING}
    assert {f.place for f in report.of(Topic.TIMES)} == set(BUILDERS)
    assert {f.place for f in report.of(Topic.PLANS)} == set(BUILDERS)
    assert all(f.level is Level.OK for f in report.of(Topic.PLANS))
    left_out = [f for f in report.of(Topic.COLUMNS) if f.level is Level.NOTE]
    assert [f.place for f in left_out] == (["[invoice_line]"] if schema == "wide" else [])


def test_every_field_is_told_with_its_line_and_type(address_on: AddressOn) -> None:
    report = look(address_on("demo", "sqlite"))
    code = find(report, Topic.COLUMNS, "[contract] columns.code")
    line = TEXT[: TEXT.index("code = ")].count("\n") + 1
    assert code.place == f"{DEMO_MAPPING}:{line} [contract] columns.code"
    assert code.found == "KONTRATE.KTR_KOD VARCHAR(20)"
    nslf = find(report, Topic.COLUMNS, "[invoice] columns.nslf")
    assert nslf.found == "FATURE.NSLF CHAR(32), padded with blanks"
    period = find(report, Topic.COLUMNS, "[invoice] columns.period")
    assert period.found == "FATURE.VIT INTEGER, FATURE.MUAJ INTEGER"


def test_statements_are_the_portals_own(demo_billing: object) -> None:
    statements = demo_billing._ready()  # type: ignore[attr-defined]
    assert isinstance(statements, Statements)
    assert set(vars(statements)) == set(BUILDERS)
    # That they are built from the same parts is what this compares.
    relations = _relations(demo_billing)
    for name, (_needed, build) in BUILDERS.items():
        asked = getattr(statements, name)
        shortest = asked[1] if isinstance(asked, dict) else asked
        assert str(build(relations)) == str(shortest.statement), name


def _relations(billing: object) -> dict[str, Relation]:
    mapping = billing._mapping  # type: ignore[attr-defined]
    return billing._guard.connect(  # type: ignore[attr-defined,no-any-return]
        lambda connection: compile_relations(connection, mapping)
    )


def test_json_has_the_documented_keys(address_on: AddressOn) -> None:
    report = json.loads(look(address_on("demo", "sqlite")).to_json())
    assert list(report) == [
        *("format", "mapping", "database", "answered", "broken", "counts", "findings")
    ]
    assert report["format"] == 1
    assert (report["answered"], report["broken"]) == (True, False)
    assert list(report["counts"]) == ["ok", "note", "warning", "broken"]
    assert sum(report["counts"].values()) == len(report["findings"])
    for finding in report["findings"]:
        assert list(finding) == ["level", "topic", "place", "found", "expected"]
        assert all(isinstance(value, str) for value in finding.values())


@pytest.fixture
def spoiled(tmp_path: Path, demo_file: Path) -> tuple[str, Path]:
    database, mapping = make_spoiled(demo_file, tmp_path)
    return f"sqlite:///{database}", mapping


def test_ten_ways_to_be_wrong_are_found_in_one_run(spoiled: tuple[str, Path]) -> None:
    report = look(*spoiled, scan_limit=1_000)
    broken, warning = Level.BROKEN, Level.WARNING
    expected = [
        (Topic.MAPPING, broken, "[invoice] sort", "no key 'sort'", "docs/mapping.md"),
        (Topic.MAPPING, broken, "[contract_info] columns.category", "refused", "docs/mapping.md"),
        (Topic.MAPPING, broken, "[invoice_line] columns.kind", "fixed:", "docs/mapping.md"),
        (Topic.COLUMNS, broken, "[invoice_line] joins", "has no FAT_RRESHTA", "FAT_RRESHT"),
        (Topic.COLUMNS, broken, "[contract] columns.address", "no column 'ADRES'", "column"),
        (Topic.COLUMNS, broken, "[invoice] columns.units", "FATURE.DT_LESHIM DATE", "numbers"),
        (Topic.COLUMNS, broken, "[invoice] columns.due_on", "FATURE.FAT_NR VARCHAR(12)", "format"),
        (Topic.CODES, broken, "[invoice] columns.status", "'X'", "shown as paid"),
        (Topic.INDEXES, warning, "[payment] joins", "PAGESE.KTR_ID", "CREATE INDEX pagese_ktr_id"),
        (
            Topic.SAMPLES,
            broken,
            "[payment] columns.amount",
            "money in 3 of 20 rows: row 1, 2, 3",
            "in every row",
        ),
        # So do the payments of whole contracts, of which the samples see some.
        (Topic.MONEY, broken, "[payment] columns.amount", "cannot be read", "in every row"),
        (Topic.PLANS, warning, "payments", "reads all of PAGESE (more than 1,000 rows", "an index"),
        (Topic.PLANS, warning, "posted", "reads all of PAGESE (more than 1,000 rows", "an index"),
    ]
    for topic, level, place, found, wanted in expected:
        finding = find(report, topic, place, level)
        assert found in finding.found, finding
        assert wanted in finding.expected, finding
    assert len(told(report, broken, warning)) == len(expected)
    assert report.is_broken
    lines = spoiled[1].read_text(encoding="utf-8").splitlines()
    line = next(n for n, text in enumerate(lines, 1) if text.startswith("units = "))
    assert find(report, Topic.COLUMNS, "columns.units").place.startswith(f"{spoiled[1]}:{line} ")
    for rendered in (report.to_text(), report.to_json()):
        assert SECRET not in rendered and "EMER MBIEMER" not in rendered


def test_a_code_that_is_not_there_is_told_once(demo_file: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "codes.toml"
    head, _, rest = TEXT.partition("[contract_info.columns]")
    wrong = '\n[contract_info.columns]\ncontract_code = "k.NOT_THERE"\n'
    mapping.write_text(head + wrong + rest[rest.index("\n[invoice]") :], encoding="utf-8")
    report = look(f"sqlite:///{demo_file}", mapping)
    (line,) = told(report, Level.BROKEN, Level.WARNING)
    assert "[contract_info] columns.contract_code the table KONTRATE (k) has no column" in line


def test_what_is_odd_in_rows_is_told_without_a_value(tmp_path: Path, demo_file: Path) -> None:
    database = tmp_path / "odd.sqlite3"
    database.write_bytes(demo_file.read_bytes())
    with sqlite3.connect(database) as connection:
        connection.executescript(
            """
            UPDATE KONTRATE SET KTR_KOD = 'al-' || KTR_ID WHERE KTR_ID <= 2;
            UPDATE ABONENT SET EMERTIM = NULL;
            UPDATE FATURE SET DT_AFAT = '2999-12-31', DT_NGA = '0001-01-01', MUAJ = 13,
                NSLF = NSLF || '   ';
            UPDATE PAGESE SET DT_PAG = 'dje';
            """
        )
    connection.close()
    report = look(f"sqlite:///{database}")
    for place, level, found in (
        ("[contract] columns.code", Level.WARNING, "no customer can type it in 3 of 20"),
        ("[contract] columns.subscriber", Level.WARNING, "is empty, but required in 20 of 20"),
        ("[invoice] columns.due_on", Level.NOTE, "is more than 5 years ahead"),
        ("[invoice] columns.billed_from", Level.NOTE, "is before 1900"),
        ("[invoice] columns.period", Level.WARNING, "is no month"),
        ("[invoice] columns.nslf", Level.NOTE, "is padded with blanks"),
        ("[payment] columns.paid_on", Level.BROKEN, "cannot be read as date in 20 of 20 rows"),
    ):
        assert found in find(report, Topic.SAMPLES, place, level).found
    assert "dje" not in report.to_text() and "al-1" not in report.to_text()


def test_views_are_known_as_views_and_their_words_are_checked(
    tmp_path: Path, demo_file: Path
) -> None:
    database = tmp_path / "views.sqlite3"
    database.write_bytes(demo_file.read_bytes())
    mapping = tmp_path / "views.toml"
    mapping.write_text("[views]\ninvoice_lines = false\n", encoding="utf-8")
    nothing = "NULL AS {}".format
    with sqlite3.connect(database) as connection:
        for name, columns in VIEWS.items():
            connection.execute(f"CREATE VIEW SELFCARE_{name} AS {columns(nothing)}")
    connection.close()
    report = look(f"sqlite:///{database}", mapping, scan_limit=1_000)
    status = find(report, Topic.CODES, "[invoice] columns.status")
    assert status.level is Level.BROKEN
    assert "'H'" in status.found and "open, paid, cancelled" in status.expected
    contract = find(report, Topic.INDEXES, "[contract] columns.code")
    assert contract.level is Level.NOTE and "is a view" in contract.found
    (debts,) = [f for f in report.of(Topic.PLANS) if f.place == "debts"]
    assert debts.level is Level.OK, debts


def _listed(nothing: Callable[[str], str], *names: str) -> str:
    return ", ".join(nothing(name) for name in names)


VIEWS: dict[str, Callable[[Callable[[str], str]], str]] = {
    "CONTRACT": lambda nothing: (
        "SELECT KTR_KOD AS code, EMERTIM AS subscriber, ADRESA AS address, NR_TEL AS phone,"
        " NIPT AS tax_id FROM KONTRATE JOIN ABONENT USING (ABN_ID)"
    ),
    "CONTRACT_INFO": lambda nothing: (
        "SELECT KTR_KOD AS contract_code, DT_LIDHJE AS connected_on, ZON_KOD AS zone,"
        " FUQI_LIDH AS connected_power, "
        + _listed(nothing, "region", "instance", "category", "phases", "contracted_power")
        + " FROM KONTRATE"
    ),
    "INVOICE": lambda nothing: (
        "SELECT KTR_KOD AS contract_code, FAT_NR AS number, STATUS AS status,"
        " DT_LESHIM AS issued_on, DT_AFAT AS due_on, KWH AS units, VL_NETO AS principal,"
        " TKS_TV AS tv_fee, KAMATE AS interest, VL_NETO AS outstanding, VL_NETO AS net,"
        " VL_TVSH AS vat, DT_NGA AS billed_from, DT_DERI AS billed_to, "
        + _listed(nothing, "period", "meter", "reading_before", "reading_after")
        + ", NSLF AS nslf, NIVF AS nivf, "
        + _listed(nothing, "eic", "verification_url")
        + " FROM KONTRATE JOIN FATURE USING (KTR_ID)"
    ),
    "PAYMENT": lambda nothing: (
        "SELECT KTR_KOD AS contract_code, DT_PAG AS paid_on, VLERA AS amount, "
        + _listed(nothing, "method", "source")
        + " FROM KONTRATE JOIN PAGESE USING (KTR_ID)"
    ),
}


def test_billing_that_is_away_is_one_line(tmp_path: Path) -> None:
    report = look(f"sqlite:///{tmp_path}/none.sqlite3")
    assert not report.answered and report.is_broken
    (finding,) = report.findings
    assert finding.found.startswith("billing does not answer: ")
    assert look("nonsense").findings[0].found.startswith("the billing address is not one")


def test_a_file_that_is_no_toml_still_lets_the_connection_be_seen(
    tmp_path: Path, demo_file: Path
) -> None:
    mapping = tmp_path / "bad.toml"
    mapping.write_text("[contract\n", encoding="utf-8")
    report = look(f"sqlite:///{demo_file}", mapping)
    (finding,) = report.of(Topic.MAPPING)
    assert finding.level is Level.BROKEN and "is not valid TOML" in finding.found
    assert len(report.of(Topic.CONNECTION)) >= 4


@pytest.mark.parametrize(
    ("topic", "level"),
    [
        (Topic.INDEXES, Level.WARNING),  # it looks at nothing that pages tell
        (Topic.PLANS, Level.WARNING),
        (Topic.SAMPLES, Level.BROKEN),
        (Topic.KEYS, Level.BROKEN),
        (Topic.CODES, Level.BROKEN),
        (Topic.MONEY, Level.BROKEN),
    ],
)
def test_a_check_that_fails_does_not_stop_the_others(
    address_on: AddressOn, monkeypatch: pytest.MonkeyPatch, topic: Topic, level: Level
) -> None:
    def fails(*_: object) -> list[Finding]:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(f"legacy_adapters.doctor.{topic}.check", fails)
    report = look(address_on("demo", "sqlite"))
    (finding,) = report.of(topic)
    assert finding.level is level and "RuntimeError" in finding.found
    assert SECRET not in report.to_text()
    assert report.of(Topic.RIGHTS)


# ----- PostgreSQL


def test_postgresql_user_who_can_write_is_warned_of(address_on: AddressOn) -> None:
    address = as_reader(address_on("wide", "postgresql"))
    with psycopg.connect(
        address_on("wide", "postgresql").replace("+psycopg", ""), autocommit=True
    ) as connection:
        connection.execute(f"GRANT UPDATE (minor) ON receipts TO {READER}")
        try:
            report = look(address, MAPPINGS["wide"])
        finally:
            connection.execute(f"REVOKE UPDATE (minor) ON receipts FROM {READER}")
    rights = report.of(Topic.RIGHTS)
    assert [f.level for f in rights] == [Level.WARNING, Level.OK]
    assert rights[0].found == "this user may write to receipts"
    assert "bills, customers" in rights[1].found


def test_rows_that_postgresql_hides_from_its_user_are_noted(
    new_postgresql_database: Callable[[], str], demo_file: Path
) -> None:
    address = new_postgresql_database()
    copy_to_postgresql(address, demo_file)
    reader = as_reader(address)
    with psycopg.connect(address.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("ALTER TABLE fature ENABLE ROW LEVEL SECURITY")
        connection.execute("CREATE POLICY p ON fature FOR SELECT USING (status <> 'H')")
    assert [f.level for f in look(address).of(Topic.RIGHTS)] == [Level.WARNING]  # its owner
    (note,) = [f for f in look(reader).of(Topic.RIGHTS) if f.level is Level.NOTE]
    assert note.found.startswith("row-level security may hide rows of fature from this user")


def test_postgresql_plan_with_a_full_scan_is_warned_of(
    address_on: AddressOn, new_postgresql_database: Callable[[], str], demo_file: Path
) -> None:
    address = new_postgresql_database()
    copy_to_postgresql(address, demo_file)
    with psycopg.connect(address.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP INDEX pagese_ktr")
        connection.execute("ALTER TABLE fature ALTER kamate TYPE text")
        connection.execute("UPDATE fature SET kamate = %s", [SECRET])
    report = look(as_reader(address), scan_limit=1_000)
    scan = find(report, Topic.PLANS, "payments", Level.WARNING)
    assert "reads all of pagese (about" in scan.found
    missing = find(report, Topic.INDEXES, "[payment] joins", Level.WARNING)
    assert missing.expected == "CREATE INDEX pagese_ktr_id_ix ON pagese (ktr_id)"
    # A text in a sum: SQLite adds it up somehow, PostgreSQL refuses, and says the value.
    assert "is text" in find(report, Topic.COLUMNS, "[invoice]", Level.BROKEN).found
    assert SECRET not in report.to_text()


def test_no_password_is_shown_however_it_is_given() -> None:
    address = f"postgresql+psycopg://u:{SECRET}@127.0.0.1:1/b?password={SECRET}&sslmode=disable"
    report = look(address)
    assert SECRET not in report.to_json()
    assert "sslmode" in report.database
