"""What customers do: apply, and follow what became of it."""

from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.accounts.records import Account, AccountId, Restricted, SignedIn
from app.accounts.tries import Budget
from app.audit.records import Action, Actor
from app.certificates import letters, rules
from app.certificates.issuing import Issuing
from app.certificates.records import (
    AlreadyFiled,
    Application,
    ApplicationFile,
    ApplicationId,
    FormKey,
    Ground,
    Kind,
    Listed,
    NotFound,
    NotSigned,
    Problem,
    State,
    TooManyApplications,
    Typed,
    Wrong,
)
from app.certificates.shared import Shared
from app.certificates.store import applications
from app.codes import new_code
from legacy_adapters.records import Contract, ContractCode

log = structlog.get_logger("selfcare")
PAGE_SIZE = 25


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One page of applications, the newest first."""

    listed: tuple[Listed, ...]
    page: int
    pages: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """What was filled in, as it was typed."""

    key: FormKey
    kind: Kind
    typed: Typed


class Applying:
    def __init__(self, shared: Shared, issuing: Issuing) -> None:
        self._shared = shared
        self._issuing = issuing

    @staticmethod
    def new_key() -> FormKey:
        return FormKey(new_code())

    def apply(self, signed_in: SignedIn, form: Form) -> ApplicationId:
        """Files it, and issues the certificate at once where the settings allow it. Billing is
        asked first: what cannot be issued is not filed.

        Raises: Wrong, Owing, AlreadyFiled, TooManyApplications, Restricted, BillingError.
        """
        account = signed_in.account
        self._refuse_if_restricted(signed_in)
        problems = rules.check_typed(form.kind, form.typed)
        if problems:
            raise Wrong(problems)
        self._begin(account, form)
        contract = self._contract(account, form)
        theirs = {link.contract_code for link in self._shared.ownership.list_links(account.id)}
        ground = self._shared.ground(form.kind, contract, shown=theirs)
        file = self._file(account, form, contract)
        if self._shared.settings.automatic:
            self._issue_at_once(file, ground)
        return file.application.id

    def _refuse_if_restricted(self, signed_in: SignedIn) -> None:
        until = signed_in.restricted_until
        if until is not None and until > self._shared.clock():
            raise Restricted(until)

    def _begin(self, account: Account, form: Form) -> None:
        """Counts the try: with it one could ask what others owe, or whose a number is.

        Raises: AlreadyFiled, TooManyApplications.
        """
        shared = self._shared
        most = shared.settings.applications_per_day
        budget = Budget(subject=f"certificate {account.id}", limit=most, account_id=account.id)
        with shared.database.write() as connection:
            before = applications.find_of_form(connection, form.key, account.id)
            if before is not None:
                raise AlreadyFiled(before)
            if not shared.tries.spend(connection, budget, shared.clock()):
                raise TooManyApplications

    def _contract(self, account: Account, form: Form) -> Contract:
        """The one that the form names, as billing knows it. Raises: Wrong."""
        code = ContractCode(form.typed[rules.CONTRACT])
        with self._shared.database.read() as connection:
            is_theirs = self._shared.is_holder(connection, account.id, code)
        contract = self._shared.billing.find_contract(code) if is_theirs else None
        if contract is None:
            raise Wrong({rules.CONTRACT: Problem.NOT_YOURS})
        problems = rules.check_against(form.kind, form.typed, contract)
        if problems:
            raise Wrong(problems)
        return contract

    def _file(self, account: Account, form: Form, contract: Contract) -> ApplicationFile:
        """Raises: AlreadyFiled, Wrong, NotFound (the form is another's)."""
        try:
            return self._add(account, form, contract)
        except IntegrityError:  # it was sent twice at the same moment
            with self._shared.database.read() as connection:
                before = applications.find_of_form(connection, form.key, account.id)
            if before is None:
                raise NotFound from None
            raise AlreadyFiled(before) from None

    def _add(self, account: Account, form: Form, contract: Contract) -> ApplicationFile:
        """Raises: Wrong, IntegrityError."""
        shared = self._shared
        with shared.database.write() as connection:
            if not shared.is_holder(connection, account.id, contract.code):
                raise Wrong({rules.CONTRACT: Problem.NOT_YOURS})
            application_id = applications.add(connection, self._row(account, form, contract))
            file = shared.opened(shared.find(connection, application_id))
            shared.note(
                connection,
                Action.CERTIFICATE_ASKED,
                file.application,
                actor=Actor.CUSTOMER,
                detail=form.kind,
            )
            if not shared.settings.automatic:
                self._tell_waiting(connection, file.application)
        return file

    def _row(self, account: Account, form: Form, contract: Contract) -> dict[str, object]:
        shared, now = self._shared, self._shared.clock()
        return {
            "form_key": form.key,
            "account_id": account.id,
            "language": account.language,
            "kind": form.kind,
            "contract_code": contract.code,
            "holder": contract.subscriber[:200],
            "typed": shared.seal.close(form.key, form.typed),
            "state": State.WAITING,
            "filed_at": now,
            "due_on": shared.today() + timedelta(days=shared.settings.deadline_days),
            "reason": "",
        }

    def _issue_at_once(self, file: ApplicationFile, ground: Ground) -> None:
        """Where it fails the application waits for the staff, and nobody's work is lost."""
        try:
            self._issuing.issue(file, ground, by=None)
        except NotSigned as error:
            do = "is the certificate of SELFCARE_CERTIFICATES_SIGNING_FILE in order? The staff"
            log.error(
                "certificate not issued",
                application=file.application.number,
                reason=str(error),
                do=f"{do} can issue it then",
            )
            with self._shared.database.write() as connection:
                self._tell_waiting(connection, file.application)

    def _tell_waiting(self, connection: Connection, application: Application) -> None:
        self._shared.mail(
            connection,
            application,
            lambda _, language, address: letters.waiting(_, language, application, address=address),
        )

    # Following

    def list_page(self, account_id: AccountId, *, page: int = 1) -> Page:
        """A page past the end is the last one."""
        with self._shared.database.read() as connection:
            pages = max(1, -(-applications.count_of(connection, account_id) // PAGE_SIZE))
            page = min(max(page, 1), pages)
            skip = (page - 1) * PAGE_SIZE
            found = applications.list_of(connection, account_id, limit=PAGE_SIZE, skip=skip)
        return Page(listed=tuple(found), page=page, pages=pages)

    def get(self, account_id: AccountId, application_id: ApplicationId) -> ApplicationFile:
        """Raises: NotFound, also for another's."""
        with self._shared.database.read() as connection:
            file = self._shared.opened(self._shared.find(connection, application_id))
        if file.application.account_id != account_id:
            raise NotFound
        return file

    def get_paper(self, account_id: AccountId, application_id: ApplicationId) -> bytes:
        """The PDF as it was issued. Raises: NotFound, also where nothing was issued."""
        self.get(account_id, application_id)
        return self._shared.get_paper(application_id)

    def download(self, account_id: AccountId) -> list[dict[str, object]]:
        """All applications of an account, ready for JSON."""
        found: list[dict[str, object]] = []
        page = self.list_page(account_id)
        for number in range(1, page.pages + 1):
            for one in self.list_page(account_id, page=number).listed:
                found.append(_told(self.get(account_id, one.application.id)))
        return found


def _told(file: ApplicationFile) -> dict[str, object]:
    application, certificate = file.application, file.certificate
    return {
        "number": application.number,
        "kind": application.kind.value,
        "contract": application.contract_code,
        "state": application.state.value,
        "filed_at": application.filed_at.isoformat(),
        "typed": dict(file.typed or {}),
        "reason": application.reason,
        "issued_at": certificate.issued_at.isoformat() if certificate else None,
        "code": certificate.code if certificate else None,
    }
