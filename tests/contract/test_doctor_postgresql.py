"""What the doctor says of what only PostgreSQL has."""

from collections.abc import Callable
from pathlib import Path

from legacy_adapters.doctor import Level, Topic
from tests.billing_schemas.copies import copy_to_postgresql, run_in_postgresql
from tests.contract.test_doctor import READER, as_reader, look

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
