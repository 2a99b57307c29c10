"""Short scenes in which one mistake shows, played without chance in this process: a real
PostgreSQL and a real test bank, and eight at once where it matters."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import requests

from app.accounts.records import AccountId
from app.gateways.cards.port import OrderReference, Verdict
from app.payments.records import ChoiceRefused, Chosen, InPayment, Payer, Source
from app.payments.settling import NoticeRefused
from legacy_adapters.demo.posting_job import run_posting_job
from legacy_adapters.records import ContractCode, InvoiceNumber
from tests.faults.payments.run import LATER, UNQUIET
from tests.faults.payments.stage import Stage, close
from tests.proxy import Cut

AT_ONCE = 8
PAYER = Payer(account_id=AccountId(1), link_id=None, language="sq")


class Scene:
    """A portal in this process. troubles: what failed that may not."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.services = stage.services()
        self.payments = self.services.payments
        self.troubles: dict[str, list[str]] = {}

    def close(self) -> None:
        self.stage.bank_proxy.mend()
        close(self.services)
        desk = self.payments.booking._desk
        if desk is not None:
            desk.close()

    def invoices(self, code: str) -> list[InvoiceNumber]:
        found = self.services.billing.get_statement(ContractCode(code)).open_invoices
        return [invoice.number for invoice in found]

    def code(self) -> str:
        """A contract that owes for two invoices at least."""
        query = (
            "SELECT ktr_kod FROM kontrate k JOIN fature f ON f.ktr_id = k.ktr_id"
            " WHERE f.status = 'H' AND k.fshire = 'J' GROUP BY 1 HAVING count(*) > 2"
            " ORDER BY 1 LIMIT 1"
        )
        return str(self.stage.billing_rows(query)[0]["ktr_kod"])

    def begin(self, *numbers: str) -> OrderReference:
        code = ContractCode(self.code())
        chosen = Chosen(contract_code=code, numbers=frozenset(numbers or self.invoices(code)[:2]))
        return self.payments.ordering.begin(PAYER, [chosen])

    def to_the_bank(self, reference: OrderReference) -> None:
        handover = self.payments.ordering.go(reference)
        bank = self.stage.bank.address
        answer = requests.post(f"{bank}/pay", data=dict(handover.fields), timeout=10)
        assert answer.status_code == 200

    def decide(self, reference: OrderReference, what: str, **more: str) -> dict[str, str]:
        back = self.stage.bank.decide(reference, what, **more)
        assert back is not None
        return back

    def hear(self, fields: dict[str, str]) -> None:
        try:
            self.payments.settling.hear("sandbox", fields, b"", Source.CALLBACK)
        except NoticeRefused:
            raise
        except Exception as error:
            found = self.troubles.setdefault("answers of 500", [])
            found.append(f"{type(error).__name__}: {str(error)[:200]}")

    def finish(self) -> None:
        """Time passes until all is done."""
        for _ in range(12):
            for statement in LATER:
                self.stage.portal_rows(statement)
            self.payments.settling.ask_due()
            self.payments.booking.work()
            run_posting_job(self.stage.database("billing"))
            if not self.stage.portal_rows(UNQUIET)[0]["left"]:
                return


def eight_notices_at_once(scene: Scene) -> None:
    reference = scene.begin()
    scene.to_the_bank(reference)
    fields = scene.decide(reference, "browser_only")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(scene.hear, [fields] * AT_ONCE))
    scene.finish()


def posting_loses_its_commit(scene: Scene) -> None:
    reference = scene.begin()
    scene.to_the_bank(reference)
    scene.hear(scene.decide(reference, "browser_only"))
    proxy = scene.stage.posting_proxy
    before, proxy.cut = proxy.hits, Cut.AFTER
    scene.payments.booking.post_due()
    proxy.cut = Cut.NOT
    assert proxy.hits > before
    scene.finish()


