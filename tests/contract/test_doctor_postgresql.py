"""What the doctor says of what only PostgreSQL has."""

from collections.abc import Callable
from pathlib import Path

from legacy_adapters.doctor import Level, Topic
from tests.billing_schemas.copies import copy_to_postgresql, run_in_postgresql
from tests.conftest import DEMO_MAPPING
from tests.contract.test_doctor import READER, as_reader, find, look

PARTITIONS = """
ALTER TABLE pagese RENAME TO whole;
CREATE TABLE pagese (LIKE whole) PARTITION BY RANGE (pag_id);
CREATE TABLE pagese_all PARTITION OF pagese FOR VALUES FROM (MINVALUE) TO (1000000);
CREATE TABLE pagese_rest PARTITION OF pagese DEFAULT;
INSERT INTO pagese SELECT * FROM whole;
CREATE INDEX pagese_ktr_of_all ON pagese (ktr_id);
"""


def test_an_empty_partition_is_known_to_be_small(
    new_postgresql_database: Callable[[], str], demo_file: Path
) -> None:
    address = new_postgresql_database()
    copy_to_postgresql(address, demo_file)
    run_in_postgresql(address, PARTITIONS)
    reader = as_reader(address)
    # Whoever may read the whole alone can count the rows of none of its parts.
    run_in_postgresql(address, f"REVOKE SELECT ON pagese_all, pagese_rest FROM {READER}")
    run_in_postgresql(address, "ANALYZE")
    plans = {f.place: f.level for f in look(reader).of(Topic.PLANS)}
    assert plans["payments"] is Level.OK and plans["posted"] is Level.OK


BY_TEXT = {
    'amount = "p.VLERA"': 'amount = { expr = "CAST(p.VLERA AS NUMBER)" }',
    'interest = "f.KAMATE"': 'interest = { expr = "CAST(f.KAMATE AS NUMBER)" }',
    '"f.TKS_TV", "f.KAMATE"]': '"f.TKS_TV"]',
}
TEXTS = """
ALTER TABLE pagese ALTER vlera TYPE text;
ALTER TABLE fature ALTER kamate TYPE text;
UPDATE pagese SET vlera = '{word}' WHERE ktr_id = 3;
UPDATE fature SET kamate = '{word}' WHERE ktr_id IN (2, 3);
"""


def test_values_that_it_cannot_convert_leave_the_others_to_be_looked_at(
    new_postgresql_database: Callable[[], str], demo_file: Path, tmp_path: Path
) -> None:
    address, mapping, word = new_postgresql_database(), tmp_path / "texts.toml", "Sekret-77"
    copy_to_postgresql(address, demo_file)
    run_in_postgresql(address, TEXTS.format(word=word))
    text = DEMO_MAPPING.read_text(encoding="utf-8")
    for old, new in BY_TEXT.items():
        assert old in text
        text = text.replace(old, new)
    mapping.write_text(text, encoding="utf-8")
    report = look(as_reader(address), mapping)
    for place, unread in (("[invoice]", 2), ("[payment] columns.amount", 1)):
        told = find(report, Topic.MONEY, place, Level.BROKEN).found
        assert told.startswith(f"those of {unread} of 25 contracts cannot be read: ")
    status = find(report, Topic.MONEY, "[invoice] columns.status", Level.OK)
    assert "invoices of some contracts: " in status.found
    amounts = find(report, Topic.MONEY, "[payment] columns.amount", Level.OK)
    assert amounts.found.endswith(" payments of some contracts")
    assert word not in report.to_json()
