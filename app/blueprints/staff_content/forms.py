"""The editor's form, and what it says of a text that cannot be saved."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, TextAreaField

from app.content.records import Flaw, FlawKind
from app.web.forms import PortalForm

MOST_TOLD = 20  # flaws; the next ones show when these are mended

FLAWS: dict[FlawKind, Any] = {
    FlawKind.EMPTY: _l("There is no text."),
    FlawKind.TOO_LONG: _l("The text is too long: at most %(told)s characters."),
    FlawKind.NO_TITLE: _l("The text begins with its title, in a line such as “# Title”."),
    FlawKind.SECOND_TITLE: _l("There is one title (“#”). Headings below it begin with “##”."),
    FlawKind.LINK: _l(
        "The link to “%(told)s” does not work here. Links begin with https://, http://, mailto:,"
        " tel: or, to pages of the portal, with /."
    ),
    FlawKind.PICTURE: _l("Pictures are not shown: “%(told)s”."),
    FlawKind.NO_QUESTIONS: _l("There is no question. One begins with “###”, below a topic (“##”)."),
    FlawKind.OUTSIDE_TOPIC: _l("This question stands below no topic. A topic begins with “##”."),
    FlawKind.OUTSIDE_QUESTION: _l(
        "This text belongs to no question. Put a question (“###”) before it."
    ),
    FlawKind.EMPTY_TOPIC: _l("This topic has no question. A question begins with “###”."),
    FlawKind.NO_ANSWER: _l("There is no answer here."),
    FlawKind.AUDIENCE: _l(
        "“%(told)s” is no kind of contract. After “####” write Individual or Business."
    ),
    FlawKind.AUDIENCE_TWICE: _l("This question has an answer for “%(told)s” already."),
    FlawKind.HEADING: _l("An answer has no headings of its own. Use bold text or a list."),
    FlawKind.SLUG: _l(
        "“%(told)s” cannot be an address. Between {# and } stand small letters, digits and dashes."
    ),
    FlawKind.SLUG_TWICE: _l(
        "Another question has the address “%(told)s” already. Give this one its own, such as"
        " {#my-address} after the question."
    ),
}
ON_LINE = _l("Line %(line)s: %(what)s")


def words_of(flaw: Flaw) -> str:
    what = str(FLAWS[flaw.kind]) % {"told": flaw.told}
    return str(ON_LINE) % {"line": flaw.line, "what": what} if flaw.line else what


class TextForm(PortalForm):
    """base: the number of the version that was opened."""

    base = HiddenField()
    body = TextAreaField(_l("Text"), render_kw={"rows": 24, "spellcheck": "true"})

    @property
    def base_number(self) -> int:
        """-1, which no version has, for what is no number."""
        typed = (self.base.data or "")[:9]
        return int(typed) if typed.isascii() and typed.isdigit() else -1

    def refuse_flaws(self, flaws: tuple[Flaw, ...]) -> None:
        told = [words_of(flaw) for flaw in flaws[:MOST_TOLD]]
        self.body.errors = told
