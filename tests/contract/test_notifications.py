"""Telling customers of new invoices, last days to pay and payments: each thing once."""

import json
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.messages import brief
from app.notifications import finding
from app.payments.records import LinkGone as PayLinkGone
from app.payments.store.tables import pay_link, payment_line, payment_order
from legacy_adapters.records import ContractCode
from tests.accounts import HOME, token_of
from tests.notified import ADDRESS, ALL_MAIL, CODE, NEW_INVOICE, OTHER, Town


def words(row: Any) -> str:
    if row.channel == "sms":
        return str(row.body)
    letter = json.loads(row.body)
    return "\n".join([letter["subject"], *(block["text"] for block in letter["blocks"])])


def test_a_new_invoice_is_told_once_by_each_channel(town: Town) -> None:
    town.settle("Vera Leka", CODE, wants=NEW_INVOICE)
    assert town.finder().run().told == 0
    town.issue(CODE, "501")
    assert town.finder().run().told == 2
    assert town.finder().run().told == 0
    mail, sms = sorted(town.told(), key=lambda row: row.channel)
    assert (mail.kind, sms.kind) == ("e-bill", "new invoice")
    assert mail.contract_code == sms.contract_code == CODE
    letter = json.loads(mail.body)
    assert letter["enclosure"] == {"contract_code": CODE, "invoice_number": "501"}
    assert letter["switch_off"].startswith(f"{ADDRESS}/m/")
    links = [block["address"] for block in letter["blocks"] if block["address"]]
    assert len(links) == 1 and links[0].startswith(f"{ADDRESS}/p/")
    assert "1300,00" in words(mail) and CODE in words(mail)
    assert CODE not in letter["subject"] and "1300" not in letter["subject"]
    due = town.today + timedelta(days=20)
    start = f"Fatura 10/2026, {CODE}: 1300,00\xa0lekë, afati {due:%d.%m.%Y}."
    assert sms.body.startswith(start) and "STOP te 5055" in sms.body
    assert sms.expires_at is not None and mail.expires_at is None


def test_the_pay_link_works_as_long_as_the_account_may_pay(town: Town) -> None:
    me = town.settle("Vera Leka", CODE, OTHER, wants=ALL_MAIL)
    town.issue(CODE, "501")
    town.finder().run()
    (mail,) = town.told()
    (link,) = [b["address"] for b in json.loads(mail.body)["blocks"] if b["address"]]
    links = town.services.payments.links
    found = links.find(token_of(link))
    assert found.contract_code == CODE and found.is_automatic
    assert links.offer(found).payable == 1300
    town.accounts.ownership.remove(me, ContractCode(CODE), HOME)
    with pytest.raises(PayLinkGone):
        links.find(token_of(link))


def an_order(link_id: int | None, at: datetime) -> dict[str, Any]:
    return {
        "reference": "A" * 26,
        "link_id": link_id,
        "gateway": "sandbox",
        "bank_reference": "",
        "language": "sq",
        "amount": Decimal(556),
        "currency": "008",
        "state": "cancelled",
        "state_at": at,
        "created_at": at,
        "expires_at": at,
        "asks": 0,
        "captured_currency": "",
        "transaction": "",
    }


def test_links_of_messages_are_forgotten_unless_somebody_paid_by_them(town: Town) -> None:
    me = town.settle("Vera Leka", CODE, wants=ALL_MAIL)
    links = town.services.payments.links
    with town.database.write() as connection:
        made = links.make_many(connection, [(ContractCode(CODE), me.account.id)] * 3)
        links.make(connection, ContractCode(CODE), made_by=me.account.id)
    first = links.find(token_of(made[0]))
    long_ago = town.clock.now - timedelta(days=40)
    with town.database.write() as connection:
        connection.execute(update(pay_link).values(expires_at=long_ago))
        connection.execute(insert(payment_order).values(an_order(first.id, long_ago)))
    links.forget_old()
    with town.database.read() as connection:
        kept = connection.execute(select(pay_link.c.id, pay_link.c.is_automatic)).all()
    assert sorted((row.id == first.id, row.is_automatic) for row in kept) == [
        (False, False),
        (True, True),
    ]


@pytest.mark.parametrize("language", ["sq", "en"])
def test_everything_is_told_in_the_accounts_language(town: Town, language: str) -> None:
    town.settle("Vera Leka", CODE, language=language)
    town.issue(CODE, "501", due=3)
    town.pay(CODE, 214)
    assert town.finder().run().told == 6
    told = {row.kind: words(row) for row in town.told()}
    assert set(told) == {"e-bill", "new invoice", "reminder", "payment arrived"}
    assert ("Your invoice" in told["e-bill"]) == (language == "en")
    assert ("Fatura juaj" in told["e-bill"]) == (language == "sq")
    assert all(row.language == language for row in town.told())


