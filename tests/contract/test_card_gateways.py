"""The card gateways: what all of them promise, each against a bank on a real server."""

import json
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.gateways.cards import BankNotSet, open_cards
from app.gateways.cards.port import ALL, CardGateway, Forged, NoList, Verdict
from app.gateways.errors import GatewayUnavailable, Refused
from config.cards import NestpaySettings, RaiacceptSettings, SandboxSettings
from tests.banks import nestpay, raiaccept
from tests.banks.twins import (
    AT,
    CALLBACK,
    RETURN,
    SECRET,
    RaiacceptTwin,
    SandboxTwin,
    Twin,
    a_checkout,
    new_reference,
    raiaccept_at,
    twin_of,
)
from tests.components import free_port
from tests.talker import Talker, Wire, drip, silence, talking

NAMES = ["sandbox", "nestpay", "raiaccept"]
AMOUNT = Decimal("2756.20")


@pytest.fixture(params=NAMES)
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Twin]:
    with twin_of(request.param, tmp_path) as twin:
        yield twin


@pytest.fixture(params=["sandbox", "nestpay"])
def signing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Twin]:
    with twin_of(request.param, tmp_path) as twin:
        yield twin


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


# What comes forged


def forged(gateway: CardGateway, fields: dict[str, str], body: bytes = b"") -> str:
    with pytest.raises(Forged) as caught:
        gateway.read_notice(fields, body)
    told = "".join(traceback.format_exception(caught.value))
    for secret in (SECRET, nestpay.KEY):
        assert secret not in told
    return str(caught.value)


def names_of(twin: Twin) -> dict[str, str]:
    if isinstance(twin, SandboxTwin):
        return {"order": "reference", "signature": "signature"}
    return {"order": "oid", "signature": "HASH"}


def test_every_changed_field_is_noticed(signing: Twin) -> None:
    fields = dict(signing.pay(signing.gateway.begin(a_checkout()), "approve").fields)
    outside = {"encoding"}  # NestPay's hash leaves it out
    for name in fields.keys() - outside:
        for changed in (fields[name] + "0", "", "1"):
            if changed != fields[name]:
                forged(signing.gateway, {**fields, name: changed})


def test_another_amount_order_or_currency_is_noticed(signing: Twin) -> None:
    fields = dict(signing.pay(signing.gateway.begin(a_checkout()), "approve").fields)
    order = names_of(signing)["order"]
    for name, value in (("amount", "1.00"), (order, new_reference()), ("currency", "978")):
        assert fields[name] != value
        forged(signing.gateway, {**fields, name: value})
    assert signing.gateway.read_notice(fields).report is not None


def test_a_decline_cannot_become_an_approval(signing: Twin) -> None:
    fields = dict(signing.pay(signing.gateway.begin(a_checkout()), "decline").fields)
    said = {"verdict": "captured", "Response": "Approved", "ProcReturnCode": "00"}
    forged(signing.gateway, {**fields, **{n: v for n, v in said.items() if n in fields}})


def test_without_a_signature_or_with_anothers(signing: Twin) -> None:
    fields = dict(signing.pay(signing.gateway.begin(a_checkout()), "approve").fields)
    other = signing.pay(signing.gateway.begin(a_checkout()), "approve").fields
    name = names_of(signing)["signature"]
    bare = {n: v for n, v in fields.items() if n != name}
    assert forged(signing.gateway, bare) == "it is not signed"
    for value in ("", "x" * 1_000_000, "\ud800", other[name], fields[name].lower()[::-1]):
        forged(signing.gateway, {**bare, name: value})


def test_our_own_order_is_no_notice(signing: Twin) -> None:
    """What the portal signs must not come back as the bank's word."""
    handover = signing.gateway.begin(a_checkout())
    try:
        notice = signing.gateway.read_notice(handover.fields)
    except Forged:
        return
    assert notice.report is None


JUNK = b"\xff\xfe\x00" * 349_525


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({}, b""),
        ({}, JUNK),
        ({}, b"[" * 1_000_000),
        ({}, b'{"order": {"invoice": {"merchantOrderReference": "\xff"}}}'),
        ({}, b'{"order": [], "invoice": {"merchantOrderReference": 17}}'),
        ({}, b'{"merchantOrderReference": "\\ud800"}'),
        ({"": ""}, b""),
        ({"junk": "x" * 1_000_000}, b""),
        ({f"field{n}": "x" for n in range(20_000)}, b""),
        ({"merchantOrderReference": "A" * 25}, b""),
        ({"merchantOrderReference": "A" * 26 + "\n"}, b""),
        ({"merchantOrderReference": "A" * 26}, b'{"merchantOrderReference": "%s"}' % (b"B" * 26)),
        ({"hash": "", "HASH": ""}, b""),
        ({"signature": "é", "kind": "notice"}, b""),
    ],
    ids=str,
)
def test_junk_is_forged(twin: Twin, fields: dict[str, str], body: bytes) -> None:
    before = time.monotonic()
    assert forged(twin.gateway, fields, body)
    assert time.monotonic() - before < 1


NAMES_THAT_MEAN_SOMETHING = st.sampled_from(
    [
        "hash",
        "HASH",
        "oid",
        "OID",
        "clientid",
        "mdStatus",
        "Response",
        "ProcReturnCode",
        "amount",
        "currency",
        "signature",
        "kind",
        "reference",
        "verdict",
        "merchantOrderReference",
        "encoding",
    ]
)
VALUES_THAT_MEAN_SOMETHING = st.sampled_from(
    ["A" * 26, nestpay.CLIENT, "1", "00", "Approved", "1.00", "008", "notice", "captured", "NaN"]
)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)
ANY_FIELDS = st.dictionaries(
    NAMES_THAT_MEAN_SOMETHING | ANY_TEXT, VALUES_THAT_MEAN_SOMETHING | ANY_TEXT, max_size=12
)
GATEWAYS = {name: at("http://127.0.0.1:9") for name, at in AT.items()}


