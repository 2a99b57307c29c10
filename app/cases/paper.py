"""The whole file of a case on paper, as the regulator asks for it: what its customer may see, with
the list of the documents that prove it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import BytesIO

from reportlab.lib.units import mm

from app.cases.catalogue import FieldSpec
from app.cases.letters import state_words
from app.cases.records import NOTE as NOTE_FIELD
from app.cases.records import Attached, By, Case, CaseFile, Debt, Event, Summary, What
from app.cases.shared import public_events
from app.documents.records import Scan
from app.formats import Formats
from app.invoices.drawing import (
    AMOUNT,
    HEIGHT,
    LEFT,
    NORMAL,
    NOTE,
    RIGHT,
    Color,
    Pen,
    Style,
    drawn_into,
    rgb,
)
from app.invoices.typesetting import (
    Line,
    Stationery,
    about_missing,
    fact,
    gap,
    heading,
    paragraphs,
    together,
)
from config.settings import UtilitySettings

Translate = Callable[[str], str]
EDGE = LEFT + 46 * mm
HASH = Style(8.5)
HALF_OF_HASH = 32
FRAME_TOP, FRAME_HEIGHT = HEIGHT - 36 * mm, 16 * mm
TEXT_TOP = FRAME_TOP - FRAME_HEIGHT - 5 * mm


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """How the pages say it, in the reader's language: paper and page say the same."""

    answer: Callable[[FieldSpec, str], str]
    what: Callable[[What], str]
    by: Callable[[By], str]


def render_case_file(
    file: CaseFile,
    *,
    printed_at: datetime,
    words: Words,
    utility: UtilitySettings,
    is_sample: bool,
    formats: Formats,
    translate: Translate,
) -> bytes:
    """Never what is for colleagues alone, also where the file holds it."""
    _, buffer = translate, BytesIO()
    with drawn_into(buffer, formats.language) as pen:
        stationery = Stationery(
            utility=utility,
            title=_("Case file"),
            number=file.case.number,
            warning=_("SAMPLE – from the demo, no real request") if is_sample else "",
            translate=translate,
        )
        paper = _Paper(file, words, formats, translate)
        stationery.first_head(pen)
        paper.frame(pen, rgb(utility.accent))
        stationery.print(pen, paper.lines(printed_at), top=TEXT_TOP)
    return buffer.getvalue()


