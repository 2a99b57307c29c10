"""The answer to a request as a letter of the utility's."""

from collections.abc import Callable, Iterator
from datetime import datetime
from io import BytesIO

from reportlab.lib.units import mm

from app.cases.records import Case, State
from app.clock import HOME
from app.formats import Formats
from app.invoices.drawing import (
    BOLD,
    HEIGHT,
    LARGE,
    LEFT,
    NOTE,
    RIGHT,
    Style,
    drawn_into,
)
from app.invoices.typesetting import (
    Line,
    Piece,
    Stationery,
    about_missing,
    gap,
    paragraphs,
    together,
)
from config.settings import UtilitySettings

Translate = Callable[[str], str]
TOP = HEIGHT - 42 * mm
SIGNATURE = RIGHT - 75 * mm
LAST_LINES = 2  # that the signature never leaves


def answered_at(case: Case) -> datetime | None:
    """None where there is no letter: the answer is not there, or the case is under way again or was
    withdrawn."""
    is_answered = case.state in (State.DONE, State.REFUSED) and bool(case.answer.strip())
    return case.summary.closed_at if is_answered else None


def render_answer(
    case: Case,
    answered: datetime,
    *,
    utility: UtilitySettings,
    is_sample: bool,
    formats: Formats,
    translate: Translate,
) -> bytes:
    """The utility signs, whoever wrote it."""
    _, buffer = translate, BytesIO()
    with drawn_into(buffer, formats.language) as pen:
        stationery = Stationery(
            utility=utility,
            title=_("Answer"),
            number=case.number,
            warning=_("SAMPLE – from the demo, no real request") if is_sample else "",
            translate=translate,
        )
        stationery.first_head(pen)
        stationery.print(pen, _lines(case, answered, utility, formats, translate), top=TOP)
    return buffer.getvalue()


def _lines(
    case: Case,
    answered: datetime,
    utility: UtilitySettings,
    formats: Formats,
    translate: Translate,
) -> list[Line]:
    text = paragraphs(case.answer, LARGE)
    lines = [
        *_head(case, answered, utility, formats, translate),
        *text[:-LAST_LINES],
        *together([*text[-LAST_LINES:], *_signature(utility)]),
    ]
    return [*lines, gap(6 * mm), *about_missing(lines, translate)]


def _head(
    case: Case,
    answered: datetime,
    utility: UtilitySettings,
    formats: Formats,
    translate: Translate,
) -> Iterator[Line]:
    _, summary = translate, case.summary
    day = formats.long_date(answered.astimezone(HOME).date())
    subject = _("Answer to your request %(title)s") % {"title": case.form.title(formats.language)}
    contract = " ".join((_("Contract"), summary.contract_code))
    yield from paragraphs(", ".join(filter(None, (utility.place, day))), LARGE)
    yield from paragraphs(_("No. %(number)s") % {"number": case.number}, LARGE)
    yield gap(8 * mm)
    yield from paragraphs(summary.holder or contract, LARGE.bold(), right=LEFT + 110 * mm)
    if summary.holder:
        yield from paragraphs(contract, LARGE)
    yield gap(9 * mm)
    yield from paragraphs(subject, Style(11, BOLD))
    filed = _("Filed on %(day)s") % {"day": formats.day(summary.filed_at)}
    yield from together([gap(1 * mm), *paragraphs(filed, NOTE)])
    yield gap(5 * mm)


def _signature(utility: UtilitySettings) -> Iterator[Line]:
    yield Line(height=24 * mm)
    yield Line(height=1 * mm, pieces=(Piece(SIGNATURE, "_" * 32, NOTE),))
    yield from paragraphs(utility.legal_name, LARGE.bold(), left=SIGNATURE)
