"""The only module that names implementations."""

from functools import partial

from app.accounts.bounces import Bounces
from app.accounts.entrance import Entrance
from app.accounts.guesses import Guesses
from app.accounts.labels import Labels
from app.accounts.links import Links
from app.accounts.ownership import Ownership
from app.accounts.phones import Phones
from app.accounts.preferences import Preferences
from app.accounts.profile import Profiles
from app.accounts.recovery import Recovery
from app.accounts.registration import Registration
from app.accounts.service import AccountService
from app.accounts.shared import Shared
from app.accounts.store.contracts import is_linked
from app.accounts.telling import Telling
from app.accounts.undoing import Undoing
from app.audit.service import Audit
from app.cases.addresses import CaseAddresses
from app.cases.calendar import Calendar
from app.cases.drafting import Drafting
from app.cases.filing import Filing
from app.cases.following import Following
from app.cases.handling import Handling
from app.cases.shared import Shared as CaseShared
from app.certificates.addresses import CertificateAddresses
from app.certificates.applying import Applying
from app.certificates.checking import Checking
from app.certificates.deciding import Deciding
from app.certificates.issuing import Issuing
from app.certificates.shared import Shared as CertificateShared
from app.clock import now, today
from app.content.service import Content
from app.contracts.service import ContractService
from app.database.engine import Database
from app.exports.making import Making
from app.exports.service import Exports
from app.exports.shared import Shared as ExportShared
from app.exports.working import Worker
from app.gateways.storage import open_storage
from app.invoices.service import InvoiceService
from app.jobs.queue import Jobs
from app.last_known.service import LastKnown
from app.messages.outbox import Outbox
from app.messages.service import MessageService
from app.notifications.addresses import NotificationAddresses
from app.notifications.answering import Answering
from app.notifications.composing import Composer
from app.notifications.figures import Figures
from app.notifications.finding import Finder
from app.notifications.store import told
from app.opening import (
    find_signer,
    open_bank,
    open_billing_of,
    open_documents,
    open_sender,
    read_catalogue,
)
from app.payments.addresses import PaymentAddresses
from app.payments.booking import Booking
from app.payments.links import PayLinks
from app.payments.ordering import Ordering
from app.payments.receipts import Receipts
from app.payments.reconciliation import Reconciliation
from app.payments.review import Review
from app.payments.settling import Settling
from app.payments.shared import Shared as PaymentShared
from app.payments.store.under_way import UNDER_WAY
from app.sealing import WordSealer
from app.services import (
    CaseServices,
    CertificateServices,
    ExportServices,
    NotificationServices,
    PaymentServices,
    Services,
)
from app.staff.customers import Customers
from app.staff.members import StaffMembers
from app.staff.service import StaffService
from app.staff.shared import StaffShared
from app.web.access import asked_from
from app.work import DELIVER, POST, register_jobs
from config.settings import Settings
from legacy_adapters import CachedBilling, open_posting
from legacy_adapters.port import Billing


