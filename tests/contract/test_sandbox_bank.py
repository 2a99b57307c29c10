"""The test bank: its page as a browser without scripts uses it, and what it takes as an order."""

import re
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import html5lib
import pytest
import requests
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from app.gateways.cards.port import Handover, Verdict
from app.gateways.cards.sandbox import signing
from app.gateways.cards.sandbox.bank import create_bank
from app.gateways.cards.sandbox.endings import ENDINGS, UNUSUAL, USUAL
from app.gateways.cards.sandbox.texts import TEXTS
from tests.banks.server import open_page
from tests.banks.twins import SECRET, SandboxTwin, a_checkout, new_reference, sandbox_at
from tests.sandbox_bank import Shop, all_sent, decided, ordered, shop, twin, until

__all__ = ["shop", "twin"]


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