class _Paper:
    def __init__(
        self, file: CaseFile, words: Words, formats: Formats, translate: Translate
    ) -> None:
        self.file = file
        self.words = words
        self.formats = formats
        self.translate = translate

    def frame(self, pen: Pen, accent: Color) -> None:
        _, case = self.translate, self.file.case
        pen.frame(LEFT, FRAME_TOP - FRAME_HEIGHT, (RIGHT - LEFT, FRAME_HEIGHT), accent)
        pen.text(LEFT + 5 * mm, FRAME_TOP - 10.4 * mm, case.number, AMOUNT)
        state = state_words(_, case.state)
        pen.right(RIGHT - 5 * mm, FRAME_TOP - 9.7 * mm, state, Style(11).bold())

    def lines(self, printed_at: datetime) -> list[Line]:
        lines = [
            *self._facts(printed_at),
            *self._filled_in(),
            *self._debt(),
            *self._answer(),
            *self._history(),
            *self._evidence(),
        ]
        return [*about_missing(lines, self.translate), *lines]

    def _facts(self, printed_at: datetime) -> Iterator[Line]:
        _, formats = self.translate, self.formats
        summary = self.file.case.summary
        form, language = summary.form, formats.language
        facts = [
            (_("Contract"), summary.contract_code),
            (_("Holder"), summary.holder),
            (_("Request"), form.title(language)),
            (_("Kind"), form.kind_name.in_language(language)),
            (_("Filed on"), formats.moment(summary.filed_at)),
            (_("Deadline"), self._deadline(summary)),
            (_("How it is counted"), self._counting(summary)),
            (_("Status"), state_words(_, summary.state)),
        ]
        if summary.closed_at:
            facts.append((_("Closed on"), formats.moment(summary.closed_at)))
        facts.append((_("This paper is of"), formats.moment(printed_at)))
        for name, value in facts:
            yield from fact(name, value, edge=EDGE)

    def _deadline(self, summary: Summary) -> str:
        _ = self.translate
        if summary.due_on:
            target = summary.form.target.in_language(self.formats.language)
            day = self.formats.long_date(summary.due_on)
            told = _("%(target)s by %(day)s") % {"target": target, "day": day}
            return told[:1].upper() + told[1:]
        left = summary.days_left or 0
        days = _("Days late: %(days)s.") if left < 0 else _("Days left: %(days)s.")
        stands = _("It stands still until the customer gives the information asked for.")
        stood = _("It stood still when the request was closed.")
        return f"{stands if summary.is_open else stood} {days % {'days': abs(left)}}"

    def _counting(self, summary: Summary) -> str:
        _, deadline = self.translate, summary.form.deadline
        if deadline.count == "working":
            told = _(
                "Working days: %(days)s, from the day after filing; weekends and public holidays"
                " do not count."
            )
        else:
            told = _("Calendar days: %(days)s, from the day after filing.")
        more = _(
            "It stands still while we wait for the customer, and begins anew when a closed"
            " request is opened again."
        )
        return f"{told % {'days': deadline.days}} {more}"

    def _filled_in(self) -> Iterator[Line]:
        _, case = self.translate, self.file.case
        yield from heading(_("What was filled in"))
        if _is_unreadable(case):
            yield from paragraphs(_("What was filled in cannot be read right now."))
            return
        language = self.formats.language
        for spec in case.form.fields:
            value = case.answers.get(spec.code, "")
            told = self.words.answer(spec, value) if value else ""
            yield from fact(spec.name.in_language(language), told, edge=EDGE)
        note = case.answers.get(NOTE_FIELD, "")
        yield from fact(_("Notes from the customer"), note, edge=EDGE)

    def _debt(self) -> Iterator[Line]:
        _, case = self.translate, self.file.case
        told = {
            Debt.NOT_ASKED: _("Not asked for with this kind of request."),
            Debt.NONE: _("There was none."),
            Debt.AGREED: _("%(amount)s. The customer said that there is an agreement about it."),
            Debt.UNKNOWN: _("Not known: the billing system did not answer then."),
        }[case.debt]
        yield from heading(_("Undisputed debt when the request was filed"))
        yield from paragraphs(told.replace("%(amount)s", self.formats.money(case.debt_amount)))

    def _answer(self) -> Iterator[Line]:
        _, case = self.translate, self.file.case
        yield from heading(_("The utility’s answer"))
        if case.answer and case.summary.is_open:
            told = _("Given before the request was opened again:")
            yield from together([*paragraphs(told, NOTE), gap(1 * mm)])
        yield from paragraphs(case.answer or _("There is none yet."))

    def _history(self) -> Iterator[Line]:
        yield from heading(self.translate("History"))
        for event in public_events(self.file.events):
            yield from self._event(event)

    def _event(self, event: Event) -> Iterator[Line]:
        what, by = self._told(event)
        head = fact(self.formats.moment(event.at), what, NORMAL.bold(), edge=EDGE)
        note = paragraphs(event.note, left=EDGE)
        between = [gap(0.8 * mm)] if note else []
        # What was done stands with the first line of what was said.
        yield from together([*head[:-1], *paragraphs(by, NOTE, left=EDGE), *between, *note[:1]])
        yield from note[1:]
        yield gap(2.5 * mm)

    def _told(self, event: Event) -> tuple[str, str]:
        """What happened, and what stands below it."""
        by, state = self.words.by(event.by), state_words(self.translate, event.state)
        by = by[:1].upper() + by[1:]
        if event.what is What.MOVED:
            return state, by
        status = self.translate("Status: %(state)s") % {"state": state}
        return self.words.what(event.what), f"{by}. {status}"

    def _evidence(self) -> Iterator[Line]:
        _ = self.translate
        yield from heading(_("Documents"))
        if not self.file.documents:
            yield from paragraphs(_("There are none."))
            return
        told = _(
            "SHA-256 and size are of the file as the portal keeps it; pictures are written anew"
            " when they arrive."
        )
        head = [*paragraphs(told, NOTE), gap(2 * mm)]
        for number, attached in enumerate(self.file.documents, start=1):
            yield from together([*head, *self._document(number, attached), gap(3 * mm)])
            head = []

    def _document(self, number: int, attached: Attached) -> Iterator[Line]:
        _, document = self.translate, attached.document
        yield from paragraphs(f"{number}. {document.name}", NORMAL.bold())
        yield gap(0.8 * mm)
        by = f"{self.words.by(attached.by)}, {self.formats.moment(attached.at)}"
        size = _("%(size)s (%(bytes)s bytes)") % {
            "size": self.formats.size(document.size),
            "bytes": self.formats.number(Decimal(document.size)),
        }
        yield from fact(_("Document"), self._purpose(attached), edge=EDGE)
        yield from fact(_("Handed in by"), by[:1].upper() + by[1:], edge=EDGE)
        yield from fact(_("Size"), size, edge=EDGE)
        halves = (document.sha256[:HALF_OF_HASH], document.sha256[HALF_OF_HASH:])
        yield from fact("SHA-256", "\n".join(halves), HASH, edge=EDGE)
        yield from fact(_("Virus check"), self._scan(document.scan), edge=EDGE)

    def _purpose(self, attached: Attached) -> str:
        for spec in self.file.case.form.documents:
            if spec.code == attached.purpose:
                return spec.name.in_language(self.formats.language)
        return self.translate("Anything else")

    def _scan(self, scan: Scan) -> str:
        _ = self.translate
        return {
            Scan.NOT_ASKED: _("not made: this portal has no virus scanner"),
            Scan.WAITING: _("waits to be checked for viruses"),
            Scan.CLEAN: _("no virus found"),
            Scan.INFECTED: _("removed: it carries a virus"),
        }[scan]


def _is_unreadable(case: Case) -> bool:
    """Its key is not there any more (see Shared.opened)."""
    return not case.answers and any(spec.required for spec in case.form.fields)
