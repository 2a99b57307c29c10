"""Card payments: what comes in a bank's name and is not the bank's, over all gateways."""

import json
import time
import traceback

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.gateways.cards.port import CardGateway, Forged
from tests.banks import nestpay
from tests.banks.twins import (
    AT,
    SECRET,
    SandboxTwin,
    Twin,
    a_checkout,
    new_reference,
)
from tests.card_gateways import NAMES, signing, twin

__all__ = ["signing", "twin"]


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
