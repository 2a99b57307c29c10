"""The demo's billing and mapping, spoiled in ten ways, for the doctor to find them all.

python -m tests.billing_schemas.spoiled demo.sqlite3 FOLDER
"""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from config.settings import ROOT

SECRET = "Sekret-77"  # what stands where an amount should: a report must not show it
MAPPING = {
    # a key that does not exist, a statement where an expression should be, an unknown word
    '[invoice]\ntable = "KONTRATE"': '[invoice]\ntable = "KONTRATE"\nsort = "f.DT_LESHIM"',
    'category = "t.EMERTIM"': 'category = { expr = "(SELECT t.EMERTIM FROM DUAL)" }',
    'TF = "fixed_fee" }': 'TF = "fixed" }',
    # a missing table, a missing column, and two columns of the wrong type
    'table = "FAT_RRESHT"': 'table = "FAT_RRESHTA"',
    '"k.ADRESA"': '"k.ADRES"',
    'units = "f.KWH"': 'units = "f.DT_LESHIM"',
    'due_on = "f.DT_AFAT"': 'due_on = "f.FAT_NR"',
}
# a status without a word, amounts that are none, a missing index
DATA = f"""
    UPDATE FATURE SET STATUS = 'X' WHERE FAT_ID % 7 = 0;
    UPDATE PAGESE SET VLERA = '{SECRET}' WHERE PAG_ID IN (SELECT PAG_ID FROM PAGESE LIMIT 3);
    DROP INDEX PAGESE_KTR;
"""


def make_spoiled(demo: Path, folder: Path) -> tuple[Path, Path]:
    """The database and the mapping."""
    database, mapping = folder / "spoiled.sqlite3", folder / "spoiled.toml"
    database.write_bytes(demo.read_bytes())
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(DATA)
    text = (ROOT / "config/billing/demo.toml").read_text(encoding="utf-8")
    for old, new in MAPPING.items():
        if old not in text:
            raise ValueError(f"the demo's mapping does not say {old!r}")
        text = text.replace(old, new)
    mapping.write_text(text, encoding="utf-8")
    return database, mapping


if __name__ == "__main__":
    made = make_spoiled(Path(sys.argv[1]), Path(sys.argv[2]))
    print("SELFCARE_BILLING_URL=sqlite:///{} SELFCARE_BILLING_MAPPING={}".format(*made))