def test_reminders_before_and_after_the_last_day_once_each(town: Town) -> None:
    town.settle("Vera Leka", CODE, wants=frozenset({"reminder_by_sms"}))
    town.issue(CODE, "501", due=5)
    counts = []
    for _day in range(14):
        counts.append(town.finder().run().told)
        assert town.finder().run().told == 0
        town.clock.now += timedelta(days=1)
    assert counts == [0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    before, after = town.told()
    assert "duhen paguar deri" in before.body and "duheshin paguar deri" in after.body


def test_a_reminder_is_late_rather_than_never_and_never_very_late(town: Town) -> None:
    town.settle("Vera Leka", CODE, wants=frozenset({"reminder_by_sms"}))
    town.issue(CODE, "501", due=-5)
    town.issue(CODE, "502", due=-12)  # 3 days after is 9 days ago
    town.issue(CODE, "503", due=-400)
    town.finder().run()
    (sms,) = town.told()
    assert "1300,00" in sms.body


def test_invoices_of_one_contract_share_a_reminder(town: Town) -> None:
    town.settle("Vera Leka", CODE, wants=frozenset({"reminder_by_email"}))
    town.issue(CODE, "501", due=2)
    town.finder().run()
    town.issue(CODE, "502", due=2)
    town.issue(CODE, "503", due=1)
    town.finder().run()
    first, second = town.told()
    assert "501" in words(first)
    assert "501" not in words(second) and "502" in words(second) and "503" in words(second)
    assert "2600,00" in words(second)


def test_what_is_paid_or_in_a_payment_is_not_reminded_of(town: Town) -> None:
    town.settle("Vera Leka", CODE, wants=frozenset({"reminder_by_email"}))
    town.issue(CODE, "501", due=2, status="P")
    assert town.finder().run().told == 0
    town.issue(CODE, "502", due=2)
    held: list[Any] = []

    class Held:
        contract_code, invoice_number = CODE, "502"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finding, "list_under_way", lambda *_args: held or [Held()])
        assert town.finder().run().told == 0
    assert town.finder().run().told == 1


def test_a_reminder_tells_of_all_that_its_link_asks_for(town: Town) -> None:
    town.settle("Vera Leka", CODE, wants=frozenset({"reminder_by_email", "reminder_by_sms"}))
    town.issue(CODE, "501", due=2)
    town.issue(CODE, "502", due=30)
    town.finder().run()
    mail, sms = sorted(town.told(), key=lambda row: row.channel)
    day = f"{town.today + timedelta(days=2):%d.%m.%Y}"
    start = f"Kujtesë {CODE}: 1300,00 deri më {day}; gjithsej 2600,00\xa0lekë. Paguaj: {ADDRESS}/p/"
    assert sms.body.startswith(start) and "STOP" in sms.body
    assert brief.length(sms.body) <= brief.ONE_SMS
    assert "detyrimi i kësaj kontrate është gjithsej 2600,00" in words(mail)


def test_a_payment_of_several_invoices_is_told_once(town: Town) -> None:
    """Billing posts one for each invoice."""
    town.settle("Vera Leka", CODE, wants=frozenset({"payment_by_sms"}))
    for amount in (500, 700, 700):
        town.pay(CODE, amount)
    assert town.finder().run().told == 1
    assert "1900,00" in town.told()[0].body
    town.pay(CODE, 300)  # what comes later is told alone
    assert town.finder().run().told == 1
    assert sum("300,00" in row.body for row in town.told()) == 1


def test_nobody_is_reminded_whose_credit_is_larger(town: Town) -> None:
    town.settle("Vera Leka", CODE, wants=frozenset({"reminder_by_email"}))
    town.issue(CODE, "501", due=2)
    town.issue(CODE, "502", due=20, net=-5000)
    assert town.finder().run().told == 0
    town.execute("UPDATE FATURE SET STATUS = 'P' WHERE FAT_NR = '502'")
    assert town.finder().run().told == 1


def test_payments_of_one_day_are_told_apart(town: Town) -> None:
    town.settle("Vera Leka", CODE, wants=frozenset({"payment_by_sms"}))
    town.pay(CODE, 500)
    town.pay(CODE, 500)
    assert town.finder().run().told == 1
    town.pay(CODE, 500)
    assert town.finder().run().told == 1
    assert town.finder().run().told == 0


def test_who_paid_here_hears_of_it_by_the_receipt(town: Town) -> None:
    """Everybody else who wants to hear of payments does, whoever paid."""
    wants = frozenset({"payment_by_email", "payment_by_sms", "receipt_by_email"})
    payer = town.settle("Vera Leka", CODE, wants=wants)
    town.settle("Ana Leka", CODE, wants=wants)
    town.execute("INSERT OR REPLACE INTO KANAL (KAN_KOD, PERSHKRIM) VALUES ('POR', 'PORTALI')")
    town.pay(CODE, 500, channel="POR")
    with town.database.write() as connection:
        order = {
            **an_order(None, town.clock.now),
            "account_id": payer.account.id,
            "captured_at": town.clock.now,
        }
        made = connection.execute(insert(payment_order).values(order).returning(payment_order.c.id))
        line = {
            "order_id": made.scalar_one(),
            "contract_code": CODE,
            "holder": "",
            "invoice_number": "1",
            "principal": Decimal(500),
            "tv_fee": Decimal(0),
            "interest": Decimal(0),
            "amount": Decimal(500),
        }
        connection.execute(insert(payment_line).values(line))
    town.finder().run()
    assert Counter(row.channel for row in town.told()) == {"mail": 1, "sms": 2}
    (mail,) = town.told(lambda row: row.channel == "mail")
    assert mail.recipient == "ana.leka@example.org"