def two_pay_one_invoice(scene: Scene) -> None:
    numbers = scene.invoices(scene.code())[:2]

    def pay(_number: int) -> None:
        with suppress(InPayment, ChoiceRefused):
            reference = scene.begin(*numbers)
            scene.to_the_bank(reference)
            scene.hear(scene.decide(reference, "browser_only"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(pay, range(2)))
    scene.finish()


def money_comes_late(scene: Scene) -> None:
    reference = scene.begin()
    scene.to_the_bank(reference)
    expire(scene)
    assert state(scene, reference) == "expired"
    scene.decide(reference, "approve_silently")
    scene.finish()


def expire(scene: Scene) -> None:
    for statement in LATER:
        scene.stage.portal_rows(statement)
    scene.payments.settling.ask_due()


def state(scene: Scene, reference: OrderReference) -> Any:
    return scene.payments.ordering.get(reference).order.state.value


def money_comes_late_for_what_was_paid_otherwise(scene: Scene) -> None:
    """The page at the bank stays open, and another window pays."""
    numbers = scene.invoices(scene.code())[:2]
    first = scene.begin(*numbers)
    scene.to_the_bank(first)
    expire(scene)
    second = scene.begin(*numbers)
    scene.to_the_bank(second)
    scene.hear(scene.decide(second, "browser_only"))
    scene.finish()
    assert state(scene, second) == "booked"
    scene.hear(scene.decide(first, "browser_only"))
    scene.finish()


def the_bank_calls_and_does_not_answer(scene: Scene) -> OrderReference:
    """An order that is paid, of which the bank says that the money goes back."""
    reference = scene.begin()
    scene.to_the_bank(reference)
    back = scene.decide(reference, "approve_then_reverse", seconds="3600")
    scene.hear(back)
    scene.payments.booking.work()
    assert state(scene, reference) == "paid"
    with scene.stage.bank.connected() as connection:
        connection.execute("UPDATE orders SET reversed_at = decided_at")
        connection.execute("UPDATE callbacks SET state = 'delivered'")
    proxy = scene.stage.bank_proxy
    before = proxy.met
    proxy.cut()
    scene.hear(scene.stage.bank.notices()[-1])
    assert proxy.met > before
    return reference


def money_goes_back_while_the_bank_cannot_be_asked(scene: Scene) -> None:
    the_bank_calls_and_does_not_answer(scene)
    for _ in range(2):  # the poller's turn comes, and the bank is still away
        expire(scene)
    scene.stage.bank_proxy.mend()
    scene.finish()


def billing_takes_it_meanwhile(scene: Scene) -> None:
    reference = the_bank_calls_and_does_not_answer(scene)
    run_posting_job(scene.stage.database("billing"))
    scene.stage.portal_rows(LATER[-1])
    scene.payments.booking.work()
    assert state(scene, reference) == "booked"
    scene.stage.bank_proxy.mend()
    scene.finish()


def news_overtake_each_other(scene: Scene) -> None:
    """Asked twice at once: the first answer arrives after the second."""
    reference = scene.begin()
    scene.to_the_bank(reference)
    scene.decide(reference, "approve_then_reverse", seconds="3600")
    gateway = scene.payments.settling._shared.bank()
    before = gateway.ask(reference)
    with scene.stage.bank.connected() as connection:
        connection.execute("UPDATE orders SET reversed_at = decided_at")
        connection.execute("UPDATE callbacks SET state = 'delivered'")
    after = gateway.ask(reference)
    assert (before.verdict, after.verdict) == (Verdict.CAPTURED, Verdict.REVERSED)
    scene.payments.settling.settle(after, Source.CALLBACK)
    scene.payments.settling.settle(before, Source.RETURN)
    scene.finish()


SCENES: dict[str, Callable[[Scene], None]] = {
    "no_row_lock": eight_notices_at_once,
    "random_payment_ids": posting_loses_its_commit,
    "no_hold": two_pay_one_invoice,
    "late_capture_ignored": money_comes_late,
    "notice_forgotten": money_goes_back_while_the_bank_cannot_be_asked,
    "paid_means_free": money_comes_late_for_what_was_paid_otherwise,
    "billing_erases_the_call": billing_takes_it_meanwhile,
    "stale_capture_counts": news_overtake_each_other,
}
