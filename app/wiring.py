"""The only module that names implementations."""

from app.accounts.entrance import Entrance
from app.accounts.links import Links
from app.accounts.ownership import Ownership
from app.accounts.profile import Profiles
from app.accounts.recovery import Recovery
from app.accounts.registration import Registration
from app.accounts.service import AccountService
from app.accounts.shared import Shared
from app.audit.service import Audit
from app.clock import now, today
from app.contracts.service import ContractService
from app.database.engine import Database
from app.invoices.service import InvoiceService
from app.last_known.service import LastKnown
from app.messages.outbox import Outbox
from app.services import Services
from config.settings import Settings
from legacy_adapters import CachedBilling, open_billing
from legacy_adapters.errors import MappingError
from legacy_adapters.port import Billing
from legacy_adapters.unusable import unusable_billing


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
    outbox = Outbox(clock=now, wake=lambda: None)
    shared = Shared(
        database=database,
        billing=billing,
        settings=settings.accounts,
        audit=audit,
        outbox=outbox,
        entrance=Entrance(
            places=settings.accounts.entrance_places,
            hashing_threads=settings.accounts.hashing_threads,
        ),
        links=Links(settings.public_address),
    )
    return Services(
        settings=settings,
        database=database,
        audit=audit,
        outbox=outbox,
        billing=billing,
        accounts=AccountService(shared),
        registration=Registration(shared),
        recovery=Recovery(shared),
        ownership=Ownership(shared),
        profiles=Profiles(shared),
        last_known=last_known,
        contracts=ContractService(billing=cached, last_known=last_known, today=today),
        invoices=InvoiceService(billing=cached, last_known=last_known, today=today),
    )


def _open_billing(settings: Settings, *, for_command: bool) -> Billing:
    try:
        return open_billing(settings.billing_url, settings.billing)
    except MappingError as error:
        if not for_command:
            raise
        return unusable_billing(error)
