"""Paying by card, from the choice to billing, over HTTP with a real test bank."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from shutil import copy

import pytest
from sqlalchemy import text

from app.demo import PASSWORD
from app.gateways.cards.port import Report, Verdict
from app.payments.records import Source, State
from config.loading import SettingsError
from legacy_adapters.demo.posting_job import run_posting_job
from legacy_adapters.records import ContractCode
from tests.conftest import MakePortal, Portal
from tests.paying import CALLBACK, RETURN, Bank, a_bank, begin, paying_portal, to_the_bank
from tests.web.client import CheckedClient

CODE, NUMBER = "AL0000000", "123456789"
PAY = f"/contracts/{CODE}/pay"


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    with a_bank(tmp_path) as bank:
        yield bank


@pytest.fixture
def billing_file(demo_file: Path, tmp_path: Path) -> Path:
    return Path(copy(demo_file, tmp_path / "billing.sqlite3"))


@pytest.fixture
def paying(make_portal: MakePortal, bank: Bank, billing_file: Path) -> Portal:
    address = f"sqlite:///{billing_file}"
    return paying_portal(
        make_portal, bank.address, billing={"url": address}, posting={"url": address}
    )


@pytest.fixture
def emer(paying: Portal) -> CheckedClient:
    return paying.signed_in("Emer Mbiemer")


def state(portal: Portal, address: str) -> State:
    return portal.services.payments.ordering.get(address.rpartition("/")[2]).order.state


def pay_whole(client: CheckedClient, bank: Bank) -> str:
    """Emer Mbiemer's invoice, to the bank, approved, and back."""
    address = begin(client, CODE, NUMBER)
    reference = to_the_bank(client, bank, address)
    back = bank.decide(reference, "approve")
    assert client.http.post(RETURN, data=back).status_code == 303
    return address


def staged(file: Path) -> list[tuple[str, str, str, str]]:
    with sqlite3.connect(file) as connection:
        rows = connection.execute(
            "SELECT CONTRACT_CODE, INVOICE_NUMBER, AMOUNT, STATUS FROM PORTAL_PAYMENT"
            " ORDER BY PORTAL_PAYMENT_ID"
        )
        return [(code, number, f"{float(amount):.2f}", s) for code, number, amount, s in rows]


# The way of a payment


def test_from_the_choice_to_the_history(
    paying: Portal, emer: CheckedClient, bank: Bank, billing_file: Path
) -> None:
    address = begin(emer, CODE, NUMBER)
    page = emer.get(address)
    assert page.heading == "Kontrolloni dhe paguani"
    assert "556,00 lekë" in page.content
    reference = to_the_bank(emer, bank, address)
    assert state(paying, address) is State.AT_BANK
    back = bank.decide(reference, "approve")
    answer = emer.http.post(RETURN, data=back)
    assert (answer.status_code, answer.location) == (303, address)
    page = emer.get(address)
    assert page.heading == "Faleminderit, u pagua"
    assert "Paguar, në përpunim" in page.content

    # Billing does not know yet: the invoice is open there, and cannot be paid again here.
    page = emer.get(PAY)
    assert "pagesa në përpunim" in page.content
    assert not [box for box in page.all("input") if box.get("name") == "invoice"]
    assert "pagesa në përpunim" in emer.get("/contracts").content

    assert paying.services.payments.booking.work().posted == 1
    assert staged(billing_file) == [(CODE, NUMBER, "556.00", "N")]
    run_posting_job(f"sqlite:///{billing_file}")
    make_due(paying)
    assert paying.services.payments.booking.work().decided == 1
    assert state(paying, address) is State.BOOKED
    assert "çdo faturë e kësaj kontrate është e paguar" in emer.get(PAY).content
    history = emer.get(f"/contracts/{CODE}/history")
    assert ["556,00", "KARTË", "PORTALI"] in [row[1:] for row in history.table(2)]
    page = emer.get(address)
    assert "Paguar" in page.content and page.table(1)[0][-1] == "po"


