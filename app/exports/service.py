"""What customers may do with exports: ask for one, see how it stands, take it away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.accounts.records import AccountId, SignedIn, Visitor
from app.accounts.tries import Budget
from app.audit.records import Action, Actor
from app.clock import HOME
from app.codes import new_code
from app.database.engine import after_commit
from app.exports import rules, store
from app.exports.making import Order
from app.exports.records import (
    MEDIA_TYPES,
    ContractsChanged,
    Export,
    ExportFile,
    ExportNotFound,
    FileGone,
    Named,
    Note,
    NotMade,
    Reference,
    State,
    UnderWay,
    Wanted,
    What,
)
from app.exports.shared import Shared
from app.exports.titles import title_of
from app.gateways.errors import GatewayUnavailable
from app.gateways.storage.port import NotStored, StorageKey
from app.gateways.storage.whole import IN_MEMORY, fetch
from app.messages.texts import texts
from legacy_adapters.errors import BillingError

log = structlog.get_logger("selfcare")
STRAY_HOURS = 24  # longer than any file takes from its storage to its row
KEYS_AT_ONCE = 500
# More contracts than this no page asks billing for: it has one time-out for all its questions.
MOST_CONTRACTS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Download:
    """A file from its start. size: in bytes."""

    name: str
    media_type: str
    size: int
    content: BinaryIO


class AtOnce:
    """The pace of a file for which a page waits: what cannot be had now is not waited for."""

    may_wait = False

    def expect(self, total: int) -> None:
        """The page ends with the file."""

    def step(self, done: int) -> None:
        """The page ends with the file."""

    def wait(self, error: Exception) -> None:
        raise error


class Exports:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def begin(
        self, signed_in: SignedIn, wanted: Wanted, contracts: Sequence[Named], visitor: Visitor
    ) -> Download | Reference:
        """contracts: all that the account has, as its session tells. A small file at once; else
        the name of one that the job process makes.

        Raises: NotMade, where nothing can be in it; UnderWay, where the job process makes one for
        this account already.
        """
        chosen = rules.within(wanted.scope, contracts)
        if not chosen:
            raise NotMade(Note.NOTHING_THERE)
        order = Order(
            wanted=wanted,
            owner=signed_in.account.user_name,
            contracts=chosen,
            at=self._shared.clock(),
        )
        self._spend(signed_in.account.id)
        made = self._try_at_once(order)
        with self._shared.database.write() as connection:
            reference = None if made else self._add(connection, signed_in.account.id, order)
            self._note(connection, signed_in, order, visitor)
        if made:
            return made
        if reference is None:
            raise RuntimeError("an export is neither made nor asked for")
        return reference

    def _spend(self, account_id: AccountId) -> None:
        """Raises: NotMade."""
        shared = self._shared
        budget = Budget(
            subject=f"exports {account_id}",
            limit=shared.settings.asked_per_hour,
            minutes=60,
            account_id=account_id,
        )
        with shared.database.write() as connection:
            is_within = shared.tries.spend(connection, budget, shared.clock())
        if not is_within:
            raise NotMade(Note.TOO_OFTEN)

    def _try_at_once(self, order: Order) -> Download | None:
        """None for what takes long, waits for billing, or has to leave out what cannot be read."""
        try:
            return self._make(order) if self._is_small(order) else None
        except BillingError:
            return None

    def _is_small(self, order: Order) -> bool:
        """Raises: NotMade, where the queue would have nothing to make; BillingError."""
        settings, making = self._shared.settings, self._shared.making
        wanted, contracts = order.wanted, len(order.contracts)
        if contracts > MOST_CONTRACTS:
            return False
        match wanted.what:
            case What.DOCUMENTS:
                return making.count_documents(order, AtOnce()) <= settings.documents_at_once
            case What.OPEN:
                return making.count_open(order) <= settings.rows_at_once
        today = order.at.astimezone(HOME).date()
        if rules.rows_asked_for(wanted, contracts, today) <= settings.rows_at_once:
            return True
        if rules.is_over(wanted, today) and making.is_empty(order, AtOnce()):
            raise NotMade(Note.NO_ROWS)
        return False

    def _make(self, order: Order) -> Download | None:
        """None for what leaves something out: only a page can say so."""
        shared = self._shared
        content = cast(BinaryIO, SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - the caller's
        try:
            with shared.working_folder() as folder:
                tally = shared.making.make(order, content, AtOnce(), folder)
        except BaseException:
            content.close()
            raise
        if tally.left_out:
            content.close()
            return None
        size = content.tell()
        content.seek(0)
        title = title_of(texts(order.wanted.language), order.wanted.what)
        return Download(
            name=rules.file_name(title, order.wanted, order.at.astimezone(HOME).date()),
            media_type=MEDIA_TYPES[order.wanted.format],
            size=size,
            content=content,
        )

    def _add(self, connection: Connection, account_id: AccountId, order: Order) -> Reference:
        running = store.find_under_way(connection, account_id)
        if running:
            raise UnderWay(running.reference)
        reference = Reference(new_code())
        try:
            store.add(connection, reference, account_id, order.wanted, order.at)
        except IntegrityError:  # another page of theirs was faster
            raise UnderWay(Reference("")) from None
        beyond = store.beyond_newest(account_id, self._shared.settings.most_kept)
        self._drop(connection, store.delete_ended(connection, beyond))
        return reference

    def _note(
        self, connection: Connection, signed_in: SignedIn, order: Order, visitor: Visitor
    ) -> None:
        wanted = order.wanted
        self._shared.audit.record(
            connection,
            Action.EXPORTED,
            actor=Actor.CUSTOMER,
            account_id=signed_in.account.id,
            contract_code=wanted.scope.contract,
            address=visitor.address,
            detail=f"{wanted.what}.{wanted.format} of {len(order.contracts)} contracts",
        )

    # How it stands

    def list_of(self, account_id: AccountId) -> list[Export]:
        """The newest first, without those whose file was kept long enough."""
        now = self._shared.clock()
        with self._shared.database.read() as connection:
            found = store.list_of(connection, account_id, self._shared.settings.most_kept)
        return [one for one in found if one.expires_at is None or one.expires_at > now]

    def get(self, reference: str, account_id: AccountId) -> Export:
        """Raises: ExportNotFound."""
        with self._shared.database.read() as connection:
            found = store.find(connection, Reference(reference), account_id)
        if found is None or (found.expires_at and found.expires_at <= self._shared.clock()):
            raise ExportNotFound
        return found

    def cancel(self, reference: str, account_id: AccountId) -> None:
        """Nothing, where it has ended meanwhile."""
        now = self._shared.clock()
        with self._shared.database.write() as connection:
            store.cancel(
                connection,
                Reference(reference),
                account_id,
                at=now,
                expires_at=now + timedelta(hours=self._shared.settings.keep_hours),
            )

    def delete(self, reference: str, account_id: AccountId) -> None:
        """Nothing, where it is under way or another's."""
        row = store.row
        theirs = (row.reference == Reference(reference)) & (row.account_id == account_id)
        with self._shared.database.write() as connection:
            self._drop(connection, store.delete_ended(connection, theirs))

    # Its file

    def open(self, reference: str, signed_in: SignedIn) -> Download:
        """signed_in: with all its contracts. All of the file, compared with what was made: never
        half of it.

        Raises: ExportNotFound, FileGone; ContractsChanged, where it tells of contracts that the
        account has lost since; GatewayUnavailable.
        """
        export = self.get(reference, signed_in.account.id)
        if export.state is not State.READY or export.file is None:
            raise ExportNotFound
        if not signed_in.rights.keys() >= set(export.file.codes):
            raise ContractsChanged
        content = self._fetch(export, export.file)
        log.info("export taken", export=export.id, account=export.account_id)
        return Download(
            name=export.file.name,
            media_type=MEDIA_TYPES[export.wanted.format],
            size=export.file.size,
            content=content,
        )

    def _fetch(self, export: Export, file: ExportFile) -> BinaryIO:
        try:
            return fetch(self._shared.storage, file.key, file.sha256)
        except NotStored:
            log.error(
                "an export's file is lost",
                export=export.id,
                do="it is not in its storage as it was made; the customer was told to ask anew",
            )
            raise FileGone from None

    # Forgetting

    def forget_old(self, is_stopping: Callable[[], bool] = lambda: False) -> None:
        """Files kept long enough, and those that no row names."""
        try:
            self._forget_old(is_stopping)
        except GatewayUnavailable as error:
            do = "is the storage of documents reachable? It is tried again by itself"
            log.error("exports not swept", reason=str(error), do=do)

    def _forget_old(self, is_stopping: Callable[[], bool]) -> None:
        shared, now = self._shared, self._shared.clock()
        with shared.database.write() as connection:
            expired = store.row.expires_at <= now
            self._drop(connection, store.delete_ended(connection, expired))
        shared.sweep_folder()
        some: list[StorageKey] = []
        for key in shared.storage.list_older(now - timedelta(hours=STRAY_HOURS)):
            if is_stopping():
                return
            some.append(key)
            if len(some) == KEYS_AT_ONCE:
                self._remove_strays(some)
                some = []
        self._remove_strays(some)

    def _remove_strays(self, some: list[StorageKey]) -> None:
        with self._shared.database.read() as connection:
            known = store.list_keys(connection, some)
        self._shared.remove([key for key in some if key not in known])

    def forget_of(self, connection: Connection, account_id: int) -> None:
        """With an account that is no more."""
        self._drop(connection, store.delete_of_account(connection, account_id))

    def kept_of(self, connection: Connection, account_id: int) -> list[dict[str, object]]:
        """For the owner's copy: ready for JSON."""
        return [
            {
                "what": one.wanted.what,
                "format": one.wanted.format,
                "asked_at": one.created_at.isoformat(timespec="seconds"),
                "state": one.state,
            }
            for one in store.list_of(connection, account_id, self._shared.settings.most_kept)
        ]

    def count(self) -> dict[State, int]:
        with self._shared.database.read() as connection:
            return store.count_states(connection)

    def _drop(self, connection: Connection, keys: Sequence[StorageKey]) -> None:
        if keys:
            found = list(keys)
            after_commit(connection, lambda: self._shared.remove(found))
