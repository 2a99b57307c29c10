"""What all forms share: protection against forged requests, cleaning, and required fields."""

import time
import unicodedata
from functools import lru_cache
from typing import Any

from flask import current_app, g, request, session
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.csrf import generate_csrf
from wtforms import Field, StringField
from wtforms.validators import DataRequired, Length, StopValidation, ValidationError

SESSIONS = 2_000  # whose token is at hand
TOKEN_SECONDS = 60


def csrf_token() -> str:
    """Flask-WTF's token, signed once a minute for each session instead of for each page."""
    key = session.get("csrf_token")
    if key is None:
        return str(generate_csrf())
    return _signed(str(current_app.secret_key), key, int(time.time()) // TOKEN_SECONDS)


@lru_cache(SESSIONS)
def _signed(_secret_key: str, _session_key: str, _minute: int) -> str:
    g.pop("csrf_token", None)  # where Flask-WTF keeps what it signed before a sign-in
    return str(generate_csrf())


class Tokens(FlaskForm.Meta.csrf_class):  # type: ignore[misc]
    def generate_csrf_token(self, _field: Any) -> str:
        return csrf_token()


class PortalForm(FlaskForm):  # type: ignore[misc]
    """A form that says what to do when its page was open for too long, instead of failing."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        csrf_class = Tokens

        def wrap_formdata(self, _form: Any, _formdata: Any) -> Any:
            """Posted fields only: FlaskForm would also read JSON and files, of any type."""
            return request.form if request.method == "POST" else None

    @property
    def problems(self) -> list[tuple[str, str]]:
        """(id of the field or "", message) for the summary above the form."""
        found = []
        for name, messages in self.errors.items():
            if name == "csrf_token":
                found.append(("", str(EXPIRED)))
            elif name:
                found.append((self[name].id, str(messages[0])))
            else:  # what belongs to no field
                found += [("", str(message)) for message in messages]
        return found

    def refuse(self, message: Any) -> None:
        """Adds a message that belongs to no single field."""
        self.form_errors.append(message)


EXPIRED = _l(
    "This page was open for a long time, or your browser refuses cookies. Please fill in what is"
    " missing and send it once more."
)


class AtMost(Length):
    """Ends the checks of its field: what follows need not cope with huge texts."""

    def __init__(self, longest: int) -> None:
        super().__init__(max=longest, message=_l("At most %(max)d characters."))

    def __call__(self, form: Any, field: Any) -> None:
        try:
            super().__call__(form, field)
        except ValidationError as error:
            raise StopValidation(str(error)) from None


def clean(value: str | None) -> str | None:
    """Without surrounding space and without invisible characters."""
    if value is None:
        return None
    return "".join(c for c in value if unicodedata.category(c) not in {"Cc", "Cf", "Cs"}).strip()


def clean_lines(value: str | None) -> str:
    """The same for several lines: each ends as one character."""
    lines = (value or "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(clean(line.replace("\t", " ")) or "" for line in lines).strip()


def text_field(
    label: Any,
    *,
    missing: Any,
    longest: int,
    hint: Any = "",
    autocomplete: str = "off",
    **more: Any,
) -> Field:
    """A required line of text; missing: what to say when it is empty."""
    extra = more.pop("validators", [])
    field: Field = StringField(
        label,
        description=hint,
        filters=[clean],
        validators=[
            DataRequired(message=missing),
            AtMost(longest),
            *extra,
        ],
        render_kw={"autocomplete": autocomplete, "maxlength": longest, **more},
    )
    return field
