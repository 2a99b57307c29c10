"""Payment links: whoever has one may see what a contract owes and pay it, and no more.

The token is random and kept as a hash, so that it is as short as an SMS wants it, tells nothing,
and can be revoked by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, insert, select, update

from app.accounts.records import AccountId, Right
from app.audit.records import Action, Actor
from app.codes import new_code
from app.database.clearing import delete_all
from app.payments import rules
from app.payments.records import LinkGone, LinkId, PaymentError, Source, State
from app.payments.rules import Step
from app.payments.shared import Shared
from app.payments.store import orders
from app.payments.store.tables import pay_link, payment_order
from app.payments.store.under_way import list_under_way
from legacy_adapters.errors import ContractNotFound
from legacy_adapters.port import Billing
from legacy_adapters.records import NO_MONEY, ContractCode, OpenInvoice

LINKS_AT_MOST = 20  # of a contract, made by hand
LISTED_AT_MOST = 60
FORGOTTEN_AFTER = timedelta(days=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class PayLink:
    """is_automatic: made for a message of ours, not by hand."""

    id: LinkId
    contract_code: ContractCode
    created_at: datetime
    expires_at: datetime
    is_automatic: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """What a link shows. holder: masked; payable: what can be paid now, of these invoices, the
    oldest first; under_way: what is in a payment already."""

    link: PayLink
    holder: str
    payable: Decimal
    under_way: Decimal
    invoices: tuple[OpenInvoice, ...]

    @property
    def numbers(self) -> frozenset[str]:
        return frozenset(str(invoice.number) for invoice in self.invoices)


class TooManyLinks(PaymentError):
    """The contract has as many working links as may be made by hand."""


class PayLinks:
    def __init__(self, shared: Shared, *, billing: Billing) -> None:
        """billing: asked anew each time; no cache may stand between."""
        self._shared = shared
        self._billing = billing

    def make(self, connection: Connection, code: ContractCode, *, made_by: AccountId | None) -> str:
        """A new link's address, in the caller's transaction."""
        token, now = new_code(), self._shared.clock()
        connection.execute(
            insert(pay_link).values(
                token_hash=_hashed(token),
                contract_code=code,
                by_customer=made_by is not None,
                made_by=made_by,
                created_at=now,
                expires_at=now + timedelta(days=self._shared.settings.link_days),
            )
        )
        self._shared.audit.record(
            connection,
            Action.PAY_LINK_MADE,
            actor=Actor.CUSTOMER if made_by else Actor.OPERATOR,
            account_id=made_by,
            contract_code=code,
        )
        return self._shared.addresses.link(token)

    def make_many(
        self, connection: Connection, wanted: Sequence[tuple[ContractCode, AccountId]]
    ) -> list[str]:
        """For messages to these accounts, in one statement and in the caller's transaction: the
        addresses in the same order. They work as long as the account may pay for the contract."""
        tokens, now = [new_code() for _ in wanted], self._shared.clock()
        ends = now + timedelta(days=self._shared.settings.link_days)
        rows = [
            {
                "token_hash": _hashed(token),
                "contract_code": code,
                "by_customer": True,
                "made_by": account_id,
                "created_at": now,
                "expires_at": ends,
                "is_automatic": True,
            }
            for token, (code, account_id) in zip(tokens, wanted, strict=True)
        ]
        if rows:
            connection.execute(insert(pay_link), rows)
        return [self._shared.addresses.link(token) for token in tokens]

    def make_for(self, code: ContractCode, *, made_by: AccountId | None) -> str:
        """Raises: TooManyLinks."""
        if sum(not link.is_automatic for link in self.list_of(code)) >= LINKS_AT_MOST:
            raise TooManyLinks
        with self._shared.database.write() as connection:
            return self.make(connection, code, made_by=made_by)

    def revoke(
        self, code: ContractCode, *, link_id: LinkId | None = None, by: AccountId | None
    ) -> int:
        """One link of a contract, or all; by: None for an operator. Returns how many worked.
        What was begun by them and has not gone to the bank is given up."""
        now = self._shared.clock()
        which = (
            (pay_link.c.contract_code == code)
            & pay_link.c.revoked_at.is_(None)
            & (pay_link.c.expires_at > now)
        )
        if link_id is not None:
            which &= pay_link.c.id == link_id
        with self._shared.database.write() as connection:
            ended = update(pay_link).where(which).values(revoked_at=now).returning(pay_link.c.id)
            ids = [LinkId(row.id) for row in connection.execute(ended)]
            for order in orders.list_open_of_links(connection, ids):
                self._shared.move(connection, order, Step(state=State.CANCELLED), Source.PAYER)
            if ids:
                self._shared.audit.record(
                    connection,
                    Action.PAY_LINK_REVOKED,
                    actor=Actor.CUSTOMER if by else Actor.OPERATOR,
                    account_id=by,
                    contract_code=code,
                    detail=f"{len(ids)} links",
                )
        return len(ids)

    def forget_old(self) -> None:
        """Those of messages that ended long ago and that nobody has paid by: they are many."""
        paid_by = select(payment_order.c.link_id).where(payment_order.c.link_id == pay_link.c.id)
        before = self._shared.clock() - FORGOTTEN_AFTER
        is_over = (pay_link.c.expires_at < before) & pay_link.c.is_automatic.is_(True)
        delete_all(self._shared.database, pay_link, is_over & ~paid_by.exists())

    def list_of(self, code: ContractCode) -> list[PayLink]:
        """Those that work: those made by hand, then those of messages, the newest first."""
        query = (
            select(pay_link)
            .where(
                pay_link.c.contract_code == code,
                pay_link.c.revoked_at.is_(None),
                pay_link.c.expires_at > self._shared.clock(),
            )
            .order_by(pay_link.c.is_automatic, pay_link.c.id.desc())
            .limit(LISTED_AT_MOST)
        )
        with self._shared.database.read() as connection:
            return [_link(row) for row in connection.execute(query)]

    def find(self, token: str) -> PayLink:
        """A customer's link works as long as the contract is theirs to pay. Raises: LinkGone."""
        query = select(pay_link).where(
            pay_link.c.token_hash == _hashed(token),
            pay_link.c.revoked_at.is_(None),
            pay_link.c.expires_at > self._shared.clock(),
        )
        with self._shared.database.read() as connection:
            row = connection.execute(query).first()
            if row is None or (row.by_customer and not self._may_pay(connection, row)):
                raise LinkGone
        return _link(row)

    def _may_pay(self, connection: Connection, row: Any) -> bool:
        if row.made_by is None:
            return False  # the account is closed
        code = ContractCode(row.contract_code)
        right = self._shared.ownership.find_right(connection, AccountId(row.made_by), code)
        return right is not None and right.includes(Right.PAY)

    def offer(self, link: PayLink) -> Offer:
        """Raises: LinkGone, when billing no longer has the contract; BillingError."""
        try:
            statement = self._billing.get_statement(link.contract_code)
        except ContractNotFound:
            raise LinkGone from None
        with self._shared.database.read() as connection:
            holds = list_under_way(connection, [link.contract_code], None)
        busy = {hold.invoice_number for hold in holds}
        owed = statement.open_invoices if statement.owes else ()
        payable = [i for i in owed if rules.is_payable(i)]
        free = [i for i in payable if i.number not in busy]
        free_sum = sum((i.outstanding for i in free), NO_MONEY)
        return Offer(
            link=link,
            holder=rules.masked_name(statement.contract.subscriber),
            payable=free_sum,
            under_way=sum((i.outstanding for i in payable), NO_MONEY) - free_sum,
            invoices=tuple(reversed(free)),
        )


def _hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _link(row: Any) -> PayLink:
    return PayLink(
        id=LinkId(row.id),
        contract_code=ContractCode(row.contract_code),
        created_at=row.created_at,
        expires_at=row.expires_at,
        is_automatic=bool(row.is_automatic),
    )