@pytest.mark.parametrize("name", NAMES)
@settings(database=None, deadline=None, max_examples=200)
@given(fields=ANY_FIELDS, body=st.binary(max_size=50))
def test_nothing_but_forged_is_ever_raised(name: str, fields: dict[str, str], body: bytes) -> None:
    try:
        notice = GATEWAYS[name].read_notice(fields, body)
    except Forged:
        return
    assert notice.report is None, "nobody can sign"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["order", "invoice", "merchantOrderReference", "x"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@settings(database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(told=JSON)
def test_any_json_is_forged_or_asked_about(told: object) -> None:
    try:
        notice = GATEWAYS["raiaccept"].read_notice({}, json.dumps(told).encode())
    except Forged:
        return
    assert notice.report is None


# Banks that go wrong


def answering(status: bytes, kind: bytes, body: bytes) -> Callable[[Talker, Wire], None]:
    def talk(talker: Talker, wire: Wire) -> None:
        talker.hear(wire, b"\r\n\r\n")
        head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
        wire.sendall(head % (status, kind, len(body)) + body)

    return talk


def pour(talker: Talker, wire: Wire) -> None:
    talker.hear(wire, b"\r\n\r\n")
    wire.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not talker.over.is_set():
        wire.sendall(b"<" * 65536)


def drip_a_body(talker: Talker, wire: Wire) -> None:
    talker.hear(wire, b"\r\n\r\n")
    wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    drip(talker, wire)


def drip_without_end(talker: Talker, wire: Wire) -> None:
    """Cut off, it looks like an answer that is over."""
    talker.hear(wire, b"\r\n\r\n")
    wire.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    drip(talker, wire)


LOL = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
BOMB = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "lol">%s]><CC5Response>&l11;</CC5Response>'
FILE = (
    b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b"<CC5Response><ErrMsg>&x;</ErrMsg></CC5Response>"
)
FAULTS: dict[str, Callable[[Talker, Wire], None]] = {
    "hangs": silence,
    "drips": drip,
    "drips a body": drip_a_body,
    "drips without end": drip_without_end,
    "pours": pour,
    "hangs up": lambda talker, wire: talker.hear(wire, b"\r\n\r\n"),
    "speaks otherwise": lambda talker, wire: wire.sendall(b"220 mail.example ESMTP\r\n"),
    "HTML": answering(b"200 OK", b"text/html", b"<html><p>maintenance &nbsp; <br></html>"),
    "empty": answering(b"200 OK", b"text/xml", b""),
    "500": answering(b"500 X", b"text/html", b"<h1>error</h1>"),
    "503": answering(b"503 X", b"text/html", b""),
    "redirects": answering(b"302 Found\r\nLocation: http://127.0.0.1:9/", b"text/html", b""),
    "too long": answering(b"200 OK", b"text/xml", b"<a>" + b"x" * 2_000_000),
    "deep XML": answering(b"200 OK", b"text/xml", b"<a>" * 300_000),
    "deep JSON": answering(b"200 OK", b"application/json", b"[" * 900_000),
    "XML bomb": answering(b"200 OK", b"text/xml", BOMB % LOL),
    "outer entity": answering(b"200 OK", b"text/xml", FILE),
    "strange XML": answering(b"200 OK", b"text/xml", b'<?xml version="1.0" encoding="x-no"?><a/>'),
    "not UTF-8": answering(b"200 OK", b"application/json", b'{"status": "\xff\xfe"}'),
    "packed": answering(b"200 OK\r\nContent-Encoding: gzip", b"text/xml", b"\x1f\x8b\x08"),
    "wrong length": answering(b"200 OK\r\nContent-Length: 5000", b"text/xml", b"<a/>"),
}


def unavailable(gateway: CardGateway, bank_reference: str = "D-1") -> str:
    """The reason, after a look that it and its traceback tell no secrets."""
    before = time.monotonic()
    with pytest.raises(GatewayUnavailable) as caught:
        gateway.ask(new_reference(), bank_reference)
    assert time.monotonic() - before < 2
    told = "".join(traceback.format_exception(caught.value))
    for secret in (SECRET, nestpay.KEY, nestpay.PASSWORD, raiaccept.PASSWORD, "token-", "passwd"):
        assert secret not in told
    return str(caught.value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_bank_that_goes_wrong(fault: str, name: str) -> None:
    with talking(FAULTS[fault]) as talker:
        assert unavailable(AT[name](f"http://127.0.0.1:{talker.port}", seconds=0.7))
        assert talker.connections == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bank_that_goes_wrong_after_letting_us_in(fault: str) -> None:
    with raiaccept.raiaccept_bank() as bank, talking(FAULTS[fault]) as talker:
        address = f"http://127.0.0.1:{talker.port}"
        gateway = raiaccept_at(bank.address, seconds=0.7, api_url=address)
        assert unavailable(gateway)
        with pytest.raises(GatewayUnavailable):
            gateway.begin(a_checkout())
        assert bank.logins == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_bank_that_is_away(name: str) -> None:
    told = unavailable(AT[name](f"http://127.0.0.1:{free_port()}", seconds=0.7))
    assert told == "the bank cannot be used: Connection refused"


@pytest.mark.parametrize("name", NAMES)
def test_a_bank_whose_name_is_unknown(name: str) -> None:
    told = unavailable(AT[name]("https://bank.invalid", seconds=1.5))
    assert told.startswith("the bank cannot be used: ")


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
