"""The geometry of the consumption chart, so that its template only draws."""

from decimal import Decimal
from typing import NamedTuple

from app.formats import NOTHING, Formats
from app.invoices.rules import Consumption, MonthUsed

WIDTH, HEIGHT = 360, 200
TOP, BASE = 42, 176  # of the bars
SLOT = WIDTH // 12


class Bar(NamedTuple):
    """One month: positions and sizes in the picture's units, texts as they are read.

    figure_before: of the same month a year before, None where that is not known.
    """

    left: int
    height: float
    before: float
    figure_at: float
    figure: str
    figure_before: str | None
    label: str
    month: str


class Chart(NamedTuple):
    bars: tuple[Bar, ...]
    average_at: float


def draw(consumption: Consumption, formats: Formats) -> Chart:
    scale = (BASE - TOP) / max(float(consumption.highest), 1.0)

    def height(units: Decimal | None) -> float:
        return round(float(units) * scale, 1) if units and units > 0 else 0.0

    def bar(place: int, month: MonthUsed) -> Bar:
        used, before = height(month.units), height(month.year_before)
        return Bar(
            left=place * SLOT,
            height=used,
            before=before,
            figure_at=BASE - max(used, before) - 4,
            figure=NOTHING if month.units is None else formats.rounded(month.units),
            figure_before=None if month.year_before is None else formats.rounded(month.year_before),
            label=formats.short_month(month.period),
            month=formats.month_name(month.period),
        )

    return Chart(
        bars=tuple(bar(place, month) for place, month in enumerate(consumption.months)),
        average_at=BASE - height(consumption.average),
    )
