"""What is worth telling when, what an SMS asks, and how long it is."""

from datetime import date, time, timedelta

import pytest

from app.messages import brief
from app.notifications import asking
from app.notifications.asking import Question
from app.notifications.rules import is_quiet, since_of, stage_of

DUE = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("now", "start", "end", "quiet"),
    [
        (time(22), time(21), time(8), True),
        (time(7, 59), time(21), time(8), True),
        (time(8), time(21), time(8), False),
        (time(20, 59), time(21), time(8), False),
        (time(21), time(21), time(8), True),
        (time(13), time(12), time(14), True),
        (time(14), time(12), time(14), False),
        (time(3), time(0), time(0), False),
        (time(0), time(21), time(21), False),
    ],
)
def test_quiet_hours_go_over_midnight_too(now: time, start: time, end: time, quiet: bool) -> None:
    assert is_quiet(now, start=start, end=end) is quiet


@pytest.mark.parametrize(
    ("days", "stage"),
    [
        (-4, None),
        (-3, -3),
        (-1, -1),
        (0, -1),
        (1, None),
        (2, 2),
        (6, 2),
        (9, 2),
        (10, 10),
        (18, None),
    ],
)
def test_the_latest_reminder_whose_day_has_come(days: int, stage: int | None) -> None:
    found = stage_of(DUE, DUE + timedelta(days=days), before=[1, 3], after=[2, 10])
    assert found == stage


def test_no_reminders_where_none_are_set() -> None:
    assert stage_of(DUE, DUE, before=[], after=[]) is None


def test_a_contracts_own_choice_replaces_that_of_all() -> None:
    common = {"invoice_by_email": "2026-01-02", "payment_by_sms": "yesterday"}
    assert since_of(common, None) == {"invoice_by_email": date(2026, 1, 2)}
    assert since_of(common, {}) == {}
    assert since_of(common, {"invoice_by_sms": "2026-03-04"}) == {
        "invoice_by_sms": date(2026, 3, 4)
    }


@pytest.mark.parametrize(
    ("text", "question", "code"),
    [
        ("0", Question.OWED, None),
        (" 0. ", Question.OWED, None),
        ("o", Question.OWED, None),
        ("“1”", Question.CONSUMPTION, None),
        ("1\n", Question.CONSUMPTION, None),
        ("0 al0000004", Question.OWED, "AL0000004"),
        ("1 AL 0000004", Question.CONSUMPTION, "AL0000004"),
        ("0 ", Question.OWED, None),
        ("stop", Question.STOP, None),
        ("STOP!", Question.STOP, None),
        ("Ndal", Question.STOP, None),
        ("ndihme", Question.HELP, None),
        ("NDIHMË", Question.HELP, None),
        ("", Question.HELP, None),
        ("   ", Question.HELP, None),
        ("2", Question.HELP, None),
        ("00", Question.HELP, None),
        ("stop sms", Question.STOP, None),
        ("0 " + "9" * 10_000, Question.HELP, None),
        ("x" * 10_000, Question.HELP, None),
        ("0; DROP TABLE", Question.OWED, "DROPTABLE"),
        ("\0", Question.HELP, None),
        ("\ufeff0", Question.OWED, None),
        ("٠", Question.HELP, None),
    ],
)
def test_what_a_text_asks(text: str, question: Question, code: str | None) -> None:
    asked = asking.read(text)
    assert (asked.question, asked.code) == (question, code)


def test_an_sms_takes_what_fits_the_first_before_the_others() -> None:
    assert brief.joined("a", "b", "", "c") == "a b c"
    assert brief.joined("a" * 158, "b", "c") == "a" * 158 + " b"
    assert brief.joined("a" * 150, "b" * 20, "c") == "a" * 150 + " c"
    assert brief.joined("a" * 200, "b") == "a" * 200


def test_marks_count_once_and_brackets_twice() -> None:
    assert brief.length("ëç") == 2
    assert brief.length("[€]") == 6
    assert brief.cut("ë" * 160) == "ë" * 160
    assert brief.cut("ë" * 161) == "ë" * 157 + "..."
    assert brief.length(brief.cut("€" * 161)) <= 160


def test_a_list_ends_where_the_sms_does() -> None:
    codes = [f"AL{n:07} 1234,50" for n in range(20)]
    text = brief.listed("Detyroheni 12 345,50 lekë për 20 kontrata.", codes)
    assert brief.length(text) <= 160 and text.endswith(" ...")
    assert brief.listed("Gjithsej", ["a", "b"]) == "Gjithsej a, b"
