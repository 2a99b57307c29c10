"""EXPLAIN PLAN: translates what H2 says of its plan into rows of PLAN_TABLE."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tests.oracle_net.errors import OraError
from tests.oracle_net.facts import Relation

_EXPLAIN = re.compile(
    r"\s*EXPLAIN\s+PLAN(?:\s+SET\s+STATEMENT_ID\s*=\s*'((?:[^']|'')*)')?"
    r"(?:\s+INTO\s+\w+)?\s+FOR\s+(.*)",
    re.I | re.S,
)
# "BILLING"."INVOICE" "I" /* BILLING.IX_CONTRACT: CONTRACT_ID = ?1 */; inside of a comment,
# where the plans of views and subqueries stand, without quotes.
_ACCESS = re.compile(
    r"\"?(?P<owner>[\w$#]+)\"?\.\"?(?P<table>[\w$#]+)\"?(?: \"?[\w$#]+\"?)?\s*"
    r"/\*\s*[\w$#]+\.(?P<index>[\w$#.]+)(?=[\s:])"
)
TABLE = Relation(
    {
        "STATEMENT_ID": "VARCHAR(30)",
        "ID": "NUMBER(38)",
        "PARENT_ID": "NUMBER(38)",
        "OPERATION": "VARCHAR(30)",
        "OPTIONS": "VARCHAR(255)",
        "OBJECT_OWNER": "VARCHAR(128)",
        "OBJECT_NAME": "VARCHAR(128)",
        "CARDINALITY": "NUMBER(38)",
        "COST": "NUMBER(38)",
    },
    (),
)
_COST_OF_SCAN, _COST_OF_INDEX = 100, 2


@dataclass(frozen=True)
class Explain:
    statement_id: str | None
    query: str


def parse(sql: str) -> Explain:
    match = _EXPLAIN.fullmatch(sql)
    if not match:
        raise OraError(905, "missing keyword")
    return Explain(match[1].replace("''", "'") if match[1] else None, match[2])


Indexes = Mapping[tuple[str, str], str | None]


def rows(statement_id: str | None, shown: str, indexes: Indexes) -> list[tuple[object, ...]]:
    """The statement itself is 0; each access to a table hangs below it, its index below that.

    `indexes` knows Oracle's names for H2's: one that Oracle would not have is a full scan.
    """
    # Comments inside of comments have other marks.
    readable = shown.replace("/++", "/*").replace("++/", "*/")
    made: list[tuple[object, ...]] = []

    def add(parent: int | None, what: str, how: str | None, at: tuple[str, str] | None) -> int:
        cost = _COST_OF_SCAN if how in (None, "FULL") else _COST_OF_INDEX
        owner, name = at or (None, None)
        made.append((statement_id, len(made), parent, what, how, owner, name, cost * 10, cost))
        return len(made) - 1

    top = add(None, "SELECT STATEMENT", None, None)
    for access in _ACCESS.finditer(readable):
        owner, table = access["owner"], access["table"]
        if index := indexes.get((owner, access["index"])):
            above = add(top, "TABLE ACCESS", "BY INDEX ROWID", (owner, table))
            add(above, "INDEX", "RANGE SCAN", (owner, index))
        else:
            add(top, "TABLE ACCESS", "FULL", (owner, table))
    return made
