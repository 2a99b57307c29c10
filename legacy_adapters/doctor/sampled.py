"""Codes of the first rows, as the portal has them in hand, and what is asked by them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select

from legacy_adapters import decode
from legacy_adapters.contracts import LIST_SIZES, is_one_of, list_of_codes, list_size
from legacy_adapters.doctor.patient import Patient
from legacy_adapters.doctor.questions import FAILURES, reason
from legacy_adapters.errors import BillingUnavailable
from legacy_adapters.prepared import Row
from legacy_adapters.records import ContractCode
from legacy_adapters.schema import Relation

ROWS = 1_000  # of each relation, whose codes are looked at
CODES = LIST_SIZES[-1]  # of contracts: one row each
CODES_OF_MANY = 25  # of contracts' invoices and payments: as many rows as a contract has
ROWS_OF_MANY = 5_000
FEWEST, NEARLY_ALL = 3, 0.8  # of fewer nothing can be said
CODE_FIELDS = {
    "contract": "code",
    "contract_info": "contract_code",
    "invoice": "contract_code",
    "payment": "contract_code",
}
Codes = list[ContractCode]


@dataclass(kw_only=True)
class Rows:
    """Of some contracts. unread: for each contract whose rows the database cannot give, why."""

    contracts: int
    found: list[Row] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def told_unread(self) -> str:
        whose = f"of {len(self.unread)} of {self.contracts} contracts"
        return f"those {whose} cannot be read: {self.unread[0]}" if self.unread else ""


def relations(patient: Patient) -> dict[str, Relation]:
    """Those that can be asked by a contract's code."""
    return {
        name: fitted.relation
        for name, fitted in patient.fitted.items()
        if fitted.relation is not None
        and name in CODE_FIELDS
        and fitted.relation.has(CODE_FIELDS[name])
    }


def codes_of(patient: Patient, relation: Relation) -> Codes:
    """Different ones. Raises: one of questions.FAILURES."""
    field = CODE_FIELDS[relation.name]
    statement = relation.select([field]).limit(ROWS)
    rows = patient.ask(lambda c: c.execute(statement).mappings().all())
    found = {decode.text(row, field): None for row in rows}
    return [ContractCode(code) for code in found if code][:CODES]


def some_contracts(patient: Patient) -> Codes:
    """Those of the first invoices, and contracts as they come: where a join is wrong, one contract
    may have the invoices of all."""
    known = relations(patient)
    first, beside = (
        codes_of(patient, known[name]) if name in known else [] for name in ("invoice", "contract")
    )
    some = dict.fromkeys([*first[: CODES_OF_MANY // 2], *beside])
    return list(dict.fromkeys([*some, *first]))[:CODES_OF_MANY]


def ask_by(patient: Patient, statement: Select[Any], codes: Codes) -> Sequence[Row]:
    """statement: with contracts.is_one_of these codes."""

    def asked(connection: Connection) -> Sequence[Row]:
        return [dict(row) for row in connection.execute(statement, list_of_codes(codes)).mappings()]

    return patient.ask(asked)


def rows_of(patient: Patient, relation: Relation, fields: Sequence[str]) -> Rows:
    """Raises: one of questions.FAILURES."""
    codes = some_contracts(patient)
    rows = Rows(contracts=len(codes))
    if not codes:
        return rows
    try:
        rows.found += _asked(patient, relation, fields, codes)
    except BillingUnavailable:
        raise
    except FAILURES:
        _one_by_one(patient, relation, fields, codes, rows)
        if not rows.unread:
            raise
    return rows


def _one_by_one(
    patient: Patient, relation: Relation, fields: Sequence[str], codes: Codes, rows: Rows
) -> None:
    """One value that cannot be converted takes the rows of all the others with it."""
    for code in codes:
        try:
            rows.found += _asked(patient, relation, fields, [code])
        except BillingUnavailable:
            return
        except FAILURES as error:
            rows.unread.append(reason(error))


def _asked(
    patient: Patient, relation: Relation, fields: Sequence[str], codes: Codes
) -> Sequence[Row]:
    wanted = is_one_of(relation.field(CODE_FIELDS[relation.name]), list_size(len(codes)))
    return ask_by(patient, relation.select(fields).where(wanted).limit(ROWS_OF_MANY), codes)


def is_nearly_all(count: int, of: int) -> bool:
    return of >= FEWEST and count >= NEARLY_ALL * of
