"""Adding a contract, and letting somebody in."""

from flask_babel import lazy_gettext as _l
from wtforms import Field, RadioField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import AnyOf, InputRequired

from app.accounts.contact import EMAIL_LENGTH, email_address
from app.accounts.records import Right
from app.accounts.rules import email_key, normal_contract_code
from app.web.current import signed_in
from app.web.fields import check_email, check_name
from app.web.forms import PortalForm, text_field
from app.web.proofs import ProofFields

NAME_LENGTH = 120
_NO_RIGHT = _l("Choose what this person may do.")


class AddForm(ProofFields, PortalForm):
    holder_name = text_field(
        _l("Name and surname"),
        missing=_l("Enter the name and surname on the contract."),
        longest=NAME_LENGTH,
        hint=_l("As on the contract. For a business, its name."),
        autocomplete="name",
    )
    contract_code = text_field(
        _l("Contract number"),
        missing=_l("Enter the contract number."),
        longest=40,
        hint=_l("It is printed on every invoice."),
        autocapitalize="characters",
        spellcheck="false",
    )

    def validate_holder_name(self, field: Field) -> None:
        check_name(field.data)

    def validate_contract_code(self, field: Field) -> None:
        if normal_contract_code(field.data) is None:
            raise ValidationError(
                _l("A contract number has only letters and digits, at most 20 of them.")
            )


class InviteForm(PortalForm):
    email = text_field(
        _l("Email"),
        missing=_l("Enter the e-mail address of the person you let in."),
        longest=EMAIL_LENGTH,
        hint=_l("The address with which this person is registered here."),
        type="email",
        inputmode="email",
        spellcheck="false",
    )
    right = RadioField(
        _l("What may this person do?"),
        choices=[
            SelectChoice(Right.VIEW.value, _l("See invoices, payments and consumption")),
            SelectChoice(Right.PAY.value, _l("See all that, and pay")),
        ],
        default=Right.VIEW.value,
        validate_choice=False,  # the message would not be ours
        validators=[
            InputRequired(message=_NO_RIGHT),
            AnyOf([Right.VIEW.value, Right.PAY.value], message=_NO_RIGHT),
        ],
    )

    def validate_email(self, field: Field) -> None:
        check_email(field.data)
        if email_key(email_address(field.data) or "") == email_key(signed_in().account.email):
            raise ValidationError(_l("This is your own address. You hold the contract already."))
