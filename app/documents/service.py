"""Takes files in, gives them out, and knows to whom they belong."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import BinaryIO

import structlog
from sqlalchemy import Connection

from app.audit.records import Action, Actor
from app.audit.service import Audit
from app.clock import now
from app.database.engine import Database, after_commit
from app.documents import rules, store
from app.documents.inspection import Inspection
from app.documents.records import (
    Document,
    DocumentGone,
    DocumentId,
    DocumentRefused,
    Holdings,
    Kind,
    Refusal,
    Scan,
    StillScanning,
    StorageFull,
    StorageUnavailable,
)
from app.documents.sweeping import Stopping, Sweeping, Tell
from app.gateways.antivirus.port import Antivirus, TooLargeToScan
from app.gateways.errors import GatewayUnavailable
from app.gateways.storage.port import (
    NoSpace,
    NotStored,
    Storage,
    StorageKey,
    is_full,
    new_key,
)
from app.gateways.storage.whole import checksum, fetch
from config.documents import DocumentSettings

log = structlog.get_logger("selfcare")
PIECE = 64 * 1024
HELD_AT_ONCE = 10  # times as many as one case may have
LOOK = "is there room? flask documents status"


@dataclass(frozen=True, slots=True)
class _Sender:
    account_id: int | None
    staff_id: int | None
    actor: Actor


class Documents:
    def __init__(
        self,
        *,
        database: Database,
        settings: DocumentSettings,
        storage: Storage,
        antivirus: Antivirus | None,
        audit: Audit,
        clock: Callable[[], datetime] = now,
    ) -> None:
        """antivirus: None where files are not scanned."""
        self._database = database
        self._settings = settings
        self._storage = storage
        self._antivirus = antivirus
        self._audit = audit
        self._clock = clock
        self._inspection = Inspection(settings)
        self._sweeping = Sweeping(
            database=database, storage=storage, antivirus=antivirus, audit=audit, clock=clock
        )

    @property
    def most_per_case(self) -> int:
        return self._settings.max_files_per_case

    def check_number(self, number: int) -> None:
        """Whether one case may have so many. Raises: DocumentRefused."""
        if number > self.most_per_case:
            raise DocumentRefused(Refusal.TOO_MANY)

    def take(
        self,
        source: BinaryIO,
        *,
        name: str,
        account_id: int | None = None,
        staff_id: int | None = None,
        actor: Actor | None = None,
    ) -> Document:
        """Looks into a file, of which neither name nor contents are trusted, and holds it until
        it is kept or runs out. Whatever dies meanwhile, nothing half-done stays for long, and
        none of it can be seen. actor: for the audit trail, where that is not whose it is.

        Raises: DocumentRefused; StorageFull, StorageUnavailable, InspectionBusy,
        InspectionUnavailable.
        """
        sender = _Sender(account_id, staff_id, actor or _actor(account_id, staff_id))
        with self._database.read() as connection:
            held = store.count_held(
                connection, account_id=account_id, staff_id=staff_id, now=self._clock()
            )
        if held >= HELD_AT_ONCE * self.most_per_case:
            raise DocumentRefused(Refusal.TOO_MANY)
        try:
            with _temporary(), TemporaryFile() as arrived, TemporaryFile() as drawn:
                _copy(source, arrived, most=self._settings.max_bytes)
                scan = self._scan(arrived)
                kind = self._look_into(arrived, drawn, name)
                called = rules.clean_name(name, kind)
                content = drawn if drawn.seek(0, 2) else arrived
                return self._hold(_of(content, called, kind, scan, self._clock()), content, sender)
        except DocumentRefused as refused:
            self._note_refused(refused, sender)
            raise
        except (StorageFull, StorageUnavailable) as error:
            log.error("document not taken", kind=type(error).__name__, reason=str(error), do=LOOK)
            raise

    def _scan(self, content: BinaryIO) -> Scan:
        """First of all: a scanner's reader of files is made for hostile ones."""
        if self._antivirus is None:
            return Scan.NOT_ASKED
        content.seek(0)
        try:
            found = self._antivirus.scan(content)
        except TooLargeToScan as error:
            do = "raise StreamMaxLength of clamd to SELFCARE_DOCUMENTS_MAX_BYTES"
            log.error("document not scanned", reason=str(error), do=do)
            raise DocumentRefused(Refusal.TOO_LARGE, "for the scanner") from None
        except GatewayUnavailable as error:
            do = "is SELFCARE_DOCUMENTS_CLAMD reachable? It is scanned as soon as it is"
            log.error("document not scanned yet", reason=str(error), do=do)
            return Scan.WAITING
        if found:
            raise DocumentRefused(Refusal.INFECTED, found)
        return Scan.CLEAN

    def _look_into(self, arrived: BinaryIO, drawn: BinaryIO, name: str) -> Kind:
        try:
            return self._inspection.look_into(arrived, drawn)
        except DocumentRefused as refused:
            if refused.reason is Refusal.UNKNOWN_KIND:
                raise rules.unknown(name) from None
            raise

    def _hold(self, described: Document, content: BinaryIO, sender: _Sender) -> Document:
        key = new_key()
        content.seek(0)
        # First the file, then its row: a file without a row is swept away, nobody sees it.
        self._put(key, content)
        try:
            with self._database.write() as connection:
                document_id = store.add(
                    connection,
                    described,
                    key,
                    account_id=sender.account_id,
                    staff_id=sender.staff_id,
                    expires_at=described.created_at + timedelta(days=self._settings.hold_days),
                )
                self._audit.record(
                    connection,
                    Action.DOCUMENT_TAKEN,
                    actor=sender.actor,
                    account_id=sender.account_id,
                    staff_id=sender.staff_id,
                    detail=f"document {document_id}, {described.media_type}",
                )
        except BaseException:
            with suppress(GatewayUnavailable):  # else the sweeper does it
                self._storage.delete(key)
            raise
        return replace(described, id=document_id)

    def _put(self, key: StorageKey, content: BinaryIO) -> None:
        try:
            self._storage.put(key, content)
        except NoSpace as error:
            raise StorageFull(str(error)) from None
        except GatewayUnavailable as error:
            raise StorageUnavailable(str(error)) from None

    def _note_refused(self, refused: DocumentRefused, sender: _Sender) -> None:
        """What may be an attack stays in the audit trail; a wrong file is nobody's matter."""
        whose = {"account": sender.account_id, "staff": sender.staff_id}
        log.info("document refused", reason=str(refused), **whose)
        if refused.reason in (Refusal.INFECTED, Refusal.ACTIVE_CONTENT):
            with self._database.write() as connection:
                self._audit.record(
                    connection,
                    Action.DOCUMENT_REFUSED,
                    actor=sender.actor,
                    account_id=sender.account_id,
                    staff_id=sender.staff_id,
                    detail=str(refused),
                )

    def keep(self, connection: Connection, ids: Sequence[DocumentId]) -> None:
        """They belong to something from now on, in the caller's transaction.

        Raises: DocumentGone, when one has run out, belongs to something else or is infected.
        """
        if ids and store.keep(connection, ids, self._clock()) != len(set(ids)):
            raise DocumentGone("a document is not held any more")

    def hold_on(self, connection: Connection, ids: Sequence[DocumentId]) -> None:
        """What belongs to nothing yet is held as long as if it had come just now."""
        if ids:
            expires_at = self._clock() + timedelta(days=self._settings.hold_days)
            store.hold_on(connection, ids, now=self._clock(), expires_at=expires_at)

    def drop(self, connection: Connection, ids: Sequence[DocumentId]) -> None:
        """They are gone with the caller's transaction; their files follow at once, or by the
        sweeper."""
        if ids:
            store.drop(connection, ids)
            after_commit(connection, lambda: self._sweeping.remove(ids))

    def drop_of_account(self, connection: Connection, account_id: int) -> None:
        """What an account that is no more has handed in and not used; what belongs to something
        stays there, without the account's number."""
        dropped = store.drop_of_account(connection, account_id)
        after_commit(connection, lambda: self._sweeping.remove(dropped))

    def list(self, connection: Connection, ids: Sequence[DocumentId]) -> list[Document]:
        """In the order of ids, in one statement; without those that are gone."""
        return store.list_documents(connection, ids) if ids else []

    def find_held(
        self, connection: Connection, document_id: DocumentId, *, account_id: int
    ) -> Document | None:
        """An upload of this account that belongs to nothing yet."""
        return store.find_held(connection, document_id, account_id=account_id, now=self._clock())

    def open(self, document: Document) -> BinaryIO:
        """All of its content, compared with what was taken: never half a file, nor another.

        Raises: DocumentGone, StillScanning, StorageUnavailable; DocumentRefused, when a virus
        was found in it.
        """
        with self._database.read() as connection:
            found = store.find_key(connection, document.id)
        if found is None:
            raise DocumentGone("it was dropped")
        key, scan = found
        if scan is Scan.INFECTED:
            raise DocumentRefused(Refusal.INFECTED)
        if scan is Scan.WAITING:
            raise StillScanning("it waits for the virus scanner")
        return self._fetch(key, document)

    def _fetch(self, key: StorageKey, document: Document) -> BinaryIO:
        try:
            with _temporary():
                return fetch(self._storage, key, document.sha256)
        except NotStored as error:
            do = "it was taken and is not there as it was: look into a backup of the storage"
            log.error("document lost", document=document.id, reason=str(error), do=do)
            raise DocumentGone(str(error)) from None
        except GatewayUnavailable as error:
            log.error("document not read", document=document.id, reason=str(error), do=LOOK)
            raise StorageUnavailable(str(error)) from None

    def when_infected(self, tell: Tell) -> None:
        """Whom to tell of a document in which a virus is found later, within the transaction that
        writes it down."""
        self._sweeping.when_infected(tell)

    def sweep(self, stopping: Stopping = lambda: False) -> Sequence[DocumentId]:
        """Makes away with what has run out or was never finished, and has scanned what waits;
        returns in which documents a virus was found. Raises: DatabaseError."""
        return self._sweeping.sweep(stopping)

    def sweep_often(self, stopping: Stopping = lambda: False) -> Sequence[DocumentId]:
        """The same without the look for files without rows, which lists the whole storage."""
        return self._sweeping.sweep_often(stopping)

    def count(self) -> Holdings:
        with self._database.read() as connection:
            return store.count_all(connection)


@contextmanager
def _temporary() -> Iterator[None]:
    """For what is written into the folder of temporary files."""
    try:
        yield
    except OSError as error:
        if not is_full(error):
            raise
        raise StorageFull(f"the folder of temporary files: {error.strerror}") from None


def _copy(source: BinaryIO, target: BinaryIO, *, most: int) -> None:
    """Raises: DocumentRefused."""
    size = 0
    while piece := source.read(PIECE):
        size += len(piece)
        if size > most:
            raise DocumentRefused(Refusal.TOO_LARGE)
        target.write(piece)
    if not size:
        raise DocumentRefused(Refusal.EMPTY)
    target.flush()


def _of(content: BinaryIO, name: str, kind: Kind, scan: Scan, at: datetime) -> Document:
    sha256 = checksum(content)
    return Document(
        id=DocumentId(0),
        name=name,
        media_type=rules.MEDIA_TYPES[kind],
        size=content.tell(),
        sha256=sha256,
        created_at=at,
        scan=scan,
    )


def _actor(account_id: int | None, staff_id: int | None) -> Actor:
    if staff_id is not None:
        return Actor.STAFF
    return Actor.VISITOR if account_id is None else Actor.CUSTOMER
