"""How the utility's own people sign in and change their password."""

from flask_babel import lazy_gettext as _l
from wtforms import Field, ValidationError

from app.staff.rules import LONGEST_NAME, LONGEST_PASSWORD
from app.web.current import services
from app.web.fields import check_repeated, code_field, password_field, refuse_password
from app.web.forms import PortalForm, text_field
from app.web.staff import staff_signed_in


class StaffLoginForm(PortalForm):
    name = text_field(
        _l("User name"),
        missing=_l("Enter your user name."),
        longest=LONGEST_NAME,
        autocomplete="username",
        autocapitalize="none",
        spellcheck="false",
    )
    password = password_field(
        _l("Password"), missing=_l("Enter your password."), autocomplete="current-password"
    )
    code = code_field()


class StaffPasswordForm(PortalForm):
    current = password_field(
        _l("Current password"),
        missing=_l("Enter your current password."),
        autocomplete="current-password",
    )
    new = password_field(
        _l("New password"), missing=_l("Choose a new password."), autocomplete="new-password"
    )
    again = password_field(
        _l("New password once more"),
        missing=_l("Enter the new password once more."),
        autocomplete="new-password",
    )
    code = code_field()

    def __init__(self) -> None:
        super().__init__()
        shortest = services().settings.staff.password_min_length
        self.new.description = _l(
            "At least %(min)d characters, such as four words that do not belong together.",
            min=shortest,
        )
        if staff_signed_in().must_change:  # both were asked for a moment ago
            del self.current, self.code

    def validate_new(self, field: Field) -> None:
        member, settings = staff_signed_in().member, services().settings
        words = (member.name, member.full_name, settings.utility.name)
        problem = services().staff.password_problem(field.data, *words)
        shortest = settings.staff.password_min_length
        refuse_password(problem, shortest=shortest, longest=LONGEST_PASSWORD)
        if self.current is not None and field.data == self.current.data:
            raise ValidationError(_l("This is the password that you have already."))

    def validate_again(self, field: Field) -> None:
        check_repeated(field.data, self.new.data)
