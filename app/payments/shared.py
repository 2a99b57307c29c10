"""What all payment services work with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection

from app.accounts.ownership import Ownership
from app.accounts.telling import Telling
from app.audit.records import Action, Actor
from app.audit.service import Audit
from app.clock import now
from app.database.engine import Database
from app.gateways.cards.port import CardGateway
from app.messages.outbox import Outbox
from app.payments import rules
from app.payments.addresses import PaymentAddresses
from app.payments.records import Order, PayingIsOff, Source, State
from app.payments.rules import Step
from app.payments.store import orders
from config.payments import PaymentSettings

log = structlog.get_logger("selfcare")
ACTORS = {
    Source.PAYER: Actor.CUSTOMER,
    Source.STAFF: Actor.STAFF,
    Source.OPERATOR: Actor.OPERATOR,
}


@dataclass(frozen=True, kw_only=True)
class Shared:
    """gateway: None where nothing can be paid; wake_posting: tells the job process that payments
    wait to be posted, and never raises."""

    database: Database
    settings: PaymentSettings
    gateway: CardGateway | None
    addresses: PaymentAddresses
    telling: Telling
    ownership: Ownership
    audit: Audit
    outbox: Outbox
    wake_posting: Callable[[], None]
    clock: Callable[[], datetime] = now

    def bank(self) -> CardGateway:
        """Raises: PayingIsOff."""
        if self.gateway is None:
            raise PayingIsOff
        return self.gateway

    def move(
        self,
        connection: Connection,
        order: Order,
        step: Step,
        source: Source,
        *,
        detail: str = "",
        **values: object,
    ) -> Order:
        """Changes the state of an order that this transaction has locked, and writes down that
        it did; with the holds and the next question to the bank that belong to the new state.
        values: further columns."""
        if step.state != order.state and step.state not in rules.MAY_FOLLOW[order.state]:
            raise ValueError(f"{step.state} may not follow {order.state}")
        now = self.clock()
        orders.change_order(
            connection,
            order.id,
            state=step.state,
            state_at=now,
            problem=step.problem,
            asks=0,
            **values,
        )
        moved = orders.get_order(connection, order.id)
        next_ask_at = rules.next_ask(moved, now)
        # Of money taken it is asked only when it called: a call not yet followed up stays one.
        if order.captured is not None or rules.is_due(order, now):
            next_ask_at = order.next_ask_at
        orders.change_order(connection, order.id, next_ask_at=next_ask_at)
        if step.state in rules.NOT_TAKEN or step.state is State.CLOSED:
            orders.release(connection, order.id)
        orders.add_event(
            connection, order.id, at=now, state=step.state, source=source, detail=detail
        )
        self.audit.record(
            connection,
            Action.PAYMENT_MOVED,
            actor=ACTORS.get(source, Actor.PORTAL),
            account_id=order.account_id,
            detail=f"{order.reference}: {order.state} -> {step.state} by {source}",
        )
        tell = log.warning if step.problem else log.info
        more = {"do": "see /staff/payments, or: flask payments show"} if step.problem else {}
        tell(
            "payment moved",
            order=order.id,
            was=order.state,
            now=step.state,
            by=source,
            problem=step.problem,
            **more,
        )
        return orders.get_order(connection, order.id)
