"""What the utility's people do: issue, refuse, take back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.audit.records import Action
from app.certificates import letters, rules
from app.certificates.issuing import Issuing
from app.certificates.records import (
    ApplicationFile,
    ApplicationId,
    Ended,
    Listed,
    NotNow,
    NotSigned,
    Problem,
    ReasonMissing,
    State,
    Wrong,
)
from app.certificates.shared import Shared
from app.certificates.store import applications, issued
from app.staff.records import Member

PAGE_SIZE = 50
REASON_LENGTH = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """One page of those in a state, and how many there are in each."""

    listed: tuple[Listed, ...]
    counts: Mapping[State, int]
    page: int
    pages: int


class Deciding:
    def __init__(self, shared: Shared, issuing: Issuing) -> None:
        self._shared = shared
        self._issuing = issuing

    def list_page(self, state: State, *, page: int = 1) -> Queue:
        """Those that wait by their deadline, others the newest first. Two statements."""
        with self._shared.database.read() as connection:
            counts = applications.count_states(connection)
            pages = max(1, -(-counts.get(state, 0) // PAGE_SIZE))
            page = min(max(page, 1), pages)
            skip = (page - 1) * PAGE_SIZE
            found = applications.list_in_state(connection, state, limit=PAGE_SIZE, skip=skip)
        return Queue(listed=tuple(found), counts=counts, page=page, pages=pages)

    def get(self, application_id: ApplicationId) -> ApplicationFile:
        """Raises: NotFound."""
        with self._shared.database.read() as connection:
            return self._shared.opened(self._shared.find(connection, application_id))

    def get_paper(self, application_id: ApplicationId) -> bytes:
        """Raises: NotFound, also where nothing was issued."""
        return self._shared.get_paper(application_id)

    def issue(self, application_id: ApplicationId, *, by: Member) -> None:
        """Billing is asked again: days may have passed.

        Raises: NotFound, NotNow, Owing, Wrong, NotSigned, BillingError.
        """
        file = self.get(application_id)
        if file.application.state is not State.WAITING:
            raise NotNow
        contract = self._shared.billing.find_contract(file.application.contract_code)
        if contract is None:
            raise Wrong({rules.CONTRACT: Problem.NOT_YOURS})
        if file.typed is None:  # its key is missing: nobody knows what the paper would say
            raise NotSigned("what was applied for cannot be read: SELFCARE_CERTIFICATES_KEYS")
        problems = rules.check_against(file.application.kind, file.typed, contract)
        if problems:
            raise Wrong(problems)
        ground = self._shared.ground(file.application.kind, contract)
        self._issuing.issue(file, ground, by=by)

    def refuse(self, application_id: ApplicationId, reason: str, *, by: Member) -> None:
        """reason: for the customer. Raises: NotFound, NotNow, ReasonMissing."""
        if not reason:
            raise ReasonMissing
        shared = self._shared
        with shared.database.write() as connection:
            row = shared.find(connection, application_id, lock=True)
            decided = {
                "state": State.REFUSED,
                "decided_at": shared.clock(),
                "decided_by": by.id,
                "reason": reason,
            }
            if not applications.decide(connection, application_id, **decided):
                raise NotNow
            told = replace(row.listed.application, state=State.REFUSED)
            shared.note(connection, Action.CERTIFICATE_REFUSED, told, by=by)
            shared.mail(
                connection,
                told,
                lambda _, _language, address: letters.decided(
                    _, told, reason=reason, address=address
                ),
            )

    def revoke(self, application_id: ApplicationId, reason: str, *, by: Member) -> None:
        """Whoever checks the paper reads that it is not valid any more; the customer reads why.

        Raises: NotFound, NotNow, ReasonMissing.
        """
        if not reason:
            raise ReasonMissing
        shared = self._shared
        with shared.database.write() as connection:
            row = shared.find(connection, application_id, lock=True)
            application, certificate = row.listed.application, row.listed.certificate
            if certificate is None or not issued.end(
                connection, certificate.code, shared.today(), Ended.REVOKED
            ):
                raise NotNow
            applications.add_reason(connection, application_id, reason)
            shared.note(connection, Action.CERTIFICATE_REVOKED, application, by=by)
            shared.mail(
                connection,
                application,
                lambda _, _language, address: letters.revoked(
                    _, application, reason=reason, address=address
                ),
            )