def make_due(portal: Portal) -> None:
    """As if the time until the next look had passed."""
    with portal.database.write() as connection:
        past = portal.services.payments.ordering.now() - timedelta(seconds=1)
        connection.execute(text("UPDATE payment_posting SET next_try_at = :at"), {"at": past})


def test_the_receipt_can_be_verified_by_anybody(
    paying: Portal, emer: CheckedClient, bank: Bank
) -> None:
    address = pay_whole(emer, bank)
    pdf = emer.fetch(f"{address}/receipt.pdf")
    assert (pdf.status_code, pdf.mimetype, pdf.data[:5]) == (200, "application/pdf", b"%PDF-")
    order = paying.services.payments.ordering.get(address.rpartition("/")[2]).order
    assert order.receipt_code is not None
    stranger = paying.client()
    page = stranger.get(f"/verify/{order.receipt_code.lower()}")
    assert page.heading == "Kjo dëftesë është e vërtetë"
    assert "556,00 lekë" in page.content
    for private in ("MBIEMER", CODE, NUMBER):
        assert private not in page.text
    stranger.get(f"{address}/receipt.pdf", status=404)
    other = paying.signed_in("Vera Leka")
    other.get(f"{address}/receipt.pdf", status=404)


def test_unknown_codes_are_answered_alike_and_limited(paying: Portal) -> None:
    client = paying.client()
    pages = [client.get(f"/verify/{code}", status=404) for code in ("X", "A" * 26, "A" * 500)]
    assert len({page.content for page in pages}) == 1
    for number in range(27):
        client.get(f"/verify/{number:026}", status=404)
    client.get(f"/verify/{'B' * 26}", status=429)


def test_who_paid_gets_a_receipt_by_mail_once(
    paying: Portal, emer: CheckedClient, bank: Bank
) -> None:
    with paying.database.write() as connection:
        connection.execute(
            text(
                "UPDATE account SET email_confirmed_at = created_at,"
                " preferences = '[\"receipt_by_email\"]' WHERE user_name = 'Emer Mbiemer'"
            )
        )
    address = pay_whole(emer, bank)
    back = {**bank.decide(address.rpartition("/")[2], "approve")}
    emer.http.post(RETURN, data=back)
    with paying.database.read() as connection:
        rows = connection.execute(text("SELECT kind, body FROM message")).all()
    [(kind, body)] = rows
    assert kind == "receipt"
    assert "556,00" in body and NUMBER in body and address in body


# Told in many ways, it happens once


def test_return_callback_and_poller_settle_once(
    paying: Portal, emer: CheckedClient, bank: Bank, billing_file: Path
) -> None:
    address = begin(emer, CODE, NUMBER)
    reference = to_the_bank(emer, bank, address)
    back = bank.decide(reference, "approve")
    machine = paying.app.test_client()
    for _ in range(3):
        answer = machine.post(CALLBACK, data=back)
        assert (answer.status_code, answer.text) == (200, "OK")
        assert machine.post(RETURN, data=back).status_code == 303
        ask_all(paying)
    paying.services.payments.booking.work()
    assert len(staged(billing_file)) == 1
    events = paying.services.payments.ordering.get(reference).events
    assert [event.state for event in events] == [State.OPEN, State.AT_BANK, State.PAID]


def ask_all(portal: Portal) -> None:
    with portal.database.write() as connection:
        past = portal.services.payments.ordering.now() - timedelta(seconds=1)
        connection.execute(
            text("UPDATE payment_order SET next_ask_at = :at WHERE next_ask_at IS NOT NULL"),
            {"at": past},
        )
    portal.services.payments.settling.ask_due()


def let_time_pass(portal: Portal, hours: float = 1) -> None:
    """The order's time is up, and the bank's turn has come."""
    with portal.database.write() as connection:
        past = portal.services.payments.ordering.now() - timedelta(hours=hours)
        connection.execute(
            text("UPDATE payment_order SET expires_at = :at, next_ask_at = :at"), {"at": past}
        )
    portal.services.payments.settling.ask_due()


def test_who_never_comes_back_is_found_by_asking(
    paying: Portal, emer: CheckedClient, bank: Bank
) -> None:
    address = begin(emer, CODE, NUMBER)
    bank.decide(to_the_bank(emer, bank, address), "approve_silently")
    ask_all(paying)
    assert state(paying, address) is State.PAID


