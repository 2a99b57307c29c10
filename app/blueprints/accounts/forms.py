"""Registration and sign-in, as the manual's forms ask."""

from flask_babel import lazy_gettext as _l
from wtforms import Field

from app.accounts.contact import EMAIL_LENGTH
from app.web.fields import (
    check_contract_code,
    check_email,
    check_name,
    check_new_password,
    check_phone,
    contract_code_field,
    email_field,
    new_password_hint,
    password_field,
    phone_field,
    phone_hint,
)
from app.web.forms import PortalForm, text_field
from app.web.proofs import ProofFields

NAME_LENGTH = 120


class RegisterForm(ProofFields, PortalForm):
    contract_code = contract_code_field()
    user_name = text_field(
        _l("User"),
        missing=_l("Enter your name and surname."),
        longest=NAME_LENGTH,
        hint=_l("Name and surname, as on the contract. You will sign in with it."),
        autocomplete="name",
    )
    password = password_field(
        _l("Password"), missing=_l("Choose a password."), autocomplete="new-password"
    )
    phone = phone_field()
    email = email_field()

    def __init__(self) -> None:
        super().__init__()
        self.password.description = new_password_hint()
        self.phone.description = phone_hint()

    def validate_contract_code(self, field: Field) -> None:
        check_contract_code(field.data)

    def validate_user_name(self, field: Field) -> None:
        check_name(field.data)

    def validate_password(self, field: Field) -> None:
        known = (self.contract_code.data, self.user_name.data, self.email.data, self.phone.data)
        check_new_password(field.data, *known)

    def validate_phone(self, field: Field) -> None:
        check_phone(field.data)

    def validate_email(self, field: Field) -> None:
        check_email(field.data)


class LoginForm(PortalForm):
    user_name = text_field(
        _l("User name"),
        missing=_l("Enter your user name or your e-mail."),
        longest=EMAIL_LENGTH,
        hint=_l("Your name as you registered, or your e-mail."),
        autocomplete="username",
        spellcheck="false",
    )
    password = password_field(
        _l("Password"), missing=_l("Enter your password."), autocomplete="current-password"
    )
