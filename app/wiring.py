"""The only module that names implementations."""

from app.accounts.service import AccountService
from app.clock import today
from app.contracts.service import ContractService
from app.database.engine import Database
from app.invoices.service import InvoiceService
from app.services import Services
from config.settings import Settings
from legacy_adapters import open_billing


def wire(settings: Settings) -> Services:
    """Raises: MappingError, DatabaseError, when an address or the mapping is wrong in itself."""
    database = Database(settings.database_url)
    billing = open_billing(settings.billing_url, settings.billing)
    return Services(
        settings=settings,
        database=database,
        billing=billing,
        accounts=AccountService(database=database, billing=billing, settings=settings.accounts),
        contracts=ContractService(billing=billing, today=today),
        invoices=InvoiceService(billing=billing, today=today),
    )
