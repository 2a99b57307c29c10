"""Making an order of what somebody chose, the way to the bank, and giving an order up."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection

from app.accounts.records import AccountId
from app.audit.records import Action, Actor
from app.codes import new_code
from app.gateways.cards.port import ALL, Checkout, Handover, OrderReference
from app.gateways.errors import GatewayError, Refused
from app.payments import rules
from app.payments.records import (
    ChoiceRefused,
    Chosen,
    InPayment,
    Line,
    NotNow,
    Order,
    OrderFile,
    OrderId,
    OrderNotFound,
    Payer,
    PostedLine,
    Refusal,
    Source,
    State,
    UnderWay,
)
from app.payments.rules import Step
from app.payments.settling import Settling
from app.payments.shared import Shared
from app.payments.store import orders
from app.payments.store.under_way import list_under_way
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode, InvoiceNumber

PAGE_SIZE = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderPage:
    """One page of an account's orders, the newest first."""

    orders: tuple[Order, ...]
    page: int
    pages: int


class FiguresChanged(NotNow):
    """Billing says something else by now than when the order was made; it was given up."""


class Ordering:
    def __init__(self, shared: Shared, *, billing: Billing, settling: Settling) -> None:
        """billing: asked anew each time; no cache may stand between."""
        self._shared = shared
        self._billing = billing
        self._settling = settling

    @property
    def is_on(self) -> bool:
        return self._shared.gateway is not None

    @property
    def gateway_name(self) -> str:
        return self._shared.bank().name

    @property
    def form_target(self) -> str:
        """The bank's origin, for the policy of pages from which browsers go there; "" if none."""
        return self._shared.gateway.form_target if self._shared.gateway else ""

    @property
    def callback_answer(self) -> str:
        return self._shared.bank().callback_answer

    def now(self) -> datetime:
        return self._shared.clock()

    def begin(self, payer: Payer, chosen: Sequence[Chosen]) -> OrderReference:
        """Makes an order of billing's figures of this moment.

        Raises: ChoiceRefused, InPayment, PayingIsOff, BillingError.
        """
        shared, settings = self._shared, self._shared.settings
        gateway = shared.bank()
        codes = [one.contract_code for one in chosen]
        busy = {
            (one.contract_code, one.invoice_number): one
            for one in self.list_under_way(codes, payer.account_id)
        }
        lines = rules.draft(
            self._billing.list_statements(codes),
            chosen,
            busy=busy.keys(),
            most_invoices=settings.most_invoices,
            most_amount=settings.most_amount,
        )
        now, reference = shared.clock(), OrderReference(new_code())
        with shared.database.write() as connection:
            begun = orders.count_begun(connection, payer, now - timedelta(hours=1))
            if begun >= settings.orders_per_hour:
                raise ChoiceRefused(Refusal.TOO_OFTEN)
            expires_at = now + timedelta(minutes=settings.order_minutes)
            order_id = orders.add_order(
                connection,
                {
                    "reference": reference,
                    "account_id": payer.account_id,
                    "link_id": payer.link_id,
                    "gateway": gateway.name,
                    "bank_reference": "",
                    "language": payer.language,
                    "amount": rules.total(lines),
                    "currency": ALL,
                    "state": State.OPEN,
                    "state_at": now,
                    "created_at": now,
                    "expires_at": expires_at,
                    "asks": 0,
                    "next_ask_at": expires_at,
                    "captured_currency": "",
                    "transaction": "",
                },
            )
            orders.add_lines(connection, order_id, lines)
            taken = orders.hold(connection, order_id, lines)
            if taken:  # leaving by an error undoes all of it
                raise self._in_payment(connection, taken, payer)
            orders.add_event(connection, order_id, at=now, state=State.OPEN, source=Source.PAYER)
            shared.audit.record(
                connection,
                Action.PAYMENT_BEGUN,
                actor=Actor.CUSTOMER if payer.account_id else Actor.VISITOR,
                account_id=payer.account_id,
                contract_code=lines[0].contract_code,
                detail=f"{reference}: {rules.total(lines)} for {len(lines)} invoices",
            )
        return reference

    def _in_payment(self, connection: Connection, taken: Sequence[Line], payer: Payer) -> InPayment:
        codes = sorted({line.contract_code for line in taken})
        own = {
            (one.contract_code, one.invoice_number): one.reference
            for one in list_under_way(connection, codes, payer.account_id)
        }
        references = (own.get(_key(line)) for line in taken)
        numbers = [line.invoice_number for line in taken]
        return InPayment(numbers, next((found for found in references if found), None))

    def list_under_way(
        self, codes: Sequence[ContractCode], account_id: AccountId | None
    ) -> list[UnderWay]:
        """What of these contracts is in an order now. One round trip."""
        with self._shared.database.read() as connection:
            return list_under_way(connection, codes, account_id)

    # An order that is there

    def get(self, reference: str) -> OrderFile:
        """Raises: OrderNotFound."""
        with self._shared.database.read() as connection:
            order = orders.find_order(connection, OrderReference(reference))
            if order is None:
                raise OrderNotFound
            return _file(connection, order)

    def get_by_id(self, order_id: OrderId) -> OrderFile:
        """By the number that logs name: an order's own is worth something to who reads it.

        Raises: OrderNotFound.
        """
        with self._shared.database.read() as connection:
            order = orders.find_by_id(connection, order_id)
            if order is None:
                raise OrderNotFound
            return _file(connection, order)

    def list_page(self, account_id: AccountId, page: int = 1) -> OrderPage:
        """A page past the end is the last one."""
        with self._shared.database.read() as connection:
            pages = max(1, -(-orders.count_of_account(connection, account_id) // PAGE_SIZE))
            page = min(max(page, 1), pages)
            found = orders.list_of_account(
                connection, account_id, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE
            )
        return OrderPage(orders=tuple(found), page=page, pages=pages)

    def export(self, account_id: AccountId) -> list[dict[str, object]]:
        """All of an account's orders, the newest first, ready for JSON."""
        with self._shared.database.read() as connection:
            found = orders.list_of_account(connection, account_id, limit=None)
            lines = {order.id: orders.list_lines(connection, order.id) for order in found}
        return [exported(order, lines[order.id]) for order in found]

    def go(self, reference: OrderReference, *, return_url: str = "") -> Handover:
        """The way to the bank's page, for the first time or again.

        return_url: where the browser comes back, if not to the portal's address of the settings.
        Raises: OrderNotFound, FiguresChanged, NotNow, GatewayUnavailable, BillingError.
        """
        shared = self._shared
        gateway = shared.bank()
        self._check_figures(reference)
        with shared.database.write() as connection:
            order = self._lock(connection, reference)
            if not order.may_go_to_bank or shared.clock() >= order.expires_at:
                raise NotNow
            if order.gateway != gateway.name:
                raise NotNow
            # Written down before the browser goes: from now on only the bank can say.
            if order.state is State.OPEN:
                order = shared.move(
                    connection,
                    order,
                    Step(state=State.AT_BANK),
                    Source.PAYER,
                    sent_at=shared.clock(),
                )
        handover = self._begin_at_bank(order, return_url)
        if handover.bank_reference and handover.bank_reference != order.bank_reference:
            with shared.database.write() as connection:
                orders.change_order(connection, order.id, bank_reference=handover.bank_reference)
        return handover

    def _begin_at_bank(self, order: Order, return_url: str) -> Handover:
        shared, gateway = self._shared, self._shared.bank()
        checkout = Checkout(
            reference=order.reference,
            amount=order.amount,
            currency=order.currency,
            language=order.language,
            return_url=return_url or shared.addresses.bank_return(gateway.name),
            callback_url=shared.addresses.callback(gateway.name),
            bank_reference=order.bank_reference,
        )
        try:
            return gateway.begin(checkout)
        except Refused as error:
            with suppress(GatewayError, NotNow):
                # It may be refused because it is paid already.
                self._settling.ask(order.reference, Source.PAYER)
            with shared.database.write() as connection:
                found = self._lock(connection, order.reference)
                if found.state is State.AT_BANK:
                    step = Step(state=State.DECLINED)
                    shared.move(connection, found, step, Source.PAYER, detail=str(error))
            raise NotNow from error

    def _check_figures(self, reference: OrderReference) -> None:
        """Somebody may have paid at a shop meanwhile, or interest have grown."""
        found = self.get(reference)
        lines = [posted.line for posted in found.lines]
        statements = self._billing.list_statements(sorted({line.contract_code for line in lines}))
        now_owed = {
            (code, invoice.number): invoice.outstanding
            for code, statement in statements.items()
            for invoice in statement.open_invoices
        }
        if all(now_owed.get(_key(line), Decimal(0)) == line.amount for line in lines):
            return
        with self._shared.database.write() as connection:
            order = self._lock(connection, reference)
            if order.state is State.OPEN:  # at the bank already: its answer decides
                step = Step(state=State.CANCELLED)
                detail = "billing's figures have changed"
                self._shared.move(connection, order, step, Source.BILLING, detail=detail)
        raise FiguresChanged

    def cancel(self, reference: OrderReference) -> Order:
        """Gives an order up, if the bank has taken nothing for it; returns what became of it.

        Raises: OrderNotFound; NotNow, when the bank has not decided; GatewayUnavailable.
        """
        file = self.get(reference)
        if file.order.state in rules.UNDECIDED and file.order.sent_at is not None:
            if file.order.gateway != self._shared.bank().name:
                raise NotNow  # who could say is not asked any more
            self._settling.ask(reference, Source.PAYER, may_be_pending=False)
        with self._shared.database.write() as connection:
            order = self._lock(connection, reference)
            if order.state in rules.UNDECIDED:
                order = self._shared.move(
                    connection, order, Step(state=State.CANCELLED), Source.PAYER
                )
        return order

    def _lock(self, connection: Connection, reference: OrderReference) -> Order:
        order = orders.find_order(connection, reference, lock=True)
        if order is None:
            raise OrderNotFound
        return order


def _file(connection: Connection, order: Order) -> OrderFile:
    return OrderFile(
        order=order,
        lines=tuple(orders.list_lines(connection, order.id)),
        events=tuple(orders.list_events(connection, order.id)),
    )


def exported(order: Order, lines: Sequence[PostedLine]) -> dict[str, object]:
    return {
        "number": order.reference,
        "begun_at": order.created_at.isoformat(),
        "state": order.state,
        "amount": str(order.amount),
        "currency": order.currency,
        "taken_by_bank_at": order.captured_at.isoformat() if order.captured_at else None,
        "bank": order.gateway,
        "bank_transaction": order.transaction,
        "invoices": [
            {
                "contract": posted.line.contract_code,
                "holder": posted.line.holder,
                "invoice": posted.line.invoice_number,
                "amount": str(posted.line.amount),
            }
            for posted in lines
        ],
    }


def _key(line: Line) -> tuple[ContractCode, InvoiceNumber]:
    return line.contract_code, line.invoice_number