@pytest.mark.parametrize("what", ["wrong_signature", "wrong_amount", "wrong_currency"])
def test_what_the_bank_would_not_send_changes_nothing(
    make_portal: MakePortal, bank: Bank, billing_file: Path, what: str
) -> None:
    """Where the signature alone counts; the bank's own books are asked afterwards."""
    portal = paying_portal(
        make_portal,
        bank.address,
        billing={"url": f"sqlite:///{billing_file}"},
        payments={"ask_first": False},
    )
    emer = portal.signed_in("Emer Mbiemer")
    address = begin(emer, CODE, NUMBER)
    back = bank.decide(to_the_bank(emer, bank, address), what)
    machine = portal.app.test_client()
    if what == "wrong_signature":
        assert machine.post(RETURN, data=back).status_code == 400
        assert machine.post(CALLBACK, data=back).status_code == 400
        assert state(portal, address) is State.AT_BANK
    else:  # signed, but not what was ordered: the bank is asked, and its books are right
        assert machine.post(RETURN, data=back).status_code == 303
        assert state(portal, address) is State.PAID
    refusals = portal.services.payments.review.overview().refusals
    assert sum(times for *_, times in refusals) == (2 if what == "wrong_signature" else 1)


def test_an_order_that_is_not_ours_is_refused(paying: Portal, bank: Bank) -> None:
    for form in ({}, {"reference": "A" * 26}, {"reference": "A" * 26, "signature": "x"}):
        assert paying.app.test_client().post(CALLBACK, data=form).status_code == 400
    assert paying.app.test_client().post("/payments/callback/nestpay").status_code == 400
    page = paying.client().post("/payments/return/sandbox", {}, status=400)
    assert page.heading == "Nuk e kuptuam përgjigjen e bankës"


