"""Form fields that several topics' forms have."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, PasswordField, ValidationError
from wtforms.validators import InputRequired

from app.accounts.contact import EMAIL_LENGTH, email_address, international_phone
from app.accounts.records import Account, PasswordProblem
from app.accounts.rules import name_key, normal_contract_code
from app.web.current import services
from app.web.forms import AtMost, text_field

PASSWORD_FIELD_LENGTH = 512  # the setting may ask for less
CODE_LENGTH = 20  # people write spaces

PASSWORD_PROBLEMS: dict[PasswordProblem, Any] = {
    PasswordProblem.TOO_SHORT: _l("The password is too short: at least %(min)d characters."),
    PasswordProblem.TOO_LONG: _l("The password is too long: at most %(max)d characters."),
    PasswordProblem.NEEDS_LETTER_AND_DIGIT: _l("The password needs letters and digits."),
    PasswordProblem.TOO_COMMON: _l(
        "This password is among the first that a stranger would try. Please choose another."
    ),
}

_PHONE = _l("Such as 069 123 4567. From abroad, with the country's prefix.")
_SMS_TO = _l("We send SMS only to numbers with the prefix %(prefixes)s.")
_PASSWORD_RULE = _l("At least %(min)d characters, with letters and digits.")
_PASSWORD_LENGTH = _l("At least %(min)d characters.")


def password_field(label: Any, *, missing: Any, autocomplete: str) -> Field:
    field: Field = PasswordField(
        label,
        validators=[InputRequired(message=missing), AtMost(PASSWORD_FIELD_LENGTH)],
        render_kw={"autocomplete": autocomplete, "maxlength": PASSWORD_FIELD_LENGTH},
    )
    return field


def new_password_hint() -> Any:
    rules = services().settings.accounts
    told = _PASSWORD_RULE if rules.password_letters_and_digits else _PASSWORD_LENGTH
    return told % {"min": rules.password_min_length}


def check_new_password(password: str, *known_words: str | None) -> None:
    """known_words: the person's own data. Raises: ValidationError, in words."""
    known = tuple(word for word in (*known_words, services().settings.utility.name) if word)
    problem = services().accounts.password_problem(password, known_words=known)
    rules = services().settings.accounts
    refuse_password(problem, shortest=rules.password_min_length, longest=rules.password_max_length)


def refuse_password(problem: PasswordProblem | None, *, shortest: int, longest: int) -> None:
    """Raises: ValidationError, in words, if there is a problem."""
    if problem:
        raise ValidationError(PASSWORD_PROBLEMS[problem] % {"min": shortest, "max": longest})


def check_new_password_of(account: Account, password: str) -> None:
    """Raises: ValidationError, in words."""
    check_new_password(password, account.user_name, account.email, account.phone)


def check_repeated(typed: str, first: str) -> None:
    """Raises: ValidationError, in words."""
    if typed != first:
        raise ValidationError(_l("The two passwords are not the same."))


def phone_field(label: Any = None, **more: Any) -> Field:
    return text_field(
        label or _l("Phone number"),
        missing=_l("Enter your phone number."),
        longest=40,
        hint=_PHONE,
        autocomplete="tel",
        type="tel",
        inputmode="tel",
        **more,
    )


def phone_hint(*, otherwise: Any = "") -> str:
    """How to write it, and which numbers get SMS, where not all do. otherwise: what becomes of
    what others cannot get."""
    prefixes = services().settings.phones.countries
    if "+" in prefixes:
        return str(_PHONE)
    told = [_PHONE, _SMS_TO % {"prefixes": ", ".join(prefixes)}, otherwise]
    return " ".join(str(one) for one in told if one)


def check_phone(typed: str) -> None:
    """Raises: ValidationError, in words."""
    if international_phone(typed) is None:
        raise ValidationError(
            _l(
                "This is not a phone number we can reach. Write it like 069 123 4567, or with"
                " its country's prefix, like +39 320 123 4567."
            )
        )


def email_field(label: Any = None, **more: Any) -> Field:
    return text_field(
        label or _l("Email"),
        missing=_l("Enter your e-mail address."),
        longest=EMAIL_LENGTH,
        autocomplete="email",
        type="email",
        inputmode="email",
        spellcheck="false",
        **more,
    )


def check_email(typed: str) -> None:
    """Raises: ValidationError, in words."""
    if email_address(typed) is None:
        raise ValidationError(
            _l(
                "This is not an e-mail address. It looks like name@example.com, in letters"
                " from a to z."
            )
        )


def contract_code_field() -> Field:
    return text_field(
        _l("Customer code"),
        missing=_l("Enter your customer code."),
        longest=40,
        hint=_l("Your contract number. It is printed on every invoice."),
        autocapitalize="characters",
        spellcheck="false",
    )


def check_contract_code(typed: str) -> None:
    """Raises: ValidationError, in words."""
    if normal_contract_code(typed) is None:
        raise ValidationError(
            _l("A customer code has only letters and digits, at most 20 of them.")
        )


def check_name(typed: str) -> None:
    """Raises: ValidationError, in words."""
    if not any(c.isalpha() for c in name_key(typed)):
        raise ValidationError(_l("A name has letters."))


def code_field() -> Field:
    """Of a second factor."""
    return text_field(
        _l("Six-digit code"),
        missing=_l("Enter the code."),
        longest=CODE_LENGTH,
        hint=_l("From your authenticator app. Each code works once."),
        autocomplete="one-time-code",
        inputmode="numeric",
        spellcheck="false",
    )


def digits_of(typed: str) -> str:
    return "".join(c for c in typed if c in "0123456789")
