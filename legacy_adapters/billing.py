"""The port, implemented over a mapping and SQLAlchemy Core."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine

from config.settings import BillingSettings
from legacy_adapters import contracts, invoices, payments, unique
from legacy_adapters.engine import BillingEngine
from legacy_adapters.engines import make_engine
from legacy_adapters.errors import (
    CANNOT_READ,
    BillingDataError,
    ContractNotFound,
    InvoiceNotFound,
    MappingError,
)
from legacy_adapters.guard import Guard
from legacy_adapters.mapping import Mapping as SchemaMapping
from legacy_adapters.mapping import load_mapping
from legacy_adapters.port import Billing
from legacy_adapters.prepared import Prepared, Row
from legacy_adapters.records import (
    Contract,
    ContractCode,
    ContractInfo,
    Debt,
    InvoiceDetail,
    InvoiceHistory,
    InvoiceNumber,
    IssuedInvoice,
    Payment,
    PostedPayment,
    Statement,
)
from legacy_adapters.statements import StatementReader, Statements


def open_billing(address: str, settings: BillingSettings) -> Billing:
    """Reads the mapping; the database is asked first when a question comes.

    address: settings.url, or the demo's where that is empty. Raises: MappingError.
    """
    return SqlBilling(make_engine(address, settings), load_mapping(settings.mapping))


class SqlBilling:
    """Billing as port.Billing promises it."""

    def __init__(self, engine: BillingEngine, mapping: SchemaMapping) -> None:
        self._engine = engine
        self._mapping = mapping
        self._guard = Guard(engine)
        self._reader = StatementReader(self._guard, mapping)

    @property
    def engine(self) -> Engine:
        return self._engine.engine

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
        self.list_contracts_and_debts([code])
        self.list_statements([code])
        self.list_contracts_of("-", at_most=1)
        self.list_newest([code])
        self.list_issued([code], since=date.today())  # noqa: DTZ011
        self.list_posted([code], since=date.today())  # noqa: DTZ011

    def close(self) -> None:
        self._engine.dispose()

    def find_contract(self, code: ContractCode) -> Contract | None:
        rows = self._ask(self._ready().contract, code=code)
        with self._reading("contract"):
            unique.once("code", len(rows))
            unique.of_those("code", [code], rows)
            return contracts.contract_row(rows[0]) if rows else None

    def get_contract_info(self, code: ContractCode) -> ContractInfo:
        rows = self._ask(self._ready().info, code=code, info_code=code)
        self._require_one(rows, code)
        with self._reading("contract_info"):
            unique.of_those("contract_code", [code], rows)
            return contracts.info_row(rows)

    def list_contracts(self, codes: Sequence[ContractCode]) -> Mapping[ContractCode, Contract]:
        rows = self._ask_in_chunks(self._ready().contracts, codes)
        with self._reading("contract"):
            unique.of_those("code", codes, rows)
            return {contract.code: contract for contract in contracts.contract_rows(rows)}

    def list_debts(self, codes: Sequence[ContractCode]) -> Mapping[ContractCode, Debt]:
        rows = self._ask_in_chunks(self._ready().debts, codes)
        with self._reading("invoice"):
            unique.of_those("contract_code", codes, rows, "code")
            return dict(contracts.debt_row(row) for row in rows)

    def list_contracts_and_debts(
        self, codes: Sequence[ContractCode]
    ) -> tuple[Mapping[ContractCode, Contract], Mapping[ContractCode, Debt]]:
        values = contracts.both_lists_of_codes
        rows = self._ask_in_chunks(self._ready().with_debts, codes, values)
        owing = contracts.OWING
        with self._reading("contract"):
            unique.of_those("code", codes, rows)
            found = contracts.contract_rows([row for row in rows if row[owing] is None])
        with self._reading("invoice"):
            unique.of_those("contract_code", codes, rows, owing)
            debts = dict(contracts.debt_row(row, owing) for row in rows if row[owing] is not None)
        return {contract.code: contract for contract in found}, debts

    def list_contracts_of(self, tax_id: str, *, at_most: int) -> tuple[Contract, ...]:
        if not tax_id.strip():
            return ()
        values = contracts.spelled(tax_id)
        rows = self._ask(self._ready().of_tax_id, **values, at_most=at_most)
        with self._reading("contract"):
            return contracts.contract_rows(rows)

    def list_newest(self, codes: Sequence[ContractCode]) -> Mapping[ContractCode, date | None]:
        rows = self._ask_in_chunks(self._ready().newest, codes)
        with self._reading("invoice"):
            unique.of_those("contract_code", codes, rows, "code")
            return dict(contracts.newest_row(row) for row in rows)

    def list_statements(self, codes: Sequence[ContractCode]) -> Mapping[ContractCode, Statement]:
        values = contracts.both_lists_of_codes
        rows = self._ask_in_chunks(self._ready().statements, codes, values)
        with self._reading("contract"):
            unique.of_those("code", codes, rows)
            found = contracts.contract_rows([row for row in rows if row["code"] is not None])
        with self._reading("invoice"):
            unique.of_those("contract_code", codes, rows)
            return invoices.statement_rows(found, rows)

    def get_statement(self, code: ContractCode) -> Statement:
        rows = self._ask(self._ready().statement, code=code, invoice_code=code)
        self._require_one(rows, code)
        with self._reading("invoice"):
            unique.of_those("contract_code", [code], rows)
            owed = invoices.open_rows(rows)
            return Statement(contract=contracts.contract_row(rows[0]), open_invoices=owed)

    def get_invoice_history(
        self, code: ContractCode, *, since: date, at_least: int
    ) -> InvoiceHistory:
        rows = self._ask(
            self._ready().history, code=code, invoice_code=code, since=since, at_least=at_least
        )
        self._require_one(rows, code)
        with self._reading("invoice"):
            unique.of_those("contract_code", [code], rows)
            issued = invoices.history_rows(rows)
            return InvoiceHistory(contract=contracts.contract_row(rows[0]), invoices=issued)

    def list_payments(
        self, code: ContractCode, *, since: date, at_least: int
    ) -> tuple[Payment, ...]:
        rows = self._ask(self._ready().payments, code=code, since=since, at_least=at_least)
        with self._reading("payment"):
            unique.of_those("contract_code", [code], rows)
            return tuple(payments.payment_row(row) for row in rows)

    def list_issued(
        self, codes: Sequence[ContractCode], *, since: date
    ) -> tuple[IssuedInvoice, ...]:
        rows = self._ask_in_chunks(self._ready().issued, codes, since=since)
        with self._reading("invoice"):
            unique.of_those("contract_code", codes, rows)
            return invoices.issued_rows(rows)

    def list_posted(
        self, codes: Sequence[ContractCode], *, since: date
    ) -> tuple[PostedPayment, ...]:
        rows = self._ask_in_chunks(self._ready().posted, codes, since=since)
        with self._reading("payment"):
            unique.of_those("contract_code", codes, rows)
            found = [payments.posted_row(row) for row in rows]
        return tuple(sorted(found, key=payments.order_of_posting))

    def get_invoice(self, code: ContractCode, number: InvoiceNumber) -> InvoiceDetail:
        if not number.isprintable():  # no such number exists, and some drivers refuse a NUL
            raise InvoiceNotFound
        values = {"code": code, "invoice_code": code, "number": number}
        if "invoice_line" in self._mapping.relations:
            values |= {"line_code": code, "line_number": number}
        rows = self._ask(self._ready().detail, **values)
        self._require_one(rows, code)
        if rows[0]["number"] is None:
            raise InvoiceNotFound
        with self._reading("invoice"):
            unique.of_those("contract_code", [code], rows)
            return invoices.detail_row(rows)

    def _ready(self) -> Statements:
        return self._reader.statements()

    def _ask(self, statement: Prepared, **values: Any) -> list[Row]:
        def question(connection: Connection) -> list[Row]:
            return statement.all(connection, values)

        try:
            return self._guard.ask(question)
        except MappingError as error:
            self._reader.forget()  # the schema changed under us: look at it again
            raise MappingError(f"{self._mapping.file}: {error}") from error
        except BillingDataError as error:
            raise BillingDataError(f"{self._mapping.file}: {error}") from error
        except CANNOT_READ as error:
            what = f"{self._mapping.file}: a date, number or text that the driver cannot read"
            raise BillingDataError(what) from error

    @contextmanager
    def _reading(self, relation: str) -> Iterator[None]:
        """Says in which part of which file the field stands that could not be read."""
        try:
            yield
        except BillingDataError as error:
            raise BillingDataError(f"{self._mapping.file}: [{relation}] {error}") from None

    def _ask_in_chunks(
        self,
        by_size: Mapping[int, Prepared],
        codes: Sequence[ContractCode],
        values_of: Callable[[Sequence[ContractCode]], dict[str, str]] = contracts.list_of_codes,
        **values: Any,
    ) -> list[Row]:
        rows: list[Row] = []
        longest = contracts.LIST_SIZES[-1]
        for start in range(0, len(codes), longest):
            some = codes[start : start + longest]
            size = contracts.list_size(len(some))
            rows += self._ask(by_size[size], **values_of(some), **values)
        return rows

    def _require_one(self, rows: Sequence[Row], code: ContractCode) -> None:
        """Of the contract, beside whatever was asked of it."""
        if not rows:
            raise ContractNotFound
        with self._reading("contract"):
            unique.once("code", rows[0]["heads"])
            unique.of_those("code", [code], rows[:1])
