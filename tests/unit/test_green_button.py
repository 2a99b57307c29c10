"""Green Button files, held to what the standard's schema (NAESB REQ.21, espi.xsd 4.0) says."""

import io
import tracemalloc
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from app.clock import HOME
from app.exports.green_button import Usage, write_usage
from legacy_adapters.records import ContractCode, Invoice, InvoiceNumber, Period

ATOM, ESPI = "{http://www.w3.org/2005/Atom}", "{http://naesb.org/espi}"
MADE_AT = datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
ORDER = {
    "UsagePoint": "roleFlags ServiceCategory status serviceDeliveryPoint",
    "ServiceCategory": "kind",
    "LocalTimeParameters": "dstEndRule dstOffset dstStartRule tzOffset",
    "MeterReading": "",
    "ReadingType": (
        "accumulationBehaviour commodity consumptionTier currency dataQualifier defaultQuality"
        " flowDirection intervalLength kind phase powerOfTenMultiplier timeAttribute tou uom"
        " cpp interharmonic measuringPeriod argument"
    ),
    "IntervalBlock": "interval IntervalReading",
    "IntervalReading": "cost ReadingQuality timePeriod value consumptionTier tou cpp",
    "interval": "duration start",
    "timePeriod": "duration start",
}


def invoice(month: tuple[int, int] | None, units: str = "100", amount: str = "1000.00") -> Invoice:
    return Invoice(
        number=InvoiceNumber("1"),
        period=Period(*month) if month else None,
        issued_on=MADE_AT.date(),
        due_on=None,
        units=Decimal(units),
        amount=Decimal(amount),
    )


def usage(*invoices: Invoice, code: str = "AL1", title: str = "Shtëpia") -> Usage:
    return Usage(code=ContractCode(code), title=title, invoices=invoices)


def written(usages: Iterable[Usage], *, made_at: datetime = MADE_AT, title: str = "OSSH") -> bytes:
    stream = io.BytesIO()
    readings = write_usage(stream, usages, made_at=made_at, title=title)
    assert readings == stream.getvalue().count(b"<IntervalReading>")
    return stream.getvalue()


def feed(*usages: Usage) -> Element:
    return ElementTree.fromstring(written(usages))


def entries(root: Element, kind: str) -> list[Element]:
    return [one for one in root if one.find(f"{ATOM}content/{ESPI}{kind}") is not None]


def hrefs(entry: Element, rel: str) -> list[str]:
    return [link.attrib["href"] for link in entry.iter(f"{ATOM}link") if link.get("rel") == rel]


def ids(root: Element) -> list[str | None]:
    return [one.text for one in root.iter(f"{ATOM}id")]


def readings(*invoices: Invoice) -> list[dict[str, int]]:
    """Of each reading, what it says by element."""
    return [
        {inner.tag.removeprefix(ESPI): int(inner.text) for inner in one.iter() if inner.text}
        for one in feed(usage(*invoices)).iter(f"{ESPI}IntervalReading")
    ]


def names(element: Element) -> list[str]:
    return [inner.tag.partition("}")[2] for inner in element]


def test_what_stands_in_a_file() -> None:
    root = feed(usage(invoice((2025, 12)), invoice((2026, 1))), usage(invoice((2026, 1)), code="B"))
    assert root.tag == f"{ATOM}feed"
    assert names(root) == ["id", "title", "updated", "link", *["entry"] * 9]
    contents = [names(entry[-3])[0] for entry in root.iter(f"{ATOM}entry")]
    assert contents == [
        *("UsagePoint", "LocalTimeParameters", "ReadingType", "MeterReading"),
        *("IntervalBlock", "IntervalBlock", "UsagePoint", "MeterReading", "IntervalBlock"),
    ]


def test_every_entry_has_what_atom_wants() -> None:
    for entry in feed(usage(invoice((2026, 1)))).iter(f"{ATOM}entry"):
        links = [name for name in names(entry) if name == "link"]
        assert names(entry) == ["id", *links, "title", "content", "published", "updated"]
        assert entry[-1].text == entry[-2].text == "2026-02-03T04:05:06Z"
        assert len(hrefs(entry, "self")) == len(hrefs(entry, "up")) == 1
        assert entry[-3].attrib == {"type": "application/xml"}  # what Atom takes elements in


