"""Lists an account's contracts and tells about one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from app.accounts.records import NO_LABELS, Label
from app.contracts import rules
from app.contracts.rules import Sought
from app.last_known.records import CONTRACT, DEBT, INFO, Told
from app.last_known.service import LastKnown
from legacy_adapters.errors import (
    BillingBusy,
    BillingError,
    BillingHangs,
    BillingOutOfTime,
    BillingPaused,
    BillingSlow,
)
from legacy_adapters.port import Billing
from legacy_adapters.records import NO_MONEY, Contract, ContractCode, ContractInfo, Debt


class ListedContract(NamedTuple):
    """debt is None when no invoice is open. is_gone: billing no longer has the contract.

    While billing is away, contract is None where it was never told, and is_debt_known False.
    """

    code: ContractCode
    contract: Contract | None
    debt: Debt | None
    is_overdue: bool
    is_gone: bool
    is_debt_known: bool

    @property
    def owed(self) -> Decimal:
        return self.debt.total if self.debt else NO_MONEY

    @property
    def owes(self) -> bool:
        return rules.owes(self.debt)


class ContractPage(NamedTuple):
    """One page of an account's contracts that match what is sought.

    linked: how many the account has; owing: how many of them owe, total_debt in all, unknown: of
    how many that is not known now; no search changes these; one contract's credit takes nothing
    off another's debt. found, found_owing, found_debt: the
    same of those that match. as_of: the moment of the oldest figure, while billing is away.
    """

    contracts: tuple[ListedContract, ...]
    sought: Sought
    page: int
    pages: int
    linked: int
    total_debt: Decimal
    owing: int
    unknown: int
    found: int
    found_debt: Decimal
    found_owing: int
    as_of: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedContract:
    """contract: None where billing no longer has it (is_gone) or does not tell now."""

    code: ContractCode
    contract: Contract | None
    is_gone: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedPage:
    """One page of an account's contracts that match a search, by number, without what they owe.

    linked: how many the account has. as_of: of the oldest name, while billing is away.
    """

    contracts: tuple[NamedContract, ...]
    search: str
    page: int
    pages: int
    linked: int
    as_of: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class OwingContract:
    """contract: None where billing does not tell who holds it."""

    code: ContractCode
    contract: Contract | None
    debt: Debt
    is_overdue: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Owing:
    """Those of an account's contracts that owe, the most urgent first. as_of: as elsewhere.

    total, payable: as a Debt's, of all of them.
    """

    contracts: tuple[OwingContract, ...]
    total: Decimal
    payable: Decimal
    as_of: datetime | None


# After these the halves, asked alone, would only take more of the page's time.
NO_ANSWER_AT_ALL = (BillingPaused, BillingBusy, BillingHangs, BillingOutOfTime, BillingSlow)


class _Together:
    """Asks for some contracts and for what they owe in one round trip, where a page holds them
    all; answers as billing's two questions do."""

    def __init__(self, billing: Billing, codes: Sequence[ContractCode]) -> None:
        self._billing = billing
        self._all = codes if 0 < len(codes) <= rules.PAGE_SIZE else None
        self._contracts: Mapping[ContractCode, Contract] | None = None
        self._failed: BillingError | None = None

    def list_debts(self, codes: Sequence[ContractCode]) -> Mapping[ContractCode, Debt]:
        if codes == self._all:
            try:
                self._contracts, debts = self._billing.list_contracts_and_debts(codes)
                return debts
            except NO_ANSWER_AT_ALL as error:
                self._failed = error
                raise
            except BillingError:
                pass  # what is wrong with one of both takes the other not away: each is asked alone
        return self._billing.list_debts(codes)

    def list_contracts(self, codes: Sequence[ContractCode]) -> Mapping[ContractCode, Contract]:
        if self._failed:
            raise self._failed
        if self._contracts is None:
            return self._billing.list_contracts(codes)
        return {code: self._contracts[code] for code in codes if code in self._contracts}


