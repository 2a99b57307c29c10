"""What the audit trail tells."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Actor(StrEnum):
    VISITOR = "visitor"  # not signed in
    CUSTOMER = "customer"
    OPERATOR = "operator"
    STAFF = "staff"
    PORTAL = "portal"


class Action(StrEnum):
    REGISTERED = "registered"
    REGISTRATION_REFUSED = "registration refused"
    SIGNED_IN = "signed in"
    SIGN_IN_REFUSED = "sign-in refused"
    SIGNED_OUT = "signed out"
    SESSIONS_ENDED = "sessions ended"
    RECOVERY_STARTED = "recovery started"
    RECOVERY_REFUSED = "recovery refused"
    RECOVERY_USED = "recovery password used"
    PASSWORD_CHANGED = "password changed"  # noqa: S105 - an event's name
    PASSWORD_CHANGE_REFUSED = "password change refused"  # noqa: S105
    STOPPED = "stopped by the owner of the e-mail"
    DISABLED = "disabled"
    ENABLED = "enabled"
    CONTRACT_ADDED = "contract added"
    CONTRACT_REFUSED = "contract refused"
    CONTRACT_REMOVED = "contract removed"
    WALK_NOTICED = "walk over contract numbers"
    INVITED = "delegate invited"
    INVITATION_TAKEN_BACK = "invitation taken back"
    INVITATION_ACCEPTED = "invitation accepted"
    DELEGATE_REMOVED = "delegate removed"
    EMAIL_CHANGE_ASKED = "change of e-mail asked"
    EMAIL_CHANGE_CANCELLED = "change of e-mail cancelled"
    EMAIL_CHANGED = "e-mail changed"
    EMAIL_CONFIRMED = "e-mail confirmed"
    PHONE_CHANGED = "phone changed"
    PHONE_CONFIRMED = "phone confirmed"
    EMAIL_REFUSED = "e-mail takes no mail"
    PREFERENCES_CHANGED = "preferences changed"
    DATA_DOWNLOADED = "data downloaded"
    CLOSED = "account closed"
    ACCOUNT_OPENED = "account opened by staff"
    TRIES_FORGOTTEN = "tries forgotten"
    PAYMENT_BEGUN = "payment begun"
    PAYMENT_MOVED = "payment moved"
    PAYMENT_REVIEWED = "payment reviewed"
    PAY_LINK_MADE = "payment link made"
    PAY_LINK_REVOKED = "payment links revoked"
    CASE_FILED = "case filed"
    CASE_MOVED = "case moved"
    CASE_CHANGED = "case changed"
    CASE_ASSIGNED = "case assigned"
    CASE_NOTED = "case noted"
    DOCUMENT_TAKEN = "document taken"
    DOCUMENT_REFUSED = "document refused"
    DOCUMENT_INFECTED = "virus found in a document"
    EXPORTED = "list or invoices asked for"
    CERTIFICATE_ASKED = "certificate asked for"
    CERTIFICATE_ISSUED = "certificate issued"
    CERTIFICATE_REFUSED = "certificate refused"
    CERTIFICATE_REVOKED = "certificate taken back"
    CERTIFICATE_ENDED = "certificate ended"
    STAFF_CREATED = "staff member created"
    STAFF_RESET = "staff member reset"
    STAFF_ROLE_CHANGED = "staff role changed"
    TEXT_CHANGED = "text changed"
    TEXT_RESTORED = "text restored"
    MESSAGES_RETRIED = "messages tried again"
    CODE_REFUSED = "second factor refused"
    TRAIL_EXPORTED = "audit trail exported"


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """account_id: whom it is about; staff_id: which of the utility's people did it, or whom of
    them an operator's doing is about; about_staff_id: whom of them it is about, where another of
    them did it; detail: a few words without personal data."""

    id: int = 0  # given when it is written
    at: datetime
    actor: Actor
    action: Action
    account_id: int | None
    staff_id: int | None
    about_staff_id: int | None = None
    contract_code: str | None
    address: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where one event stands in the trail."""

    at: datetime
    id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """What is looked for; None for all. since, until: the second no longer; staff_id: who did it
    or whom it is about."""

    since: datetime | None = None
    until: datetime | None = None
    actor: Actor | None = None
    action: Action | None = None
    account_id: int | None = None
    contract_code: str | None = None
    staff_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf:
    """A few events of the trail, the newest first, and whether there are others on either side."""

    events: tuple[Event, ...]
    has_newer: bool
    has_older: bool