def test_elements_stand_in_the_order_of_the_schema() -> None:
    root = feed(usage(invoice((2025, 12)), invoice((2026, 1))))
    seen = set()
    for element in root.iter():
        name = element.tag.removeprefix(ESPI)
        if name in ORDER:
            order = ORDER[name].split()
            assert names(element) == sorted(names(element), key=order.index)
            seen.add(name)
    assert seen == set(ORDER)


def test_what_a_reading_is() -> None:
    [entry] = entries(feed(usage(invoice((2026, 1)))), "ReadingType")
    assert {inner.tag.removeprefix(ESPI): inner.text for inner in entry[-3][0]} == {
        "accumulationBehaviour": "4",
        "commodity": "1",
        "currency": "0",
        "dataQualifier": "12",
        "defaultQuality": "17",
        "flowDirection": "1",
        "intervalLength": "2592000",
        "kind": "12",
        "phase": "0",
        "powerOfTenMultiplier": "0",
        "timeAttribute": "13",
        "uom": "72",
    }
    assert entry.findtext(f"{ATOM}title") == "Wh, ALL"


@pytest.mark.parametrize(
    ("month", "start", "hours"),
    [
        ((2026, 1), "2025-12-31T23:00", 744),
        ((2024, 2), "2024-01-31T23:00", 696),
        ((2025, 3), "2025-02-28T23:00", 743),
        ((2025, 6), "2025-05-31T22:00", 720),
        ((2025, 10), "2025-09-30T22:00", 745),
        ((9999, 12), "9999-11-30T23:00", 744),
    ],
)
def test_months_are_as_long_as_they_were(month: tuple[int, int], start: str, hours: int) -> None:
    [reading] = readings(invoice(month))
    assert datetime.fromtimestamp(reading["start"], UTC) == datetime.fromisoformat(f"{start}Z")
    assert reading["duration"] == hours * 3600


def changes(rule: str, year: int) -> datetime:
    """When a rule changes the clocks, by the clock before."""
    bits = int(rule, 16)
    month, operator, day, weekday, hour, seconds = (
        bits >> low & (1 << width) - 1
        for low, width in ((28, 4), (25, 3), (20, 5), (17, 3), (12, 5), (0, 12))
    )
    assert (operator, day) == (7, 0)  # the last such weekday of the month
    last = datetime(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.isoweekday() - weekday) % 7, hours=-hour, seconds=-seconds)


@pytest.mark.parametrize("year", range(2020, 2040))
def test_local_time_is_ours(year: int) -> None:
    [entry] = entries(feed(usage()), "LocalTimeParameters")
    end, dst, start, zone = (inner.text or "" for inner in entry[-3][0])
    for rule, before, after in ((start, 0, int(dst)), (end, int(dst), 0)):
        at = (changes(rule, year) - timedelta(seconds=int(zone) + before)).replace(tzinfo=UTC)
        for moment, added in ((at - timedelta(seconds=1), before), (at, after)):
            offset = moment.astimezone(HOME).utcoffset()
            assert offset == timedelta(seconds=int(zone) + added)


def test_energy_and_cost_are_in_the_units_of_the_standard() -> None:
    [reading] = readings(invoice((2026, 1), "250.5005", "3012.34"))
    assert (reading["value"], reading["cost"]) == (250_501, 301_234_000)


def test_invoices_of_a_month_are_added_up() -> None:
    first, second = readings(
        invoice((2026, 1), "120", "1500.00"),
        invoice((2025, 12), "80", "900.00"),
        invoice((2026, 1), "-20.5", "-250.00"),
    )
    assert (first["value"], first["cost"]) == (80_000, 90_000_000)
    assert (second["value"], second["cost"]) == (99_500, 125_000_000)


def test_more_taken_back_than_used_stays_negative() -> None:
    [reading] = readings(invoice((2026, 1), "10", "100.00"), invoice((2026, 1), "-30", "-300.00"))
    assert (reading["value"], reading["cost"]) == (-20_000, -20_000_000)


def test_no_month_is_guessed() -> None:
    assert readings(invoice(None)) == []


