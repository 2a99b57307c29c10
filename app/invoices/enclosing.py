"""An invoice's document beside a mail, drawn when the mail is sent."""

from app.formats import Formats
from app.gateways.errors import GatewayUnavailable, Refused
from app.invoices.document import file_number, render_invoice
from app.invoices.service import InvoiceService
from app.messages.layout import Enclosed
from app.messages.records import Enclosure
from app.messages.texts import texts
from config.settings import UtilitySettings
from legacy_adapters.errors import BillingError, ContractNotFound, InvoiceNotFound
from legacy_adapters.records import ContractCode, InvoiceNumber


class Encloser:
    def __init__(
        self, *, invoices: InvoiceService, utility: UtilitySettings, is_sample: bool
    ) -> None:
        self._invoices = invoices
        self._utility = utility
        self._is_sample = is_sample

    def __call__(self, enclosure: Enclosure, language: str) -> Enclosed:
        """Raises: GatewayUnavailable, while billing is away; Refused, when it no longer has the
        invoice."""
        code = ContractCode(enclosure.contract_code)
        try:
            file = self._invoices.get_file(code, InvoiceNumber(enclosure.invoice_number))
        except (ContractNotFound, InvoiceNotFound):
            raise Refused("billing no longer has the invoice") from None
        except BillingError as error:
            told = f"the invoice cannot be read: {type(error).__name__}"
            raise GatewayUnavailable(told) from None
        _ = texts(language)
        name = _("invoice-%(number)s") % {"number": file_number(file.invoice.number)}
        content = render_invoice(
            file,
            utility=self._utility,
            is_sample=self._is_sample,
            formats=Formats(language),
            translate=_,
        )
        return Enclosed(name=f"{name}.pdf", content=content)
