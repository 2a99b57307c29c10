"""An answer of billing, and what of it may be kept."""

from datetime import datetime
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import TypeAdapter

from legacy_adapters.records import Contract, ContractInfo, Debt, InvoiceHistory, Payment, Statement

T = TypeVar("T")


class Told(NamedTuple, Generic[T]):
    """as_of: the moment billing told it, when it is away now; None when it was told just now."""

    answer: T
    as_of: datetime | None = None


class Topic(Generic[T]):
    """One kind of answer about one contract."""

    def __init__(self, name: str, kind: Any) -> None:
        self.name = name
        self._kind = kind

    @cached_property
    def adapter(self) -> TypeAdapter[T]:
        return TypeAdapter(self._kind)


STATEMENT: Topic[Statement] = Topic("statement", Statement)
HISTORY: Topic[InvoiceHistory] = Topic("history", InvoiceHistory)
PAYMENTS: Topic[tuple[Payment, ...]] = Topic("payments", tuple[Payment, ...])
INFO: Topic[ContractInfo] = Topic("info", ContractInfo)
CONTRACT: Topic[Contract | None] = Topic("contract", Contract | None)
DEBT: Topic[Debt | None] = Topic("debt", Debt | None)
