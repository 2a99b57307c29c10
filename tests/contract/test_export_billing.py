"""Exports while billing is away, slow, or not as its mapping says."""

import time
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.accounts.records import SignedIn
from app.exports import working
from app.exports.records import Note, State
from legacy_adapters.errors import BillingUnavailable, MappingError
from tests.exporting import TOLD, Asked, Office, errors, me, office

__all__ = ["me", "office"]


def test_billing_goes_away_and_comes_back(office: Office, me: SignedIn) -> None:
    seen: list[Note] = []

    def away(name: str, count: int) -> None:
        if 5 <= count < 8:
            time.sleep(0.15)
            seen.append(office.get(me, reference).note)
            raise BillingUnavailable("no answer")

    reference = office.order(me, TOLD)
    office.work()
    whole = office.take(me, reference)
    reference = office.order(me, TOLD)
    with capture_logs() as logs:
        office.work(office.with_billing(away))
    assert seen == [Note.NOTHING, Note.BILLING_AWAY, Note.BILLING_AWAY]
    export = office.get(me, reference)
    assert (export.state, export.attempts) == (State.READY, 1), "it went on where it was"
    assert office.take(me, reference) == whole
    assert [e["event"] for e in logs if e["log_level"] == "warning"] == [
        "an export waits for billing"
    ]


def test_billing_stays_away(office: Office, me: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(name: str, count: int) -> None:
        if count >= 5:
            raise BillingUnavailable("no answer")

    shared = office.with_billing(away, wait_minutes=1)
    monkeypatch.setattr(working, "MINUTE", 0.5)
    reference = office.order(me, TOLD)
    office.work(shared)
    export = office.get(me, reference)
    assert (export.state, export.note) == (State.FAILED, Note.BILLING_AWAY)
    assert office.files() == []


def test_cancelled_while_billing_is_away(office: Office, me: SignedIn) -> None:
    def away(name: str, count: int) -> None:
        office.desk.cancel(reference, me.account.id)
        raise BillingUnavailable("no answer")

    reference = office.order(me, TOLD)
    office.work(office.with_billing(away))
    assert office.get(me, reference).state is State.CANCELLED


def test_a_question_that_is_too_much_for_billing(office: Office, me: SignedIn) -> None:
    def slow(name: str, codes: Any) -> None:
        if name == "list_issued" and len(codes) > 3:
            raise BillingUnavailable("no answer in time")

    class Slow(Asked):
        def __getattr__(self, name: str) -> Any:
            method = super().__getattr__(name)

            def ask(*args: Any, **kwargs: Any) -> Any:
                slow(name, args[0] if args else ())
                return method(*args, **kwargs)

            return ask

    reference = office.order(me, TOLD)
    office.work()
    whole = office.take(me, reference)
    reference = office.order(me, TOLD)
    office.work(office.make_shared(Slow(office.billing, lambda name, count: None)))
    assert office.take(me, reference) == whole


def test_a_mapping_that_does_not_fit(office: Office, me: SignedIn) -> None:
    def broken(name: str, count: int) -> None:
        raise MappingError("demo.toml: there is no such column")

    reference = office.order(me, TOLD)
    with capture_logs() as logs:
        office.work(office.with_billing(broken))
    assert office.get(me, reference).note is Note.BROKEN
    [line] = [entry for entry in logs if entry["log_level"] == "error"]
    assert line["do"] == "run: flask billing check"


def test_one_export_that_breaks_keeps_no_other_back(office: Office, me: SignedIn) -> None:
    def fail(name: str, count: int) -> None:
        if count == 3:
            raise ZeroDivisionError("a mistake of ours")

    other = office.settle("Agron Hoxha", ["AL0000001"])
    first = office.order(me, TOLD)
    second = office.order(other, TOLD)
    with capture_logs() as logs:
        office.work(office.with_billing(fail))
    assert office.get(me, first).note is Note.BROKEN
    assert office.get(other, second).state is State.READY
    assert errors(logs) == ["an export failed: ZeroDivisionError: a mistake of ours"]
