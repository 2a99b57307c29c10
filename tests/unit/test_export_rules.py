"""What may be asked for, and what files are called."""

from datetime import date

import pytest

from app.exports import rules
from app.exports.records import OFFERED, Format, Named, Scope, Wanted, What
from legacy_adapters.records import ContractCode


def named(code: str, group: str = "") -> Named:
    return Named(code=ContractCode(code), group=group)


def wanted(what: What = What.INVOICES, scope: Scope | None = None) -> Wanted:
    return Wanted(
        what=what,
        format=OFFERED[what][0],
        scope=scope or Scope(),
        since=date(2025, 12, 15) if what.has_period else None,
        until=date(2026, 2, 1) if what.has_period else None,
        language="sq",
    )


MINE = [named("B"), named("A", "Tiranë"), named("C", "Durrës"), named("D", "Tiranë")]


@pytest.mark.parametrize(
    ("scope", "codes"),
    [
        (Scope(), "BCAD"),  # by group, those without one first
        (Scope(group="Tiranë"), "AD"),
        (Scope(group="tiranë"), ""),
        (Scope(contract=ContractCode("C")), "C"),
        (Scope(contract=ContractCode("X")), ""),
    ],
)
def test_which_contracts_are_meant(scope: Scope, codes: str) -> None:
    assert "".join(one.code for one in rules.within(scope, MINE)) == codes


def test_what_is_offered() -> None:
    assert rules.is_offered(What.OPEN, Format.PDF)
    assert not rules.is_offered(What.OPEN, Format.ZIP)
    assert {kind for kinds in OFFERED.values() for kind in kinds} == set(Format)
    assert set(OFFERED) == set(What)


@pytest.mark.parametrize(
    ("since", "until", "months"),
    [
        (date(2026, 1, 31), date(2026, 2, 1), 2),
        (date(2026, 1, 1), date(2026, 1, 31), 1),
        (date(2025, 11, 1), date(2026, 11, 28), 13),
    ],
)
def test_months_of_a_period(since: date, until: date, months: int) -> None:
    assert rules.months_between(since, until) == months


def test_rows_that_may_come() -> None:
    """All since the first day: an old period is a large question."""
    assert rules.rows_asked_for(wanted(), 300, date(2026, 2, 1)) == 900
    assert rules.rows_asked_for(wanted(), 300, date(2026, 12, 1)) == 300 * 13


def test_a_period_that_is_over() -> None:
    over = [rules.is_over(wanted(), day) for day in (date(2026, 2, 1), date(2026, 2, 2))]
    assert over == [False, True]
    assert not rules.is_over(wanted(What.OPEN), date(2030, 1, 1))


def test_both_days_belong_to_the_period() -> None:
    days = [date(2025, 12, 14), date(2025, 12, 15), date(2026, 2, 1), date(2026, 2, 2), None]
    assert [rules.is_in(wanted(), day) for day in days] == [False, True, True, False, False]
    assert not rules.is_in(wanted(What.OPEN), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("scope", "what", "name"),
    [
        (Scope(), What.OPEN, "fatura-te-hapura-2026-11-28.pdf"),
        (Scope(), What.INVOICES, "fatura-te-hapura-2025-12-15_2026-02-01.xlsx"),
        (Scope(group='Korçë/"\r\n'), What.OPEN, "fatura-te-hapura-Korce-2026-11-28.pdf"),
        (Scope(group="Корча"), What.OPEN, "fatura-te-hapura-2026-11-28.pdf"),
        (
            Scope(contract=ContractCode("AL1")),
            What.PAYMENTS,
            "fatura-te-hapura-AL1-2025-12-15_2026-02-01.xlsx",
        ),
    ],
)
def test_names_of_files(scope: Scope, what: What, name: str) -> None:
    asked = wanted(what, scope)
    assert rules.file_name("Fatura të hapura", asked, date(2026, 11, 28)) == name


@pytest.mark.parametrize(
    ("code", "number", "name"),
    [
        ("AL1", "2026-01 100", "AL1/2026-01-100.pdf"),
        ("../../etc", "/passwd", "etc/passwd.pdf"),
        ("..", "...", "x/x.pdf"),
        ("ë", "Ж", "e/x.pdf"),
    ],
)
def test_names_within_an_archive(code: str, number: str, name: str) -> None:
    assert rules.entry_name(ContractCode(code), number) == name