def test_what_the_standard_has_no_room_for_is_left_out() -> None:
    [greatest] = readings(invoice((2026, 1), amount="1407374883.55"))
    assert greatest["cost"] == 140_737_488_355_000
    [greater] = readings(invoice((2026, 1), units="140737488356", amount="-1407374883.56"))
    assert greater.keys() == {"start", "duration"}


def test_a_block_is_a_month() -> None:
    root = feed(usage(*(invoice(month) for month in ((2026, 2), (2025, 11), (2025, 3)))))
    blocks = list(root.iter(f"{ESPI}IntervalBlock"))
    assert len(blocks) == 3
    for block, month in zip(blocks, ((2025, 3), (2025, 11), (2026, 2)), strict=True):
        start = datetime(*month, 1, tzinfo=HOME).timestamp()
        assert [int(one.text or 0) for one in block.iter(f"{ESPI}start")] == [start, start]


def test_entries_find_each_other() -> None:
    root = feed(usage(invoice((2026, 1))), usage(invoice((2026, 1)), code="AL2"))
    [reading_type], [local_time] = (
        entries(root, k) for k in ("ReadingType", "LocalTimeParameters")
    )
    kinds = ("UsagePoint", "MeterReading", "IntervalBlock")
    for point, meter, block in zip(*(entries(root, kind) for kind in kinds), strict=True):
        assert hrefs(point, "related") == hrefs(local_time, "self") + hrefs(meter, "up")
        assert hrefs(meter, "related") == hrefs(block, "up") + hrefs(reading_type, "self")
    own = [href for entry in root for href in hrefs(entry, "self")]
    assert len(set(own)) == len(own)


def test_ids_stay_and_are_no_codes() -> None:
    months = [invoice((2025, 12)), invoice((2026, 1))]
    root = feed(usage(*months, code="AL77"))
    longer = ids(feed(usage(invoice((2026, 2)), *months, code="AL77")))
    assert len(longer) == len(ids(root)) + 1 and set(ids(root)) < set(longer)
    other = feed(usage(*months, code="AL78"))
    assert len({*ids(root), *ids(other)}) == 7 + 7 - 2  # what they have in common is the same
    assert b"AL77" not in ElementTree.tostring(root)


def test_a_feed_is_of_its_moment() -> None:
    later = written([usage()], made_at=MADE_AT + timedelta(seconds=1))
    assert ids(ElementTree.fromstring(later))[0] != ids(feed(usage()))[0]
    there = MADE_AT.astimezone(timezone(timedelta(hours=9)))
    assert written([usage()], made_at=there) == written([usage()])


def test_names_cannot_break_the_file() -> None:
    name = "a]]><b a='\"'>&amp;\x00\x1b[2J\ud800\ufffe\tç 😀"
    root = ElementTree.fromstring(written([usage(title=name)], title=name))
    expected = "a]]><b a='\"'>&amp;[2J\tç 😀"
    assert root.findtext(f"{ATOM}title") == expected
    assert root.findtext(f"{ATOM}entry/{ATOM}title") == expected


def test_a_contract_without_a_billed_month_is_told() -> None:
    root = feed(usage(invoice(None)))
    [point] = entries(root, "UsagePoint")
    assert hrefs(point, "related") == ["LocalTimeParameters/1"]
    assert entries(root, "MeterReading") == entries(root, "IntervalBlock") == []


def test_no_contracts_are_a_feed_too() -> None:
    content = written([])
    assert content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<feed ')
    assert names(ElementTree.fromstring(content)) == ["id", "title", "updated", "link"]


class Nowhere(io.RawIOBase):
    def write(self, piece: object) -> int:
        return len(bytes(piece))  # type: ignore[call-overload]


def test_memory_stays_flat() -> None:
    month = invoice((2026, 1))

    def many() -> Iterator[Usage]:
        for number in range(10_000):
            if number == 9_000:  # tracing all takes seconds, and a hundred bytes each would show
                tracemalloc.start()
            yield usage(month, code=f"AL{number:07}")

    try:
        assert write_usage(Nowhere(), many(), made_at=MADE_AT, title="") == 10_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0 < peak < 100_000
