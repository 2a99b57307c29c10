"""Looks through billing for what customers want to hear of, and writes it into the outbox.

Billing is asked by contract, a page of links between accounts and contracts at a time: that is
what it has an index on, in whatever order its invoices come. What is told is written down in the
same transaction as the message, so a crash, or a second process, tells nothing twice and leaves
nothing out; memory holds one page.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.database.clearing import delete_all
from app.database.engine import Database
from app.messages.outbox import Outbox
from app.notifications import rules
from app.notifications.composing import Composer
from app.notifications.records import News, Pass, Reader, What
from app.notifications.store import passes, readers, told
from app.notifications.store.tables import notified
from app.payments.store.payers import list_payers
from app.payments.store.under_way import list_under_way
from config.notifications import NotificationSettings
from legacy_adapters.errors import BillingDataError, BillingError
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode

log = structlog.get_logger("selfcare")
LINKS_AT_ONCE = 1_800
TOLD_AT_ONCE = 300  # in one transaction, for which others may wait
TOLD_DAYS = 500  # kept for so long; far beyond what a look goes back


class Finder:
    def __init__(
        self,
        *,
        database: Database,
        billing: Billing,
        settings: NotificationSettings,
        composer: Composer,
        outbox: Outbox,
        own_source: str,
        clock: Callable[[], datetime],
        today: Callable[[], date],
    ) -> None:
        """billing: not a cached one; own_source: where billing says that a payment came from
        which was made here."""
        self._database = database
        self._billing = billing
        self._settings = settings
        self._composer = composer
        self._outbox = outbox
        self._own_source = own_source
        self._clock = clock
        self._today = today

    def run(self, is_stopping: Callable[[], bool] = lambda: False) -> Pass:
        """Goes on with the look that is under way, or begins the next, and goes through to its
        end. Several processes may do it at once.

        Raises: BillingError, DatabaseError; what was told until then stays told, and the next run
        goes on from there.
        """
        current = self._begin()
        while current.ended_at is None and not is_stopping():
            current = self._handle_page(current)
        if current.ended_at is not None:
            log.info("customers notified", links=current.read, messages=current.told)
        return current

    def run_quietly(self, is_stopping: Callable[[], bool]) -> None:
        """As the job process does: billing may be away for a while."""
        try:
            self.run(is_stopping)
        except BillingError as error:
            log.warning(
                "customers are not notified yet",
                kind=type(error).__name__,
                reason=str(error)[:200],
                do="it goes on by itself; run: flask billing check",
            )

    def find_last(self) -> Pass | None:
        """The look under way, or the last one."""
        with self._database.read() as connection:
            return passes.find(connection)

    def forget_old(self) -> None:
        """Of what was told, that which no look goes back to any more."""
        before = self._clock() - timedelta(days=TOLD_DAYS)
        delete_all(self._database, notified, notified.c.told_at < before)

    def _begin(self) -> Pass:
        now = self._clock()
        with self._database.write() as connection:
            last = passes.find(connection)
            if last is None or last.ended_at is not None:
                begun = last.begun_at if last else None
                since = rules.next_since(now, begun, self._settings.look_back_days)
                passes.begin(connection, last, at=now, since=since)
        return self._get()

    def _get(self) -> Pass:
        found = self.find_last()
        if found is None:
            raise RuntimeError("a look that was begun is not there")
        return found

    def _handle_page(self, current: Pass, *, once_more: bool = True) -> Pass:
        with self._database.read() as connection:
            some, end, links = readers.list_page(connection, current.place, most=LINKS_AT_ONCE)
        found = list(self._ask(some, current.since)) if some else []
        written = 0
        now, slices = self._clock(), range(0, len(found), TOLD_AT_ONCE)
        try:
            for start in slices[:-1]:  # each is whole by itself, and nobody waits long for it
                with self._database.write() as connection:
                    written += self._tell(connection, found[start : start + TOLD_AT_ONCE], now)
            with self._database.write() as connection:
                written += self._tell(connection, found[slices[-1] if slices else 0 :], now)
                passes.move_on(connection, current, end, read=links, told=written, at=now)
        except IntegrityError:  # an account was closed since it was read
            if not once_more:
                raise
            return self._handle_page(current, once_more=False)
        return self._get()

    def _tell(self, connection: Connection, found: Sequence[News], now: datetime) -> int:
        """How many messages it wrote."""
        keys = [key for news in found for key in news.keys]
        fresh = told.add_new(connection, keys, now)
        left = [kept for news in found if (kept := rules.left_of(news, fresh)) is not None]
        posts = self._composer.compose(connection, left, now=now, today=self._today())
        self._outbox.post_all(connection, posts)
        return len(posts)

    def _ask(self, some: Sequence[Reader], since: date) -> Iterator[News]:
        wanting = {what: _wanting(some, what) for what in What}
        yield from self._each(partial(self._ask_invoices, since=since), wanting[What.INVOICE])
        yield from self._each(self._ask_debts, wanting[What.REMINDER])
        yield from self._each(partial(self._ask_payments, since=since), wanting[What.PAYMENT])

    def _each(
        self, ask: Callable[[Sequence[Reader]], Iterator[News]], some: Sequence[Reader]
    ) -> Iterator[News]:
        """A contract of which billing tells what cannot be read keeps none of the others back."""
        codes = _codes(some)
        try:
            yield from list(ask(some)) if codes else ()
        except BillingDataError as error:
            if len(codes) == 1:
                log.error(
                    "a contract is left out of the news",
                    contract=codes[0],
                    reason=str(error)[:200],
                    do=f"run: flask billing map try {codes[0]}",
                )
                return
            first = set(codes[: len(codes) // 2])
            for half in (True, False):
                yield from self._each(ask, [r for r in some if (r.contract_code in first) is half])

    def _ask_invoices(self, some: Sequence[Reader], *, since: date) -> Iterator[News]:
        issued = rules.by_contract(self._billing.list_issued(_codes(some), since=since))
        for reader in some:
            yield from rules.news_of_invoices(reader, issued.get(reader.contract_code, ()))

    def _ask_debts(self, some: Sequence[Reader]) -> Iterator[News]:
        """Without what is in a payment now."""
        codes = _codes(some)
        statements = self._billing.list_statements(codes)
        with self._database.read() as connection:
            held = {
                (hold.contract_code, hold.invoice_number)
                for hold in list_under_way(connection, codes, None)
            }
        for reader in some:
            statement = statements.get(reader.contract_code)
            owed = statement.open_invoices if statement else ()
            yield from rules.news_of_debts(
                reader,
                [one for one in owed if (reader.contract_code, one.number) not in held],
                today=self._today(),
                before=self._settings.reminder_days_before,
                after=self._settings.reminder_days_after,
            )

    def _ask_payments(self, some: Sequence[Reader], *, since: date) -> Iterator[News]:
        posted = rules.by_contract(self._billing.list_posted(_codes(some), since=since))
        with self._database.read() as connection:
            receipts = list_payers(connection, list(posted), since)
        for reader in some:
            theirs = posted.get(reader.contract_code, ())
            has_receipt = (reader.account_id, reader.contract_code) in receipts
            own_source = self._own_source if has_receipt else ""
            yield from rules.news_of_payments(reader, theirs, own_source=own_source)


def _wanting(some: Sequence[Reader], what: What) -> list[Reader]:
    return [reader for reader in some if any(rules.wants(reader, what))]


def _codes(some: Sequence[Reader]) -> list[ContractCode]:
    return list(dict.fromkeys(reader.contract_code for reader in some))
