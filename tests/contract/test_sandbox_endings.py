"""The test bank: how a payment can end, and what it says when it is asked."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from app.gateways.cards.port import ALL, Forged, Verdict
from app.gateways.cards.sandbox import signing
from app.gateways.errors import GatewayUnavailable
from tests.banks.server import Asked, serving
from tests.banks.twins import SECRET, SandboxTwin, new_reference, sandbox_at
from tests.sandbox_bank import Shop, all_sent, decided, ordered, shop, twin, until

__all__ = ["shop", "twin"]


# How a payment can end


@pytest.mark.parametrize(
    ("what", "told", "verdict"),
    [
        ("approve", ["captured"], Verdict.CAPTURED),
        ("decline", ["declined"], Verdict.DECLINED),
        ("cancel", [], Verdict.DECLINED),
        ("approve_twice", ["captured"] * 2, Verdict.CAPTURED),
        ("approve_silently", [], Verdict.CAPTURED),
        ("callback_only", ["captured"], Verdict.CAPTURED),
        ("browser_only", [], Verdict.CAPTURED),
        ("decline_then_approve", ["declined", "captured"], Verdict.CAPTURED),
    ],
)
def test_endings(
    twin: SandboxTwin, shop: Shop, what: str, told: list[str], verdict: Verdict
) -> None:
    checkout, _ = ordered(twin, shop)
    notice = decided(twin, checkout, what)
    assert (notice is None) is (what in {"approve_silently", "callback_only"})
    if notice:
        assert notice.report and notice.report.verdict is verdict
    assert twin.gateway.ask(checkout.reference).verdict is verdict
    until(lambda: all_sent(twin))
    assert [fields["verdict"] for fields in shop.heard] == told
    for fields in shop.heard:
        report = twin.gateway.read_notice(fields).report
        assert report and (report.amount, report.currency) == (checkout.amount, ALL)
    assert len(twin.captures()) == (verdict is Verdict.CAPTURED)


def test_late(twin: SandboxTwin, shop: Shop) -> None:
    checkout, _ = ordered(twin, shop)
    before = datetime.now(UTC) - timedelta(seconds=1)
    notice = decided(twin, checkout, "approve_late", seconds="1.5")
    assert notice and notice.report and notice.report.verdict is Verdict.PENDING
    pending = twin.gateway.ask(checkout.reference)
    assert (pending.verdict, pending.transaction) == (Verdict.PENDING, "")
    span = (before, datetime.now(UTC) + timedelta(hours=1))
    assert twin.gateway.list_captures(*span) == [] and shop.heard == []
    assert len(twin.captures()) == 1, "its books know already"
    until(lambda: shop.heard)
    assert shop.heard[0]["verdict"] == "captured"
    assert twin.gateway.ask(checkout.reference).verdict is Verdict.CAPTURED
    assert len(twin.gateway.list_captures(*span)) == 1


def test_given_back_later(twin: SandboxTwin, shop: Shop) -> None:
    checkout, _ = ordered(twin, shop)
    notice = decided(twin, checkout, "approve_then_reverse", seconds="1")
    assert notice and notice.report and notice.report.verdict is Verdict.CAPTURED
    until(lambda: len(shop.heard) == 2)
    assert [fields["verdict"] for fields in shop.heard] == ["captured", "reversed"]
    assert twin.gateway.ask(checkout.reference).verdict is Verdict.REVERSED
    now = datetime.now(UTC)
    [listed] = twin.gateway.list_captures(now - timedelta(minutes=1), now + timedelta(minutes=1))
    assert listed.verdict is Verdict.REVERSED
    assert [row["verdict"] for row in twin.captures()] == ["reversed"]


@pytest.mark.parametrize("what", ["wrong_amount", "wrong_currency", "wrong_order"])
def test_told_wrongly_and_signed(twin: SandboxTwin, shop: Shop, what: str) -> None:
    checkout, _ = ordered(twin, shop)
    other = new_reference()
    notice = decided(twin, checkout, what, other=other)
    until(lambda: all_sent(twin))
    [fields] = shop.heard
    right = (checkout.reference, checkout.amount, ALL)
    for told in (notice, twin.gateway.read_notice(fields)):
        assert told and told.report and told.report.verdict is Verdict.CAPTURED
        found = (told.reference, told.report.amount, told.report.currency)
        wrong = {
            "wrong_amount": (right[0], right[1] + 1, ALL),
            "wrong_currency": (*right[:2], "EUR"),
            "wrong_order": (other, *right[1:]),
        }[what]
        assert found == wrong
    asked = twin.gateway.ask(checkout.reference)
    assert (asked.reference, asked.amount, asked.currency) == right
    assert asked.verdict is Verdict.CAPTURED


def test_signed_wrongly(twin: SandboxTwin, shop: Shop) -> None:
    checkout, _ = ordered(twin, shop)
    with pytest.raises(Forged, match="signature is wrong"):
        decided(twin, checkout, "wrong_signature")
    until(lambda: all_sent(twin))
    with pytest.raises(Forged, match="signature is wrong"):
        twin.gateway.read_notice(shop.heard[0])
    assert twin.gateway.ask(checkout.reference).verdict is Verdict.CAPTURED


# What it says when it is asked


def test_a_signature_holds_for_one_kind_of_message_alone(twin: SandboxTwin) -> None:
    told = {"reference": new_reference(), "verdict": "captured", "amount": "1.00"}
    assert twin.gateway.read_notice(signing.sign(signing.NOTICE, told, SECRET)).report
    for kind in (signing.ORDER, signing.STATUS, signing.LIST):
        with pytest.raises(Forged, match="signature is wrong"):
            twin.gateway.read_notice(signing.sign(kind, told, SECRET))


def an_answer(asked: Asked, told: dict[str, object], secret: str = SECRET) -> bytes:
    question = dict(parse_qsl(asked.body.decode()))["signature"]
    body = json.dumps(told).encode()
    return signing.signature_of_answer(question, body, secret).encode() + b"\n" + body


def test_an_answer_that_is_not_the_banks(twin: SandboxTwin) -> None:
    reference = new_reference()
    right = {"reference": reference, "verdict": "captured", "amount": "1.00"}
    said: list[bytes] = []

    def replay(asked: Asked) -> bytes:
        said.append(an_answer(asked, right))
        return said[0]

    ways: dict[str, Callable[[Asked], bytes]] = {
        "": lambda asked: an_answer(asked, right),
        "not signed": lambda asked: json.dumps(right).encode(),
        "not signed as": lambda asked: an_answer(asked, right, "another secret"),
        "not signed as it": lambda asked: an_answer(asked, right) + b" ",
        "another order": lambda asked: an_answer(asked, {**right, "reference": new_reference()}),
        "tells of another": lambda asked: an_answer(asked, {**right, "verdict": "paid"}),
    }
    for words, way in ways.items():
        with serving(lambda asked, way=way: (200, "text/plain", way(asked))) as address:
            if not words:
                assert sandbox_at(address).ask(reference).verdict is Verdict.CAPTURED
                continue
            with pytest.raises(GatewayUnavailable, match=words):
                sandbox_at(address).ask(reference)
    with serving(lambda asked: (200, "text/plain", replay(asked))) as address:
        assert sandbox_at(address).ask(reference).verdict is Verdict.CAPTURED
        with pytest.raises(GatewayUnavailable, match="not signed"):
            sandbox_at(address).ask(reference)
