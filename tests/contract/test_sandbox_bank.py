"""The test bank: its page as a browser without scripts uses it, its books, its callbacks."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qsl

import html5lib
import pytest
import requests
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from app.gateways.cards.port import ALL, Checkout, Forged, Handover, Notice, Verdict
from app.gateways.cards.sandbox import signing
from app.gateways.cards.sandbox.bank import create_bank
from app.gateways.cards.sandbox.endings import ENDINGS, UNUSUAL, USUAL
from app.gateways.cards.sandbox.texts import TEXTS
from app.gateways.errors import GatewayUnavailable
from config.settings import ROOT
from tests.banks.server import Asked, Reply, open_page, sandbox_bank, serving
from tests.banks.twins import SECRET, SandboxTwin, a_checkout, new_reference, sandbox_at
from tests.components import free_port


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[SandboxTwin]:
    with sandbox_bank(tmp_path / "bank.sqlite3", SECRET) as (address, _):
        yield SandboxTwin(address)


@dataclass
class Shop:
    """The portal's end of callbacks."""

    address: str = ""
    status: int = 200
    answer_body: bytes = b"OK\n"
    heard: list[dict[str, str]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)

    def answer(self, asked: Asked) -> Reply:
        self.at.append(time.monotonic())
        self.heard.append(dict(parse_qsl(asked.body.decode(), keep_blank_values=True)))
        return self.status, "text/plain", self.answer_body


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    with serving(shop.answer) as shop.address:
        yield shop


def until(condition: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.02)


def ordered(twin: SandboxTwin, shop: Shop) -> tuple[Checkout, Handover]:
    checkout = a_checkout(callback_url=f"{shop.address}/callback", return_url=f"{shop.address}/r")
    handover = twin.gateway.begin(checkout)
    assert open_page(handover).status_code == 200
    return checkout, handover


def decided(twin: SandboxTwin, checkout: Checkout, what: str, **more: str) -> Notice | None:
    """What the browser brings back."""
    told = twin.decide({"reference": checkout.reference, "what": what, **more})
    return twin.gateway.read_notice(told["back"]["fields"]) if told["back"] else None


def callbacks(twin: SandboxTwin) -> list[dict[str, object]]:
    found: list[dict[str, object]] = requests.get(f"{twin.address}/callbacks", timeout=9).json()[
        "callbacks"
    ]
    return found


def all_sent(twin: SandboxTwin) -> bool:
    return all(letter["state"] == "delivered" for letter in callbacks(twin))


# Its page, by HTTP alone


def fields_of(page: str, form: str = "") -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return dict(found)


def checked(answer: requests.Response) -> str:
    html5lib.HTMLParser(strict=True).parse(answer.text)
    assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?! src=)", answer.text)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    return answer.text


@pytest.mark.parametrize("language", ["sq", "en"])
def test_from_the_order_to_the_way_back(twin: SandboxTwin, shop: Shop, language: str) -> None:
    checkout = a_checkout(callback_url=shop.address, return_url=shop.address, language=language)
    page = open_page(twin.gateway.begin(checkout))
    text, texts = checked(page), TEXTS[language]
    assert f'<html lang="{language}">' in text and texts["no_money"] in text
    assert checkout.reference in text and texts["approve"] in text
    assert ("2756,20" if language == "sq" else "2,756.20") in text.replace("\u00a0", " ")
    assert set(re.findall(r'name="what" value="(\w+)"', text)) == set(ENDINGS)
    assert all(f">{texts[what]}</button>" in text for what in ENDINGS)
    pressed = requests.post(page.url, data={"what": "approve"}, timeout=9)
    back = checked(pressed)
    assert f'action="{shop.address}"' in back
    assert pressed.headers["Content-Security-Policy"].endswith(f"'self' {shop.address}")
    notice = twin.gateway.read_notice(fields_of(back))
    assert notice.reference == checkout.reference and notice.report
    assert (notice.report.verdict, notice.report.amount) == (Verdict.CAPTURED, Decimal("2756.20"))
    assert [row["reference"] for row in twin.captures()] == [checkout.reference]
    script = re.search(r'<script src="([^"]+)" defer>', back)
    assert script and requests.get(f"{twin.address}{script[1]}", timeout=9).status_code == 200


def test_every_text_is_in_both_languages() -> None:
    assert TEXTS["sq"].keys() == TEXTS["en"].keys() >= ENDINGS.keys()
    assert USUAL.keys() | UNUSUAL.keys() == ENDINGS.keys()


def test_an_order_again_is_the_same_one(twin: SandboxTwin, shop: Shop) -> None:
    checkout, handover = ordered(twin, shop)
    first = decided(twin, checkout, "approve")
    again = open_page(handover)
    assert again.url.endswith("/back")
    assert twin.gateway.read_notice(fields_of(again.text)).report == (first and first.report)
    for what in ENDINGS:
        requests.post(f"{twin.address}/order/{checkout.reference}", data={"what": what}, timeout=9)
    assert len(twin.captures()) == 1
    assert twin.gateway.ask(checkout.reference).verdict is Verdict.CAPTURED
    until(lambda: all_sent(twin))
    assert len(shop.heard) == 1


