"""The only module that names implementations."""

from app.accounts.service import AccountService
from app.clock import now, today
from app.contracts.service import ContractService
from app.database.engine import Database
from app.invoices.service import InvoiceService
from app.last_known.service import LastKnown
from app.services import Services
from config.settings import Settings
from legacy_adapters import CachedBilling, open_billing


def wire(settings: Settings) -> Services:
    """Raises: MappingError, DatabaseError, when an address or the mapping is wrong in itself."""
    database = Database(settings.database_url)
    billing = open_billing(settings.billing_url, settings.billing)
    seconds = settings.billing.cache_seconds
    cached = CachedBilling(billing, seconds) if seconds else billing
    last_known = LastKnown(database=database, settings=settings.last_known, now=now)
    return Services(
        settings=settings,
        database=database,
        billing=billing,
        accounts=AccountService(database=database, billing=billing, settings=settings.accounts),
        last_known=last_known,
        contracts=ContractService(billing=cached, last_known=last_known, today=today),
        invoices=InvoiceService(billing=cached, last_known=last_known, today=today),
    )
