"""What can be changed of an account."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, StringField, ValidationError
from wtforms.validators import DataRequired

from app.accounts.contact import EMAIL_LENGTH
from app.web.current import signed_in
from app.web.fields import (
    check_email,
    check_new_password_of,
    check_phone,
    check_repeated,
    email_field,
    new_password_hint,
    password_field,
    phone_field,
    phone_hint,
)
from app.web.forms import PortalForm, text_field
from app.web.language import LANGUAGES


def current_password_field() -> Field:
    return password_field(
        _l("Current password"),
        missing=_l("Enter your current password."),
        autocomplete="current-password",
    )


class PasswordForm(PortalForm):
    current = current_password_field()
    new = password_field(
        _l("New password"), missing=_l("Choose a new password."), autocomplete="new-password"
    )
    again = password_field(
        _l("New password once more"),
        missing=_l("Enter the new password once more."),
        autocomplete="new-password",
    )
    user_name = text_field(
        _l("Your user name"),
        missing=_l("Enter your user name."),
        longest=EMAIL_LENGTH,
        hint=_l("Your name as you registered."),
        autocomplete="username",
        spellcheck="false",
    )

    def __init__(self) -> None:
        super().__init__()
        self.new.description = new_password_hint()

    def validate_new(self, field: Field) -> None:
        check_new_password_of(signed_in().account, field.data)
        if field.data == self.current.data:
            raise ValidationError(_l("This is the password that you have already."))

    def validate_again(self, field: Field) -> None:
        check_repeated(field.data, self.new.data)


class EmailForm(PortalForm):
    email = email_field(_l("New e-mail address"))
    email_password = current_password_field()

    def validate_email(self, field: Field) -> None:
        check_email(field.data)


class PhoneForm(PortalForm):
    phone = phone_field(_l("New phone number"))
    phone_password = current_password_field()

    def __init__(self) -> None:
        super().__init__()
        self.phone.description = phone_hint()

    def validate_phone(self, field: Field) -> None:
        check_phone(field.data)


class PreferencesForm(PortalForm):
    language = StringField(_l("Language"))

    def validate_language(self, field: Field) -> None:
        if field.data not in LANGUAGES:
            raise ValidationError(_l("Choose a language."))


class DownloadForm(PortalForm):
    password = current_password_field()


class CloseForm(PortalForm):
    password = current_password_field()
    sure = BooleanField(
        _l("I want to close my account for good."),
        validators=[DataRequired(message=_l("Tick that you want to close the account."))],
    )
