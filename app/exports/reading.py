"""Asks billing for what an export holds, a few contracts at a time: memory holds those."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import count
from typing import Protocol, TypeVar

import structlog

from app.exports import rules
from app.exports.records import Named, Note, NotMade, Tally, Wanted
from app.invoices.rules import ROWS_AT_LEAST, consumption_until, years_before
from app.invoices.service import InvoiceFile
from legacy_adapters.errors import (
    BillingDataError,
    BillingUnavailable,
    ContractNotFound,
    InvoiceNotFound,
)
from legacy_adapters.port import Billing
from legacy_adapters.records import (
    Contract,
    ContractCode,
    Invoice,
    InvoiceNumber,
    IssuedInvoice,
    Payment,
    PostedPayment,
    Statement,
)

log = structlog.get_logger("selfcare")
CONTRACTS_AT_ONCE = 100
TRIES = 3  # of a question about many; then it is asked for half of them
T = TypeVar("T")
Found = TypeVar("Found")
Beside = TypeVar("Beside", IssuedInvoice, PostedPayment)


class Pace(Protocol):
    """How an export goes on, for whoever waits for it. may_wait: whether it can take long."""

    may_wait: bool

    def expect(self, total: int) -> None:
        """So much is to be done, in contracts or documents."""

    def step(self, done: int) -> None:
        """So much more is done. Raises: Stopped."""

    def wait(self, error: Exception) -> None:
        """Billing did not answer: comes back when it may be asked again.

        Raises: the error itself, where nobody can wait; NotMade, after too long; Stopped.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class Owed:
    named: Named
    statement: Statement


