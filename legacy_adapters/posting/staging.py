"""The port, implemented over one table and one view."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row
from sqlalchemy.exc import DBAPIError

from config.posting import PostingSettings
from legacy_adapters import decode
from legacy_adapters.breaker import Breaker
from legacy_adapters.engine import BillingEngine
from legacy_adapters.errors import BillingDataError, MappingError, NotThere, is_unique_violation
from legacy_adapters.guard import Guard
from legacy_adapters.posting.engines import WRITES, writing_engine
from legacy_adapters.posting.port import (
    PaymentId,
    PaymentPosting,
    PaymentToPost,
    PostedPayment,
    PostingConflict,
    PostingStatus,
)
from legacy_adapters.posting.table import (
    DECIMALS,
    DIGITS,
    FIND_SIZES,
    LENGTHS,
    Statements,
    list_of_ids,
)
from legacy_adapters.records import ContractCode, InvoiceNumber

T = TypeVar("T")
STATUSES = {
    "N": PostingStatus.WAITING,
    "A": PostingStatus.ACCEPTED,
    "R": PostingStatus.REFUSED,
}
NOBODYS_ID = "-"
WHICH_TABLE = (
    "Are SELFCARE_POSTING_TABLE and SELFCARE_POSTING_STATUS_VIEW right, and granted to this user?"
    " docs/posting.md"
)


def open_posting(url: str, settings: PostingSettings) -> PaymentPosting:
    """Asks the database nothing yet. url: Settings.posting_url, not empty.

    Raises: MappingError, when the address cannot be used.
    """
    return StagingTable(writing_engine(url, settings), settings)


class StagingTable:
    """Posting as port.PaymentPosting promises it."""

    def __init__(self, engine: BillingEngine, settings: PostingSettings) -> None:
        self._engine = engine
        self._names = f"{settings.table}, {settings.status_view}"
        self._statements = Statements(settings.table, settings.status_view)
        self._guard = Guard(
            engine,
            Breaker(what="billing's staging table", do="run: flask payments check-posting"),
        )

    def post(self, payment: PaymentToPost) -> None:
        values = _values(payment)

        def insert(connection: Connection) -> Sequence[Row[Any]] | None:
            """None: it is there now. Otherwise what was there already."""
            connection.execution_options(**WRITES)
            try:
                connection.execute(self._statements.insert, values)
                connection.commit()
            except DBAPIError as error:
                if not is_unique_violation(error):
                    raise
                connection.rollback()
                connection.invalidate()  # what this session alone might see must not count
                found = self._statements.find[1]
                return connection.execute(found, list_of_ids([payment.payment_id])).all()
            return None

        there = self._ask(insert)
        if there is not None:
            self._compare(payment, there)

    def find(self, payment_ids: Sequence[PaymentId]) -> Mapping[PaymentId, PostedPayment]:
        rows: list[Row[Any]] = []
        longest = FIND_SIZES[-1]
        for start in range(0, len(payment_ids), longest):
            values = list_of_ids(payment_ids[start : start + longest])
            rows += self._rows(self._statements.find[len(values)], values)
        posted = map(self._posted, rows)
        return {payment.payment_id: payment for payment in posted}

    def list_since(self, since: datetime) -> Sequence[PostedPayment]:
        return [self._posted(row) for row in self._rows(self._statements.since, _since(since))]

    def verify(self) -> None:
        def insert_nothing(connection: Connection) -> None:
            connection.execution_options(**WRITES)
            connection.execute(self._statements.insert_nothing)
            connection.rollback()

        self._ask(insert_nothing)
        self.find([PaymentId(NOBODYS_ID)])
        self.list_since(datetime.now(UTC))

    def close(self) -> None:
        self._engine.dispose()

    def _compare(self, payment: PaymentToPost, there: Sequence[Row[Any]]) -> None:
        if not there:
            told = "the table has a payment that the view does not show"
            raise MappingError(f"{self._names}: {told}")
        if _what(self._posted(there[0])) != _what(payment):
            raise PostingConflict(
                f"{payment.payment_id} is there already with another contract, invoice or amount"
            )

    def _rows(self, statement: Any, values: dict[str, Any]) -> Sequence[Row[Any]]:
        return self._ask(lambda connection: connection.execute(statement, values).all())

    def _ask(self, question: Callable[[Connection], T]) -> T:
        with self._fitting():
            return self._guard.ask_once(question)

    @contextmanager
    def _fitting(self) -> Any:
        """The port knows no wrong data: what the table refuses or holds amiss does not fit."""
        try:
            yield
        except NotThere as error:
            raise MappingError(f"{self._names}: {error.reason}. {WHICH_TABLE}") from error
        except (BillingDataError, MappingError) as error:
            raise MappingError(f"{self._names}: {error}") from error
        except (ValueError, TypeError) as error:
            told = "a number, moment or text that the driver cannot read"
            raise MappingError(f"{self._names}: {told}") from error

    def _posted(self, row: Row[Any]) -> PostedPayment:
        values = row._mapping
        with self._fitting():
            code = decode.text(values, "status")
            if code not in STATUSES:
                raise BillingDataError("STATUS: neither N, A nor R")
            return PostedPayment(
                payment_id=PaymentId(decode.text(values, "portal_payment_id")),
                contract_code=ContractCode(decode.text(values, "contract_code")),
                invoice_number=InvoiceNumber(decode.text(values, "invoice_number")),
                amount=decode.money(values, "amount"),
                status=STATUSES[code],
                reason=decode.text(values, "status_text"),
            )


def _what(payment: PaymentToPost | PostedPayment) -> tuple[object, ...]:
    return payment.contract_code, payment.invoice_number, payment.amount


def _values(payment: PaymentToPost) -> dict[str, Any]:
    """Raises: ValueError, for what no table could hold as it is."""
    if payment.amount <= 0 or payment.amount != round(payment.amount, DECIMALS):
        raise ValueError("an amount is above 0 and has two decimals at most")
    if payment.amount >= 10 ** (DIGITS - DECIMALS):
        raise ValueError("an amount beyond what the table holds")
    values: dict[str, Any] = {
        "portal_payment_id": payment.payment_id,
        "contract_code": payment.contract_code,
        "invoice_number": payment.invoice_number,
        "method": payment.method,
        "source": payment.source,
        "bank_transaction": payment.bank_transaction,
    }
    for name, text in values.items():
        if not 0 < len(text) <= LENGTHS[name] or not text.isprintable() or text != text.strip():
            raise ValueError(f"{name}: 1 to {LENGTHS[name]} printable characters, no blank around")
    return {
        **values,
        "amount": payment.amount,
        "paid_at": _moment(payment.paid_at),
        "created_at": _moment(datetime.now(UTC)),
    }


def _since(since: datetime) -> dict[str, Any]:
    return {"since": _moment(since)}


def _moment(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without its zone")
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None)
