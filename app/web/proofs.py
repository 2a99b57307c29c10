"""What a form asks beside contract number and name, where the utility wants more proof."""

import re
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, ValidationError

from app.accounts.records import Proof
from app.web.current import services
from app.web.forms import PortalForm, text_field
from legacy_adapters.records import InvoiceNumber

LAST_INVOICE = ("invoice_number", "invoice_amount")
MONEY = re.compile(r"(\d{1,9})(?:[.,](\d{1,2}))?")


class ProofFields(PortalForm):
    """Mixed into a form that claims a contract; its fields are there only where they are asked."""

    invoice_number = text_field(
        _l("Number of a recent invoice"),
        missing=_l("Enter the number of one of your last invoices."),
        longest=40,
        hint=_l("It stands at the top of each invoice; one of the last twelve."),
        spellcheck="false",
    )
    invoice_amount = text_field(
        _l("Amount of that invoice (lek)"),
        missing=_l("Enter the amount of that invoice."),
        longest=20,
        hint=_l("Without interest, such as 556,00."),
        inputmode="decimal",
    )

    def __init__(self) -> None:
        super().__init__()
        if services().settings.accounts.ownership_proof != "last_invoice":
            for name in LAST_INVOICE:
                del self[name]

    def validate_invoice_amount(self, field: Field) -> None:
        if amount(field.data) is None:
            raise ValidationError(_l("Write the amount in digits, such as 556,00."))

    @property
    def proof(self) -> Proof:
        if "invoice_number" not in self:
            return Proof()
        number: Any = self.invoice_number.data
        return Proof(
            invoice_number=InvoiceNumber("".join(number.split()).upper()),
            invoice_amount=amount(self.invoice_amount.data),
        )


def amount(typed: str) -> Decimal | None:
    """`1 234,50`, `1.234,50`, `1234.5` in any of the ways people write money; None for others."""
    plain = re.sub(r"[\s\u00a0\u202f']|lek(ë)?$", "", typed.strip(), flags=re.IGNORECASE)
    plain = re.sub(r"[.,](?=\d{3}(\D|$))", "", plain)
    found = MONEY.fullmatch(plain)
    return Decimal(f"{found[1]}.{found[2] or 0}") if found else None


class CodeForm(PortalForm):
    code = text_field(
        _l("Code from the SMS"),
        missing=_l("Enter the code."),
        longest=20,
        autocomplete="one-time-code",
        inputmode="numeric",
    )

    @property
    def digits(self) -> str:
        typed: Any = self.code.data
        return "".join(c for c in typed if c.isdigit())


def wrong_code() -> str:
    return str(
        _(
            "This code does not work: it may be mistyped, older than 15 minutes, or the data"
            " before it were not right. Start again for a new one."
        )
    )