def wire(settings: Settings, *, for_command: bool = False) -> Services:
    """for_command: a billing that cannot be used fails when it is asked, not here. What an
    operator types may be there to find out why.

    Raises: MappingError, DatabaseError, SettingsError, when an address, the mapping or the bank's
    settings are wrong in themselves.
    """
    database = Database(settings.database_url)
    billing = open_billing_of(settings, for_command=for_command)
    seconds = settings.billing.cache_seconds
    cached = CachedBilling(billing, seconds) if seconds else billing
    last_known = LastKnown(
        database=database, settings=settings.last_known, now=now, is_linked=is_linked
    )
    audit = Audit(database=database, clock=now, asked_from=asked_from)
    name = "selfcare_demo" if settings.uses_demo_billing else "selfcare"
    jobs = Jobs(settings.jobs_url, name=name)
    wake = partial(jobs.ask, DELIVER)
    outbox = Outbox(clock=now, wake=wake)
    entrance = Entrance(
        places=settings.accounts.entrance_places,
        hashing_threads=settings.accounts.hashing_threads,
    )
    shared = Shared(
        database=database,
        billing=billing,
        settings=settings.accounts,
        audit=audit,
        outbox=outbox,
        entrance=entrance,
        links=Links(settings.public_address),
        sms_to=tuple(settings.phones.countries),
    )
    profiles, ownership, labels = Profiles(shared), Ownership(shared), Labels(shared)
    preferences = Preferences(shared)
    short_code = settings.phones.short_code if settings.asks_by_phone else ""
    telling = Telling(shared, preferences, short_code=short_code)
    staff = StaffShared(
        database=database,
        settings=settings.staff,
        audit=audit,
        entrance=entrance,
        issuer=settings.utility.name,
    )
    documents = open_documents(settings, database, audit)
    invoices = InvoiceService(billing=cached, last_known=last_known, today=today)
    cases = CaseShared(
        database=database,
        settings=settings.cases,
        catalogue=read_catalogue(settings, for_command=for_command),
        calendar=Calendar(closed=settings.cases.holidays, opened=settings.cases.working_days),
        documents=documents,
        ownership=ownership,
        telling=telling,
        addresses=CaseAddresses(settings.public_address),
        audit=audit,
        outbox=outbox,
        seal=WordSealer(settings.cases.keys, "answers"),
    )
    payments = _payments(
        settings,
        billing,
        PaymentShared(
            database=database,
            settings=settings.payments,
            gateway=open_bank(settings),
            addresses=PaymentAddresses(settings.public_address),
            telling=telling,
            ownership=ownership,
            audit=audit,
            outbox=outbox,
            wake_posting=partial(jobs.ask, POST),
        ),
    )
    phones = Phones(shared, settings.phones)
    contracts = ContractService(billing=cached, last_known=last_known, today=today)
    addresses = NotificationAddresses(settings.public_address)
    services = Services(
        settings=settings,
        database=database,
        audit=audit,
        jobs=jobs,
        outbox=outbox,
        messages=MessageService(
            database=database,
            audit=audit,
            keep_days=settings.messages.keep_days,
            clock=now,
            wake=wake,
        ),
        documents=documents,
        sender=open_sender(settings, invoices),
        billing=billing,
        accounts=AccountService(shared, beside=UNDER_WAY),
        registration=Registration(shared),
        recovery=Recovery(shared),
        undoing=Undoing(shared),
        ownership=ownership,
        labels=labels,
        profiles=profiles,
        preferences=preferences,
        phones=phones,
        bounces=Bounces(shared, at_most=settings.notifications.bounces_at_most),
        staff=StaffService(staff),
        members=StaffMembers(staff),
        content=Content(database=database, audit=audit, clock=now),
        customers=Customers(shared),
        last_known=last_known,
        contracts=contracts,
        invoices=invoices,
        cases=_cases(cases, invoices, settings),
        certificates=_certificates(
            CertificateShared(
                database=database,
                settings=settings.certificates,
                billing=billing,
                ownership=ownership,
                telling=telling,
                addresses=CertificateAddresses(settings.public_address),
                audit=audit,
                outbox=outbox,
                seal=WordSealer(settings.certificates.keys, "typed"),
                signer=find_signer(settings, for_command=for_command),
                utility=settings.utility,
                is_demo=settings.portal.demo,
            )
        ),
        exports=_exports(settings, shared, billing, labels, telling),
        guesses=Guesses(database, now),
        payments=payments,
        notifications=NotificationServices(
            finder=Finder(
                database=database,
                billing=billing,
                settings=settings.notifications,
                composer=Composer(
                    preferences=preferences,
                    pay_links=payments.links,
                    is_paying_on=lambda: payments.ordering.is_on,
                    addresses=addresses,
                    short_code=short_code,
                ),
                outbox=outbox,
                own_source=settings.posting.source,
                clock=now,
                today=today,
            ),
            answering=Answering(
                database=database,
                settings=settings.phones,
                phones=phones,
                preferences=preferences,
                ownership=ownership,
                figures=Figures(
                    contracts=contracts,
                    invoices=invoices,
                    list_under_way=lambda codes: payments.ordering.list_under_way(codes, None),
                ),
                addresses=addresses,
                clock=now,
            ),
        ),
    )
    shared.when_closed.append(services.exports.desk.forget_of)
    shared.when_closed.append(services.documents.drop_of_account)
    shared.when_closed.append(told.forget_of)
    shared.when_held.append(last_known.forget)
    shared.when_given_up.append(last_known.give_up)
    shared.kept_elsewhere["told_of_contracts"] = told.kept_of
    shared.kept_elsewhere["exports"] = services.exports.desk.kept_of
    services.documents.when_infected(services.cases.handling.tell_unsafe)
    register_jobs(services)
    return services


def _payments(settings: Settings, billing: Billing, shared: PaymentShared) -> PaymentServices:
    """billing: not the cached one; what is paid is what is owed at that moment."""
    desk = None
    if settings.posting_url:
        desk = open_posting(settings.posting_url, settings.posting)
    settling = Settling(shared)
    booking = Booking(shared, desk=desk, settings=settings.posting)
    return PaymentServices(
        ordering=Ordering(shared, billing=billing, settling=settling),
        settling=settling,
        booking=booking,
        links=PayLinks(shared, billing=billing),
        receipts=Receipts(shared),
        review=Review(shared, settling=settling, booking=booking),
        reconciliation=Reconciliation(shared, settling=settling, desk=desk),
    )


def _exports(
    settings: Settings, shared: Shared, billing: Billing, labels: Labels, telling: Telling
) -> ExportServices:
    """billing: not the cached one; an export tells what holds now."""
    folder = settings.portal.data_dir
    own = ExportShared(
        database=shared.database,
        settings=settings.exports,
        making=Making(
            billing=billing,
            settings=settings.exports,
            utility=settings.utility,
            is_sample=settings.portal.demo,
        ),
        storage=open_storage(settings.documents, folder / "exports", below="exports/"),
        labels=labels,
        telling=telling,
        audit=shared.audit,
        tries=shared.tries,
        address=settings.public_address,
        folder=folder / "working",
        clock=now,
    )
    return ExportServices(desk=Exports(own), worker=Worker(own))


def _cases(shared: CaseShared, invoices: InvoiceService, settings: Settings) -> CaseServices:
    most = settings.documents.max_files_per_case
    return CaseServices(
        drafting=Drafting(shared, most_documents=most),
        filing=Filing(shared, invoices=invoices),
        following=Following(shared, most_documents=most),
        handling=Handling(shared, most_documents=most),
    )


def _certificates(shared: CertificateShared) -> CertificateServices:
    issuing = Issuing(shared)
    return CertificateServices(
        applying=Applying(shared, issuing),
        deciding=Deciding(shared, issuing),
        checking=Checking(shared),
    )
