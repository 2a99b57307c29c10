"""The certificate as a PDF: A4, as many pages as its contracts fill."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.units import mm

from app.certificates.records import Application, Certificate, Kind, Typed
from app.clock import HOME
from app.formats import Formats
from app.invoices.drawing import (
    BOLD,
    HEIGHT,
    LARGE,
    LEFT,
    NORMAL,
    NOTE,
    RIGHT,
    SOFT,
    Style,
    drawn_into,
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
from legacy_adapters.records import Contract

Translate = Callable[[str], str]
TOP = HEIGHT - 44 * mm
EDGE = LEFT + 52 * mm
QR_SIDE = 30 * mm
BESIDE_CODE = RIGHT - QR_SIDE - 8 * mm  # where what stands on its left ends


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """verify_at: the address that the code on the paper leads to."""

    application: Application
    certificate: Certificate
    contracts: tuple[Contract, ...]
    typed: Typed
    verify_at: str


def render_certificate(
    facts: Facts,
    *,
    utility: UtilitySettings,
    is_sample: bool,
    formats: Formats,
    translate: Translate,
) -> bytes:
    _, buffer = translate, BytesIO()
    with drawn_into(buffer, formats.language) as pen:
        warning = _("SAMPLE – from the demo, signed with a test certificate; it proves nothing")
        stationery = Stationery(
            utility=utility,
            title=_("Debt certificate"),
            number=facts.application.number,
            warning=warning if is_sample else "",
            translate=translate,
        )
        stationery.first_head(pen)
        pen.qr(facts.verify_at, RIGHT - QR_SIDE, TOP - QR_SIDE, QR_SIDE)
        lines = list(_lines(facts, utility, formats, translate))
        stationery.print(pen, [*lines, *about_missing(lines, translate)], top=TOP)
    return buffer.getvalue()


def _lines(
    facts: Facts, utility: UtilitySettings, formats: Formats, translate: Translate
) -> Iterator[Line]:
    yield from _head(facts, utility, formats, translate)
    yield from _statement(facts, utility, formats, translate)
    yield from _contracts(facts, translate)
    yield from _end(facts, utility, formats, translate)


def _head(
    facts: Facts, utility: UtilitySettings, formats: Formats, translate: Translate
) -> Iterator[Line]:
    _, application = translate, facts.application
    beside = list(_beside_code(facts, utility, formats, translate))
    yield from beside
    # What follows stands below the code to scan, however little stands beside it.
    yield gap(max(0.0, QR_SIDE - sum(line.height for line in beside)) + 5 * mm)
    yield from _fact(_("Holder"), application.holder, LARGE.bold())
    for name, told in _typed_names(application.kind, translate):
        yield from _fact(told, facts.typed.get(name, ""))
    yield gap(5 * mm)


def _beside_code(
    facts: Facts, utility: UtilitySettings, formats: Formats, translate: Translate
) -> Iterator[Line]:
    _ = translate
    day = facts.certificate.issued_at.astimezone(HOME).date()
    place = ", ".join(filter(None, (utility.place, formats.long_date(day))))
    number = _("No. %(number)s") % {"number": facts.application.number}
    yield from paragraphs(number, Style(13, BOLD), right=BESIDE_CODE)
    yield from paragraphs(place, NORMAL, right=BESIDE_CODE)
    if facts.application.kind is Kind.PROCUREMENT:
        yield from paragraphs(_("For a public procurement"), NORMAL, right=BESIDE_CODE)
    yield gap(3 * mm)
    verify = _("Is it genuine and still valid? Scan the code, or open:")
    yield from paragraphs(verify, NOTE, right=BESIDE_CODE)
    yield from paragraphs(facts.verify_at, NOTE, right=BESIDE_CODE)


def _typed_names(kind: Kind, translate: Translate) -> tuple[tuple[str, str], ...]:
    _ = translate
    if kind is Kind.HOUSEHOLD:
        return (("father", _("Father’s name")), ("id_number", _("ID number")))
    return (("nipt", _("NIPT")), ("representative", _("Legal representative")))


def _fact(name: str, value: str, style: Style = NORMAL) -> list[Line]:
    return fact(name, value, style, edge=EDGE) if value else []


def _statement(
    facts: Facts, utility: UtilitySettings, formats: Formats, translate: Translate
) -> Iterator[Line]:
    _, certificate = translate, facts.certificate
    told = _(
        "%(utility)s certifies that on %(moment)s the holder owed nothing on the contracts below:"
        " neither invoices that were due nor any that were not."
    ) % {"utility": utility.legal_name, "moment": formats.moment(certificate.issued_at)}
    yield from paragraphs(told, Style(11))
    yield gap(3 * mm)
    valid = _(
        "Valid until the next invoice is issued or a debt appears, and until %(day)s at the latest."
    ) % {"day": formats.long_date(certificate.valid_until)}
    yield from paragraphs(valid, LARGE.bold())


def _contracts(facts: Facts, translate: Translate) -> Iterator[Line]:
    _ = translate
    yield from heading(_("Contracts"))
    for contract in facts.contracts:
        yield from fact(contract.code, contract.address, NORMAL, edge=EDGE)


def _end(
    facts: Facts, utility: UtilitySettings, formats: Formats, translate: Translate
) -> Iterator[Line]:
    _ = translate
    small = Style(8.5, color=SOFT)
    signed = _("Signed electronically (PAdES): a PDF reader tells whether a byte was changed.")
    unsigned = _(
        "This paper carries no electronic signature. What counts is what the address says."
    )
    declared = _(
        "Father’s name, ID number and representative are as the applicant wrote them; all else is"
        " as it stands in billing."
    )
    lines = [
        gap(6 * mm),
        *paragraphs(signed if facts.certificate.is_signed else unsigned, small),
        *paragraphs(declared, small),
        gap(6 * mm),
        *paragraphs(utility.legal_name, LARGE.bold()),
    ]
    yield from together(lines)
