"""Opens what the settings name outside of the portal: the bank, storages, the outbox's gateways,
billing, the key that signs; and says which setting is wrong.
"""

from urllib.parse import urlencode

from app.audit.service import Audit
from app.cases.catalogue import Catalogue, CatalogueError, load_catalogue
from app.database.engine import Database
from app.documents.service import Documents
from app.gateways.antivirus import open_antivirus
from app.gateways.cards import BankNotSet, open_cards
from app.gateways.cards.port import CardGateway
from app.gateways.mail import open_mail
from app.gateways.signing import Signer, SigningNotSet, open_signer
from app.gateways.sms import open_sms
from app.gateways.storage import open_storage
from app.invoices.enclosing import Encloser
from app.invoices.service import InvoiceService
from app.messages.layout import Layout
from app.messages.sender import Sender
from config.cards import ONLY_HTTPS, is_safe_address
from config.demo import BANK_PATH
from config.loading import SettingsError, demo_names_left, variable_name
from config.settings import Settings, UtilitySettings
from legacy_adapters import open_billing
from legacy_adapters.errors import MappingError
from legacy_adapters.port import Billing
from legacy_adapters.unusable import unusable_billing


def refuse_demo_names(settings: Settings) -> None:
    """Customers' papers bear them. For the web that serves customers: ./run may show a pilot
    under the demo's name, and says so.

    Raises: SettingsError.
    """
    if found := demo_names_left(settings):
        told = "is still the demo's; set the utility's own"
        lines = [f"{variable_name(UtilitySettings, f)} ([utility] {f}): {told}" for f in found]
        raise SettingsError("\n".join(lines))


def find_signer(settings: Settings, *, for_command: bool) -> Signer | None:
    """Raises: SettingsError."""
    demo_file = settings.portal.data_dir / "demo-signing.p12" if settings.portal.demo else None
    try:
        return open_signer(settings.certificates, demo_file)
    except SigningNotSet as error:
        if for_command:  # which needs no signature
            return None
        raise SettingsError(
            f"SELFCARE_CERTIFICATES_SIGNING_FILE ([certificates] signing_file): {error}"
        ) from error


def read_catalogue(settings: Settings, *, for_command: bool) -> Catalogue:
    """Raises: SettingsError."""
    try:
        return load_catalogue(settings.cases.catalogue)
    except CatalogueError as error:
        if for_command:  # which may be there to say what is wrong
            return Catalogue(version="", kinds={}, requests={})
        raise SettingsError(
            f"SELFCARE_CASES_CATALOGUE: the requests cannot be used:\n{error}"
        ) from error


def open_bank(settings: Settings) -> CardGateway | None:
    name = settings.payments.gateway
    if name == "none":
        return None
    if name == "sandbox" and not settings.portal.demo:
        raise SettingsError(
            "SELFCARE_PAYMENTS_GATEWAY ([payments] gateway): the sandbox takes no money; it is"
            " for the demo only"
        )
    _refuse_clear_sandbox(settings)
    if not settings.posting_url:
        raise SettingsError(
            "SELFCARE_POSTING_URL ([posting] url): is not set, but SELFCARE_PAYMENTS_GATEWAY is:"
            " customers would pay, and billing would never hear of it"
        )
    try:
        return open_cards(
            name,
            nestpay=settings.nestpay,
            raiaccept=settings.raiaccept,
            sandbox=settings.sandbox,
        )
    except BankNotSet as error:
        raise SettingsError(f"SELFCARE_PAYMENTS_GATEWAY ([payments] gateway): {error}") from error


def _refuse_clear_sandbox(settings: Settings) -> None:
    """Over a network http is for the play bank that ./run serves beside the demo's own pages."""
    address = settings.sandbox.address
    is_own = settings.uses_demo_billing and address == settings.public_address + BANK_PATH
    if not is_own and not is_safe_address(address):
        raise SettingsError(f"SELFCARE_SANDBOX_ADDRESS ([sandbox] address): {ONLY_HTTPS}")


def open_documents(settings: Settings, database: Database, audit: Audit) -> Documents:
    own = settings.documents
    return Documents(
        database=database,
        settings=own,
        storage=open_storage(own, settings.portal.data_dir / "documents"),
        antivirus=open_antivirus(own),
        audit=audit,
    )


def open_sender(settings: Settings, invoices: InvoiceService) -> Sender:
    folder = settings.portal.data_dir / "outbox"
    return Sender(
        mail=open_mail(settings.mail, folder / "mail"),
        sms=open_sms(settings.sms, folder / "sms", reports=_report_address(settings)),
        layout=Layout(utility=settings.utility, mail=settings.mail),
        enclose=Encloser(
            invoices=invoices, utility=settings.utility, is_sample=settings.portal.demo
        ),
    )


def _report_address(settings: Settings) -> str:
    """Where the SMS gateway tells what became of an SMS."""
    phones = settings.phones
    key = phones.secret.get_secret_value()
    if not phones.portal_url or not key:
        return ""
    return f"{phones.portal_url}/sms/report?{urlencode({'key': key})}"


def open_billing_of(settings: Settings, *, for_command: bool) -> Billing:
    try:
        return open_billing(settings.billing_url, settings.billing)
    except MappingError as error:
        if not for_command:
            raise
        return unusable_billing(error)
