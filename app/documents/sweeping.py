"""Makes away with what has run out, was dropped or was never finished, and has scanned what waits.
Any number of processes may do it at once."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from tempfile import TemporaryFile

import structlog
from sqlalchemy import Connection

from app.audit.records import Action, Actor
from app.audit.service import Audit
from app.database.engine import Database, DatabaseError
from app.documents import store
from app.documents.records import DocumentId, Scan
from app.gateways.antivirus.port import Antivirus, TooLargeToScan
from app.gateways.errors import GatewayUnavailable
from app.gateways.storage.port import NotStored, Storage, StorageKey

log = structlog.get_logger("selfcare")
BATCH = 100
TROUBLES_AT_MOST = 3  # then the storage as a whole is away
# A file whose row is still being written is seconds old.
ORPHANED_AFTER = timedelta(days=1)

Tell = Callable[[Connection, DocumentId], None]
Stopping = Callable[[], bool]


class Sweeping:
    def __init__(
        self,
        *,
        database: Database,
        storage: Storage,
        antivirus: Antivirus | None,
        audit: Audit,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._storage = storage
        self._antivirus = antivirus
        self._audit = audit
        self._clock = clock
        self._tell: list[Tell] = []

    def when_infected(self, tell: Tell) -> None:
        """tell: called within the transaction that writes down that a virus was found."""
        self._tell.append(tell)

    def sweep(self, stopping: Stopping = lambda: False) -> list[DocumentId]:
        """All there is to do; returns in which documents a virus was found now.

        Raises: DatabaseError.
        """
        infected = self.sweep_often(stopping)
        try:
            self._remove_orphans(stopping)
        except GatewayUnavailable as error:
            self._storage_failed(error)
        return infected

    def sweep_often(self, stopping: Stopping = lambda: False) -> list[DocumentId]:
        """Without the look for files without rows, which lists the whole storage."""
        with self._database.write() as connection:
            store.drop_expired(connection, self._clock())
        try:
            self._remove_dropped(stopping)
            return self._scan_waiting(stopping)
        except GatewayUnavailable as error:
            self._storage_failed(error)
            return []

    def remove(self, ids: Sequence[DocumentId]) -> None:
        """Files and rows of what was dropped; what fails is left to the sweeper. Never raises."""
        try:
            with self._database.read() as connection:
                dropped = store.find_dropped_keys(connection, ids)
            self._remove(dropped)
        except GatewayUnavailable as error:
            self._storage_failed(error)
        except DatabaseError as error:
            log.warning("document not removed yet", reason=str(error), do="nothing: it is swept")

    def _remove_dropped(self, stopping: Stopping) -> None:
        last = 0
        while not stopping():
            with self._database.read() as connection:
                dropped = store.list_dropped(connection, after=last, most=BATCH)
            if not dropped:
                return
            self._remove(dropped)
            last = dropped[-1][0]

    def _remove(self, dropped: Sequence[tuple[DocumentId, StorageKey]]) -> None:
        """First the file, then the row: a row without its file is swept once more."""
        deleted: list[DocumentId] = []
        troubles: list[GatewayUnavailable] = []
        for document_id, key in dropped:
            try:
                self._storage.delete(key)
                deleted.append(document_id)
            except GatewayUnavailable as error:  # perhaps of this one file alone
                troubles.append(error)
                if len(troubles) == TROUBLES_AT_MOST:
                    break
        if deleted:
            with self._database.write() as connection:
                store.forget(connection, deleted)
        if len(troubles) == TROUBLES_AT_MOST:
            raise troubles[0]
        for trouble in troubles:
            self._storage_failed(trouble)

    def _remove_orphans(self, stopping: Stopping) -> None:
        """What was put there by a process that died before it wrote the row, or removed before
        it removed the file."""
        removed = 0
        for keys in _batches(self._storage.list_older(self._clock() - ORPHANED_AFTER)):
            if stopping():
                break
            with self._database.read() as connection:
                known = store.find_known(connection, keys)
            for key in keys:
                if key not in known:
                    self._storage.delete(key)
                    removed += 1
        if removed:
            log.warning("files without rows removed", number=removed, do="nothing")

    def _scan_waiting(self, stopping: Stopping) -> list[DocumentId]:
        if self._antivirus is None:
            with self._database.write() as connection:
                store.stop_waiting(connection)
            return []
        infected: list[DocumentId] = []
        last = 0
        while not stopping():
            with self._database.read() as connection:
                waiting = store.list_waiting(connection, after=last, most=BATCH)
            if not waiting:
                break
            for document_id, key in waiting:
                if stopping():
                    break
                if not self._scan(self._antivirus, document_id, key, infected):
                    return infected
            last = waiting[-1][0]
        return infected

    def _scan(
        self,
        antivirus: Antivirus,
        document_id: DocumentId,
        key: StorageKey,
        infected: list[DocumentId],
    ) -> bool:
        """False when the scanner is away, so that the next one need not be tried."""
        try:
            found = self._scanned(antivirus, key)
        except NotStored as error:
            do = "look into a backup of the storage"
            log.error("document lost", document=document_id, reason=str(error), do=do)
            return True
        except TooLargeToScan as error:
            do = "raise StreamMaxLength of clamd to SELFCARE_DOCUMENTS_MAX_BYTES"
            log.error("document not scanned", document=document_id, reason=str(error), do=do)
            return True
        except GatewayUnavailable as error:
            do = "is SELFCARE_DOCUMENTS_CLAMD reachable? Until it is, they cannot be opened"
            log.error("documents wait for the scanner", reason=str(error), do=do)
            return False
        if self._write_down(document_id, found) and found:
            infected.append(document_id)
            self._delete_infected(document_id, key)
        return True

    def _scanned(self, antivirus: Antivirus, key: StorageKey) -> str:
        with TemporaryFile() as content:
            for piece in self._storage.open(key):
                content.write(piece)
            content.seek(0)
            return antivirus.scan(content)

    def _delete_infected(self, document_id: DocumentId, key: StorageKey) -> None:
        """Its row stays, and tells what became of it."""
        do = "nobody can open it, and its file is deleted"
        try:
            self._storage.delete(key)
        except GatewayUnavailable as error:
            do = f"nobody can open it; delete its file {key} by hand: {error}"
        log.error("document infected", document=document_id, do=do)

    def _write_down(self, document_id: DocumentId, found: str) -> bool:
        """False where another process did it. found: the virus, "" for none."""
        with self._database.write() as connection:
            scan = Scan.INFECTED if found else Scan.CLEAN
            if not store.set_scanned(connection, document_id, scan):
                return False
            if not found:
                return True
            self._audit.record(
                connection,
                Action.DOCUMENT_INFECTED,
                actor=Actor.PORTAL,
                detail=f"document {document_id}: {found}",
            )
            for tell in self._tell:
                tell(connection, document_id)
        return True

    def _storage_failed(self, error: GatewayUnavailable) -> None:
        do = "can the documents' storage be reached and written? It is tried again by itself"
        log.error("documents not swept", reason=str(error), do=do)


def _batches(keys: Iterator[StorageKey]) -> Iterator[list[StorageKey]]:
    while batch := list(islice(keys, BATCH)):
        yield batch
