"""Many cases at once, written into the tables as filing would have done."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import Connection, func, insert, select

from app.accounts.rules import name_key
from app.cases import rules
from app.cases.calendar import Calendar
from app.cases.catalogue import Catalogue, RequestForm
from app.cases.records import By, Debt, State, What
from app.cases.store.cases import NO_DAY, keep_form
from app.cases.store.tables import case_event, service_case
from app.database.engine import Database
from app.staff.records import MemberId

FIRST = ("Arta", "Besnik", "Çlirim", "Dritan", "Ëngjëll", "Fatmir", "Gjergj", "Hyrije")
LAST = ("Hoxha", "Shehu", "Çela", "Gjoni", "Kërçuku", "Leka", "Prifti", "Zëri")
CALENDAR = Calendar()
CLOSED = (State.DONE, State.REFUSED, State.WITHDRAWN)


def add_cases(
    database: Database,
    catalogue: Catalogue,
    count: int,
    *,
    now: datetime,
    members: tuple[MemberId, ...] = (),
    seed: int = 7,
) -> None:
    """Of all requests and states, two in three open, a fifth of those nobody's."""
    with database.write() as connection:
        first = connection.scalar(select(func.coalesce(func.max(service_case.c.id), 0))) or 0
        forms = [(one, keep_form(connection, one, now)) for one in catalogue.requests.values()]
        random, numbers = Random(seed), range(first + 1, first + count + 1)
        made = [_case(random, number, forms, now, members) for number in numbers]
        connection.execute(insert(service_case), made)
        _add_events(connection, made)


def _case(
    random: Random,
    number: int,
    forms: list[tuple[RequestForm, str]],
    now: datetime,
    members: tuple[MemberId, ...],
) -> dict[str, Any]:
    """forms: each with its digest."""
    form, digest = random.choice(forms)
    open_state = random.choice(sorted(rules.OPEN))
    state = open_state if random.random() < 0.67 else random.choice(CLOSED)
    filed_at = now - timedelta(days=random.randrange(25), minutes=random.randrange(600))
    holder = f"{random.choice(FIRST)} {random.choice(LAST)} {number % 97}".upper()
    is_nobodys = not members or random.random() < 0.2
    stands_still = state is State.WAITING_INFORMATION
    return {
        "id": number,
        "number": rules.number(form.code, 100_000 + number),
        "draft_key": f"MADE{number}",
        "request_code": form.code,
        "kind": form.kind,
        "form_digest": digest,
        "contract_code": f"AL{1_000_000 + number % 5_000}",
        "holder": holder,
        "holder_key": name_key(holder),
        "account_id": None,
        "language": "sq",
        "answers": b"",
        "debt": Debt.NOT_ASKED,
        "debt_amount": Decimal(0),
        "state": state,
        "is_open": state in rules.OPEN,
        "filed_at": filed_at,
        "changed_at": filed_at,
        "closed_at": None if state in rules.OPEN else now,
        "due_on": NO_DAY if stands_still else _due(form, filed_at.date()),
        "days_left": random.randrange(-3, 9) if stands_still else None,
        "assigned_to": None if is_nobodys else random.choice(members),
        "answer": "",
        "version": 1,
    }


def _due(form: RequestForm, filed_on: date) -> date:
    return CALENDAR.after(filed_on, form.deadline.days, form.deadline.count)


def _add_events(connection: Connection, made: list[dict[str, Any]]) -> None:
    connection.execute(
        insert(case_event),
        [
            {
                "case_id": one["id"],
                "at": one["filed_at"],
                "what": What.FILED,
                "by_whom": By.CUSTOMER,
                "staff_id": None,
                "state": State.WAITING,
                "note": "",
                "remark": "",
            }
            for one in made
        ],
    )
    if connection.dialect.name == "postgresql":  # ids were given, not drawn
        connection.exec_driver_sql(
            "SELECT setval(pg_get_serial_sequence('service_case', 'id'),"
            " (SELECT max(id) FROM service_case))"
        )
