"""One contract as the mapping gives it: what the portal would read, field by field."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, Select

from config.settings import BillingSettings
from legacy_adapters import contracts
from legacy_adapters.doctor.samples import READERS
from legacy_adapters.engines import make_engine
from legacy_adapters.errors import BillingDataError, ContractNotFound
from legacy_adapters.guard import Guard
from legacy_adapters.mapping import load_mapping
from legacy_adapters.records import ContractCode, Period
from legacy_adapters.relations import RELATIONS
from legacy_adapters.schema import Relation, compile_relations

ROWS = 12
NOTHING = "-"
UNREADABLE = "(cannot be read)"
LISTED = (
    *("number", "period", "status", "issued_on", "due_on", "units"),
    *("principal", "tv_fee", "interest", "outstanding"),
)
OWED = tuple(field for field in LISTED if field not in {"status", "units"})


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One part of the answer: rows of texts, in the order of the fields."""

    title: str
    fields: tuple[str, ...]
    rows: list[tuple[str, ...]]


def try_contract(address: str, settings: BillingSettings, code: ContractCode) -> list[Shown]:
    """Raises: ContractNotFound, MappingError, BillingUnavailable, BillingDataError."""
    mapping = load_mapping(settings.mapping)
    engine = make_engine(address, settings)

    def question(connection: Connection) -> list[Shown]:
        return _Trial(connection, compile_relations(connection, mapping), code).parts()

    try:
        return Guard(engine).connect(question)
    except (ValueError, TypeError) as error:
        told = "a value that the driver cannot read: `flask billing check` says where"
        raise BillingDataError(f"{mapping.file}: {told}") from error
    finally:
        engine.dispose()


class _Trial:
    def __init__(
        self, connection: Connection, relations: dict[str, Relation], code: ContractCode
    ) -> None:
        self._connection = connection
        self._relations = relations
        self._code = code

    def parts(self) -> list[Shown]:
        contract = self._whole("contract", "code")
        if not contract.rows:
            raise ContractNotFound
        parts = [contract, self._whole("contract_info", "contract_code"), self._debt()]
        invoice = self._relations["invoice"]
        newest = self._newest(self._of("invoice", LISTED), "issued_on", "number")
        owed = self._newest(self._of("invoice", OWED), "issued_on", "number")
        owed = owed.where(invoice.equals("status", "open"))
        listed = self._shown(f"invoice, the newest {ROWS}", "invoice", LISTED, newest.limit(ROWS))
        parts += [self._shown("invoice, open ones", "invoice", OWED, owed), listed]
        if listed.rows:
            parts += self._newest_invoice(listed)
        fields = self._fields("payment")
        paid = self._newest(self._of("payment", fields), "paid_on", "amount", "payment")
        title = f"payment, the newest {ROWS}"
        return [*parts, self._shown(title, "payment", fields, paid.limit(ROWS))]

    def _whole(self, name: str, key: str) -> Shown:
        fields = self._fields(name)
        statement = self._relations[name].select(fields)
        found = statement.where(self._relations[name].field(key) == self._code)
        return self._shown(name, name, fields, found)

    def _debt(self) -> Shown:
        statement = contracts.debts_by_codes(self._relations["invoice"])
        rows = self._connection.execute(statement, contracts.list_of_codes([self._code])).all()
        fields = ("total", "invoices", "earliest_due")
        told = []
        for row in rows:
            try:
                debt = contracts.debt_row(row._asdict())[1]
                told.append(tuple(_written(getattr(debt, field)) for field in fields))
            except BillingDataError as error:
                told.append((f"({error})", NOTHING, NOTHING))
        return Shown(title="what is owed in all", fields=fields, rows=told)

    def _newest_invoice(self, listed: Shown) -> list[Shown]:
        number = listed.rows[0][listed.fields.index("number")]
        fields = self._fields("invoice")
        statement = self._of("invoice", fields)
        found = statement.where(self._relations["invoice"].field("number") == number)
        parts = [self._shown("invoice, the newest in full", "invoice", fields, found)]
        if line := self._relations.get("invoice_line"):
            fields = self._fields("invoice_line")
            lines = self._of("invoice_line", fields).where(line.field("invoice_number") == number)
            ordered = lines.order_by(line.field("position").nulls_last())
            parts.append(self._shown("invoice_line, of that one", "invoice_line", fields, ordered))
        return parts

    def _of(self, name: str, fields: Sequence[str]) -> Select[Any]:
        relation = self._relations[name]
        code = relation.field("contract_code") == self._code
        return relation.select(fields).where(code)

    def _newest(
        self, statement: Select[Any], day: str, then: str, name: str = "invoice"
    ) -> Select[Any]:
        relation = self._relations[name]
        return statement.order_by(
            relation.field(day).desc().nulls_last(), relation.field(then).desc()
        )

    def _fields(self, name: str) -> tuple[str, ...]:
        return tuple(field for field in RELATIONS[name] if self._relations[name].has(field))

    def _shown(self, title: str, name: str, fields: Sequence[str], statement: Select[Any]) -> Shown:
        rows = self._connection.execute(statement).all()
        told = [tuple(_read(row, name, field) for field in fields) for row in rows]
        return Shown(title=title, fields=tuple(fields), rows=told)


def _read(row: Row[Any], relation: str, field: str) -> str:
    try:
        return _written(READERS[RELATIONS[relation][field].kind](row._mapping, field))
    except BillingDataError:
        return UNREADABLE


def _written(value: Decimal | date | Period | str | int | None) -> str:
    if isinstance(value, Period):
        return f"{value.year}-{value.month:02}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return NOTHING if value is None or value == "" else str(value)
