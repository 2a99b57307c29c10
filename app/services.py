"""All services, as the web receives them."""

from dataclasses import dataclass

from app.accounts.bounces import Bounces
from app.accounts.guesses import Guesses
from app.accounts.labels import Labels
from app.accounts.ownership import Ownership
from app.accounts.phones import Phones
from app.accounts.preferences import Preferences
from app.accounts.profile import Profiles
from app.accounts.recovery import Recovery
from app.accounts.registration import Registration
from app.accounts.service import AccountService
from app.accounts.undoing import Undoing
from app.audit.service import Audit
from app.cases.drafting import Drafting
from app.cases.filing import Filing
from app.cases.following import Following
from app.cases.handling import Handling
from app.certificates.applying import Applying
from app.certificates.checking import Checking
from app.certificates.deciding import Deciding
from app.content.service import Content
from app.contracts.service import ContractService
from app.database.engine import Database
from app.documents.service import Documents
from app.exports.service import Exports
from app.exports.working import Worker
from app.invoices.service import InvoiceService
from app.jobs.queue import Jobs
from app.last_known.service import LastKnown
from app.messages.outbox import Outbox
from app.messages.sender import Sender
from app.messages.service import MessageService
from app.notifications.answering import Answering
from app.notifications.finding import Finder
from app.payments.booking import Booking
from app.payments.links import PayLinks
from app.payments.ordering import Ordering
from app.payments.receipts import Receipts
from app.payments.reconciliation import Reconciliation
from app.payments.review import Review
from app.payments.settling import Settling
from app.staff.customers import Customers
from app.staff.members import StaffMembers
from app.staff.service import StaffService
from config.settings import Settings
from legacy_adapters.port import Billing


@dataclass(frozen=True, kw_only=True)
class PaymentServices:
    ordering: Ordering
    settling: Settling
    booking: Booking
    links: PayLinks
    receipts: Receipts
    review: Review
    reconciliation: Reconciliation


@dataclass(frozen=True, kw_only=True)
class CaseServices:
    drafting: Drafting
    filing: Filing
    following: Following
    handling: Handling


@dataclass(frozen=True, kw_only=True)
class CertificateServices:
    applying: Applying
    deciding: Deciding
    checking: Checking


@dataclass(frozen=True, kw_only=True)
class NotificationServices:
    finder: Finder
    answering: Answering


@dataclass(frozen=True, kw_only=True)
class ExportServices:
    desk: Exports
    worker: Worker


@dataclass(frozen=True, kw_only=True)
class Services:
    settings: Settings
    database: Database
    audit: Audit
    jobs: Jobs
    outbox: Outbox
    messages: MessageService
    documents: Documents
    sender: Sender
    billing: Billing
    accounts: AccountService
    registration: Registration
    recovery: Recovery
    undoing: Undoing
    ownership: Ownership
    labels: Labels
    profiles: Profiles
    preferences: Preferences
    phones: Phones
    bounces: Bounces
    staff: StaffService
    members: StaffMembers
    content: Content
    customers: Customers
    last_known: LastKnown
    contracts: ContractService
    invoices: InvoiceService
    payments: PaymentServices
    cases: CaseServices
    certificates: CertificateServices
    notifications: NotificationServices
    exports: ExportServices
    guesses: Guesses
