"""Finding a customer's account, and why something is done with it."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import AnyOf, InputRequired

from app.staff.customers import NOTE_LENGTH, Occasion
from app.web.forms import AtMost, PortalForm, clean, text_field

SEARCH_LENGTH = 254
_NO_REASON = _l("Choose why.")


class SearchForm(PortalForm):
    typed = text_field(
        _l("Find an account"),
        missing=_l("Write what you are looking for."),
        longest=SEARCH_LENGTH,
        hint=_l("User name or e-mail, or how they begin; phone; contract number."),
        type="search",
        spellcheck="false",
        autofocus=True,
    )


class OpenForm(PortalForm):
    occasion = RadioField(
        _l("Why do you look at this account?"),
        choices=[
            SelectChoice(
                Occasion.CALLER.value, _l("The customer calls or is here, and I checked who it is")
            ),
            SelectChoice(Occasion.LETTER.value, _l("A letter or an e-mail of the customer")),
            SelectChoice(Occasion.CASE.value, _l("A request or a complaint")),
            SelectChoice(Occasion.SAFETY.value, _l("Something that we noticed ourselves")),
        ],
        validate_choice=False,  # the message would not be ours
        validators=[InputRequired(message=_NO_REASON), AnyOf(list(Occasion), message=_NO_REASON)],
    )
    note = StringField(
        _l("More about it (may stay empty)"),
        filters=[clean],
        validators=[AtMost(NOTE_LENGTH)],
        render_kw={"autocomplete": "off", "maxlength": NOTE_LENGTH},
    )


class NoteForm(PortalForm):
    note = text_field(
        _l("Why"),
        missing=_l("Write why, for those who ask later."),
        longest=NOTE_LENGTH,
        hint=_l("For colleagues and auditors. The customer reads it in a copy of their data."),
    )
