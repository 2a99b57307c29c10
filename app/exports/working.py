"""Makes the exports that wait, one after the other, in the job process."""

import time
from collections.abc import Callable
from datetime import timedelta
from tempfile import TemporaryFile
from threading import Event, Thread
from typing import BinaryIO

import structlog

from app.accounts.records import AccountId
from app.clock import HOME
from app.codes import new_code
from app.database.engine import DatabaseError
from app.exports import letters, rules, store
from app.exports.making import Order
from app.exports.records import Claim, ExportFile, Note, NotMade, Stopped, Tally
from app.exports.shared import Shared
from app.exports.titles import title_of
from app.formats import Formats
from app.gateways.errors import GatewayUnavailable
from app.gateways.storage.port import NoSpace, StorageKey, is_full, new_key
from app.gateways.storage.whole import checksum
from app.messages.outbox import Purpose
from app.messages.texts import texts
from app.processes import is_alive, process_name
from legacy_adapters.errors import BillingError

log = structlog.get_logger("selfcare")
BEAT_SECONDS = 1.0
PUT_PAUSES = (2.0, 10.0, 30.0, 60.0)  # between tries while the storage is away
LOST_SECONDS = 120.0  # without a beat; a machine that is gone tells nothing
MOST_ATTEMPTS = 5
MINUTE = 60.0
AWAY_SECONDS = 10.0  # between two tries while billing is away
SPACE = "is there room in the data folder, the storage and the folder of temporary files?"


class Worker:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def run(self, is_stopping: Callable[[], bool] = lambda: False) -> None:
        """Makes what waits. Several processes may do so at once. Raises: DatabaseError."""
        self._free_abandoned()
        while not is_stopping() and (claim := self._claim()):
            self._work(claim, is_stopping)

    def _free_abandoned(self) -> None:
        """What a process was at that has died."""
        shared, now = self._shared, self._shared.clock()
        with shared.database.read() as connection:
            claimed = store.list_claimed(connection)
        for export_id, process, beat_at in claimed:
            is_lost = now - beat_at > timedelta(seconds=LOST_SECONDS)
            # This process works at one at a time, and begins the next only now.
            if is_lost or process == process_name() or not is_alive(process):
                with shared.database.write() as connection:
                    store.give_back(connection, export_id, process)
                log.warning("an export is begun anew", export=export_id, reason="interrupted")
                shared.sweep_folder()

    def _claim(self) -> Claim | None:
        token, process = new_code(), process_name()
        with self._shared.database.write() as connection:
            return store.claim_next(connection, token, process, self._shared.clock())

    def _work(self, claim: Claim, is_stopping: Callable[[], bool]) -> None:
        export, begun = claim.export, time.monotonic()
        if export.attempts > MOST_ATTEMPTS:
            self._fail(claim, export.note or Note.INTERRUPTED, "it was begun anew too often")
            return
        try:
            with Pace(self._shared, claim, is_stopping) as pace:
                tally = self._make(claim, pace)
        except Stopped:
            if is_stopping():
                self._begin_anew(claim, Note.INTERRUPTED)
        except DatabaseError:
            raise  # nothing can be written down; it is found abandoned later
        except Exception as error:  # one export's trouble must not end the others
            note, reason, do = _why(error)
            self._fail(claim, note, reason, do=do)
        else:
            seconds = round(time.monotonic() - begun, 1)
            log.info("export made", export=export.id, rows=tally.rows, seconds=seconds)

    def _make(self, claim: Claim, pace: "Pace") -> Tally:
        with (
            self._shared.working_folder() as folder,
            TemporaryFile(dir=folder) as content,
        ):
            order = self._order(claim)
            tally = self._shared.making.make(order, content, pace, folder)
            pace.check()
            self._finish(claim, order, content, tally, pace)
        return tally

    def _order(self, claim: Claim) -> Order:
        """Of the contracts that the account has now. Raises: NotMade."""
        export = claim.export
        with self._shared.database.read() as connection:
            contracts = self._shared.list_contracts(
                connection, export.account_id, export.wanted.scope
            )
            owner = self._shared.labels.owner(connection, AccountId(export.account_id))
        if not contracts:
            raise NotMade(Note.NOTHING_THERE)
        return Order(
            wanted=export.wanted, owner=owner, contracts=contracts, at=self._shared.clock()
        )

    def _finish(
        self, claim: Claim, order: Order, content: BinaryIO, tally: Tally, pace: "Pace"
    ) -> None:
        """Raises: Stopped, GatewayUnavailable."""
        shared, key = self._shared, new_key()
        file = _described(key, order, content, tally)
        # First the file, then its row: a file without a row is swept away, nobody sees it.
        self._put(key, content, pace)
        # Where this fails, its row may name the file nevertheless: then the sweeper knows.
        if not self._publish(claim, file):
            shared.remove([key])
            raise Stopped

    def _put(self, key: StorageKey, content: BinaryIO, pace: "Pace") -> None:
        """Hours of work are worth some patience. Raises: Stopped, GatewayUnavailable."""
        for pause in (*PUT_PAUSES, None):
            content.seek(0)
            try:
                self._shared.storage.put(key, content)
            except GatewayUnavailable as error:
                if pause is None or isinstance(error, NoSpace):
                    raise
                pace.pause(pause)
            else:
                return

    def _publish(self, claim: Claim, file: ExportFile) -> bool:
        shared, export, now = self._shared, claim.export, self._shared.clock()
        expires_at = now + timedelta(hours=shared.settings.keep_hours)
        with shared.database.write() as connection:
            current = shared.list_contracts(connection, export.account_id, export.wanted.scope)
            if {named.code for named in current} != set(file.codes):
                store.begin_anew(connection, claim, Note.LIST_CHANGED)
                return False
            if not store.publish(connection, claim, file, at=now, expires_at=expires_at):
                return False
            address = f"{shared.address}/exports/{export.reference}"
            shared.telling.mail_asked_for(
                connection,
                AccountId(export.account_id),
                lambda _, language: letters.ready(
                    _,
                    export,
                    address=address,
                    until=Formats(language).moment(expires_at),
                    is_partial=bool(file.left_out),
                ),
                Purpose(
                    kind="export ready", key=f"export {export.reference}", expires_at=expires_at
                ),
            )
        return True

    def _begin_anew(self, claim: Claim, note: Note) -> None:
        with self._shared.database.write() as connection:
            store.begin_anew(connection, claim, note)

    def _fail(self, claim: Claim, note: Note, reason: str, *, do: str = "") -> None:
        shared, now = self._shared, self._shared.clock()
        with shared.database.write() as connection:
            store.fail(
                connection,
                claim,
                note,
                at=now,
                expires_at=now + timedelta(hours=shared.settings.keep_hours),
            )
        if do:
            log.error("an export failed", export=claim.export.id, reason=reason, do=do)
        else:
            log.info("export not made", export=claim.export.id, reason=reason or str(note))


