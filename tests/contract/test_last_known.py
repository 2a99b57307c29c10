"""What is kept of billing's answers: over both databases, in the clear and sealed."""

import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import pytest
from sqlalchemy import select

from app.accounts.store.contracts import is_linked
from app.clock import now
from app.database import schema
from app.database.engine import Database
from app.last_known import store
from app.last_known.records import CONTRACT, DEBT, HISTORY, INFO, PAYMENTS, STATEMENT, Topic
from app.last_known.service import LastKnown
from config.settings import LastKnownSettings
from legacy_adapters.demo.generator import ELBASAN_MARKET, MANUAL_CODE
from legacy_adapters.errors import BillingDataError, BillingUnavailable, ContractNotFound
from legacy_adapters.port import Billing
from legacy_adapters.records import Contract, ContractCode, Debt, InvoiceHistory

CODE = ContractCode("AL0000001")
OTHER = ContractCode("AL0000002")
KEY, NEW_KEY = (b64encode(bytes([byte]) * 32).decode() for byte in (1, 2))
DEBT_OF_CODE = Debt(
    total=Decimal("556.00"),
    payable=Decimal("556.00"),
    invoices=1,
    earliest_due=date(2026, 1, 31),
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("last-known")
    if request.param == "sqlite":
        database = Database(f"sqlite:///{folder / 'portal.sqlite3'}")
        schema.upgrade(database)
        yield database
        database.close()
        return
    database = Database(request.getfixturevalue("new_postgresql_database")())
    schema.upgrade(database)
    yield database
    database.close()


@pytest.fixture(autouse=True)
def nothing_kept(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM last_known")


def make(
    database: Database, moment: datetime | None = None, keep_days: int = 30, *keys: str
) -> LastKnown:
    settings = LastKnownSettings.model_validate({"keep_days": keep_days, "keys": list(keys)})
    return LastKnown(database=database, settings=settings, now=lambda: moment or now())


def tell(last_known: LastKnown, answer: Debt | None = DEBT_OF_CODE) -> None:
    last_known.ask(DEBT, CODE, lambda: answer)
    last_known.flush()


def away(*_: object) -> NoReturn:
    raise BillingUnavailable("it is away")


def bodies(database: Database) -> list[bytes]:
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT body FROM last_known").all()
    return [bytes(row.body) for row in rows]


def test_every_kind_of_answer_comes_back_as_it_was(
    database: Database, demo_billing: Billing
) -> None:
    last_known = make(database, None, 30, KEY)
    since = date(2020, 1, 1)
    for code in (ContractCode(MANUAL_CODE), *map(ContractCode, ELBASAN_MARKET.codes[11:15])):
        told: list[tuple[Topic[Any], Any]] = [
            (STATEMENT, demo_billing.get_statement(code)),
            (HISTORY, demo_billing.get_invoice_history(code, since=since, at_least=1)),
            (PAYMENTS, demo_billing.list_payments(code, since=since, at_least=1)),
            (INFO, demo_billing.get_contract_info(code)),
            (CONTRACT, demo_billing.find_contract(code)),
            (DEBT, demo_billing.list_debts([code]).get(code)),
        ]
        for topic, answer in told:
            last_known.ask(topic, code, lambda answer=answer: answer)  # type: ignore[misc]
        last_known.flush()
        for topic, answer in told:
            again = last_known.ask(topic, code, away)
            assert again.answer == answer and type(again.answer) is type(answer)
            assert again.as_of is not None


def test_fresh_answers_carry_no_date(database: Database) -> None:
    assert make(database).ask(DEBT, CODE, lambda: DEBT_OF_CODE).as_of is None


def test_nothing_known_raises_as_before(database: Database) -> None:
    with pytest.raises(BillingUnavailable):
        make(database).ask(DEBT, CODE, away)
    with pytest.raises(BillingUnavailable):
        make(database).ask_many(DEBT, [CODE, OTHER], away)


def test_not_found_is_an_answer(database: Database) -> None:
    def gone() -> NoReturn:
        raise ContractNotFound

    last_known = make(database)
    tell(last_known)
    with pytest.raises(ContractNotFound):
        last_known.ask(DEBT, CODE, gone)


def test_the_newest_answer_wins_and_nothing_owed_is_an_answer(database: Database) -> None:
    last_known = make(database)
    tell(last_known)
    tell(last_known, None)
    assert last_known.ask(DEBT, CODE, away).answer is None
    late = make(database, now() - timedelta(seconds=50))  # a slower process with older news
    tell(late)
    assert last_known.ask(DEBT, CODE, away).answer is None


def test_what_a_wrong_clock_wrote_is_not_shown_replaced_and_deleted(database: Database) -> None:
    wrong = make(database, now() + timedelta(days=400))
    wrong.ask_many(DEBT, [CODE, OTHER], lambda asked: dict.fromkeys(asked, DEBT_OF_CODE))
    wrong.flush()
    last_known = make(database)
    with pytest.raises(BillingUnavailable):
        last_known.ask(DEBT, CODE, away)
    tell(last_known, None)
    assert len(bodies(database)) == 1
    told = last_known.ask(DEBT, CODE, away)
    assert told.answer is None and told.as_of is not None and told.as_of <= now()
    # A few seconds between two clocks do no harm.
    tell(make(database, now() + timedelta(seconds=30)))
    assert last_known.ask(DEBT, CODE, away).answer == DEBT_OF_CODE


def test_many_are_asked_at_once_and_the_unknown_are_absent(database: Database) -> None:
    last_known = make(database)
    codes = [ContractCode(f"AL{n:07d}") for n in range(2_000)]
    last_known.ask_many(DEBT, codes[:1_500], lambda asked: dict.fromkeys(asked, DEBT_OF_CODE))
    last_known.flush()
    kept = last_known.ask_many(DEBT, codes, away)
    assert set(kept) == set(codes[:1_500])
    assert all(told.answer == DEBT_OF_CODE and told.as_of for told in kept.values())


def test_one_that_cannot_be_read_takes_no_other_away(database: Database) -> None:
    codes = [ContractCode(f"AL{n:07d}") for n in range(300)]
    asked: list[int] = []

    def tell_all_but(wrong: set[ContractCode]) -> Callable[..., dict[ContractCode, Debt]]:
        def question(some: Sequence[ContractCode]) -> dict[ContractCode, Debt]:
            asked.append(len(some))
            if wrong & set(some):
                raise BillingDataError("total: what billing holds is no money")
            return dict.fromkeys(some, DEBT_OF_CODE)

        return question

    last_known = make(database)
    found = last_known.ask_many(DEBT, codes, tell_all_but({codes[7], codes[250]}))
    assert set(codes) - set(found) == {codes[7], codes[250]}
    assert all(told.as_of is None for told in found.values())
    assert len(asked) < 40
    last_known.flush()
    # Where it is not a few rows, it is as if billing were away.
    asked.clear()
    kept = last_known.ask_many(DEBT, codes, tell_all_but(set(codes)))
    assert len(kept) == 298 and all(told.as_of for told in kept.values())
    assert len(asked) < 30
    with pytest.raises(BillingDataError):
        last_known.ask_many(DEBT, [codes[7]], tell_all_but({codes[7]}))


def test_too_old_is_not_shown_and_is_deleted(database: Database) -> None:
    tell(make(database, now() - timedelta(days=8)))
    with pytest.raises(BillingUnavailable):
        make(database, keep_days=7).ask(DEBT, CODE, away)
    fresh = make(database, keep_days=7)
    fresh.ask(DEBT, OTHER, lambda: None)
    fresh.flush()
    assert len(bodies(database)) == 1


def test_key_makes_it_unreadable_at_rest(database: Database) -> None:
    contract = Contract(
        code=CODE, subscriber="ËNGJËLL ÇELA", address="RRUGA E DETIT", phone="", tax_id=""
    )
    for keys in ((), (KEY,)):
        last_known = make(database, None, 30, *keys)
        last_known.ask(CONTRACT, CODE, lambda: contract)
        last_known.flush()
        (body,) = bodies(database)
        assert body[:1] == (b"\x01" if keys else b"\x00")
        assert b"DETIT" not in body
        assert last_known.ask(CONTRACT, CODE, away).answer == contract
    with pytest.raises(BillingUnavailable):
        make(database).ask(CONTRACT, CODE, away)
    assert make(database, None, 30, NEW_KEY, KEY).ask(CONTRACT, CODE, away).answer == contract


def test_answer_in_anothers_row_is_not_shown(database: Database) -> None:
    last_known = make(database)
    tell(last_known)
    with database.write() as connection:
        connection.exec_driver_sql(f"UPDATE last_known SET contract_code = '{OTHER}'")
    with pytest.raises(BillingUnavailable):
        last_known.ask(DEBT, OTHER, away)


def test_garbage_is_as_if_it_were_not_there(database: Database) -> None:
    last_known = make(database)
    tell(last_known)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE last_known SET topic = 'history'")
    with pytest.raises(BillingUnavailable):
        last_known.ask(HISTORY, CODE, away)
    question: Any = away
    assert not isinstance(question, InvoiceHistory)


def test_what_no_account_has_is_deleted_after_all_that_was_told(database: Database) -> None:
    settings = LastKnownSettings(keep_days=30)
    last_known = LastKnown(database=database, settings=settings, now=now, is_linked=is_linked)
    last_known.ask_many(DEBT, [CODE, OTHER], lambda asked: dict.fromkeys(asked, DEBT_OF_CODE))
    with database.write() as connection:
        last_known.give_up(connection, [CODE])
    last_known.flush()
    assert len(bodies(database)) == 1
    last_known.sweep()
    assert bodies(database) == []
    tell(last_known)  # it is written again although nothing changed
    assert len(bodies(database)) == 1
    with database.write() as connection:
        last_known.forget(connection, CODE)
    assert bodies(database) == []
    tell(last_known)
    assert len(bodies(database)) == 1


def test_nothing_is_given_up_by_what_is_not_committed(database: Database) -> None:
    last_known = make(database)
    tell(last_known)
    with suppress(ZeroDivisionError), database.write() as connection:
        last_known.forget(connection, CODE)
        raise ZeroDivisionError
    assert len(bodies(database)) == 1


def test_unchanged_answers_are_not_written_again(database: Database) -> None:
    last_known = make(database)
    tell(last_known)
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM last_known")
    tell(last_known)
    assert bodies(database) == []
    tell(last_known, None)
    assert len(bodies(database)) == 1


def test_portal_database_away_costs_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.last_known.writer.GATHER_SECONDS", 1.0)  # as without conftest.py
    database = Database(f"sqlite:///{tmp_path / 'none.sqlite3'}")  # without tables
    last_known = make(database)
    begun = time.monotonic()
    assert last_known.ask(DEBT, CODE, lambda: DEBT_OF_CODE).answer == DEBT_OF_CODE
    assert time.monotonic() - begun < 0.5
    last_known.flush()
    with pytest.raises(BillingUnavailable):
        last_known.ask(DEBT, CODE, away)
    database.close()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_rows_are_taken_in_one_order(database: Database) -> None:
    """Who deletes holds nothing while it waits for the first: else two would wait in a circle, and
    a customer who registers may be one of them."""
    codes = [ContractCode(code) for code in ("AL3", "AL2", "AL1")]
    for code in codes:
        row = store.Kept(contract_code=code, topic="debt", told_at=now(), body=b"")
        with database.write() as connection:
            store.keep(connection, [row], now())

    def sweep() -> None:
        with database.write() as connection:
            store.forget_unlinked(connection, codes, is_linked)

    def taken(code: str) -> Any:
        rows = select(store.last_known).where(store.last_known.c.contract_code == code)
        return rows.with_for_update(nowait=True)

    sweeper = threading.Thread(target=sweep)
    with database.write() as connection:
        connection.execute(taken("AL1"))
        sweeper.start()
        waiting, until = "SELECT count(*) FROM pg_locks WHERE NOT granted", time.monotonic() + 3
        while not connection.exec_driver_sql(waiting).scalar():
            assert time.monotonic() < until
        with database.write() as another:
            assert another.execute(taken("AL3")).one()
    sweeper.join()
    assert bodies(database) == []