@dataclass(frozen=True, kw_only=True, slots=True)
class Issued:
    """By day of issue."""

    named: Named
    contract: Contract
    invoices: tuple[IssuedInvoice, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Paid:
    """By day."""

    named: Named
    contract: Contract
    payments: tuple[Payment, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    named: Named
    file: InvoiceFile


class Reading:
    def __init__(
        self, billing: Billing, wanted: Wanted, contracts: Sequence[Named], pace: Pace, tally: Tally
    ) -> None:
        """billing: not a cached one: an export tells what holds now, and would fill the cache."""
        self._billing = billing
        self._wanted = wanted
        self._contracts = contracts
        self._pace = pace
        self._tally = tally

    def owed(self) -> Iterator[list[Owed]]:
        """What each contract owes; also those that owe nothing."""
        for page in self._pages():
            told = self._ask_of(page, self._billing.list_statements)
            yield [
                Owed(named=named, statement=told[named.code])
                for named in page
                if named.code in told
            ]
            self._pace.step(len(page))

    def issued(self) -> Iterator[list[Issued]]:
        for page in self._pages():
            yield self._issued_of(page)
            self._pace.step(len(page))

    def _issued_of(self, page: Sequence[Named]) -> list[Issued]:
        heads = self._ask_of(page, self._billing.list_contracts)
        known = [named for named in page if named.code in heads]
        ask = partial(self._billing.list_issued, since=self._since())
        told = self._ask_of(known, lambda codes: _by_contract(codes, ask(codes)))
        return [
            Issued(
                named=named,
                contract=heads[named.code],
                invoices=tuple(
                    i for i in told[named.code] if rules.is_in(self._wanted, i.invoice.issued_on)
                ),
            )
            for named in known
            if named.code in told
        ]

    def paid(self) -> Iterator[list[Paid]]:
        ask = partial(self._billing.list_posted, since=self._since())
        for page in self._pages():
            heads = self._ask_of(page, self._billing.list_contracts)
            known = [named for named in page if named.code in heads]
            told = self._ask_of(known, lambda codes: _by_contract(codes, ask(codes)))
            yield [
                Paid(
                    named=named,
                    contract=heads[named.code],
                    payments=tuple(
                        one.payment
                        for one in told[named.code]
                        if rules.is_in(self._wanted, one.payment.paid_on)
                    ),
                )
                for named in known
                if named.code in told
            ]
            self._pace.step(len(page))

    def documents(self, *, at_most: int) -> Iterator[Drawn]:
        """One invoice after the other: a question for each, and one for each contract.

        Raises: NotMade, where there is none, or where there are more than at_most.
        """
        total = self.count_documents()
        if total > at_most:
            raise NotMade(Note.TOO_LARGE)
        self._pace.expect(total)
        is_empty = True
        for page in rules.pages_of(self._contracts, CONTRACTS_AT_ONCE):
            for issued in self._issued_of(page):
                for drawn in self._documents_of(issued) if issued.invoices else ():
                    is_empty = False
                    yield drawn
        if is_empty:
            raise NotMade(Note.NOTHING_THERE if self._tally.left_out else Note.NO_ROWS)

    def count_documents(self) -> int:
        """What is left out for good is noted once, when the documents themselves are read."""
        counting = Reading(self._billing, self._wanted, self._contracts, self._pace, Tally())
        return sum(len(one.invoices) for page in counting.issued() for one in page)

    def _documents_of(self, issued: Issued) -> Iterator[Drawn]:
        code = issued.named.code
        first = issued.invoices[0].invoice.issued_on or self._since()
        history = self._history_before(code, first)
        for one in issued.invoices:
            number, day = one.invoice.number, one.invoice.issued_on or first
            try:
                invoice = self._ask(partial(self._billing.get_invoice, code, number))
            except (ContractNotFound, InvoiceNotFound, BillingDataError) as error:
                self._leave_out(code, number, error)
            else:
                consumption = consumption_until(history, day)
                file = InvoiceFile(invoice=invoice, consumption=consumption)
                yield Drawn(named=issued.named, file=file)
            self._pace.step(1)

    def _history_before(self, code: ContractCode, day: date) -> Sequence[Invoice]:
        """For the chart beside an invoice, which can do without."""
        since = years_before(day, 1)
        ask = partial(self._billing.get_invoice_history, code, since=since, at_least=ROWS_AT_LEAST)
        try:
            return self._ask(ask).invoices
        except (ContractNotFound, BillingDataError):
            return ()

    def _leave_out(self, code: ContractCode, number: InvoiceNumber, error: Exception) -> None:
        log.error(
            "an invoice is left out of an export",
            contract=code,
            invoice=number,
            reason=str(error)[:200] or type(error).__name__,
            do=f"run: flask billing map try {code}",
        )
        self._tally.unreadable.append(f"{code}/{number}")

    def _pages(self) -> Iterator[Sequence[Named]]:
        self._pace.expect(len(self._contracts))
        yield from rules.pages_of(self._contracts, CONTRACTS_AT_ONCE)

    def _ask_of(
        self,
        some: Sequence[Named],
        question: Callable[[Sequence[ContractCode]], Mapping[ContractCode, Found]],
    ) -> Mapping[ContractCode, Found]:
        """The answers of those contracts that billing has and tells readably."""
        codes = [named.code for named in some]
        if not codes:
            return {}
        found = self._readable(codes, question)
        gone = self._tally.left_out
        self._tally.missing += [c for c in codes if c not in found and c not in gone]
        return found

    def _readable(
        self,
        codes: Sequence[ContractCode],
        question: Callable[[Sequence[ContractCode]], Mapping[ContractCode, Found]],
    ) -> Mapping[ContractCode, Found]:
        """A contract of which billing tells what cannot be read keeps none of the others back, nor
        do many that are too much for one answer."""
        is_one = len(codes) == 1
        try:
            return self._ask(lambda: question(codes), tries=None if is_one else TRIES)
        except (BillingDataError, BillingUnavailable) as error:
            if not self._pace.may_wait:
                raise
            if not is_one:
                half = len(codes) // 2
                first, second = codes[:half], codes[half:]
                return {**self._readable(first, question), **self._readable(second, question)}
            if isinstance(error, BillingUnavailable):
                raise
            log.error(
                "a contract is left out of an export",
                contract=codes[0],
                reason=str(error)[:200],
                do=f"run: flask billing map try {codes[0]}",
            )
            self._tally.unreadable.append(codes[0])
            return {}

    def _ask(self, question: Callable[[], T], *, tries: int | None = None) -> T:
        """tries: after so many in vain the error is raised; None: as long as the pace waits."""
        for tried in count(1):
            try:
                return question()
            except BillingUnavailable as error:
                if tried == tries:
                    raise
                self._pace.wait(error)
        raise RuntimeError("it counts for ever")

    def _since(self) -> date:
        if self._wanted.since is None:
            raise RuntimeError("an export of a period has none")
        return self._wanted.since


def _by_contract(
    codes: Sequence[ContractCode], rows: Sequence[Beside]
) -> Mapping[ContractCode, list[Beside]]:
    found: dict[ContractCode, list[Beside]] = {code: [] for code in codes}
    for row in rows:
        found[row.contract_code].append(row)
    return found
