"""The port, implemented over a mapping and SQLAlchemy Core."""

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Row, Select
from sqlalchemy.exc import DBAPIError

from legacy_adapters import contracts, invoices, payments
from legacy_adapters.engines import make_engine
from legacy_adapters.errors import (
    BillingDataError,
    ContractNotFound,
    InvoiceNotFound,
    translated_errors,
)
from legacy_adapters.mapping import Mapping as SchemaMapping
from legacy_adapters.mapping import load_mapping
from legacy_adapters.port import Billing
from legacy_adapters.records import (
    Contract,
    ContractCode,
    ContractInfo,
    Debt,
    InvoiceDetail,
    InvoiceHistory,
    InvoiceNumber,
    Payment,
    Statement,
)
from legacy_adapters.schema import Relation, compile_relations

IN_LIST = 900  # Oracle takes 1,000 at most


def open_billing(address: str, mapping_file: Path) -> Billing:
    """Reads the mapping; the database is asked first when a question comes.

    Raises: MappingError.
    """
    return SqlBilling(make_engine(address), load_mapping(mapping_file))


class Statements:
    """All statements, built once: the portal asks nothing else."""

    def __init__(self, relations: dict[str, Relation]) -> None:
        contract, invoice = relations["contract"], relations["invoice"]
        self.contract = contracts.by_code(contract)
        self.contracts = contracts.by_codes(contract)
        self.info = contracts.info_by_code(contract, relations["contract_info"])
        self.debts = contracts.debts_by_codes(invoice)
        self.statement = invoices.statement(contract, invoice)
        self.history = invoices.history(contract, invoice)
        self.detail = invoices.detail(contract, invoice, relations.get("invoice_line"))
        self.payments = payments.recent(relations["payment"])


class SqlBilling:
    """Billing as port.Billing promises it."""

    def __init__(self, engine: Engine, mapping: SchemaMapping) -> None:
        self.engine = engine
        self._mapping = mapping
        self._statements: Statements | None = None
        self._lock = threading.Lock()

    def verify(self) -> None:
        code, number = ContractCode(""), InvoiceNumber("0")
        self.find_contract(code)
        with suppress(ContractNotFound):
            self.get_contract_info(code)
        with suppress(ContractNotFound):
            self.get_statement(code)
        with suppress(ContractNotFound):
            self.get_invoice_history(code, since=date.today(), at_least=1)  # noqa: DTZ011
        with suppress(ContractNotFound):
            self.get_invoice(code, number)
        self.list_payments(code, since=date.today(), at_least=1)  # noqa: DTZ011
        self.list_contracts([code])
        self.list_debts([code])

    def close(self) -> None:
        self.engine.dispose()

    def find_contract(self, code: ContractCode) -> Contract | None:
        rows = self._ask(self._ready().contract, code=code)
        return contracts.contract_row(rows[0]) if rows else None

    def get_contract_info(self, code: ContractCode) -> ContractInfo:
        rows = self._ask(self._ready().info, code=code, info_code=code)
        _require(rows)
        return contracts.info_row(rows[0])

    def list_contracts(self, codes: Sequence[ContractCode]) -> Mapping[ContractCode, Contract]:
        rows = self._ask_in_chunks(self._ready().contracts, codes)
        found = [contracts.contract_row(row) for row in rows]
        return {contract.code: contract for contract in found}

    def list_debts(self, codes: Sequence[ContractCode]) -> Mapping[ContractCode, Debt]:
        rows = self._ask_in_chunks(self._ready().debts, codes)
        return dict(contracts.debt_row(row) for row in rows)

    def get_statement(self, code: ContractCode) -> Statement:
        rows = self._ask(self._ready().statement, code=code, invoice_code=code)
        _require(rows)
        return Statement(
            contract=contracts.contract_row(rows[0]),
            open_invoices=tuple(invoices.open_row(row) for row in rows if row.number is not None),
        )

    def get_invoice_history(
        self, code: ContractCode, *, since: date, at_least: int
    ) -> InvoiceHistory:
        rows = self._ask(
            self._ready().history, code=code, invoice_code=code, since=since, at_least=at_least
        )
        _require(rows)
        return InvoiceHistory(
            contract=contracts.contract_row(rows[0]),
            invoices=tuple(invoices.history_row(row) for row in rows if row.number is not None),
        )

    def list_payments(
        self, code: ContractCode, *, since: date, at_least: int
    ) -> tuple[Payment, ...]:
        rows = self._ask(self._ready().payments, code=code, since=since, at_least=at_least)
        return tuple(payments.payment_row(row) for row in rows)

    def get_invoice(self, code: ContractCode, number: InvoiceNumber) -> InvoiceDetail:
        if not number.isprintable():  # no such number exists, and some drivers refuse a NUL
            raise InvoiceNotFound
        values = {"code": code, "invoice_code": code, "number": number}
        if "invoice_line" in self._mapping.relations:
            values |= {"line_code": code, "line_number": number}
        rows = self._ask(self._ready().detail, **values)
        _require(rows)
        if rows[0].number is None:
            raise InvoiceNotFound
        return invoices.detail_row(rows)

    def _ready(self) -> Statements:
        """The statements, built at the first question: the portal starts without billing."""
        if self._statements is None:
            with self._lock:
                self._statements = self._statements or self._build()
        return self._statements

    def _build(self) -> Statements:
        with translated_errors(), self.engine.connect() as connection:
            return Statements(compile_relations(connection, self._mapping))

    def _ask(self, statement: Select[Any], **values: Any) -> Sequence[Row[Any]]:
        with translated_errors(), self.engine.connect() as connection:
            try:
                return connection.execute(statement, values).all()
            except DBAPIError:
                # What this connection knows may be what is wrong: the next question gets a new one.
                connection.invalidate()
                raise
            except (ValueError, TypeError) as error:
                # A type that the driver itself reads; its message holds the value.
                raise BillingDataError("a date or number that cannot be read") from error

    def _ask_in_chunks(
        self, statement: Select[Any], codes: Sequence[ContractCode]
    ) -> list[Row[Any]]:
        rows: list[Row[Any]] = []
        for start in range(0, len(codes), IN_LIST):
            rows += self._ask(statement, codes=list(codes[start : start + IN_LIST]))
        return rows


def _require(rows: Sequence[Row[Any]]) -> None:
    if not rows:
        raise ContractNotFound
