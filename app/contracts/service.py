"""Lists an account's contracts and tells about one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from legacy_adapters.port import Billing
from legacy_adapters.records import NO_MONEY, Contract, ContractCode, ContractInfo, Debt

PAGE_SIZE = 25
NO_DATE = date.max


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedContract:
    """contract is None when billing no longer has it; debt is None when nothing is owed."""

    code: ContractCode
    contract: Contract | None
    debt: Debt | None
    is_overdue: bool

    @property
    def owed(self) -> Decimal:
        return self.debt.total if self.debt else NO_MONEY


@dataclass(frozen=True, kw_only=True, slots=True)
class ContractPage:
    """One page of an account's contracts that match a search: those that owe first.

    linked: how many the account has; owing: how many of them owe, total_debt in all. A search
    does not change what is owed.
    """

    contracts: tuple[ListedContract, ...]
    search: str
    page: int
    pages: int
    linked: int
    total_debt: Decimal
    owing: int


class ContractService:
    def __init__(self, *, billing: Billing, today: Callable[[], date]) -> None:
        self._billing = billing
        self._today = today

    def list_page(
        self, codes: Sequence[ContractCode], *, search: str = "", page: int = 1
    ) -> ContractPage:
        """Two round trips. A page past the end is the last one."""
        wanted = "".join(search.split()).upper()
        matching = [code for code in codes if wanted in code.upper()]
        debts = self._billing.list_debts(codes) if codes else {}
        matching.sort(key=lambda code: _order(code, debts.get(code)))
        pages = max(1, -(-len(matching) // PAGE_SIZE))
        page = min(max(page, 1), pages)
        shown = matching[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        contracts = self._billing.list_contracts(shown) if shown else {}
        today = self._today()
        return ContractPage(
            contracts=tuple(
                ListedContract(
                    code=code,
                    contract=contracts.get(code),
                    debt=debts.get(code),
                    is_overdue=_is_overdue(debts.get(code), today),
                )
                for code in shown
            ),
            search=search,
            page=page,
            pages=pages,
            linked=len(codes),
            total_debt=sum((debt.total for debt in debts.values()), NO_MONEY),
            owing=len(debts),
        )

    def get_info(self, code: ContractCode) -> ContractInfo:
        """Raises: ContractNotFound."""
        return self._billing.get_contract_info(code)


def _order(code: ContractCode, debt: Debt | None) -> tuple[bool, date, str]:
    return debt is None, (debt.earliest_due if debt else None) or NO_DATE, code


def _is_overdue(debt: Debt | None, today: date) -> bool:
    return debt is not None and debt.earliest_due is not None and debt.earliest_due < today