def _why(error: Exception) -> tuple[Note, str, str]:
    """What the customer is told; for the operator, why, and what to do, "" for nothing."""
    match error:
        case NotMade(note=note):
            return note, "", ""
        case NoSpace():
            return Note.NO_SPACE, str(error), SPACE
        case GatewayUnavailable():
            return Note.STORAGE_AWAY, str(error), SPACE
        case OSError() if is_full(error):
            return Note.NO_SPACE, error.strerror or "", SPACE
    reason = f"{type(error).__name__}: {str(error)[:160]}"
    if isinstance(error, BillingError):
        return Note.BROKEN, reason, "run: flask billing check"
    return Note.BROKEN, reason, "please report it; other exports are made meanwhile"


def _described(key: StorageKey, order: Order, content: BinaryIO, tally: Tally) -> ExportFile:
    sha256 = checksum(content)
    title = title_of(texts(order.wanted.language), order.wanted.what)
    return ExportFile(
        key=key,
        name=rules.file_name(title, order.wanted, order.at.astimezone(HOME).date()),
        size=content.tell(),
        sha256=sha256,
        rows=tally.rows,
        codes=tuple(named.code for named in order.contracts),
        left_out=tuple(tally.left_out),
    )


class Pace:
    """How far the job process is. A thread writes it down each second, whatever long step the
    work is at, and hears whether the export is still this process's to make."""

    may_wait = True

    def __init__(self, shared: Shared, claim: Claim, is_stopping: Callable[[], bool]) -> None:
        self._shared = shared
        self._claim = claim
        self._is_stopping = is_stopping
        self._begun_because = claim.export.note
        if self._begun_because is Note.BILLING_AWAY:
            self._begun_because = Note.INTERRUPTED
        self._note = self._begun_because
        self._done, self._total = 0, 0
        self._away_since: float | None = None
        self._is_lost, self._is_over = Event(), Event()
        self._thread = Thread(target=self._beat, name="export-beat", daemon=True)

    def __enter__(self) -> "Pace":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def expect(self, total: int) -> None:
        self._done, self._total = 0, total

    def step(self, done: int) -> None:
        self._done += done
        self._note, self._away_since = self._begun_because, None
        self.check()

    def check(self) -> None:
        """Raises: Stopped."""
        if self._is_lost.is_set() or self._is_stopping():
            raise Stopped

    def wait(self, error: Exception) -> None:
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
            log.warning(
                "an export waits for billing",
                export=self._claim.export.id,
                reason=str(error)[:200],
                do="it goes on by itself; run: flask billing check",
            )
        if now - self._away_since > MINUTE * self._shared.settings.wait_minutes:
            raise NotMade(Note.BILLING_AWAY)
        self._note = Note.BILLING_AWAY
        self.pause(AWAY_SECONDS)

    def pause(self, seconds: float) -> None:
        """Raises: Stopped."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.check()
            self._is_lost.wait(0.2)

    def _beat(self) -> None:
        while not self._is_over.wait(BEAT_SECONDS):
            try:
                with self._shared.database.write() as connection:
                    is_ours = store.beat(
                        connection,
                        self._claim,
                        self._shared.clock(),
                        done=self._done,
                        total=self._total,
                        note=self._note,
                    )
            except DatabaseError:
                continue  # it may come back, and what it says then counts
            if not is_ours:
                self._is_lost.set()
                return
