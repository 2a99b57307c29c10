"""What is done with the utility's people: each time with the administrator's own code."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, RadioField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import AnyOf, InputRequired

from app.staff.records import NoSuchMember, Role
from app.staff.rules import LONGEST_FULL_NAME, LONGEST_NAME, normal_name
from app.web.current import services
from app.web.fields import code_field
from app.web.forms import AtMost, PortalForm, clean, text_field
from app.web.staff_words import ROLES

_NO_ROLE = _l("Choose a role.")


def role_field() -> Field:
    field: Field = RadioField(
        _l("Role"),
        choices=[SelectChoice(role.value, words) for role, words in ROLES.items()],
        validate_choice=False,  # the message would not be ours
        validators=[InputRequired(message=_NO_ROLE), AnyOf(list(Role), message=_NO_ROLE)],
    )
    return field


class CodeForm(PortalForm):
    code = code_field()


class RoleForm(PortalForm):
    role = role_field()
    code = code_field()


class NewMemberForm(PortalForm):
    name = text_field(
        _l("User name"),
        missing=_l("Choose a user name."),
        longest=LONGEST_NAME,
        hint=_l("Letters and digits; points, dashes and underscores between them."),
        autocapitalize="none",
        spellcheck="false",
    )
    full_name = StringField(
        _l("Name and surname (may stay empty)"),
        filters=[clean],
        validators=[AtMost(LONGEST_FULL_NAME)],
        render_kw={"autocomplete": "off", "maxlength": LONGEST_FULL_NAME},
    )
    role = role_field()
    code = code_field()

    def validate_name(self, field: Field) -> None:
        """Before the code is used: it works once."""
        if normal_name(field.data) is None:
            raise ValidationError(_("This cannot be a user name."))
        try:
            services().members.get(field.data)
        except NoSuchMember:
            return
        raise ValidationError(_("There is a member of this name already."))
