"""What is right, judged outside the product: the bank's books against billing's, invoice by
invoice. Of the portal it asks only what it shows: an order's lines, its state, what it holds."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from app.payments import rules
from app.payments.records import Source, State
from tests.faults.payments.bank import Capture
from tests.faults.payments.stage import Stage

Invoice = tuple[str, str]
Posted = tuple[str, str, Decimal]
KEPT = {State.PAID, State.REVIEW, *rules.UNDECIDED}


@dataclass
class Verdicts:
    """What was found wrong, by kind, each with what it is about; and what is right."""

    captured: int = 0
    given_back: int = 0
    posted_once: int = 0
    in_review: int = 0
    given_back_uncounted: int = 0
    lost: list[str] = field(default_factory=list)
    posted_twice: list[str] = field(default_factory=list)
    falsely_paid: list[str] = field(default_factory=list)
    wrong_books: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    reviews: Counter[str] = field(default_factory=Counter)

    @property
    def violations(self) -> dict[str, list[str]]:
        found = {
            "lost": self.lost,
            "posted twice": self.posted_twice,
            "falsely paid": self.falsely_paid,
            "billing's books": self.wrong_books,
            "held": self.held,
            "steps": self.steps,
        }
        return {name: what for name, what in found.items() if what}


@dataclass
class Found:
    """All that was read, once it is quiet."""

    captures: dict[str, Capture]
    orders: dict[str, Any]
    lines: dict[str, dict[Invoice, Decimal]]
    staged: list[Any]
    held: list[Any]
    events: dict[str, list[Any]]

    def posted_for(self, capture: Capture) -> set[Posted]:
        return {
            (row["contract_code"], row["invoice_number"], row["amount"])
            for row in self.staged
            if row["bank_transaction"] in capture.transactions
        }

    def is_whole(self, capture: Capture, posted: set[Posted]) -> bool:
        """Whether these are the order's lines, and their sum the money that was taken."""
        lines = {(*key, amount) for key, amount in self.lines[capture.reference].items()}
        return posted == lines and sum(amount for *_, amount in posted) == capture.amount


def lek(cents: int) -> Decimal:
    """As the portal keeps money."""
    return Decimal(cents).scaleb(-2)


def read(stage: Stage) -> Found:
    lines: dict[str, dict[Invoice, Decimal]] = defaultdict(dict)
    for row in stage.portal_rows(
        "SELECT o.reference, l.* FROM payment_line l JOIN payment_order o ON o.id = l.order_id"
    ):
        lines[row["reference"]][row["contract_code"], row["invoice_number"]] = lek(row["amount"])
    events: dict[str, list[Any]] = defaultdict(list)
    for row in stage.portal_rows(
        "SELECT o.reference, e.state, e.source FROM payment_event e"
        " JOIN payment_order o ON o.id = e.order_id ORDER BY e.id"
    ):
        events[row["reference"]].append(row)
    return Found(
        captures=stage.bank.captures(),
        orders={row["reference"]: row for row in stage.portal_rows("SELECT * FROM payment_order")},
        lines=lines,
        staged=stage.billing_rows("SELECT * FROM portal_payment"),
        held=stage.portal_rows(
            "SELECT o.reference, o.state FROM payment_hold h"
            " JOIN payment_order o ON o.id = h.order_id"
        ),
        events=events,
    )


def judge(stage: Stage) -> Verdicts:
    found, verdicts = read(stage), Verdicts()
    for capture in found.captures.values():
        _judge_capture(capture, found, verdicts)
    _judge_staged(found, verdicts)
    _judge_orders(found, verdicts)
    verdicts.wrong_books += wrong_books(stage, found.staged)
    return verdicts