class ContractService:
    def __init__(
        self, *, billing: Billing, last_known: LastKnown, today: Callable[[], date]
    ) -> None:
        self._billing = billing
        self._last_known = last_known
        self._today = today

    def list_page(
        self,
        codes: Sequence[ContractCode],
        sought: Sought = Sought(),  # noqa: B008 - it is frozen
        *,
        page: int = 1,
        labels: Mapping[ContractCode, Label] = NO_LABELS,
    ) -> ContractPage:
        """One round trip where a page holds all contracts, else two for each 900. A page past
        the end is the last one.

        Raises: BillingError, when billing is away and was never heard of these contracts.
        """
        today, billing = self._today(), _Together(self._billing, codes)
        told = self._last_known.ask_many(DEBT, codes, billing.list_debts)
        debts = {code: known.answer for code, known in told.items() if known.answer is not None}
        matching = [
            code
            for code in rules.matching(codes, sought.search, labels)
            if (not sought.group or rules.label_of(labels, code).group == sought.group)
            and rules.is_shown(sought.show, debts.get(code), today, is_known=code in told)
        ]
        matching.sort(key=lambda code: rules.rank(sought.order, code, debts.get(code), labels))
        owed = [debts[code].total for code in matching if rules.owes(debts.get(code))]
        owed_in_all = [debt.total for debt in debts.values() if rules.owes(debt)]
        shown, page, pages = rules.cut(matching, page)
        as_of = min((known.as_of for known in told.values() if known.as_of), default=None)
        try:
            heads = self._last_known.ask_many(CONTRACT, shown, billing.list_contracts)
        except BillingError:
            if as_of is None:
                raise
            heads = {}  # of this page's contracts only what they owe was ever asked
        return ContractPage(
            contracts=tuple(
                ListedContract(
                    code=code,
                    contract=heads[code].answer if code in heads else None,
                    debt=debts.get(code),
                    is_overdue=rules.is_overdue(debts.get(code), today),
                    is_gone=code in heads and heads[code].answer is None,
                    is_debt_known=code in told,
                )
                for code in shown
            ),
            sought=sought,
            page=page,
            pages=pages,
            linked=len(codes),
            found=len(matching),
            found_debt=sum(owed, NO_MONEY),
            found_owing=len(owed),
            total_debt=sum(owed_in_all, NO_MONEY),
            owing=len(owed_in_all),
            unknown=sum(code not in told for code in codes),
            as_of=as_of,
        )

    def list_owing(self, codes: Sequence[ContractCode]) -> Owing:
        """One round trip where a page holds all contracts, else two for each 900. Raises:
        BillingError."""
        billing = _Together(self._billing, codes)
        told = self._last_known.ask_many(DEBT, codes, billing.list_debts)
        debts = {
            code: known.answer
            for code, known in told.items()
            if known.answer is not None and rules.owes(known.answer)
        }
        owing = sorted(debts, key=lambda code: rules.urgency(code, debts[code]))
        try:
            heads = self._last_known.ask_many(CONTRACT, owing, billing.list_contracts)
        except BillingError:
            heads = {}
        today = self._today()
        return Owing(
            contracts=tuple(
                OwingContract(
                    code=code,
                    contract=heads[code].answer if code in heads else None,
                    debt=debts[code],
                    is_overdue=rules.is_overdue(debts[code], today),
                )
                for code in owing
            ),
            total=sum((debt.total for debt in debts.values()), NO_MONEY),
            payable=sum((debt.payable for debt in debts.values()), NO_MONEY),
            as_of=min((known.as_of for known in told.values() if known.as_of), default=None),
        )

    def name_page(
        self,
        codes: Sequence[ContractCode],
        *,
        search: str = "",
        page: int = 1,
        labels: Mapping[ContractCode, Label] = NO_LABELS,
    ) -> NamedPage:
        """One round trip; without names where billing is away and never told them. A page past
        the end is the last one."""
        shown, page, pages = rules.cut(rules.matching(codes, search, labels), page)
        try:
            heads = self._last_known.ask_many(CONTRACT, shown, self._billing.list_contracts)
        except BillingError:
            heads = {}
        return NamedPage(
            contracts=tuple(
                NamedContract(
                    code=code,
                    contract=heads[code].answer if code in heads else None,
                    is_gone=code in heads and heads[code].answer is None,
                )
                for code in shown
            ),
            search=search,
            page=page,
            pages=pages,
            linked=len(codes),
            as_of=min((known.as_of for known in heads.values() if known.as_of), default=None),
        )

    def get_info(self, code: ContractCode) -> Told[ContractInfo]:
        """Raises: ContractNotFound."""
        return self._last_known.ask(INFO, code, lambda: self._billing.get_contract_info(code))
