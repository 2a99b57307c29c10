"""A short memory in front of billing: a page that is opened again at once costs it nothing.

What is owed for a payment, who a contract belongs to and what was paid are always asked.
"""

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from cachetools import TTLCache

from legacy_adapters.port import Billing
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

T = TypeVar("T")
ANSWERS = 2_000


class CachedBilling:
    """Billing as port.Billing promises it; some answers are up to so many seconds old."""

    def __init__(self, billing: Billing, seconds: float) -> None:
        self._billing = billing
        self._answers: TTLCache[Hashable, Any] = TTLCache(ANSWERS, seconds)
        self._lock = threading.Lock()

    def get_contract_info(self, code: ContractCode) -> ContractInfo:
        return self._once(("info", code), lambda: self._billing.get_contract_info(code))

    def list_contracts(self, codes: Sequence[ContractCode]) -> Mapping[ContractCode, Contract]:
        key = ("contracts", tuple(codes))
        return self._once(key, lambda: self._billing.list_contracts(codes))

    def list_debts(self, codes: Sequence[ContractCode]) -> Mapping[ContractCode, Debt]:
        return self._once(("debts", tuple(codes)), lambda: self._billing.list_debts(codes))

    def list_contracts_and_debts(
        self, codes: Sequence[ContractCode]
    ) -> tuple[Mapping[ContractCode, Contract], Mapping[ContractCode, Debt]]:
        key = ("contracts and debts", tuple(codes))
        return self._once(key, lambda: self._billing.list_contracts_and_debts(codes))

    def get_invoice_history(
        self, code: ContractCode, *, since: date, at_least: int
    ) -> InvoiceHistory:
        return self._once(
            ("history", code, since, at_least),
            lambda: self._billing.get_invoice_history(code, since=since, at_least=at_least),
        )

    def get_invoice(self, code: ContractCode, number: InvoiceNumber) -> InvoiceDetail:
        key = ("invoice", code, number)
        return self._once(key, lambda: self._billing.get_invoice(code, number))

    def find_contract(self, code: ContractCode) -> Contract | None:
        return self._billing.find_contract(code)

    def get_statement(self, code: ContractCode) -> Statement:
        return self._billing.get_statement(code)

    def list_statements(self, codes: Sequence[ContractCode]) -> Mapping[ContractCode, Statement]:
        return self._billing.list_statements(codes)

    def list_contracts_of(self, tax_id: str, *, at_most: int) -> tuple[Contract, ...]:
        return self._billing.list_contracts_of(tax_id, at_most=at_most)

    def list_newest(self, codes: Sequence[ContractCode]) -> Mapping[ContractCode, date | None]:
        return self._billing.list_newest(codes)

    def list_issued(
        self, codes: Sequence[ContractCode], *, since: date
    ) -> tuple[IssuedInvoice, ...]:
        return self._billing.list_issued(codes, since=since)

    def list_posted(
        self, codes: Sequence[ContractCode], *, since: date
    ) -> tuple[PostedPayment, ...]:
        return self._billing.list_posted(codes, since=since)

    def list_payments(
        self, code: ContractCode, *, since: date, at_least: int
    ) -> tuple[Payment, ...]:
        return self._billing.list_payments(code, since=since, at_least=at_least)

    def verify(self) -> None:
        self._billing.verify()

    def close(self) -> None:
        self._billing.close()

    def _once(self, key: Hashable, ask: Callable[[], T]) -> T:
        with self._lock:
            if key in self._answers:
                return self._answers[key]  # type: ignore[no-any-return]
        answer = ask()  # outside the lock: two may ask at once, and none waits for another
        with self._lock:
            self._answers[key] = answer
        return answer
