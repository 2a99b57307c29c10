"""The geometry of the consumption chart, so that its template only draws."""

from decimal import Decimal
from typing import NamedTuple

from app.formats import NOTHING, Formats
from app.invoices.rules import Consumption, MonthUsed

WIDTH = 360
TOP, BASE = 24, 176  # of the bars
SLOT = WIDTH // 12
LINE = 13  # from one line of words to the next
WIDEST = 3  # characters of a figure that leave room for the next month's beside it, on phones too


class Bar(NamedTuple):
    """One month: positions and sizes in the picture's units, texts as they are read.

    Each figure stands below its bars: above them it was read as the taller one's, last year's.
    figure_before: of the same month a year before, None where that is not known.
    """

    left: int
    height: float
    before: float
    figure_at: int
    figure: str
    figure_before: str | None
    label: str
    month: str


class Chart(NamedTuple):
    bars: tuple[Bar, ...]
    average_at: float
    labels_at: int
    height: int


def draw(consumption: Consumption, formats: Formats) -> Chart:
    scale = (BASE - TOP) / max(float(consumption.highest), 1.0)

    figures = [
        NOTHING if month.units is None else formats.rounded(month.units)
        for month in consumption.months
    ]
    lines = 2 if max(map(len, figures)) > WIDEST else 1  # wide ones by turns

    def height(units: Decimal | None) -> float:
        return round(float(units) * scale, 1) if units and units > 0 else 0.0

    def bar(place: int, month: MonthUsed) -> Bar:
        used, before = height(month.units), height(month.year_before)
        return Bar(
            left=place * SLOT,
            height=used,
            before=before,
            figure_at=BASE + LINE * (1 + place % lines),
            figure=figures[place],
            figure_before=None if month.year_before is None else formats.rounded(month.year_before),
            label=formats.short_month(month.period),
            month=formats.month_name(month.period),
        )

    return Chart(
        bars=tuple(bar(place, month) for place, month in enumerate(consumption.months)),
        average_at=BASE - height(consumption.average),
        labels_at=BASE + LINE * (lines + 1),
        height=BASE + LINE * (lines + 1) + 6,
    )
