"""All statements that the portal asks billing, and when they are built."""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select

from legacy_adapters import contracts, invoices, payments
from legacy_adapters.asking import asker
from legacy_adapters.errors import (
    BillingError,
    BillingPaused,
    BillingUnavailable,
    MappingError,
)
from legacy_adapters.guard import Guard
from legacy_adapters.mapping import Mapping
from legacy_adapters.prepared import Prepared
from legacy_adapters.schema import Relation, compile_relations

CATALOGUE_SECONDS = 60.0  # how long an old database may take to list its tables
LOOK_AGAIN_SECONDS = 5.0  # after a catalogue that lacked what the mapping names


class Statements:
    """All statements, built once: the portal asks nothing else."""

    def __init__(self, relations: dict[str, Relation]) -> None:
        contract, invoice = relations["contract"], relations["invoice"]
        lines, info = relations.get("invoice_line"), relations["contract_info"]
        self.contract = Prepared(contracts.by_code(contract))
        self.contracts = _OfEachSize(partial(contracts.by_codes, contract))
        self.info = Prepared(contracts.info_by_code(contract, info))
        self.of_tax_id = Prepared(contracts.by_tax_id(contract))
        self.newest = _OfEachSize(partial(contracts.newest_by_codes, invoice))
        self.debts = _OfEachSize(partial(contracts.debts_by_codes, invoice))
        self.with_debts = _OfEachSize(partial(contracts.with_debts_by_codes, contract, invoice))
        self.statement = Prepared(invoices.statement(contract, invoice))
        self.statements = _OfEachSize(partial(invoices.statements, contract, invoice))
        self.history = Prepared(invoices.history(contract, invoice))
        self.detail = Prepared(invoices.detail(contract, invoice, lines))
        self.payments = Prepared(payments.recent(relations["payment"]))
        self.issued = _OfEachSize(partial(invoices.issued_by_codes, invoice))
        self.posted = _OfEachSize(partial(payments.posted_by_codes, relations["payment"]))


class _OfEachSize(dict[int, Prepared]):
    """By the length of its list of codes, built when first asked: one of 900 takes its time."""

    def __init__(self, build: Callable[[int], Select[Any]]) -> None:
        super().__init__()
        self._build = build

    def __missing__(self, size: int) -> Prepared:
        found = self[size] = Prepared(self._build(size))
        return found


class StatementReader:
    """Builds the statements at the first question, once: the portal starts without billing.

    Reading the catalogue of an old database can take longer than a page may wait. So it
    goes on in a thread of its own, and the pages that ask later find it done.
    """

    def __init__(self, guard: Guard, mapping: Mapping) -> None:
        self._guard = guard
        self._mapping = mapping
        self._statements: Statements | None = None
        self._attempt: _Attempt | None = None
        self._lock = threading.Lock()

    def statements(self) -> Statements:
        """Raises: MappingError, BillingUnavailable; BillingPaused soon after a MappingError."""
        return self._statements or self._wait_for_attempt()

    def forget(self) -> None:
        self._statements = None

    def _wait_for_attempt(self) -> Statements:
        with self._lock:
            if self._statements:
                return self._statements
            attempt = self._attempt
            if attempt and attempt.pause_left > 0:
                first = str(attempt.error).partition("\n")[0]
                raise BillingPaused(f"not looked at for {attempt.pause_left:.0f} s: {first}")
            if attempt is None or attempt.ended.is_set() or attempt.is_hopeless:
                attempt = _Attempt()
                threading.Thread(target=self._try, args=(attempt,), daemon=True).start()
                self._attempt = attempt
        if not attempt.ended.wait(min(asker().seconds_left, CATALOGUE_SECONDS)):
            raise BillingUnavailable("its catalogue of tables is still being read")
        if attempt.statements is None:
            raise (attempt.error or BillingUnavailable("its catalogue was not read"))
        return attempt.statements

    def _try(self, attempt: "_Attempt") -> None:
        try:
            # In time, as any question: only what follows may take long.
            self._guard.ask(lambda _connection: None)
            with self._guard.breaker.guard():
                attempt.statements = self._guard.connect(self._build, seconds=CATALOGUE_SECONDS)
            self._statements = attempt.statements
        except BillingError as error:
            attempt.error = error
        except Exception as error:
            attempt.error = MappingError(f"the catalogue cannot be read: {type(error).__name__}")
            attempt.error.__cause__ = error
        finally:
            attempt.end()

    def _build(self, connection: Connection) -> Statements:
        return Statements(compile_relations(connection, self._mapping))


class _Attempt:
    def __init__(self) -> None:
        self.ended = threading.Event()
        self._begun = self._ended_at = time.monotonic()
        self.statements: Statements | None = None
        self.error: BillingError | None = None

    def end(self) -> None:
        self._ended_at = time.monotonic()
        self.ended.set()

    @property
    def pause_left(self) -> float:
        """Seconds, after a catalogue that did not fit: pages must not read it without end."""
        if not isinstance(self.error, MappingError) or not self.ended.is_set():
            return 0
        return LOOK_AGAIN_SECONDS - (time.monotonic() - self._ended_at)

    @property
    def is_hopeless(self) -> bool:
        """Hangs where no time-out reaches: another one may do better."""
        return time.monotonic() - self._begun > 2 * CATALOGUE_SECONDS
