"""Asks billing, and answers with what it told last where it does not answer now."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy import Connection, true

from app.database.engine import Database, DatabaseError, after_commit
from app.last_known import store
from app.last_known.records import Told, Topic
from app.last_known.sealing import Seal, Unreadable
from app.last_known.writer import Writer
from config.settings import LastKnownSettings
from legacy_adapters.errors import (
    BillingDataError,
    BillingError,
    ContractNotFound,
    InvoiceNotFound,
)
from legacy_adapters.failures import log_billing_failed
from legacy_adapters.records import ContractCode

T = TypeVar("T")
MOST_UNREADABLE = 5  # of a list's contracts: each takes as many questions as a list has halves
log = structlog.get_logger("selfcare")


class LastKnown:
    def __init__(
        self,
        *,
        database: Database,
        settings: LastKnownSettings,
        now: Callable[[], datetime],
        is_linked: store.IsLinked = lambda _code: true(),
    ) -> None:
        """is_linked: whether an account has a contract."""
        self._database = database
        self._keep_days = settings.keep_days
        self._now = now
        self._seal = Seal(settings)
        self._is_linked = is_linked
        self._writer = Writer(
            database=database,
            seal=self._seal,
            keep_days=settings.keep_days,
            now=now,
            is_linked=is_linked,
        )

    def ask(self, topic: Topic[T], code: ContractCode, question: Callable[[], T]) -> Told[T]:
        """Raises: what the question raises, when nothing is known either, and always where
        billing says that there is no such contract."""
        try:
            answer = question()
        except (ContractNotFound, InvoiceNotFound):
            raise
        except BillingError as error:
            kept = self._recall(topic, [code])
            if code not in kept:
                raise
            _log_away(error, topic, kept[code].as_of)
            return kept[code]
        if self._keep_days:
            self._writer.keep(topic, code, answer)
        return Told(answer=answer)

    def ask_many(
        self,
        topic: Topic[T | None],
        codes: Sequence[ContractCode],
        question: Callable[[Sequence[ContractCode]], Mapping[ContractCode, T]],
    ) -> Mapping[ContractCode, Told[T | None]]:
        """For each of these codes the answer, None where billing has none. While billing is
        away, codes of which nothing is known are absent; so are, at any time, the few of which
        billing tells what cannot be read.

        Raises: what the question raises, when nothing is known of any.
        """
        try:
            found, unreadable = _ask_readable(codes, question)
        except BillingError as error:
            kept = self._recall(topic, codes)
            if not kept:
                raise
            _log_away(error, topic, min(told.as_of for told in kept.values() if told.as_of))
            return kept
        answers: dict[ContractCode, Told[T | None]] = {}
        for code in codes:
            if code in unreadable:
                continue
            answer = found.get(code)
            answers[code] = Told(answer=answer)
            if self._keep_days:
                self._writer.keep(topic, code, answer)
        return answers

    def forget(self, connection: Connection, code: ContractCode) -> None:
        """In the transaction that makes somebody a contract's holder: what was told before may be
        of who held it then."""
        store.forget_contract(connection, code)
        after_commit(connection, partial(self._writer.forget, code))

    def give_up(self, connection: Connection, codes: Sequence[ContractCode]) -> None:
        """In a transaction after which accounts no longer have these contracts: soon nothing is
        kept of those that nobody has. It fails nothing; what is left is swept."""
        after_commit(connection, partial(self._writer.give_up, codes))

    def sweep(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Raises: DatabaseError."""
        now = self._now()
        with self._database.write() as connection:
            store.clean(connection, since=now - timedelta(days=self._keep_days), now=now)
        while not stopping():
            with self._database.read() as connection:
                codes = store.list_unlinked(connection, self._is_linked)
            if not codes:
                return
            with self._database.write() as connection:
                store.forget_unlinked(connection, codes, self._is_linked)

    def flush(self) -> None:
        """Waits until all answers so far are kept."""
        self._writer.flush()

    def close(self) -> None:
        """No answer is kept any more."""
        self._writer.close()

    def _recall(
        self, topic: Topic[T], codes: Sequence[ContractCode]
    ) -> dict[ContractCode, Told[T]]:
        if not self._keep_days:
            return {}
        now = self._now()
        since = now - timedelta(days=self._keep_days)
        found: dict[ContractCode, Told[T]] = {}
        try:
            with self._database.read() as connection:
                for kept in store.read(connection, codes, topic.name, since=since, now=now):
                    try:
                        answer = self._seal.open(topic, kept)
                    except Unreadable:
                        continue
                    found[kept.contract_code] = Told(answer=answer, as_of=kept.told_at)
        except DatabaseError as error:
            log.warning("last known data not read", kind=type(error).__name__, reason=str(error))
        return found


def _ask_readable(
    codes: Sequence[ContractCode],
    question: Callable[[Sequence[ContractCode]], Mapping[ContractCode, T]],
) -> tuple[Mapping[ContractCode, T], set[ContractCode]]:
    """The answers, and the codes whose cannot be read: one takes no other's answer away.

    Raises: what the question raises, when too many cannot be read: then it is not the rows.
    """
    found: dict[ContractCode, T] = {}
    unreadable: set[ContractCode] = set()
    parts = [codes] if codes else []
    while parts:
        part = parts.pop()
        try:
            found |= question(part)
        except BillingDataError as error:
            if len(part) > 1:
                half = len(part) // 2
                parts += [part[:half], part[half:]]
                continue
            unreadable.add(part[0])
            if len(unreadable) == min(len(codes), MOST_UNREADABLE):
                raise
            log.error(
                "a contract is left out of a list",
                contract=part[0],
                reason=str(error)[:200],
                do=f"run: flask billing map try {part[0]}",
            )
    return found, unreadable


def _log_away(error: BillingError, topic: Topic[T], as_of: datetime | None) -> None:
    log_billing_failed(
        error,
        shown=f"{topic.name}, last known",
        as_of=as_of.isoformat(timespec="minutes") if as_of else None,
    )
