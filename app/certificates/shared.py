"""What all services of certificates work with."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import structlog
from sqlalchemy import Connection

from app.accounts.ownership import Ownership
from app.accounts.records import AccountId, Right
from app.accounts.telling import Telling
from app.accounts.tries import Tries
from app.audit.records import Action, Actor
from app.audit.service import Audit
from app.certificates import rules
from app.certificates.addresses import CertificateAddresses
from app.certificates.letters import Translate
from app.certificates.records import (
    Application,
    ApplicationFile,
    ApplicationId,
    Ground,
    Kind,
    NotFound,
    Owing,
    Problem,
    Wrong,
    number_of,
)
from app.certificates.store import applications, issued
from app.certificates.store.applications import Row
from app.clock import now, today
from app.database.engine import Database
from app.gateways.signing.port import Signer
from app.messages.outbox import Outbox, Purpose
from app.messages.records import Letter
from app.sealing import CannotUnseal, WordSealer
from app.staff.records import Member
from config.certificates import CertificateSettings
from config.settings import UtilitySettings
from legacy_adapters.port import Billing
from legacy_adapters.records import Contract, ContractCode

log = structlog.get_logger("selfcare")
SHOWN_OWING = 10  # contracts whose open invoices are shown


@dataclass(frozen=True, kw_only=True)
class Shared:
    """billing: not the cached one; a certificate says what is true at that moment. signer: None
    where papers are not signed; is_demo: the papers say that they are samples."""

    database: Database
    settings: CertificateSettings
    billing: Billing
    ownership: Ownership
    telling: Telling
    addresses: CertificateAddresses
    audit: Audit
    outbox: Outbox
    seal: WordSealer  # its owner: the form's key
    signer: Signer | None
    utility: UtilitySettings
    is_demo: bool
    tries: Tries = field(default_factory=Tries)
    clock: Callable[[], datetime] = now
    today: Callable[[], date] = today

    # What billing tells

    def ground(
        self, kind: Kind, contract: Contract, *, shown: Collection[ContractCode] = ()
    ) -> Ground:
        """All contracts that the certificate would be about: nothing is owed on any of them. Up
        to three round trips for each 900 contracts. shown: of which whoever asks may read what is
        owed; a business has others, too.

        Raises: Owing, Wrong (too many contracts), BillingError.
        """
        contracts = self._contracts(kind, contract)
        codes = [one.code for one in contracts]
        self._refuse_if_owing(codes, shown)
        return Ground(contracts=contracts, newest=self._newest(codes))

    def _contracts(self, kind: Kind, contract: Contract) -> tuple[Contract, ...]:
        if kind is Kind.HOUSEHOLD:
            return (contract,)
        most = self.settings.contracts_at_most
        found = self.billing.list_contracts_of(contract.tax_id, at_most=most + 1)
        if len(found) > most:
            raise Wrong({"nipt": Problem.TOO_MANY})
        # Billing may spell one number in two ways: the named contract is always among them.
        return found if any(one.code == contract.code for one in found) else (contract, *found)

    def _refuse_if_owing(
        self, codes: Sequence[ContractCode], shown: Collection[ContractCode]
    ) -> None:
        owing = rules.owing(self.billing.list_debts(codes))
        if not owing:
            return
        told = [code for code in owing if code in shown][:SHOWN_OWING]
        statements = self.billing.list_statements(told) if told else {}
        raise Owing(tuple(statements[code] for code in sorted(statements)), len(owing))

    def _newest(self, codes: Sequence[ContractCode]) -> dict[ContractCode, date | None]:
        found = self.billing.list_newest(codes)
        return {code: found.get(code) for code in codes}

    # What the portal knows

    def is_holder(self, connection: Connection, account_id: AccountId, code: ContractCode) -> bool:
        return self.ownership.find_right(connection, account_id, code) is Right.HOLDER

    def find(
        self, connection: Connection, application_id: ApplicationId, *, lock: bool = False
    ) -> Row:
        """Raises: NotFound."""
        row = applications.find(connection, application_id, lock=lock)
        if row is None:
            raise NotFound
        return row

    def get_paper(self, application_id: ApplicationId) -> bytes:
        """The PDF as it was issued. Raises: NotFound, also where nothing was issued."""
        with self.database.read() as connection:
            kept = issued.find_paper(connection, application_id)
        if kept is None:
            raise NotFound
        try:
            return self.seal.sealer.open(kept)
        except CannotUnseal:
            log.error(
                "a certificate cannot be read",
                application=number_of(application_id),
                do="are all keys it was written with in SELFCARE_CERTIFICATES_KEYS?",
            )
            raise NotFound from None

    def opened(self, row: Row) -> ApplicationFile:
        return ApplicationFile(
            application=row.listed.application,
            certificate=row.listed.certificate,
            typed=self.seal.open(row.form_key, row.typed),
        )

    def note(
        self,
        connection: Connection,
        action: Action,
        application: Application,
        *,
        by: Member | None = None,
        actor: Actor | None = None,
        detail: str = "",
    ) -> None:
        """Into the audit trail. actor: where it is neither a member of the staff nor the portal."""
        told = f"{application.number}: {detail}" if detail else application.number
        self.audit.record(
            connection,
            action,
            actor=actor or (Actor.STAFF if by else Actor.PORTAL),
            account_id=application.account_id,
            staff_id=by.id if by else None,
            contract_code=application.contract_code,
            detail=told,
        )

    def mail(
        self,
        connection: Connection,
        application: Application,
        write: Callable[[Translate, str, str], Letter],
    ) -> None:
        """Tells the applicant, if there is an account that wants to hear of it. write: the letter
        in a language, with the address of the application's page."""
        if application.account_id is None:
            return
        address = self.addresses.application(application.number)
        self.telling.mail(
            connection,
            application.account_id,
            "case",
            lambda _, language: write(_, language, address),
            Purpose(kind="certificate"),
        )
