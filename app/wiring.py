"""The only module that names implementations."""

from functools import partial

from app.accounts.entrance import Entrance
from app.accounts.links import Links
from app.accounts.ownership import Ownership
from app.accounts.profile import Profiles
from app.accounts.recovery import Recovery
from app.accounts.registration import Registration
from app.accounts.service import AccountService
from app.accounts.shared import Shared
from app.accounts.undoing import Undoing
from app.audit.service import Audit
from app.clock import now, today
from app.contracts.service import ContractService
from app.database.engine import Database
from app.gateways.mail import open_mail
from app.gateways.sms import open_sms
from app.invoices.service import InvoiceService
from app.jobs.queue import Jobs
from app.last_known.service import LastKnown
from app.messages.delivery import Delivery
from app.messages.layout import Layout
from app.messages.outbox import Outbox
from app.messages.sender import Sender
from app.messages.service import MessageService
from app.services import Services
from app.staff.members import StaffMembers
from app.staff.service import StaffService
from app.staff.shared import StaffShared
from config.settings import Settings
from legacy_adapters import CachedBilling, open_billing
from legacy_adapters.errors import MappingError
from legacy_adapters.port import Billing
from legacy_adapters.unusable import unusable_billing

DELIVER = "deliver_messages"
MINUTE, HOUR = 60.0, 3_600.0


def wire(settings: Settings, *, for_command: bool = False) -> Services:
    """for_command: a billing that cannot be used fails when it is asked, not here. What an
    operator types may be there to find out why.

    Raises: MappingError, DatabaseError, when an address or the mapping is wrong in itself.
    """
    database = Database(settings.database_url)
    billing = _open_billing(settings, for_command=for_command)
    seconds = settings.billing.cache_seconds
    cached = CachedBilling(billing, seconds) if seconds else billing
    last_known = LastKnown(database=database, settings=settings.last_known, now=now)
    audit = Audit(database=database, clock=now)
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
    )
    staff = StaffShared(
        database=database,
        settings=settings.staff,
        audit=audit,
        entrance=entrance,
        issuer=settings.utility.name,
    )
    services = Services(
        settings=settings,
        database=database,
        audit=audit,
        jobs=jobs,
        outbox=outbox,
        messages=MessageService(
            database=database, keep_days=settings.messages.keep_days, clock=now, wake=wake
        ),
        sender=_sender(settings),
        billing=billing,
        accounts=AccountService(shared),
        registration=Registration(shared),
        recovery=Recovery(shared),
        undoing=Undoing(shared),
        ownership=Ownership(shared),
        profiles=Profiles(shared),
        staff=StaffService(staff),
        members=StaffMembers(staff),
        last_known=last_known,
        contracts=ContractService(billing=cached, last_known=last_known, today=today),
        invoices=InvoiceService(billing=cached, last_known=last_known, today=today),
    )
    register_jobs(services)
    return services


def _sender(settings: Settings) -> Sender:
    folder = settings.portal.data_dir / "outbox"
    return Sender(
        mail=open_mail(settings.mail, folder / "mail"),
        sms=open_sms(settings.sms, folder / "sms"),
        layout=Layout(utility=settings.utility, mail=settings.mail),
    )


def register_jobs(services: Services) -> None:
    """The work of the job process, by the names under which pages ask for it."""
    jobs = services.jobs
    delivery = Delivery(database=services.database, sender=services.sender, clock=now)
    jobs.register(DELIVER, lambda: delivery.deliver_due(jobs.stopping.is_set), every=MINUTE)
    jobs.register("forget_expired", services.accounts.forget_expired, every=HOUR)
    jobs.register("forget_staff_sessions", services.staff.forget_expired, every=HOUR)
    jobs.register("forget_old_messages", services.messages.forget_old, every=HOUR)


def _open_billing(settings: Settings, *, for_command: bool) -> Billing:
    try:
        return open_billing(settings.billing_url, settings.billing)
    except MappingError as error:
        if not for_command:
            raise
        return unusable_billing(error)
