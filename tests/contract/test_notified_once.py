"""What is looked for is told once, whoever looks and whatever ends in the middle."""

import json
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from app.accounts.store.tables import account
from app.notifications import finding
from app.notifications.store.tables import notified
from legacy_adapters.errors import BillingUnavailable
from legacy_adapters.records import ContractCode, IssuedInvoice
from tests.notified import ALL_MAIL, EVERYTHING, Town

CODE = "AL0000004"


def people(town: Town, number: int) -> list[str]:
    """So many accounts, with three links each to contracts that are there."""
    codes = [f"AL{n:07}" for n in range(5, 35)]
    for place in range(number):
        own = [codes[(place + step) % len(codes)] for step in range(3)]
        town.settle(f"Person {place:03}", *own, wants=frozenset({"invoice_by_email"}))
    for place, code in enumerate(codes):
        town.quiet(code)
        town.issue(code, str(600 + place))
    return codes


def each_once(town: Town, expected: int) -> None:
    told = [(r.recipient, json.loads(r.body)["enclosure"]["invoice_number"]) for r in town.told()]
    assert len(told) == expected
    assert set(Counter(told).values()) == {1}


def test_page_by_page_it_comes_to_the_end(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    people(town, 20)
    for size in (1, 2, 7, 60):
        monkeypatch.setattr(finding, "LINKS_AT_ONCE", size)
        found = town.finder().run()
        assert (found.read, found.ended_at is not None) == (60, True), size
    each_once(town, 60)


class Killed(BaseException):
    """As SIGKILL: nothing is tidied up."""


class Failing:
    """Billing that ends, or ends the process, at one of its answers."""

    def __init__(self, billing: Any, at: int, error: BaseException) -> None:
        self._billing, self._left, self._error = billing, at, error

    def list_issued(
        self, codes: Sequence[ContractCode], *, since: date
    ) -> tuple[IssuedInvoice, ...]:
        self._left -= 1
        if self._left < 0:
            raise self._error
        return self._billing.list_issued(codes, since=since)  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._billing, name)


@pytest.mark.parametrize("error", [Killed(), BillingUnavailable("it is away")])
def test_what_ends_in_the_middle_goes_on_there(
    town: Town, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    people(town, 20)
    monkeypatch.setattr(finding, "LINKS_AT_ONCE", 7)
    billing: Any = Failing(town.billing, 4, error)
    with pytest.raises(type(error)):
        town.finder(billing).run()
    under_way = town.finder().find_last()
    assert under_way is not None and under_way.ended_at is None and under_way.read == 28
    assert 0 < len(town.told()) < 60
    town.clock.now += timedelta(hours=1)
    found = town.finder().run()
    assert found.begun_at == under_way.begun_at and found.read == 60
    each_once(town, 60)


def test_killed_between_what_it_read_and_what_it_wrote(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(town, 6)
    monkeypatch.setattr(finding, "LINKS_AT_ONCE", 5)
    finder = town.finder()
    post_all = town.accounts.shared.outbox.post_all

    def killed(*arguments: Any) -> None:
        post_all(*arguments)
        raise Killed

    monkeypatch.setattr(town.accounts.shared.outbox, "post_all", killed)
    with pytest.raises(Killed):
        finder.run()
    assert town.told() == []  # what was told, the messages and the place go together
    monkeypatch.setattr(town.accounts.shared.outbox, "post_all", post_all)
    town.finder().run()
    each_once(town, 18)


def test_an_account_that_is_closed_meanwhile(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = town.settle("Ana Leka", CODE, wants=ALL_MAIL)
    town.settle("Vera Leka", CODE, wants=ALL_MAIL)
    town.issue(CODE, "501")
    finder = town.finder()
    tell = finder._tell

    def closed_first(*arguments: Any) -> int:
        monkeypatch.setattr(finder, "_tell", tell)
        connection = arguments[0]
        connection.execute(delete(account).where(account.c.id == gone.account.id))
        return tell(*arguments)

    monkeypatch.setattr(finder, "_tell", closed_first)
    with pytest.raises(IntegrityError):  # and it stays: what was done in it is undone
        finder._handle_page(finder._begin(), once_more=False)
    monkeypatch.setattr(finder, "_tell", closed_first)
    assert finder.run().told == 2  # looked at once more, where it is there again
    each_once(town, 2)


def test_several_at_once_tell_each_thing_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    people(town, 30)
    monkeypatch.setattr(finding, "LINKS_AT_ONCE", 4)
    together = threading.Barrier(4)

    def run(_number: int) -> Any:
        finder = town.finder()
        together.wait()
        return finder.run()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))
    each_once(town, 90)


def test_what_was_told_is_kept_long_and_then_forgotten(town: Town) -> None:
    town.settle("Vera Leka", CODE, wants=ALL_MAIL)
    town.issue(CODE, "501")
    town.finder().run()
    town.clock.now += timedelta(days=499)
    town.finder().forget_old()
    with town.database.read() as connection:
        assert len(connection.execute(select(notified)).all()) == 1
    town.clock.now += timedelta(days=2)
    town.finder().forget_old()
    with town.database.read() as connection:
        assert connection.execute(select(notified)).all() == []


@pytest.mark.parametrize("number", ["1" * 40, "a/b?c=d&e", "12 34", "fatura ë"])
def test_any_number_that_billing_has_is_told_once(town: Town, number: str) -> None:
    town.settle("Vera Leka", CODE, wants=EVERYTHING)
    town.issue(CODE, "501")
    town.execute("UPDATE FATURE SET FAT_NR = ? WHERE FAT_NR = '501'", number)
    assert town.finder().run().told >= 2
    assert town.finder().run().told == 0


def test_one_contract_that_cannot_be_read_keeps_no_other_back(town: Town) -> None:
    people(town, 12)
    town.execute(
        "UPDATE FATURE SET DT_AFAT = 'no day' WHERE FAT_NR IN ('603', '607') AND FAT_ID > 90000000"
    )
    with capture_logs() as logs:
        found = town.finder().run()
    assert found.ended_at is not None
    left_out = [log["contract"] for log in logs if "left out" in log["event"]]
    assert left_out == ["AL0000008", "AL0000012"]
    told = {row.contract_code for row in town.told()}
    assert not told & set(left_out) and len(told) == 12