def test_after_a_decline_the_payer_may_try_again(twin: SandboxTwin, shop: Shop) -> None:
    checkout, handover = ordered(twin, shop)
    for what in ("decline", "cancel"):
        notice = decided(twin, checkout, what)
        assert notice and notice.report and notice.report.verdict is Verdict.DECLINED
        assert twin.gateway.ask(checkout.reference).verdict is Verdict.DECLINED
        assert 'value="approve"' in open_page(handover).text
    assert twin.captures() == []
    decided(twin, checkout, "approve")
    assert len(twin.captures()) == 1


def test_pressed_twice_at_once_it_captures_once(twin: SandboxTwin, shop: Shop) -> None:
    for _ in range(3):
        checkout, _ = ordered(twin, shop)
        url = f"{twin.address}/order/{checkout.reference}"

        def press(_: int, url: str = url) -> str:
            return requests.post(url, data={"what": "approve"}, timeout=20).text

        with ThreadPoolExecutor(8) as pool:
            pages = list(pool.map(press, range(8)))
        notices = [twin.gateway.read_notice(fields_of(page)).report for page in pages]
        assert len({report and report.transaction for report in notices}) == 1
    assert len(twin.captures()) == 3
    until(lambda: all_sent(twin))
    assert len(shop.heard) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "1.00"},
        {"return_url": "https://thief.example/"},
        {"reference": "A" * 26},
        {"signature": ""},
        {"signature": "0" * 64},
        {"kind": "notice"},
        {"more": "x"},
    ],
    ids=str,
)
def test_a_changed_order_is_not_taken(twin: SandboxTwin, change: dict[str, str]) -> None:
    handover = twin.gateway.begin(a_checkout())
    answer = open_page(Handover(address=handover.address, fields={**handover.fields, **change}))
    assert answer.status_code == 400 and "signature is wrong" in checked(answer)
    reference = {**handover.fields, **change}["reference"]
    assert twin.gateway.ask(reference).verdict is Verdict.ABSENT


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "1e3"},
        {"currency": "12"},
        {"language": "de"},
        {"reference": "short"},
        {"return_url": "javascript:alert(1)"},
        {"callback_url": "file:///etc/passwd"},
        {"return_url": 'http://shop.example/" x'},
        {"return_url": "//shop.example/"},
    ],
    ids=str,
)
def test_what_no_order_can_be_even_signed(twin: SandboxTwin, change: dict[str, str]) -> None:
    handover = twin.gateway.begin(a_checkout())
    own = {n: v for n, v in handover.fields.items() if n not in ("signature", "kind")}
    fields = signing.sign(signing.ORDER, {**own, **change}, SECRET)
    answer = open_page(Handover(address=handover.address, fields=fields))
    assert answer.status_code == 400 and "cannot be" in checked(answer)


def test_an_order_over_another_amount_under_the_same_number(twin: SandboxTwin) -> None:
    checkout = a_checkout()
    open_page(twin.gateway.begin(checkout))
    other = a_checkout(reference=checkout.reference, amount=Decimal(1))
    assert open_page(twin.gateway.begin(other)).status_code == 400
    assert twin.gateway.ask(checkout.reference).amount == checkout.amount


def test_what_is_not_there(twin: SandboxTwin) -> None:
    get, post = requests.get, requests.post
    checkout = a_checkout()
    page = open_page(twin.gateway.begin(checkout)).url
    for answer, status in (
        (get(f"{twin.address}/order/{new_reference()}", timeout=9), 404),
        (get(f"{twin.address}/order/{new_reference()}/back", timeout=9), 404),
        (get(f"{twin.address}/pay", timeout=9), 405),
        (post(page, data={"what": "steal"}, timeout=9), 400),
        (post(page, data=[("what", "approve"), ("what", "decline")], timeout=9), 400),
        (post(page, data={"what": "x" * 100_000}, timeout=9), 413),
        (post(f"{twin.address}/status", data={"reference": checkout.reference}, timeout=9), 403),
        (post(f"{twin.address}/list", data={}, timeout=9), 403),
    ):
        assert answer.status_code == status, answer.url
        checked(answer)
    assert get(f"{page}/back", timeout=9).url == page, "nothing was decided yet"
    assert twin.captures() == []
    assert "2756" not in checked(get(f"{twin.address}/", timeout=9))


