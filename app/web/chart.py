"""The geometry of the consumption chart, so that its template only draws."""

from dataclasses import dataclass
from decimal import Decimal

from app.formats import NOTHING, Formats
from app.invoices.rules import Consumption, MonthUsed

WIDTH, HEIGHT = 360, 200
TOP, BASE = 42, 176  # of the bars
SLOT = WIDTH // 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One month: positions and sizes in the picture's units, texts as they are read."""

    left: int
    height: float
    before: float
    figure_at: float
    figure: str
    label: str
    told: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    bars: tuple[Bar, ...]
    average_at: float


def draw(consumption: Consumption, formats: Formats, a_year_before: str) -> Chart:
    """a_year_before: these words in the page's language."""
    highest = max(float(consumption.highest), 1.0)

    scale = (BASE - TOP) / highest

    def height(units: Decimal | None) -> float:
        return round(float(units) * scale, 1) if units and units > 0 else 0.0

    def bar(place: int, month: MonthUsed) -> Bar:
        used, before = height(month.units), height(month.year_before)
        figure = NOTHING if month.units is None else formats.rounded(month.units)
        told = f"{formats.month_name(month.period)}: {figure} kWh"
        if month.year_before is not None:
            told += f"; {a_year_before}: {formats.rounded(month.year_before)} kWh"
        return Bar(
            left=place * SLOT,
            height=used,
            before=before,
            figure_at=BASE - max(used, before) - 4,
            figure=figure,
            label=formats.short_month(month.period),
            told=told,
        )

    return Chart(
        bars=tuple(bar(place, month) for place, month in enumerate(consumption.months)),
        average_at=BASE - height(consumption.average),
    )
