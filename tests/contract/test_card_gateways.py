"""The card gateways: what all of them promise, each against a bank on a real server."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.gateways.cards import BankNotSet, open_cards
from app.gateways.cards.port import ALL, NoList, Verdict
from app.gateways.errors import Refused
from config.cards import NestpaySettings, RaiacceptSettings, SandboxSettings
from tests.banks.twins import (
    CALLBACK,
    RETURN,
    RaiacceptTwin,
    SandboxTwin,
    Twin,
    a_checkout,
    new_reference,
)
from tests.card_gateways import AMOUNT, NAMES, twin

__all__ = ["twin"]


@pytest.mark.parametrize(
    ("what", "verdict"),
    [
        ("approve", Verdict.CAPTURED),
        ("decline", Verdict.DECLINED),
        ("pending", Verdict.PENDING),
    ],
)
def test_there_and_back(twin: Twin, what: str, verdict: Verdict) -> None:
    checkout = a_checkout()
    handover = twin.gateway.begin(checkout)
    assert handover.address.startswith("http://127.0.0.1:")
    returned = twin.pay(handover, what)
    notice = twin.gateway.read_notice(returned.fields, returned.body)
    assert notice.reference == checkout.reference
    if twin.signs and what != "pending":
        assert notice.report is not None and notice.report.verdict is verdict
        assert (notice.report.amount, notice.report.currency) == (AMOUNT, ALL)
    if not twin.signs:
        assert notice.report is None
    told = twin.gateway.ask(checkout.reference, handover.bank_reference)
    assert (told.reference, told.verdict) == (checkout.reference, verdict)
    assert told.amount == AMOUNT
    assert told.currency in {ALL, ""}


def test_a_callback_says_the_same_however_often_it_comes(twin: Twin) -> None:
    returned = twin.pay(twin.gateway.begin(a_checkout()), "approve")
    first = twin.gateway.read_notice(returned.fields, returned.body)
    assert twin.gateway.read_notice(dict(reversed(returned.fields.items()))) == first


def test_an_order_nobody_paid_is_absent(twin: Twin) -> None:
    assert twin.gateway.ask(new_reference()).verdict is Verdict.ABSENT
    checkout = a_checkout()
    handover = twin.gateway.begin(checkout)
    if isinstance(twin, RaiacceptTwin):
        assert twin.gateway.ask(checkout.reference, "D-unknown").verdict is Verdict.ABSENT
    else:
        assert twin.gateway.ask(checkout.reference, handover.bank_reference).verdict is (
            Verdict.ABSENT
        )


def test_the_same_order_again_is_the_same_order(twin: Twin) -> None:
    checkout = a_checkout()
    first = twin.gateway.begin(checkout)
    again = twin.gateway.begin(replace(checkout, bank_reference=first.bank_reference))
    assert again.bank_reference == first.bank_reference
    twin.pay(again, "approve")
    told = twin.gateway.ask(checkout.reference, first.bank_reference)
    assert told.verdict is Verdict.CAPTURED
    made = twin.captures() if isinstance(twin, SandboxTwin) else list(twin.bank.orders)
    assert len(made) == 1


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_no_order_over_nothing(twin: Twin, amount: str) -> None:
    with pytest.raises(Refused):
        twin.gateway.begin(a_checkout(amount=Decimal(amount)))


def test_where_browsers_go_is_within_the_pages_policy(twin: Twin) -> None:
    address = twin.gateway.begin(a_checkout()).address
    sources = twin.gateway.form_target.replace(":*", ":").split(" ")
    assert any(address.startswith(source) for source in sources)
    assert ";" not in twin.gateway.form_target


def test_captures_are_listed_or_it_is_said_that_they_are_not(twin: Twin) -> None:
    now = datetime.now(UTC)
    since, until = now - timedelta(hours=1), now + timedelta(hours=1)
    checkouts = [a_checkout() for _ in range(3)]
    for checkout, what in zip(checkouts, ["approve", "decline", "approve"], strict=True):
        twin.pay(twin.gateway.begin(checkout), what)
    if not isinstance(twin, SandboxTwin):
        with pytest.raises(NoList):
            twin.gateway.list_captures(since, until)
        return
    listed = twin.gateway.list_captures(since, until)
    assert [report.reference for report in listed] == [
        checkouts[0].reference,
        checkouts[2].reference,
    ]
    assert {(r.verdict, r.amount, r.currency) for r in listed} == {
        (Verdict.CAPTURED, AMOUNT, ALL),
    }
    assert all(r.transaction and r.at and since < r.at < until for r in listed)
    assert twin.gateway.list_captures(since, since + timedelta(minutes=1)) == []


# Settings


def test_a_bank_without_settings_is_not_opened() -> None:
    nothing = {
        "nestpay": NestpaySettings(),
        "raiaccept": RaiacceptSettings(),
        "sandbox": SandboxSettings(),
    }
    for name in [*NAMES, "another"]:
        with pytest.raises(BankNotSet, match=name):
            open_cards(name, **nothing)


def test_addresses_go_out_as_they_are(twin: Twin) -> None:
    """They are compared by the bank, letter by letter."""
    checkout = a_checkout(return_url=f"{RETURN}?a=1&b=ë".replace("ë", "%C3%AB"))
    handover = twin.gateway.begin(checkout)
    if isinstance(twin, RaiacceptTwin):
        urls = twin.bank.orders[handover.bank_reference]["urls"]
        added = f"&merchantOrderReference={checkout.reference}"
        assert urls["successUrl"] == urls["failUrl"] == checkout.return_url + added
        assert urls["notificationUrl"] == CALLBACK
    else:
        assert checkout.return_url in handover.fields.values()
        assert CALLBACK in handover.fields.values()
