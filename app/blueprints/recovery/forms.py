"""The forgotten password."""

from flask_babel import lazy_gettext as _l
from wtforms import Field

from app.accounts.contact import EMAIL_LENGTH
from app.web.current import services, signed_in
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


class ForgotForm(PortalForm):
    user_name = text_field(
        _l("User name"),
        missing=_l("Enter your user name."),
        longest=EMAIL_LENGTH,
        hint=_l("Your name as you registered."),
        autocomplete="username",
        spellcheck="false",
    )
    email = email_field()
    phone = phone_field()

    def __init__(self) -> None:
        super().__init__()
        if services().settings.accounts.recovery_delivery == "sms":
            self.phone.description = phone_hint(otherwise=_l("With others it comes by e-mail."))

    def validate_email(self, field: Field) -> None:
        check_email(field.data)

    def validate_phone(self, field: Field) -> None:
        check_phone(field.data)


class NewPasswordForm(PortalForm):
    new = password_field(
        _l("New password"), missing=_l("Choose a new password."), autocomplete="new-password"
    )
    again = password_field(
        _l("New password once more"),
        missing=_l("Enter the new password once more."),
        autocomplete="new-password",
    )

    def __init__(self) -> None:
        super().__init__()
        self.new.description = new_password_hint()

    def validate_new(self, field: Field) -> None:
        check_new_password_of(signed_in().account, field.data)

    def validate_again(self, field: Field) -> None:
        check_repeated(field.data, self.new.data)
