"""Writes the demo's contracts into the wide schema: the same facts, told differently.

python -m tests.billing_schemas.wide.make demo.sqlite3 wide.sqlite3
"""

import sqlite3
import sys
from pathlib import Path

HERE = Path(__file__).parent
MAPPING = HERE / "mapping.toml"

COPY = """
INSERT INTO customers
SELECT CAST(SUBSTR(KTR_KOD, 3) AS INTEGER) + 7000000,
       RTRIM(SUBSTR(a.EMERTIM, 1, INSTR(a.EMERTIM, ' '))),
       SUBSTR(a.EMERTIM, INSTR(a.EMERTIM, ' ') + 1),
       RTRIM(SUBSTR(ADRESA || ', ', 1, INSTR(ADRESA || ', ', ', ') - 1)),
       SUBSTR(ADRESA, INSTR(ADRESA || ', ', ', ') + 2),
       NULL, NR_TEL, NIPT, r.EMERTIM, z.INSTANCA, REPLACE(DT_LIDHJE, '-', ''), k.ZON_KOD,
       CASE KAT_KOD WHEN 'F' THEN 1 ELSE 2 END, FAZA, CAST(FUQI_LIDH * 1000 AS INTEGER),
       CAST(FUQI_KONTR * 1000 AS INTEGER)
FROM demo.KONTRATE k JOIN demo.ABONENT a USING (ABN_ID) JOIN demo.ZONE z USING (ZON_KOD)
     JOIN (SELECT RAJ_KOD, EMERTIM FROM demo.RAJON) r USING (RAJ_KOD);
INSERT INTO bills
SELECT CAST(SUBSTR(KTR_KOD, 3) AS INTEGER) + 7000000, FAT_NR,
       CASE STATUS WHEN 'P' THEN 'SETTLED' WHEN 'A' THEN 'VOID' ELSE 'UNPAID' END,
       VIT * 100 + MUAJ, REPLACE(DT_LESHIM, '-', ''), REPLACE(DT_AFAT, '-', ''), KWH,
       ROUND((VL_NETO + VL_TVSH) * 100), ROUND(VL_TVSH * 100), ROUND(TKS_TV * 100),
       ROUND(KAMATE * 100), ROUND(VL_PAGUAR * 100), REPLACE(DT_NGA, '-', ''),
       REPLACE(DT_DERI, '-', ''), NR_MATES, LEX_PARA, LEX_PAS, NSLF, NIVF, URL_VERIF
FROM demo.FATURE JOIN demo.KONTRATE USING (KTR_ID);
INSERT INTO receipts
SELECT CAST(SUBSTR(KTR_KOD, 3) AS INTEGER) + 7000000, REPLACE(DT_PAG, '-', ''),
       ROUND(VLERA * 100), CASE MEN_KOD WHEN 'C' THEN 'CASH' WHEN 'K' THEN 'KARTË' ELSE 'BANKË' END,
       PERSHKRIM, STORNO = 'P'
FROM demo.PAGESE JOIN demo.KONTRATE USING (KTR_ID) LEFT JOIN demo.KANAL USING (KAN_KOD);
"""


def code_in_wide(code: str) -> str:
    """The demo's AL0000001 is 7000001 here."""
    return str(7_000_000 + int(code[2:]))


def make_wide(file: Path, demo: Path) -> None:
    connection = sqlite3.connect(file)
    connection.executescript((HERE / "schema.sql").read_text(encoding="utf-8"))
    connection.execute("ATTACH ? AS demo", (f"{demo}",))
    connection.executescript(COPY)
    connection.commit()
    connection.close()


if __name__ == "__main__":
    make_wide(Path(sys.argv[2]), Path(sys.argv[1]))
