"""The port, implemented over a mapping and SQLAlchemy Core."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, Row, Select

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

Record = TypeVar("Record")
Source = TypeVar("Source")
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
        self._ask(self._ready().contract, code="")

    def close(self) -> None:
        self.engine.dispose()

    def find_contract(self, code: ContractCode) -> Contract | None:
        rows = self._ask(self._ready().contract, code=code)
        return self._decoded(contracts.contract_row, rows[0]) if rows else None

    def get_contract_info(self, code: ContractCode) -> ContractInfo:
        rows = self._ask(self._ready().info, code=code, info_code=code)
        _require(rows)
        return self._decoded(contracts.info_row, rows[0])

    def list_contracts(self, codes: Sequence[ContractCode]) -> Mapping[ContractCode, Contract]:
        rows = self._ask_in_chunks(self._ready().contracts, codes)
        found = [self._decoded(contracts.contract_row, row) for row in rows]
        return {contract.code: contract for contract in found}

    def list_debts(self, codes: Sequence[ContractCode]) -> Mapping[ContractCode, Debt]:
        rows = self._ask_in_chunks(self._ready().debts, codes)
        return dict(self._decoded(contracts.debt_row, row) for row in rows)

    def get_statement(self, code: ContractCode) -> Statement:
        rows = self._ask(self._ready().statement, code=code, invoice_code=code)
        _require(rows)
        return Statement(
            contract=self._decoded(contracts.contract_row, rows[0]),
            open_invoices=tuple(
                self._decoded(invoices.open_row, row) for row in rows if row.number is not None
            ),
        )

    def get_invoice_history(
        self, code: ContractCode, *, since: date, at_least: int
    ) -> InvoiceHistory:
        rows = self._ask(
            self._ready().history, code=code, invoice_code=code, since=since, at_least=at_least
        )
        _require(rows)
        return InvoiceHistory(
            contract=self._decoded(contracts.contract_row, rows[0]),
            invoices=tuple(
                self._decoded(invoices.history_row, row) for row in rows if row.number is not None
            ),
        )

    def list_payments(
        self, code: ContractCode, *, since: date, at_least: int
    ) -> tuple[Payment, ...]:
        rows = self._ask(self._ready().payments, code=code, since=since, at_least=at_least)
        return tuple(self._decoded(payments.payment_row, row) for row in rows)

    def get_invoice(self, code: ContractCode, number: InvoiceNumber) -> InvoiceDetail:
        values = {"code": code, "invoice_code": code, "number": number}
        if "invoice_line" in self._mapping.relations:
            values |= {"line_code": code, "line_number": number}
        rows = self._ask(self._ready().detail, **values)
        _require(rows)
        if rows[0].number is None:
            raise InvoiceNotFound
        return self._decoded(invoices.detail_row, rows)

    def _ready(self) -> Statements:
        """The statements, built at the first question: the portal starts without billing."""
        if self._statements is None:
            with self._lock, translated_errors(), self.engine.connect() as connection:
                self._statements = Statements(compile_relations(connection, self._mapping))
        return self._statements

    def _ask(self, statement: Select[Any], **values: Any) -> Sequence[Row[Any]]:
        with translated_errors():
            try:
                with self.engine.connect() as connection:
                    return connection.execute(statement, values).all()
            except ValueError as error:
                raise BillingDataError(f"{self._mapping.file}: {error}") from error

    def _ask_in_chunks(
        self, statement: Select[Any], codes: Sequence[ContractCode]
    ) -> list[Row[Any]]:
        rows: list[Row[Any]] = []
        for start in range(0, len(codes), IN_LIST):
            rows += self._ask(statement, codes=list(codes[start : start + IN_LIST]))
        return rows

    def _decoded(self, factory: Callable[[Source], Record], source: Source) -> Record:
        try:
            return factory(source)
        except (ValueError, TypeError, ArithmeticError) as error:
            raise BillingDataError(f"{self._mapping.file}: {factory.__name__}: {error}") from error


def _require(rows: Sequence[Row[Any]]) -> None:
    if not rows:
        raise ContractNotFound
