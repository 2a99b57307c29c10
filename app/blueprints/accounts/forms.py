"""Registration and sign-in, as the manual's forms ask."""

from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from wtforms import Field, PasswordField, ValidationError
from wtforms.validators import InputRequired

from app.accounts.records import PasswordProblem
from app.accounts.rules import email_key, name_key, normal_contract_code
from app.web.current import services
from app.web.forms import AtMost, PortalForm, text_field

EMAIL_LENGTH = 254
PASSWORD_FIELD_LENGTH = 512  # the setting may ask for less
NAME_LENGTH = 120
HOME_REGION = "AL"

PASSWORD_PROBLEMS: dict[PasswordProblem, Any] = {
    PasswordProblem.TOO_SHORT: _l("The password is too short: at least %(min)d characters."),
    PasswordProblem.TOO_LONG: _l("The password is too long: at most %(max)d characters."),
    PasswordProblem.NEEDS_LETTER_AND_DIGIT: _l("The password needs letters and digits."),
    PasswordProblem.TOO_COMMON: _l(
        "This password is among the first that a stranger would try. Please choose another."
    ),
}

_PASSWORD_RULE = _l("At least %(min)d characters, with letters and digits.")
_PASSWORD_LENGTH = _l("At least %(min)d characters.")


def password_field(label: Any, *, missing: Any, autocomplete: str) -> Field:
    field: Field = PasswordField(
        label,
        validators=[InputRequired(message=missing), AtMost(PASSWORD_FIELD_LENGTH)],
        render_kw={"autocomplete": autocomplete, "maxlength": PASSWORD_FIELD_LENGTH},
    )
    return field


class RegisterForm(PortalForm):
    contract_code = text_field(
        _l("Customer code"),
        missing=_l("Enter your customer code."),
        longest=40,
        hint=_l("Your contract number. It is printed on every invoice."),
        autocapitalize="characters",
        spellcheck="false",
    )
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
    phone = text_field(
        _l("Phone number"),
        missing=_l("Enter your phone number."),
        longest=40,
        hint=_l("Such as 069 123 4567. From abroad, with the country's prefix."),
        autocomplete="tel",
        type="tel",
        inputmode="tel",
    )
    email = text_field(
        _l("Email"),
        missing=_l("Enter your e-mail address."),
        longest=EMAIL_LENGTH,
        autocomplete="email",
        type="email",
        inputmode="email",
        spellcheck="false",
    )

    def __init__(self) -> None:
        super().__init__()
        rules = services().settings.accounts
        told = _PASSWORD_RULE if rules.password_letters_and_digits else _PASSWORD_LENGTH
        self.password.description = told % {"min": rules.password_min_length}

    def validate_contract_code(self, field: Field) -> None:
        if normal_contract_code(field.data) is None:
            raise ValidationError(
                _l("A customer code has only letters and digits, at most 20 of them.")
            )

    def validate_user_name(self, field: Field) -> None:
        if not any(c.isalpha() for c in name_key(field.data)):
            raise ValidationError(_l("A name has letters."))

    def validate_password(self, field: Field) -> None:
        known = (self.contract_code.data or "", self.user_name.data or "", self.email.data or "")
        problem = services().accounts.password_problem(field.data, known_words=known)
        if problem:
            rules = services().settings.accounts
            limits = {"min": rules.password_min_length, "max": rules.password_max_length}
            raise ValidationError(PASSWORD_PROBLEMS[problem] % limits)

    def validate_phone(self, field: Field) -> None:
        if international_phone(field.data) is None:
            raise ValidationError(
                _l(
                    "This is not a phone number we can reach. Write it like 069 123 4567, or with"
                    " its country's prefix, like +39 320 123 4567."
                )
            )

    def validate_email(self, field: Field) -> None:
        if email_address(field.data) is None:
            raise ValidationError(
                _l("This is not an e-mail address. It looks like name@example.com.")
            )


def email_address(typed: str) -> str | None:
    """The address in its normal form, or None when it is none (or too long to keep)."""
    try:
        address = str(validate_email(typed, check_deliverability=False).normalized)
    except EmailNotValidError:
        return None
    return address if len(email_key(address)) <= EMAIL_LENGTH else None


def international_phone(typed: str) -> str | None:
    """`+355691234567`, or None when no such number can exist."""
    try:
        number = phonenumbers.parse(typed, HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


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
