"""NestPay: its hash, what its answers mean, and the questions it is asked."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st

from app.gateways.cards.nestpay.hash import hash_of, is_right
from app.gateways.cards.port import ALL, CardGateway, Forged, Report, Verdict
from app.gateways.errors import GatewayUnavailable, Refused
from config.cards import NestpaySettings
from tests.banks.nestpay import CLIENT, KEY, PASSWORD, USER, NestpayBank, nestpay_bank, ver3
from tests.banks.server import Asked, Reply, open_page, serving
from tests.banks.twins import CALLBACK, RETURN, a_checkout, nestpay_at, new_reference, open_one


@pytest.fixture
def bank() -> Iterator[NestpayBank]:
    with nestpay_bank() as bank:
        yield bank


@pytest.fixture
def gateway(bank: NestpayBank) -> CardGateway:
    return nestpay_at(bank.address)


def test_the_descriptions_own_value() -> None:
    fields = {
        "amount": "100.25",
        "clientid": "190100000",
        "currency": "949",
        "email": "test@test.com",
        "failUrl": "https://domain.com/fail_url",
        "FaturaFirma": "siparis veren",
        "hashAlgorithm": "ver3",
        "islemtipi": "Auth",
        "lang": "tr",
        "oid": "order222",
        "okUrl": "https://domain.com/success",
        "rnd": "rand",
        "storetype": "3d_pay",
        "taksit": "",
    }
    wanted = (
        "/uPxhEKWCEGi3NsDOOQ4u8Hu5g71v5GWspOid70WehTWEz97PqxG3IN1Jv5jsbOXOw3Z3Rr/0UtywzEgbqFfdA=="
    )
    assert hash_of(fields, "123456") == wanted
    assert hash_of({**fields, "HASH": "x", "Encoding": "UTF-8"}, "123456") == wanted
    assert hash_of({**fields, "nationalidno": "1"}, "123456") != wanted
    assert is_right({**fields, "NationalIdNo": "1"}, wanted, "123456")
    assert not is_right({**fields, "taksit": "1"}, wanted, "123456")


NAME = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)
VALUE = st.text(st.sampled_from("|\\ab ë") | st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(database=None, deadline=None)
@given(st.dictionaries(NAME, VALUE, max_size=8), VALUE)
def test_the_hash_is_the_descriptions(fields: dict[str, str], key: str) -> None:
    if len({name.lower() for name in fields}) == len(fields):
        assert hash_of(fields, key) == ver3(list(fields.items()), key)


@settings(database=None, deadline=None)
@given(st.lists(VALUE, min_size=3, max_size=3), st.lists(VALUE, min_size=3, max_size=3))
def test_no_value_flows_into_the_next(one: list[str], other: list[str]) -> None:
    hashes = [hash_of(dict(zip("abc", values, strict=True)), KEY) for values in (one, other)]
    assert (hashes[0] == hashes[1]) is (one == other)


def test_the_form(gateway: CardGateway) -> None:
    checkout = a_checkout(amount=Decimal("556"), language="en")
    handover = gateway.begin(checkout)
    fields = dict(handover.fields)
    assert fields.pop("hash") == ver3(list(fields.items()))
    assert len(fields.pop("rnd")) >= 16
    assert fields == {
        "clientid": CLIENT,
        "storetype": "3d_pay_hosting",
        "TranType": "Auth",
        "amount": "556.00",
        "currency": "008",
        "oid": checkout.reference,
        "okUrl": RETURN,
        "failUrl": RETURN,
        "callbackUrl": CALLBACK,
        "lang": "en",
        "refreshtime": "10",
        "hashAlgorithm": "ver3",
        "encoding": "UTF-8",
        "BillToName": "Arbër Çela   i Ri",
        "email": "arber@customer.example",
        "tel": "+355691234567",
    }
    with pytest.raises(Refused):
        gateway.begin(a_checkout(currency="EUR"))


@pytest.mark.parametrize("text", ["Approved", "00", "1", "1000.00", "A" * 26, "x|y", "5 000.00"])
def test_a_payer_cannot_name_himself_as_a_field(gateway: CardGateway, text: str) -> None:
    """Values are signed without their names: in another place they would mean something else."""
    sent = gateway.begin(a_checkout(payer_name=text, payer_email=text, payer_phone=text)).fields
    for name in ("BillToName", "email", "tel"):
        value = sent[name]
        assert value not in {text, "Approved", "00", "1"}
        assert "." not in value and "|" not in value
    own = {text} - {CLIENT, "1"}
    assert not own & set(sent.values())


def a_report(gateway: CardGateway, fields: dict[str, str]) -> Report | None:
    return gateway.read_notice(fields).report


def signed(fields: dict[str, str]) -> dict[str, str]:
    bare = {name: value for name, value in fields.items() if name != "HASH"}
    return {**bare, "HASH": ver3(list(bare.items()))}


@pytest.fixture
def fields(bank: NestpayBank, gateway: CardGateway) -> dict[str, str]:
    """What comes back when a payment was approved."""
    handover = gateway.begin(a_checkout())
    assert open_page(handover).status_code == 200
    return bank.decide(handover.fields["oid"], "approve")


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, Verdict.CAPTURED),
        ({"Response": "approved"}, Verdict.CAPTURED),
        ({"Response": "Declined", "ProcReturnCode": "51"}, Verdict.DECLINED),
        ({"Response": "Error", "ProcReturnCode": "99"}, Verdict.DECLINED),
        ({"Response": "Declined", "ProcReturnCode": "05", "mdStatus": "0"}, Verdict.DECLINED),
        # Contradictions: nothing is said, the bank is asked.
        ({"mdStatus": "0"}, None),
        ({"mdStatus": "2"}, None),
        ({"mdStatus": ""}, None),
        ({"ProcReturnCode": "05"}, None),
        ({"ProcReturnCode": ""}, None),
        ({"Response": "Declined"}, None),
        ({"Response": "Error"}, None),
        ({"Response": ""}, None),
        ({"Response": "Pending"}, None),
        ({"amount": ""}, None),
        ({"amount": "0.00"}, None),
        ({"amount": "2.756,20"}, None),
        ({"amount": "-2756.20"}, None),
        ({"amount": "1e9"}, None),
        ({"amount": "NaN"}, None),
        ({"amount": "٢٧٥٦"}, None),
        ({"amount": "9" * 500}, None),
    ],
)
def test_what_a_signed_answer_means(
    gateway: CardGateway, fields: dict[str, str], changes: dict[str, str], verdict: Verdict | None
) -> None:
    report = a_report(gateway, signed({**fields, **changes}))
    assert (report.verdict if report else None) is verdict


def test_what_a_report_tells(gateway: CardGateway, fields: dict[str, str]) -> None:
    report = a_report(gateway, fields)
    assert report is not None
    assert (report.amount, report.currency) == (Decimal("2756.20"), ALL)
    assert (report.transaction, report.code) == ("26123LtCH15933", "00")
    other = a_report(gateway, signed({**fields, "currency": "978", "amount": "1"}))
    assert other is not None and (other.amount, other.currency) == (Decimal(1), "978")


def test_names_in_another_case(gateway: CardGateway, fields: dict[str, str]) -> None:
    for change in (str.upper, str.lower):
        report = a_report(gateway, {change(name): value for name, value in fields.items()})
        assert report is not None and report.verdict is Verdict.CAPTURED


def test_a_field_that_stands_there_twice(gateway: CardGateway, fields: dict[str, str]) -> None:
    for name in ("amount", "oid", "Response", "clientid", "hash"):
        twice = {**fields, name.upper(): "1.00"} | ({name: fields[name]} if name in fields else {})
        with pytest.raises(Forged):
            gateway.read_notice(signed(twice) if name != "hash" else {**fields, "hash": "1.00"})
    same = signed({**fields, "AMOUNT": fields["amount"]})
    assert a_report(gateway, same) is not None


@pytest.mark.parametrize("client", ["190100001", "", "0190100000"])
def test_another_merchants_answer(
    gateway: CardGateway, fields: dict[str, str], client: str
) -> None:
    with pytest.raises(Forged, match="another merchant"):
        gateway.read_notice(signed({**fields, "clientid": client}))
    bare = {name: value for name, value in fields.items() if name != "clientid"}
    with pytest.raises(Forged, match="another merchant"):
        gateway.read_notice(signed(bare))


@pytest.mark.parametrize("oid", ["", "order222", "A" * 27, "a" * 26, "A" * 25 + "1"])
def test_an_order_that_is_not_ours(gateway: CardGateway, fields: dict[str, str], oid: str) -> None:
    with pytest.raises(Forged, match="no order of ours"):
        gateway.read_notice(signed({**fields, "oid": oid}))


@pytest.mark.usefixtures("fields")
@pytest.mark.parametrize(
    ("state", "kind", "verdict"),
    [
        ("A", "S", Verdict.CAPTURED),
        ("C", "S", Verdict.CAPTURED),
        ("S", "S", Verdict.CAPTURED),
        ("C", "C", Verdict.REVERSED),
        ("D", "S", Verdict.DECLINED),
        ("D", "C", Verdict.DECLINED),
        ("ERR", "S", Verdict.DECLINED),
        ("PN", "S", Verdict.PENDING),
        ("R", "S", Verdict.PENDING),
        ("XYZ", "S", Verdict.PENDING),
        ("CNCL", "S", Verdict.REVERSED),
        ("V", "S", Verdict.REVERSED),
        ("", "S", Verdict.ABSENT),
    ],
)
def test_what_the_bank_answers(
    bank: NestpayBank,
    gateway: CardGateway,
    state: str,
    kind: str,
    verdict: Verdict,
) -> None:
    [(oid, order)] = bank.orders.items()
    order.state, order.kind = state, kind
    report = gateway.ask(oid)
    assert report.verdict is verdict
    if verdict is not Verdict.ABSENT:
        assert (report.amount, report.currency) == (Decimal("2756.20"), "")


def test_the_question(bank: NestpayBank, gateway: CardGateway) -> None:
    reference = new_reference()
    assert gateway.ask(reference).verdict is Verdict.ABSENT
    [asked] = [fromstring(question) for question in bank.questions]
    assert {child.tag: child.text for child in asked if child.tag != "Extra"} == {
        "Name": USER,
        "Password": PASSWORD,
        "ClientId": CLIENT,
        "OrderId": reference,
    }


def test_a_wrong_password_is_not_an_absent_order(bank: NestpayBank) -> None:
    stranger = nestpay_at(bank.address, api_password="another")
    with pytest.raises(GatewayUnavailable, match="does not tell of the order: 99"):
        stranger.ask(new_reference())


def test_an_answer_about_another_order(
    bank: NestpayBank, gateway: CardGateway, fields: dict[str, str]
) -> None:
    [order] = bank.orders.values()
    asked = new_reference()
    bank.orders[asked] = order
    assert gateway.ask(asked).verdict is Verdict.CAPTURED
    told = bank.answer

    def confused(question: Asked) -> Reply:
        status, kind, body = told(question)
        return status, kind, body.replace(asked.encode(), new_reference().encode())

    with serving(confused) as address, pytest.raises(GatewayUnavailable, match="another order"):
        nestpay_at(address).ask(asked)


@pytest.mark.parametrize(
    "head", ['<!DOCTYPE CC5Response [<!ENTITY state "C">]>', "<!DOCTYPE CC5Response>"]
)
@pytest.mark.usefixtures("fields")
def test_no_document_type_is_read(bank: NestpayBank, head: str) -> None:
    """Small and harmless ones too: whoever may define words may define any."""
    [oid] = bank.orders
    word = b"&state;" if "ENTITY" in head else b"C"

    def told(question: Asked) -> Reply:
        status, kind, body = bank.answer(question)
        body = body.replace(b"<CC5Response>", head.encode() + b"<CC5Response>")
        return status, kind, body.replace(b"<TRANS_STAT>C<", b"<TRANS_STAT>%s<" % word)

    with serving(told) as address, pytest.raises(GatewayUnavailable, match="is not XML"):
        nestpay_at(address).ask(oid)


def test_settings() -> None:
    assert nestpay_at("https://bank.example").callback_answer == "Approved"
    assert nestpay_at("https://bank.example").form_target == "https://bank.example"
    other = nestpay_at("https://bank.example:8443", callback_answer="ACTION=POSTAUTH")
    assert other.callback_answer == "ACTION=POSTAUTH"
    assert other.form_target == "https://bank.example:8443"
    with pytest.raises(ValueError, match="must be https"):
        nestpay_at("http://bank.example")
    with pytest.raises(ValueError, match="is not set, but client_id is"):
        open_one(nestpay=NestpaySettings(client_id="1"))
    with pytest.raises(ValueError, match="one line"):
        nestpay_at("https://bank.example", callback_answer="a\nb")
    assert KEY not in repr(NestpaySettings(client_id="", store_key=KEY))
