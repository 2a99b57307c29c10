"""What a form must hold, and how long a paper says what is true. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta

from app.accounts.rules import names_match
from app.certificates.records import Certificate, Ended, Kind, Problem, Typed
from app.identity import Shape, nid_shape, nipt_shape
from legacy_adapters.records import Contract, ContractCode, Debt

LONGEST = 120
HOUSEHOLD_FIELDS = ("first_name", "surname", "father", "id_number")
BUSINESS_FIELDS = ("representative", "nipt", "business", "holder")
CONTRACT = "contract"


def fields_of(kind: Kind) -> tuple[str, ...]:
    """As the form shows them; the contract's number comes last."""
    return HOUSEHOLD_FIELDS if kind is Kind.HOUSEHOLD else BUSINESS_FIELDS


def check_typed(kind: Kind, typed: Typed) -> dict[str, Problem]:
    problems = {
        name: Problem.TOO_LONG if typed.get(name) else Problem.MISSING
        for name in (*fields_of(kind), CONTRACT)
        if not 0 < len(typed.get(name, "")) <= LONGEST
    }
    shapes = {
        "id_number": (nid_shape, Problem.NOT_A_NID),
        "nipt": (nipt_shape, Problem.NOT_A_NIPT),
    }
    for name, (shape, problem) in shapes.items():
        if name in fields_of(kind) and name not in problems and shape(typed[name]) is Shape.WRONG:
            problems[name] = problem
    return problems


def doubtful(kind: Kind, typed: Typed) -> tuple[str, ...]:
    """Numbers of the right shape whose last letter is another than their digits make: worth a
    second look, no more."""
    shapes = {"id_number": nid_shape, "nipt": nipt_shape}
    return tuple(
        name
        for name, shape in shapes.items()
        if name in fields_of(kind) and shape(typed.get(name, "")) is Shape.DOUBTFUL
    )


def check_against(kind: Kind, typed: Typed, contract: Contract) -> dict[str, Problem]:
    """Whether it is billing's holder who is written about."""
    if kind is Kind.HOUSEHOLD:
        first, father, last = typed["first_name"], typed["father"], typed["surname"]
        names = (f"{first} {last}", f"{first} {father} {last}")  # as billing may have it
        same = any(names_match(name, contract.subscriber) for name in names)
        return {} if same else {"surname": Problem.NOT_THE_HOLDER}
    same = tax_number(contract.tax_id) == typed["nipt"]
    return {} if same else {"nipt": Problem.NOT_OF_THE_CONTRACT}


def tax_number(written: str) -> str:
    return "".join(written.split()).upper()


def owing(debts: Mapping[ContractCode, Debt]) -> tuple[ContractCode, ...]:
    """What is owed at all hinders, also what is not due yet; a credit does not."""
    return tuple(sorted(code for code, debt in debts.items() if debt.total > 0))


def ended(certificate: Certificate, today: date) -> tuple[date, Ended] | None:
    """Since when, and why, as far as the portal knows without asking billing."""
    if certificate.ended_on is not None:
        return certificate.ended_on, certificate.ended_why or Ended.REVOKED
    if today > certificate.valid_until:
        return certificate.valid_until + timedelta(days=1), Ended.TIME
    return None


def ended_by_billing(
    then: Mapping[ContractCode, date | None],
    now: Mapping[ContractCode, date | None],
    debts: Mapping[ContractCode, Debt],
    today: date,
) -> tuple[date, Ended] | None:
    """then, now: the day of each contract's newest invoice. The next invoice ends a certificate,
    also one that was paid at once; so does a debt, however it came about."""
    issued = [day for code, day in now.items() if day and _is_later(day, then.get(code))]
    if issued:
        return min(max(issued), today), Ended.INVOICE
    return (today, Ended.DEBT) if owing(debts) else None


def _is_later(day: date, then: date | None) -> bool:
    """An earlier day is that of the one before: the newest was cancelled."""
    return then is None or day > then


def is_told(
    then: Mapping[ContractCode, date | None], now: Mapping[ContractCode, date | None]
) -> bool:
    """Whether billing still knows of every contract's invoices: of one that vanished from it
    nobody can say that it owes nothing."""
    return all(now.get(code) is not None for code, day in then.items() if day is not None)


def masked(number: str) -> str:
    """For lists: `J••••••••N`."""
    if len(number) < 3:  # noqa: PLR2004
        return "•" * len(number)
    return number[0] + "•" * (len(number) - 2) + number[-1]
