"""What somebody begins to fill in: kept until it is sent, through errors and lost sessions."""

from datetime import timedelta
from typing import BinaryIO

from sqlalchemy import Connection

from app.accounts.records import AccountId
from app.audit.records import Actor
from app.cases.records import (
    AlreadyFiled,
    Attached,
    Begun,
    By,
    CaseError,
    Draft,
    DraftKey,
    DraftNotFound,
    Filled,
    TooManyDocuments,
    TooManyDrafts,
)
from app.cases.shared import Shared
from app.cases.store import cases, drafts
from app.cases.store.drafts import DraftRow
from app.codes import new_code
from app.documents.records import Document, DocumentId
from legacy_adapters.records import ContractCode

FORGOTTEN_AT_ONCE = 200


class Drafting:
    def __init__(self, shared: Shared, *, most_documents: int) -> None:
        self._shared = shared
        self.most_documents = most_documents

    @staticmethod
    def new_key() -> DraftKey:
        return DraftKey(new_code())

    def keep(
        self, account_id: AccountId, filled: Filled, *, ended_session: int | None = None
    ) -> None:
        """With the documents that it has, which are held anew. ended_session: the one that
        somebody signed out had when the form was made, else None.

        Raises: AlreadyFiled, TooManyDrafts, DraftNotFound (the key is another's, or the contract
        is by now).
        """
        row = DraftRow(
            key=filled.key,
            account_id=account_id,
            contract_code=filled.code,
            request_code=filled.form.code,
            answers=self._shared.seal.close(filled.key, filled.typed),
            kept_at=self._shared.clock(),
        )
        with self._shared.database.write() as connection:
            refuse_if_filed(connection, filled.key, account_id)
            self._refuse_if_not_theirs(connection, account_id, filled.code, ended_session)
            is_there = drafts.find(connection, filled.key, account_id) is not None
            most = self._shared.settings.drafts_per_account
            if not is_there and drafts.count_of(connection, account_id) >= most:
                raise TooManyDrafts
            if not drafts.keep(connection, row):
                raise DraftNotFound
            if is_there:
                self._shared.documents.hold_on(connection, self._ids(connection, filled.key))

    def _refuse_if_not_theirs(
        self,
        connection: Connection,
        account_id: AccountId,
        code: ContractCode,
        ended_session: int | None,
    ) -> None:
        ownership = self._shared.ownership
        if ended_session is None:
            is_theirs = self._shared.is_holder(connection, account_id, code)
        else:
            is_theirs = ownership.held_through(connection, account_id, ended_session, code)
        if not is_theirs:
            raise DraftNotFound

    @staticmethod
    def _ids(connection: Connection, key: DraftKey) -> list[DocumentId]:
        return [one for one, _purpose, _at in drafts.list_documents(connection, key)]

    def find(self, account_id: AccountId, code: ContractCode, key: DraftKey) -> Draft | None:
        with self._shared.database.read() as connection:
            row = drafts.find(connection, key, account_id)
            if row is None or row.contract_code != code:
                return None
            return opened(self._shared, connection, row)

    def list_of(self, account_id: AccountId, code: ContractCode) -> list[Begun]:
        """Of requests that there still are, the newest first."""
        with self._shared.database.read() as connection:
            found = drafts.list_of(connection, account_id, code)
            rows = [row for row in found if self._shared.catalogue.find(row.request_code)]
            keys = [row.key for row in rows]
            counts = drafts.count_documents(connection, keys) if keys else {}
        return [
            Begun(
                key=row.key,
                request_code=row.request_code,
                answers=self._shared.seal.open(row.key, row.answers) or {},
                documents=counts.get(row.key, 0),
                kept_at=row.kept_at,
            )
            for row in rows
        ]

    def discard(self, account_id: AccountId, key: DraftKey) -> None:
        """Raises: DraftNotFound."""
        with self._shared.database.write() as connection:
            if drafts.find(connection, key, account_id) is None:
                raise DraftNotFound
            self._forget(connection, key)

    def forget_old(self) -> None:
        """Drafts that nobody has sent for a while, with their documents."""
        before = self._shared.clock() - timedelta(days=self._shared.settings.draft_days)
        while True:
            with self._shared.database.write() as connection:
                keys = drafts.list_old(connection, before, limit=FORGOTTEN_AT_ONCE)
                for key in keys:
                    self._forget(connection, key)
            if len(keys) < FORGOTTEN_AT_ONCE:
                return

    def _forget(self, connection: Connection, key: DraftKey) -> None:
        ids = self._ids(connection, key)
        drafts.forget(connection, key)
        self._shared.documents.drop(connection, ids)

    # Documents

    def add_document(
        self,
        account_id: AccountId,
        key: DraftKey,
        purpose: str,
        file: BinaryIO,
        *,
        name: str,
        actor: Actor = Actor.CUSTOMER,
    ) -> Document:
        """To a draft that was kept; once, however often it comes for the same purpose. actor: who
        sends it, as far as is known.

        Raises: DraftNotFound, TooManyDocuments, TooManyFiles, DocumentRefused, DocumentError.
        """
        with self._shared.database.read() as connection:
            self._refuse_if_full(connection, account_id, key)
        document = self._shared.take(account_id, file, name=name, actor=actor)
        try:
            with self._shared.database.write() as connection:
                # Once more: others may have sent, or deleted it, while this one was looked into.
                self._refuse_if_full(connection, account_id, key, lock=True)
                same = self._find_same(connection, key, purpose, document)
                if same is None:
                    drafts.attach(connection, key, document.id, purpose, self._shared.clock())
        except CaseError:
            self._shared.let_go(document)
            raise
        if same is not None:
            self._shared.let_go(document)
        return same or document

    def _find_same(
        self, connection: Connection, key: DraftKey, purpose: str, document: Document
    ) -> Document | None:
        """A form that was sent again brings its files again."""
        there = [one for one, of, _at in drafts.list_documents(connection, key) if of == purpose]
        found = self._shared.documents.list(connection, there)
        wanted = (document.sha256, document.name)
        return next((one for one in found if (one.sha256, one.name) == wanted), None)

    def _refuse_if_full(
        self, connection: Connection, account_id: AccountId, key: DraftKey, *, lock: bool = False
    ) -> None:
        if drafts.find(connection, key, account_id, lock=lock) is None:
            raise DraftNotFound
        if len(drafts.list_documents(connection, key)) >= self.most_documents:
            raise TooManyDocuments

    def remove_document(
        self, account_id: AccountId, key: DraftKey, document_id: DocumentId
    ) -> None:
        """Nothing happens where it was removed before. Raises: DraftNotFound."""
        with self._shared.database.write() as connection:
            if drafts.find(connection, key, account_id) is None:
                raise DraftNotFound
            if drafts.detach(connection, key, document_id):
                self._shared.documents.drop(connection, [document_id])


def refuse_if_filed(connection: Connection, key: DraftKey, account_id: AccountId) -> None:
    """Raises: AlreadyFiled."""
    number = cases.find_number_of_draft(connection, key, account_id)
    if number is not None:
        raise AlreadyFiled(number)


def opened(shared: Shared, connection: Connection, row: DraftRow) -> Draft:
    kept = drafts.list_documents(connection, row.key)
    found = shared.documents.list(connection, [one for one, _purpose, _at in kept])
    by_id = {document.id: document for document in found}
    return Draft(
        key=row.key,
        account_id=row.account_id,
        contract_code=row.contract_code,
        request_code=row.request_code,
        answers=shared.seal.open(row.key, row.answers) or {},
        documents=tuple(
            Attached(document=by_id[one], purpose=purpose, by=By.CUSTOMER, at=at)
            for one, purpose, at in kept
            if one in by_id
        ),
        kept_at=row.kept_at,
    )
