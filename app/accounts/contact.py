"""E-mail addresses and phone numbers, as people write them."""

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from app.accounts.rules import email_key

EMAIL_LENGTH = 254
HOME_REGION = "AL"


def email_address(typed: str) -> str | None:
    """The address in its normal form, or None when it is none, too long to keep, or holds
    letters that many mail servers refuse and that only look like others."""
    try:
        address = str(validate_email(typed, check_deliverability=False).normalized)
    except EmailNotValidError:
        return None
    is_kept = address.isascii() and len(email_key(address)) <= EMAIL_LENGTH
    return address if is_kept else None


def international_phone(typed: str) -> str | None:
    """`+355691234567`, or None when no such number can exist."""
    try:
        number = phonenumbers.parse(" ".join(typed.split()), HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def readable_phone(phone: str) -> str:
    """`069 123 4567` at home, `+39 320 123 4567` elsewhere; as it is when it is no number."""
    try:
        number = phonenumbers.parse(phone, HOME_REGION)
    except phonenumbers.NumberParseException:
        return phone
    at_home = number.country_code == phonenumbers.country_code_for_region(HOME_REGION)
    kind = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, kind.NATIONAL if at_home else kind.INTERNATIONAL)


def hidden_phone(phone: str) -> str:
    """Its last two digits: enough for its owner to know which one is meant."""
    return f"*** {phone[-2:]}"


def hidden_email(email: str) -> str:
    """`v***@example.org`: enough for its owner to know which one is meant."""
    name, _at, host = email.partition("@")
    return f"{name[:1]}***@{host}"