def test_only_where_it_is_scripted(tmp_path: Path) -> None:
    bank = create_bank(tmp_path / "bank.sqlite3", SECRET)
    client = Client(bank)
    for path in ("/decide", "/captures", "/callbacks"):
        assert client.get(path).status_code == client.post(path).status_code == 404
    bank.close()
    with pytest.raises(ValueError, match="needs a secret"):
        create_bank(tmp_path / "bank.sqlite3", "")


def test_mounted_below_a_path(tmp_path: Path) -> None:
    bank = create_bank(tmp_path / "bank.sqlite3", SECRET)
    client = Client(DispatcherMiddleware(NotFound(), {"/sandbox-bank": bank}))
    handover = sandbox_at("http://localhost/sandbox-bank").begin(a_checkout())
    assert handover.address == "http://localhost/sandbox-bank/pay"
    page = client.post("/sandbox-bank/pay", data=dict(handover.fields), follow_redirects=True)
    assert page.status_code == 200
    for address in re.findall(r'(?:href|action)="([^"]+)"', page.text):
        assert address.startswith("/sandbox-bank/")
        if address.endswith(".css"):
            with client.get(address) as sheet:
                assert sheet.status_code == 200
    back = client.post(page.request.path, data={"what": "approve"}, follow_redirects=True)
    assert 'id="back"' in back.text
    bank.close()


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


# Callbacks, and a bank that dies


@pytest.mark.parametrize(("status", "body"), [(500, b"OK"), (200, b"no"), (302, b"OK")])
def test_a_shop_that_does_not_take_it_gets_it_again(
    twin: SandboxTwin, shop: Shop, status: int, body: bytes
) -> None:
    shop.status, shop.answer_body = status, body
    checkout, _ = ordered(twin, shop)
    decided(twin, checkout, "approve")
    until(lambda: len(shop.heard) >= 3)
    shop.status, shop.answer_body = 200, b"OK"
    until(lambda: all_sent(twin))
    assert all(fields == shop.heard[0] for fields in shop.heard)
    pauses = [later - earlier for earlier, later in zip(shop.at, shop.at[1:], strict=False)]
    assert pauses[0] > 0.4 and pauses[1] > 0.9


class Process:
    def __init__(self, folder: Path) -> None:
        self.port, self._folder = free_port(), folder
        self.dying = folder / "dying"
        self.address = f"http://127.0.0.1:{self.port}"
        self.twin = SandboxTwin(self.address)
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        file = str(self._folder / "bank.sqlite3")
        command = [sys.executable, "-m", "tests.banks.sandbox_process", file]
        self._process = subprocess.Popen(
            [*command, str(self.port), str(self.dying)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout and self._process.stdout.readline() == "ready\n"

    def wait(self) -> int:
        assert self._process
        code = self._process.wait(20)
        self.stop()
        return code

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout
            self._process.stdout.close()
            self._process = None


@contextmanager
def process(folder: Path) -> Iterator[Process]:
    process = Process(folder)
    try:
        process.start()
        yield process
    finally:
        process.stop()


def test_killed_right_after_the_commit(tmp_path: Path, shop: Shop) -> None:
    with process(tmp_path) as bank:
        checkout, handover = ordered(bank.twin, shop)
        bank.dying.touch()
        with pytest.raises(requests.ConnectionError):
            decided(bank.twin, checkout, "approve")
        assert bank.wait() == -9
        assert shop.heard == [], "it died before it told anybody"
        bank.dying.unlink()
        bank.start()
        assert bank.twin.gateway.ask(checkout.reference).verdict is Verdict.CAPTURED
        until(lambda: shop.heard)
        assert open_page(handover).url.endswith("/back")
        decided(bank.twin, checkout, "approve")
        assert len(bank.twin.captures()) == 1
        until(lambda: all_sent(bank.twin))
    assert [fields["verdict"] for fields in shop.heard] == ["captured"]


def test_callbacks_wait_for_a_bank_that_was_stopped(tmp_path: Path, shop: Shop) -> None:
    shop.status = 503
    with process(tmp_path) as bank:
        checkout, _ = ordered(bank.twin, shop)
        decided(bank.twin, checkout, "callback_only")
        until(lambda: shop.heard)
        bank.stop()
        shop.status = 200
        bank.start()
        until(lambda: all_sent(bank.twin), seconds=40)
        assert {fields["verdict"] for fields in shop.heard} == {"captured"}


def test_two_processes_share_the_books(tmp_path: Path, shop: Shop) -> None:
    with process(tmp_path) as one, process(tmp_path) as other:
        orders = [ordered(one.twin, shop)[0] for _ in range(12)]

        def pay(number: int) -> None:
            twin = (one, other)[number % 2].twin
            decided(twin, orders[number // 2], "approve")

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(pay, range(24)))
        assert len(one.twin.captures()) == len(other.twin.captures()) == 12
        until(lambda: all_sent(one.twin))
    assert sorted(fields["reference"] for fields in shop.heard) == sorted(
        order.reference for order in orders
    )
