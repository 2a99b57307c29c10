"""Consumption as Green Button data, which energy programs read: NAESB's ESPI (REQ.21) in Atom.

A reading is a month as it was billed. What stands for the same thing has the same id in every
file, so a program knows what it has read before. The elements stand in the schema's order.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from html import escape
from itertools import chain, islice
from typing import BinaryIO, NamedTuple
from uuid import UUID, uuid5

from app.clock import HOME
from legacy_adapters.records import NO_MONEY, ContractCode, Invoice, Period

ATOM, ESPI = "http://www.w3.org/2005/Atom", "http://naesb.org/espi"
IDS = UUID("8f3e3ab8-9c96-4fcc-9dbf-97e01c53f425")
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # by XML 1.0

# In the standard's form; customer 1 is whose file it is.
POINTS = "RetailCustomer/1/UsagePoint"
LOCAL_TIME_AT, READING_TYPE_AT = "LocalTimeParameters/1", "ReadingType/1"

# When the clocks change, in the bits of the standard's DstRuleType: month 4, operator 3 (7: the
# last such weekday), day 5, weekday 3 (7: Sunday), hour 5, second 12; by the clock before.
LOCAL_TIME = (
    f'<LocalTimeParameters xmlns="{ESPI}">'
    "<dstEndRule>AE0E3000</dstEndRule>"  # last Sunday of October, 03:00
    "<dstOffset>3600</dstOffset>"
    "<dstStartRule>3E0E2000</dstStartRule>"  # last Sunday of March, 02:00
    "<tzOffset>3600</tzOffset>"
    "</LocalTimeParameters>"
)
# The standard numbers thirteen currencies and has 0 for every other: readers that know no more
# refuse the lek's own 8 and the file with it, so the title says which one it is.
READING_TYPE_TITLE = "Wh, ALL"
READING_TYPE = (
    f'<ReadingType xmlns="{ESPI}">'
    "<accumulationBehaviour>4</accumulationBehaviour>"  # deltaData: of the interval alone
    "<commodity>1</commodity>"  # electricity
    "<currency>0</currency>"
    "<dataQualifier>12</dataQualifier>"  # normal
    "<defaultQuality>17</defaultQuality>"  # validated, perhaps estimated: as a bill is
    "<flowDirection>1</flowDirection>"  # forward: delivered to the customer
    "<intervalLength>2592000</intervalLength>"  # 30 days; each reading says its own
    "<kind>12</kind>"  # energy
    "<phase>0</phase>"  # of none in particular
    "<powerOfTenMultiplier>0</powerOfTenMultiplier>"
    "<timeAttribute>13</timeAttribute>"  # monthly
    "<uom>72</uom>"  # Wh
    "</ReadingType>"
)
USAGE_POINT = (
    f'<UsagePoint xmlns="{ESPI}">'
    "<ServiceCategory><kind>0</kind></ServiceCategory>"  # electricity
    "</UsagePoint>"
)
METER_READING = f'<MeterReading xmlns="{ESPI}"/>'
WH_OF_KWH, COST_OF_LEK = Decimal(1000), Decimal(100_000)
INT48 = 2**47 - 1
HOUR = 3600


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """The invoices of one contract, in any order. title: what its owner calls it, else its code."""

    code: ContractCode
    title: str
    invoices: Sequence[Invoice]


class _Month(NamedTuple):
    period: Period
    units: Decimal
    amount: Decimal


def write_usage(stream: BinaryIO, usages: Iterable[Usage], *, made_at: datetime, title: str) -> int:
    """Returns how many readings it wrote. No contract comes twice.

    Invoices of one month are one reading, their units and amounts added up. The sum may be
    negative, where a correction takes back more than the month used: it is written so, which the
    schema allows since its first correction. Zero would make the sum over the months wrong, and
    the other direction would say that energy flowed back.

    An invoice without a month is left out: a program takes a reading for what was measured then,
    and a guessed month would be one it cannot tell from the others.
    """
    coming = iter(usages)
    first = list(islice(coming, 1))
    feed = _Feed(stream, made_at)
    feed.open(title, *(usage.code for usage in first))
    readings = 0
    for number, usage in enumerate(chain(first, coming)):
        months = _months(usage.invoices)
        point = feed.add_point(usage, has_readings=bool(months))
        if number == 0:
            feed.add_common()  # after a point, because some readers show the first title
        if months:
            feed.add_readings(usage, point, months)
        readings += len(months)
    feed.close()
    return readings


class _Feed:
    def __init__(self, stream: BinaryIO, made_at: datetime) -> None:
        self._stream = stream
        self._at = f"{made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

    def open(self, title: str, *codes: ContractCode) -> None:
        self._write(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<feed xmlns="{ATOM}"><id>urn:uuid:{_id("feed", self._at, *codes)}</id>'
            f"<title>{_text(title)}</title><updated>{self._at}</updated>"
            f'<link rel="self" href="Batch/{POINTS}"/>\n'
        )

    def close(self) -> None:
        self._write("</feed>\n")

    def add_point(self, usage: Usage, *, has_readings: bool) -> str:
        """Where it is."""
        id_ = _id("UsagePoint", usage.code)
        own = f"{POINTS}/{id_}"
        related = [LOCAL_TIME_AT, f"{own}/MeterReading"] if has_readings else [LOCAL_TIME_AT]
        self._add(id_, usage.title, USAGE_POINT, own, *related)
        return own

    def add_common(self) -> None:
        self._add(_id("LocalTimeParameters"), HOME.key, LOCAL_TIME, LOCAL_TIME_AT)
        self._add(_id("ReadingType"), READING_TYPE_TITLE, READING_TYPE, READING_TYPE_AT)

    def add_readings(self, usage: Usage, point: str, months: list[_Month]) -> None:
        """A block for each month: it is the same in every file, whatever its period is, so a
        program that goes by ids neither loses months nor has them twice."""
        id_ = _id("MeterReading", usage.code)
        own = f"{point}/MeterReading/{id_}"
        blocks = f"{own}/IntervalBlock"
        self._add(id_, usage.title, METER_READING, own, blocks, READING_TYPE_AT)
        for month in months:
            name = f"{month.period.year:04}-{month.period.month:02}"
            id_ = _id("IntervalBlock", name, usage.code)
            self._add(id_, name, _block(month), f"{blocks}/{id_}")

    def _add(self, id_: UUID, title: str, content: str, own: str, *related: str) -> None:
        up = own.rpartition("/")[0]
        links = [("self", own), ("up", up), *(("related", href) for href in related)]
        written = "".join(f'<link rel="{rel}" href="{href}"/>' for rel, href in links)
        self._write(
            f"<entry><id>urn:uuid:{id_}</id>{written}<title>{_text(title)}</title>"
            f'<content type="application/xml">{content}</content>'
            f"<published>{self._at}</published><updated>{self._at}</updated></entry>\n"
        )

    def _write(self, text: str) -> None:
        self._stream.write(text.encode())


def _months(invoices: Iterable[Invoice]) -> list[_Month]:
    """The billed ones, oldest first."""
    months: dict[Period, _Month] = {}
    for invoice in invoices:
        if invoice.period:
            before = months.get(invoice.period) or _Month(invoice.period, Decimal(0), NO_MONEY)
            units, amount = before.units + invoice.units, before.amount + invoice.amount
            months[invoice.period] = _Month(invoice.period, units, amount)
    return sorted(months.values())


def _block(month: _Month) -> str:
    """With one reading of the whole of it."""
    span = _interval(*_span(month.period))
    return (
        f'<IntervalBlock xmlns="{ESPI}"><interval>{span}</interval>'
        f"<IntervalReading>{_number('cost', month.amount * COST_OF_LEK)}"
        f"<timePeriod>{span}</timePeriod>"
        f"{_number('value', month.units * WH_OF_KWH)}</IntervalReading></IntervalBlock>"
    )


def _interval(start: int, duration: int) -> str:
    return f"<duration>{duration}</duration><start>{start}</start>"


def _number(name: str, quantity: Decimal) -> str:
    """Left out where the standard has no room for it: a cost from 1.4 thousand million lek on."""
    number = int(quantity.to_integral_value(ROUND_HALF_UP))
    return f"<{name}>{number}</{name}>" if abs(number) <= INT48 else ""


@lru_cache(maxsize=2_000)
def _span(month: Period) -> tuple[int, int]:
    """Its start and its seconds. By its own last hour: the last month there is has no next."""
    first = datetime(month.year, month.month, 1, tzinfo=HOME)
    last_hour = first.replace(day=monthrange(*month)[1], hour=23)
    start = int(first.timestamp())
    return start, int(last_hour.timestamp()) + HOUR - start


def _id(*names: str) -> UUID:
    return uuid5(IDS, "/".join(names))


def _text(text: str) -> str:
    """As XML has it: names come from people and from billing."""
    return escape(FORBIDDEN.sub("", text), quote=False)