def _judge_capture(capture: Capture, found: Found, verdicts: Verdicts) -> None:
    """Its money is in billing line by line, once, or a person sees it; or the bank has given it
    back and nobody counts it."""
    order = found.orders.get(capture.reference)
    state = order["state"] if order else "unknown here"
    told = f"{capture.reference}: {capture.amount}, the order is {state}"
    posted = found.posted_for(capture)
    is_posted = found.is_whole(capture, posted)
    verdicts.captured += 1
    if order is not None and state == State.REVIEW and order["problem"]:
        verdicts.in_review += 1
        verdicts.reviews[order["problem"]] += 1
        if capture.was_taken_twice and not is_posted:
            verdicts.lost.append(f"{told}, taken twice and not posted once")
    elif capture.was_taken_twice:
        verdicts.lost.append(f"{told}, taken twice and nobody sees it")
    elif capture.is_given_back and (posted or state in rules.COUNTED):
        verdicts.falsely_paid.append(f"{told}, given back")
    elif capture.is_given_back:
        verdicts.given_back_uncounted += 1
    elif is_posted:
        verdicts.posted_once += 1
    else:
        verdicts.lost.append(f"{told}, posted: {sorted(posted)}")
    verdicts.given_back += capture.is_given_back


def _judge_staged(found: Found, verdicts: Verdicts) -> None:
    taken = {t: c for c in found.captures.values() for t in c.transactions}
    invoices: Counter[Invoice] = Counter()
    for row in found.staged:
        key = row["contract_code"], row["invoice_number"]
        invoices[key] += 1
        if row["bank_transaction"] not in taken:
            told = f"{key}: {row['amount']}, which no capture of the bank's is"
            verdicts.falsely_paid.append(f"posted: {told}")
    # Who pays an invoice pays all of it, and so no invoice is ever paid here twice.
    verdicts.posted_twice += [
        f"{key}: {times} times" for key, times in invoices.items() if times > 1
    ]


def _judge_orders(found: Found, verdicts: Verdicts) -> None:
    for reference, order in found.orders.items():
        told = f"{reference}: {order['state']}"
        if is_falsely_paid(order, found.captures.get(reference)):
            verdicts.falsely_paid.append(told)
        verdicts.steps += [f"{reference}: {step}" for step in wrong_steps(found.events[reference])]
    verdicts.held += [
        f"{row['reference']}: {row['state']}" for row in found.held if row["state"] not in KEPT
    ]


def is_falsely_paid(order: Any, capture: Capture | None) -> bool:
    """Shown paid, or with a receipt, and the bank did not take just that."""
    if order["state"] not in rules.COUNTED and not order["receipt_code"]:
        return False
    if capture is None:
        return True
    return (capture.amount, capture.currency) != (lek(order["amount"]), order["currency"])


def wrong_steps(events: Iterable[Any]) -> list[str]:
    """A person's are not looked at: there is none here."""
    states = [State(row["state"]) for row in events if row["source"] != Source.STAFF]
    wrong = [
        f"{before} -> {after}"
        for before, after in pairwise(states)
        if after not in rules.MAY_FOLLOW[before] and (before, after) != (State.REVIEW,) * 2
    ]
    if states.count(State.PAID) > 1:
        wrong.append("paid more than once")
    return wrong


def wrong_books(stage: Stage, staged: Iterable[Any]) -> list[str]:
    """Billing's own lists: each accepted payment is there once, and counted on its invoice."""
    accepted: Counter[Invoice] = Counter()
    by_contract: dict[str, Counter[Decimal]] = defaultdict(Counter)
    for row in staged:
        if row["status"] == "A":
            accepted[row["contract_code"], row["invoice_number"]] += row["amount"]
            by_contract[row["contract_code"]][row["amount"]] += 1
    there: dict[str, Counter[Decimal]] = defaultdict(Counter)
    for row in stage.billing_rows(
        "SELECT k.ktr_kod, p.vlera FROM pagese p JOIN kontrate k ON k.ktr_id = p.ktr_id"
        " LEFT JOIN pagese_before b ON b.pag_id = p.pag_id WHERE b.pag_id IS NULL"
    ):
        there[row["ktr_kod"]][row["vlera"]] += 1
    wrong = [
        f"{code}: payments"
        for code in by_contract.keys() | there.keys()
        if by_contract[code] != there[code]
    ]
    for row in stage.billing_rows(
        "SELECT k.ktr_kod, f.fat_nr, f.vl_paguar - b.vl_paguar AS more FROM fature f"
        " JOIN fature_before b ON b.fat_id = f.fat_id JOIN kontrate k ON k.ktr_id = f.ktr_id"
    ):
        key = row["ktr_kod"], row["fat_nr"]
        if row["more"] != accepted[key]:
            wrong.append(f"{key}: {row['more']} more paid, {accepted[key]} accepted")
    return wrong