def test_a_field_that_comes_twice_is_not_read(
    paying: Portal, emer: CheckedClient, bank: Bank
) -> None:
    address = begin(emer, CODE, NUMBER)
    back = bank.decide(to_the_bank(emer, bank, address), "approve")
    twice = [*back.items(), ("verdict", "declined")]
    body = "&".join(f"{name}={value}" for name, value in twice)
    answer = paying.app.test_client().post(
        CALLBACK, data=body, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 400
    assert state(paying, address) is State.AT_BANK


def test_the_return_works_without_a_session_and_across_sites(
    paying: Portal, emer: CheckedClient, bank: Bank
) -> None:
    address = begin(emer, CODE, NUMBER)
    back = bank.decide(to_the_bank(emer, bank, address), "approve")
    stranger = paying.client()
    answer = stranger.http.post(RETURN, data=back, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.location) == (303, address)
    page = stranger.get(address)
    assert "556,00 lekë" in page.content
    for private in ("MBIEMER", CODE, NUMBER):
        assert private not in page.text


# Ends


def test_a_refusal_frees_the_invoice_and_can_be_tried_again(
    paying: Portal, emer: CheckedClient, bank: Bank
) -> None:
    address = begin(emer, CODE, NUMBER)
    back = bank.decide(to_the_bank(emer, bank, address), "decline")
    emer.http.post(RETURN, data=back)
    page = emer.get(address)
    assert page.heading == "Banka e refuzoi pagesën"
    again = emer.post(f"{address}/again", {}, status=303).response.location
    assert again != address
    assert state(paying, again) is State.OPEN


def test_giving_up_before_the_bank(paying: Portal, emer: CheckedClient) -> None:
    address = begin(emer, CODE, NUMBER)
    emer.post(f"{address}/cancel", {}, status=303)
    assert state(paying, address) is State.CANCELLED
    emer.post(f"{address}/bank", {}, status=409)
    begin(emer, CODE, NUMBER)


def test_giving_up_asks_the_bank_first(paying: Portal, emer: CheckedClient, bank: Bank) -> None:
    address = begin(emer, CODE, NUMBER)
    bank.decide(to_the_bank(emer, bank, address), "approve_silently")
    emer.post(f"{address}/cancel", {}, status=303)
    assert state(paying, address) is State.PAID


def test_giving_up_waits_while_the_bank_decides(
    paying: Portal, emer: CheckedClient, bank: Bank
) -> None:
    address = begin(emer, CODE, NUMBER)
    bank.decide(to_the_bank(emer, bank, address), "approve_late", seconds="60")
    page = emer.post(f"{address}/cancel", {}, status=409)
    assert "Banka po e përpunon" in page.problems[0]
    assert state(paying, address) is State.AT_BANK


def test_time_runs_out(paying: Portal, emer: CheckedClient, bank: Bank) -> None:
    never_sent = begin(emer, CODE, NUMBER)
    let_time_pass(paying)
    assert state(paying, never_sent) is State.EXPIRED
    sent = begin(emer, CODE, NUMBER)
    to_the_bank(emer, bank, sent)
    let_time_pass(paying)
    assert state(paying, sent) is State.EXPIRED
    begin(emer, CODE, NUMBER)


def test_money_taken_late_is_counted(paying: Portal, emer: CheckedClient, bank: Bank) -> None:
    address = begin(emer, CODE, NUMBER)
    reference = to_the_bank(emer, bank, address)
    let_time_pass(paying)
    assert state(paying, address) is State.EXPIRED
    bank.decide(reference, "approve_silently")
    ask_all(paying)
    assert state(paying, address) is State.PAID


def test_money_taken_twice_goes_to_a_person(
    paying: Portal, emer: CheckedClient, bank: Bank, billing_file: Path
) -> None:
    first = begin(emer, CODE, NUMBER)
    reference = to_the_bank(emer, bank, first)
    let_time_pass(paying)
    second = pay_whole(emer, bank)
    bank.decide(reference, "approve_silently")
    ask_all(paying)
    assert (state(paying, first), state(paying, second)) == (State.REVIEW, State.PAID)
    assert "Po e shqyrtojmë" in emer.get(first).heading
    paying.services.payments.booking.work()
    assert len(staged(billing_file)) == 1


def test_the_bank_away_is_shown_as_unknown_and_asked_again(
    make_portal: MakePortal, tmp_path: Path, billing_file: Path
) -> None:
    with a_bank(tmp_path) as bank:
        portal = paying_portal(
            make_portal, bank.address, billing={"url": f"sqlite:///{billing_file}"}
        )
        emer = portal.signed_in("Emer Mbiemer")
        address = begin(emer, CODE, NUMBER)
        back = bank.decide(to_the_bank(emer, bank, address), "approve")
    answer = emer.http.post(RETURN, data=back)
    assert (answer.status_code, answer.location) == (303, address)
    assert state(portal, address) is State.AT_BANK
    let_time_pass(portal)
    page = emer.get(address)
    assert page.heading == "Ende nuk e dimë nëse keni paguar"
    emer.post(f"{address}/cancel", {}, status=503)
    let_time_pass(portal, hours=48)
    assert [o.problem for o in portal.services.payments.review.overview().orders] == [
        "unknown long"
    ]


# What cannot be paid


def test_two_tabs_get_one_payment(paying: Portal, emer: CheckedClient) -> None:
    first = begin(emer, CODE, NUMBER)
    second = begin(paying.signed_in("Emer Mbiemer"), CODE, NUMBER)
    assert second == first  # led to the payment that is there


def test_another_payer_is_told_in_words(paying: Portal, emer: CheckedClient) -> None:
    with paying.database.write() as connection:
        connection.execute(
            text(
                'INSERT INTO account_contract (account_id, contract_code, linked_at, "right")'
                " SELECT id, :code, created_at, 'pay' FROM account WHERE user_name = 'Vera Leka'"
            ),
            {"code": CODE},
        )
    begin(emer, CODE, NUMBER)
    delegate = paying.signed_in("Vera Leka")
    page = delegate.get(PAY)
    assert "tani në një pagesë" in page.content
    page = delegate.post(PAY, {"action": "pay", "invoice": NUMBER}, status=400)
    assert "Tashmë në një pagesë" in page.problems[0]


@pytest.mark.parametrize(
    "invoice", ["999999999", "-1", "0", "", "1e400", "NaN", "' OR 1=1", "\0", "9" * 3000]
)
def test_invoices_that_are_not_open_are_refused(
    paying: Portal, emer: CheckedClient, invoice: str
) -> None:
    page = emer.post(PAY, {"action": "pay", "invoice": [invoice]}, status=400)
    assert page.problems
    assert not paying.services.payments.ordering.list_page(1).orders


def test_amounts_of_the_browser_never_count(paying: Portal, emer: CheckedClient) -> None:
    form = {
        "action": "pay",
        "invoice": NUMBER,
        "amount": "1.00",
        "total": "0",
        "currency": "EUR",
        "outstanding": "-556",
        "account_id": "2",
        "state": "paid",
    }
    page = emer.post(PAY, form, status=303)
    order = paying.services.payments.ordering.get(page.response.location.rpartition("/")[2]).order
    assert (str(order.amount), order.currency, order.state) == ("556.00", "ALL", State.OPEN)


def test_what_was_paid_at_a_shop_meanwhile_is_not_paid_again(
    paying: Portal, emer: CheckedClient, billing_file: Path
) -> None:
    address = begin(emer, CODE, NUMBER)
    with sqlite3.connect(billing_file) as connection:
        connection.execute("UPDATE FATURE SET STATUS = 'P' WHERE FAT_NR = ?", (NUMBER,))
    page = emer.post(f"{address}/bank", {}, status=409)
    assert "ndryshuar ndërkohë" in page.problems[0]
    assert state(paying, address) is State.CANCELLED


def test_interest_grown_meanwhile_means_choosing_again(
    paying: Portal, emer: CheckedClient, billing_file: Path
) -> None:
    address = begin(emer, CODE, NUMBER)
    with sqlite3.connect(billing_file) as connection:
        connection.execute("UPDATE FATURE SET KAMATE = 1.5 WHERE FAT_NR = ?", (NUMBER,))
    emer.post(f"{address}/bank", {}, status=409)
    again = emer.post(f"{address}/again", {}, status=303).response.location
    assert "557,50 lekë" in emer.get(again).content


def test_a_credit_cannot_be_paid(paying: Portal, emer: CheckedClient, billing_file: Path) -> None:
    with sqlite3.connect(billing_file) as connection:
        connection.execute("UPDATE FATURE SET VL_PAGUAR = 600 WHERE FAT_NR = ?", (NUMBER,))
    page = emer.get(PAY)
    assert not [box for box in page.all("input") if box.get("name") == "invoice"]
    page = emer.post(PAY, {"action": "pay", "invoice": NUMBER}, status=400)
    assert "Nuk ka detyrim" in page.problems[0]


def test_limits_are_told_in_words(make_portal: MakePortal, bank: Bank) -> None:
    portal = paying_portal(make_portal, bank.address, payments={"most_amount": "500"})
    emer = portal.signed_in("Emer Mbiemer")
    page = emer.post(PAY, {"action": "pay", "invoice": NUMBER}, status=400)
    assert "500,00 lekë" in page.problems[0]


def test_payments_begun_too_often(make_portal: MakePortal, bank: Bank) -> None:
    portal = paying_portal(make_portal, bank.address, payments={"orders_per_hour": 2})
    emer = portal.signed_in("Emer Mbiemer")
    for _ in range(2):
        emer.post(f"{begin(emer, CODE, NUMBER)}/cancel", {}, status=303)
    page = emer.post(PAY, {"action": "pay", "invoice": NUMBER}, status=400)
    assert "brenda një ore" in page.problems[0]


# Whose it is


def test_anothers_payment_shows_amount_and_state_only(paying: Portal, emer: CheckedClient) -> None:
    address = begin(emer, CODE, NUMBER)
    other = paying.signed_in("Vera Leka")
    page = other.get(address)
    for private in ("MBIEMER", CODE, NUMBER):
        assert private not in page.text
    for action in ("bank", "cancel", "ask", "again"):
        other.post(f"{address}/{action}", {}, status=404)
    assert state(paying, address) is State.OPEN
    assert "Nuk keni paguar" in other.get("/payments").content
    assert address in emer.get("/payments").text


def test_a_payment_that_is_not_there(paying: Portal, emer: CheckedClient) -> None:
    missing = f"/payments/{'A' * 26}"
    emer.get(missing, status=404)
    for action in ("bank", "cancel", "ask", "again"):
        emer.post(f"{missing}/{action}", {}, status=404)


def test_acting_on_a_payment_wants_the_forms_token(paying: Portal, emer: CheckedClient) -> None:
    address = begin(emer, CODE, NUMBER)
    for action in ("bank", "cancel", "ask", "again"):
        emer.post(f"{address}/{action}", {"csrf_token": "forged"}, status=400)
    assert state(paying, address) is State.OPEN


# Several contracts


def test_several_contracts_in_one_payment(paying: Portal, bank: Bank, billing_file: Path) -> None:
    agron = paying.signed_in("Agron Hoxha")
    page = agron.get("/payments/all")
    boxes = [str(b.get("value")) for b in page.all("input") if b.get("name") == "contract"]
    assert len(boxes) == 2
    answer = agron.post("/payments/all", {"contract": boxes}, status=303)
    address = answer.response.location
    reference = to_the_bank(agron, bank, address)
    agron.http.post(RETURN, data=bank.decide(reference, "approve"))
    paying.services.payments.booking.work()
    rows = staged(billing_file)
    assert {row[0] for row in rows} == set(boxes)
    order = paying.services.payments.ordering.get(reference).order
    assert sum(float(row[2]) for row in rows) == pytest.approx(float(order.amount))


def test_anothers_contract_among_them_is_left_out(paying: Portal) -> None:
    agron = paying.signed_in("Agron Hoxha")
    page = agron.post("/payments/all", {"contract": [CODE]}, status=400)
    assert "Zgjidhni të paktën" in page.problems[0]


# When something else changes


def test_closing_the_account_leaves_its_payments_on_their_way(
    paying: Portal, emer: CheckedClient, bank: Bank, billing_file: Path
) -> None:
    address = begin(emer, CODE, NUMBER)
    reference = to_the_bank(emer, bank, address)
    emer.post("/account/close", {"password": PASSWORD, "sure": "y"}, status=303)
    # Whoever knows its address may not give it up.
    stranger = paying.client()
    page = stranger.get(address)
    assert not [b for b in page.all("form") if str(b.get("action")).startswith(address)]
    stranger.post(f"{address}/cancel", {}, status=404)
    assert stranger.http.post(RETURN, data=bank.decide(reference, "approve")).status_code == 303
    paying.services.payments.booking.work()
    assert staged(billing_file) == [(CODE, NUMBER, "556.00", "N")]
    stranger.get(f"{address}/receipt.pdf", status=404)


def test_money_given_back_has_no_receipt(paying: Portal, emer: CheckedClient, bank: Bank) -> None:
    address = begin(emer, CODE, NUMBER)
    reference = to_the_bank(emer, bank, address)
    back = bank.decide(reference, "approve_then_reverse", seconds="3600")
    emer.http.post(RETURN, data=back)
    assert emer.fetch(f"{address}/receipt.pdf").status_code == 200
    order = paying.services.payments.ordering.get(reference).order
    given_back = Report(reference=order.reference, verdict=Verdict.REVERSED, amount=order.amount)
    paying.services.payments.settling.settle(given_back, Source.CALLBACK)
    assert f"{address}/receipt.pdf" not in emer.get(address).content
    emer.get(f"{address}/receipt.pdf", status=404)


# Payment links


def test_a_link_shows_little_and_pays(paying: Portal, bank: Bank) -> None:
    emer = paying.signed_in("Emer Mbiemer")
    page = emer.post(f"/contracts/{CODE}/pay-links", {})
    url = next("".join(p.itertext()) for p in page.all("p") if p.get("class") == "address code")
    path = "/p/" + url.rpartition("/p/")[2]
    stranger = paying.client()
    offer = stranger.get(path)
    assert "556,00 lekë" in offer.content and "E*** M***" in offer.content
    for private in ("MBIEMER", CODE, NUMBER):
        assert private not in offer.text
    address = stranger.post(path, {}, status=303).response.location
    reference = to_the_bank(stranger, bank, address)
    answer = stranger.http.post(RETURN, data=bank.decide(reference, "approve"))
    assert answer.location == address
    page = stranger.get(address)
    assert page.heading == "Faleminderit, u pagua"
    for private in ("MBIEMER", CODE, NUMBER):
        assert private not in page.text
    assert "pagesa në përpunim" in stranger.get(path).content


def test_links_end(paying: Portal) -> None:
    links = paying.services.payments.links
    emer = paying.signed_in("Emer Mbiemer")
    emer.post(f"/contracts/{CODE}/pay-links", {})
    [link] = links.list_of(CODE)  # type: ignore[arg-type]
    token = links.make_for(CODE, made_by=None).rpartition("/")[2]  # type: ignore[arg-type]
    stranger = paying.client()
    stranger.get(f"/p/{token}")
    emer.post(f"/contracts/{CODE}/pay-links", {"revoke": str(link.id)}, status=303)
    stranger.get(f"/p/{token}")
    links.revoke(CODE, by=None)  # type: ignore[arg-type]
    gone = stranger.get(f"/p/{token}", status=404)
    nonsense = stranger.get(f"/p/{'A' * 26}", status=404)
    assert gone.content == nonsense.content


@pytest.mark.parametrize("number", ["9" * 30, "-1", "", "x"])
def test_only_a_link_that_is_there_can_be_revoked(
    paying: Portal, emer: CheckedClient, number: str
) -> None:
    path = f"/contracts/{CODE}/pay-links"
    emer.post(path, {})
    emer.post(path, {"revoke": number}, status=303)
    assert len(paying.services.payments.links.list_of(ContractCode(CODE))) == 1


def test_revoking_a_link_frees_what_it_held(paying: Portal) -> None:
    links = paying.services.payments.links
    path = "/p/" + links.make_for(CODE, made_by=None).rpartition("/")[2]  # type: ignore[arg-type]
    address = paying.client().post(path, {}, status=303).response.location
    emer = paying.signed_in("Emer Mbiemer")
    assert "tani në një pagesë" in emer.get(PAY).content
    [link] = links.list_of(CODE)  # type: ignore[arg-type]
    emer.post(f"/contracts/{CODE}/pay-links", {"revoke": str(link.id)}, status=303)
    assert state(paying, address) is State.CANCELLED
    begin(emer, CODE, NUMBER)


def test_a_delegates_link_ends_with_the_right(paying: Portal) -> None:
    emer = paying.signed_in("Emer Mbiemer")
    links = paying.services.payments.links
    with paying.database.read() as connection:
        account = connection.execute(
            text("SELECT id FROM account WHERE user_name = 'Vera Leka'")
        ).scalar_one()
    token = links.make_for(CODE, made_by=account).rpartition("/")[2]  # type: ignore[arg-type]
    paying.client().get(f"/p/{token}", status=404)
    emer.get(f"/contracts/{CODE}/pay-links")


# Settings that would lose money


def test_taking_money_without_a_way_to_billing_is_refused(make_portal: MakePortal) -> None:
    with pytest.raises(SettingsError, match="SELFCARE_POSTING_URL"):
        paying_portal(make_portal, "http://127.0.0.1:9", posting={"url": ""})


def test_the_play_bank_is_for_the_demo_only(make_portal: MakePortal) -> None:
    with pytest.raises(SettingsError, match="for the demo only"):
        paying_portal(make_portal, "http://127.0.0.1:9", portal={"demo": False})


# Billing away


def test_paying_is_closed_while_billing_is_away(
    paying: Portal, emer: CheckedClient, billing_file: Path
) -> None:
    address = begin(emer, CODE, NUMBER)
    billing_file.rename(billing_file.with_suffix(".away"))
    page = emer.post(f"{address}/bank", {}, status=503)
    assert "Asgjë nuk mund të paguhet" in page.problems[0]
    assert state(paying, address) is State.OPEN
