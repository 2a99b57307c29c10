"""Mistakes as people make them, to be found by the test: each by its name, put in by `put`, which
is setattr or what undoes it afterwards."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import Connection

from app.codes import new_code
from app.gateways.cards.port import OrderReference, Report, Verdict
from app.gateways.cards.sandbox import gateway as sandbox
from app.gateways.errors import GatewayError
from app.payments import rules
from app.payments.records import Order, OrderNotFound, Source, State
from app.payments.settling import NoticeRefused, Settling
from app.payments.shared import Shared
from app.payments.store import orders, postings
from config.loading import load_settings
from legacy_adapters.errors import BillingError
from legacy_adapters.posting import PaymentPosting, PaymentToPost, open_posting
from legacy_adapters.posting.staging import StagingTable

Put = Callable[[Any, str, Any], None]


@cache
def desk() -> PaymentPosting:
    settings = load_settings({"portal": {"demo": True}})
    return open_posting(settings.posting_url, settings.posting)


def naive_hear(
    self: Settling, _gateway: str, fields: Mapping[str, str], _body: bytes, source: Source
) -> OrderReference:
    """Whatever comes is the bank's."""
    report = sandbox._find_report(fields)
    if report is None:
        raise NoticeRefused("it cannot be read")
    try:
        self.settle(report, source)
    except OrderNotFound:
        raise NoticeRefused("unknown") from None
    return report.reference


def naive_settle(self: Settling, report: Report, _source: Source) -> Order:
    """Looks, decides in Python, writes; and posts at once, under an id of the moment."""
    order = self._find(report.reference)
    if order.state in rules.COUNTED:
        return order
    if report.verdict is Verdict.DECLINED:
        with self._shared.database.write() as connection:
            orders.change_order(connection, order.id, state=State.DECLINED, next_ask_at=None)
            orders.release(connection, order.id)
    if report.verdict is not Verdict.CAPTURED:
        return order
    with self._shared.database.write() as connection:
        orders.change_order(
            connection,
            order.id,
            state=State.PAID,
            captured=report.amount,
            captured_at=self._shared.clock(),
            transaction=report.transaction,
            receipt_code=new_code(),
            next_ask_at=None,
        )
        lines = orders.list_lines(connection, order.id)
    for posted in lines:
        with suppress(BillingError):
            desk().post(
                PaymentToPost(
                    payment_id=new_code(),
                    contract_code=posted.line.contract_code,
                    invoice_number=posted.line.invoice_number,
                    amount=posted.line.amount,
                    paid_at=self._shared.clock(),
                    method="KARTË",
                    source="PORTALI",
                    bank_transaction=report.transaction or "-",
                )
            )
    return order


def naive(put: Put) -> None:
    put(Settling, "hear", naive_hear)
    put(Settling, "settle", naive_settle)


find_order = orders.find_order


def find_without_lock(
    connection: Connection, reference: OrderReference, *, lock: bool = False
) -> Order | None:
    found = find_order(connection, reference)
    if lock:
        time.sleep(0.1)  # a busy machine
    return found


def no_row_lock(put: Put) -> None:
    put(orders, "find_order", find_without_lock)


def random_payment_ids(put: Put) -> None:
    post = StagingTable.post

    def post_anew(self: StagingTable, payment: PaymentToPost) -> None:
        post(self, replace(payment, payment_id=new_code()))

    put(StagingTable, "post", post_anew)


def no_hold(put: Put) -> None:
    put(orders, "hold", lambda _connection, _order_id, _lines: [])


def late_capture_ignored(put: Put) -> None:
    decide = rules.decide

    def only_in_time(order: Order, report: Report, **more: Any) -> Any:
        return None if order.state in rules.NOT_TAKEN else decide(order, report, **more)

    put(rules, "decide", only_in_time)


def ask_and_forget(self: Settling, reference: OrderReference, source: Source) -> None:
    """The bank's call is answered, the bank cannot be asked, and that is the end of it."""
    with suppress(GatewayError):
        self.ask(reference, source)


def notice_forgotten(put: Put) -> None:
    put(Settling, "ask_soon", ask_and_forget)


def paid_means_free(put: Put) -> None:
    """Only who pays an invoice now has it, not who has paid it."""
    put(postings, "are_paid_elsewhere", lambda _connection, _order_id: False)


def billing_erases_the_call(put: Put) -> None:
    put(rules, "is_due", lambda _order, _now: False)
    move = Shared.move

    def move_by_clock(
        self: Shared, connection: Any, order: Any, step: Any, source: Any, **more: Any
    ) -> Any:
        moved = move(self, connection, order, step, source, **more)
        at = rules.next_ask(moved, self.clock())
        orders.change_order(connection, order.id, next_ask_at=at)
        return moved

    put(Shared, "move", move_by_clock)


def stale_capture_counts(put: Put) -> None:
    put(rules, "was_given_back", lambda _order, _report: False)


MISTAKES: dict[str, Callable[[Put], None]] = {
    "naive": naive,
    "no_row_lock": no_row_lock,
    "random_payment_ids": random_payment_ids,
    "no_hold": no_hold,
    "late_capture_ignored": late_capture_ignored,
    "notice_forgotten": notice_forgotten,
    "paid_means_free": paid_means_free,
    "billing_erases_the_call": billing_erases_the_call,
    "stale_capture_counts": stale_capture_counts,
}
