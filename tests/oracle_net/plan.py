"""EXPLAIN PLAN: translates what H2 says of its plan into rows of PLAN_TABLE."""

import re
from dataclasses import dataclass

from tests.oracle_net.errors import OraError
from tests.oracle_net.facts import Relation

_EXPLAIN = re.compile(
    r"\s*EXPLAIN\s+PLAN(?:\s+SET\s+STATEMENT_ID\s*=\s*'((?:[^']|'')*)')?"
    r"(?:\s+INTO\s+\w+)?\s+FOR\s+(.*)",
    re.I | re.S,
)
# "BILLING"."INVOICE" "I" /* BILLING.IX_CONTRACT: CONTRACT_ID = ?1 */
_ACCESS = re.compile(
    r'"(?P<owner>[^"]+)"\."(?P<table>[^"]+)"(?: "[^"]+")?\s*'
    r"/\*\s*(?P<index>[\w$#]+\.[\w$#.]+)(?=[\s:])"
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


def rows(statement_id: str | None, shown: str) -> list[tuple[object, ...]]:
    """The statement itself is 0; each access to a table hangs below it, its index below that."""
    # Inside of a comment, H2 writes the plans of subqueries with other marks.
    readable = shown.replace("/++", "/*").replace("++/", "*/")
    made: list[tuple[object, ...]] = []

    def add(parent: int | None, operation: str, options: str | None, *, owner: str | None = None,
            name: str | None = None, cost: int = 0) -> int:  # fmt: skip
        number = len(made)
        cardinality = cost * 10
        made.append(
            (statement_id, number, parent, operation, options, owner, name, cardinality, cost)
        )
        return number

    top = add(None, "SELECT STATEMENT", None, cost=_COST_OF_SCAN)
    for access in _ACCESS.finditer(readable):
        owner, table = access["owner"], access["table"]
        index = access["index"].rpartition(".")[2]
        if index == "tableScan":
            add(top, "TABLE ACCESS", "FULL", owner=owner, name=table, cost=_COST_OF_SCAN)
        else:
            at = {"owner": owner, "cost": _COST_OF_INDEX}
            above = add(top, "TABLE ACCESS", "BY INDEX ROWID", name=table, **at)
            add(above, "INDEX", "RANGE SCAN", name=index, **at)
    return made
