"""Whether a contract is an applicant's: the same answer, and as late, for every reason not."""

from datetime import date
from decimal import Decimal

import structlog
from sqlalchemy import Connection

from app.accounts import rules
from app.accounts.contact import international_phone
from app.accounts.records import AccountId, Claim, ClaimRefused, TooManyTries, Visitor
from app.accounts.shared import Shared
from app.accounts.tries import Budget
from app.audit.records import Action, Actor
from legacy_adapters.records import Contract

log = structlog.get_logger("selfcare")
SITES_SHARE = 5  # an IPv6 site may try so many times what one network may
RECENT_INVOICES = 12


class Claims:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def check(self, claim: Claim, visitor: Visitor, account_id: AccountId | None) -> Contract:
        """The contract, when its number, name and proof belong together.

        Raises: ClaimRefused; TooManyTries, for a network that has tried too often; BillingError.
        """
        shared, walk = self._shared, self._walk(visitor)
        with shared.database.read() as connection:
            walks = shared.tries.is_used_up(connection, walk, shared.clock())
        network, *others = self._budgets(claim, visitor, account_id)
        # A walk spends nothing more: it would use up what the holders of its numbers need.
        may_try, *allowed = [True] if walks else shared.spend(network, *others)
        contract = shared.billing.find_contract(claim.contract_code)
        is_right = contract is not None and self._is_right(claim, contract)
        if not may_try:
            raise TooManyTries
        if contract is None or not is_right or walks or not all(allowed):
            self._note_refusal(claim, visitor, account_id, walk)
            raise ClaimRefused
        with shared.database.write() as connection:
            # The contract's own budgets stay spent: nobody needs to add it over and over.
            shared.give_back(connection, network, *others[:-2])
        return contract

    def _budgets(
        self, claim: Claim, visitor: Visitor, account_id: AccountId | None
    ) -> list[Budget]:
        """The network's first; the contract's two last, its one of everywhere at the very end."""
        shared, settings = self._shared, self._shared.settings
        code, where = claim.contract_code, rules.network_of(visitor.address)
        site = f"claim site {rules.site_of(visitor.address)}"
        limit = settings.register_tries_per_network
        whose = []
        if account_id is not None:
            subject = f"claim account {account_id}"
            whose.append(shared.budget(subject, settings.contract_tries_per_account))
        return [
            shared.budget(f"claim network {where}", limit),
            shared.budget(site, limit * SITES_SHARE),
            *whose,
            # From one network, so that a stranger elsewhere cannot use up the holder's.
            shared.budget(f"claim {code} {where}", settings.register_tries_per_contract),
            Budget(subject=f"claim {code}", limit=settings.contract_tries_per_day),
        ]

    def _is_right(self, claim: Claim, contract: Contract) -> bool:
        if not rules.names_match(claim.name, contract.subscriber):
            return False
        if self._shared.settings.ownership_proof != "last_invoice":
            return True
        history = self._shared.billing.get_invoice_history(
            contract.code, since=date.max, at_least=RECENT_INVOICES
        )
        return any(
            invoice.number == claim.proof.invoice_number
            and _same_amount(invoice.amount, claim.proof.invoice_amount)
            for invoice in history.invoices
        )

    # Walks: one network that asks for contract after contract

    def _walk(self, visitor: Visitor) -> Budget:
        return Budget(
            subject=f"walk {rules.site_of(visitor.address)}",
            limit=self._shared.settings.wrong_contracts_per_network,
        )

    def _note_refusal(
        self, claim: Claim, visitor: Visitor, account_id: AccountId | None, walk: Budget
    ) -> None:
        where = rules.site_of(visitor.address)
        once = Budget(subject=f"walked {where} {claim.contract_code}", limit=1)
        now = self._shared.clock()
        with self._shared.database.write() as connection:
            self._audit(connection, Action.CONTRACT_REFUSED, claim, visitor, account_id)
            if not self._shared.tries.spend(connection, once, now):
                return  # the same number again is a person who mistypes a name
            if self._shared.tries.count(connection, walk, now) != walk.limit:
                return
            self._audit(connection, Action.WALK_NOTICED, claim, visitor, account_id)
        log.warning(
            "walk over contract numbers",
            network=where,
            wrong_contracts=walk.limit,
            do="no contract can be added from there for the rest of the day; is it a branch office?"
            " See SELFCARE_ACCOUNTS_WRONG_CONTRACTS_PER_NETWORK",
        )

    def _audit(
        self,
        connection: Connection,
        action: Action,
        claim: Claim,
        visitor: Visitor,
        account_id: AccountId | None,
    ) -> None:
        self._shared.audit.record(
            connection,
            action,
            actor=Actor.CUSTOMER if account_id else Actor.VISITOR,
            account_id=account_id,
            contract_code=claim.contract_code,
            address=visitor.address,
        )


def phone_on_file(contract: Contract) -> str | None:
    return international_phone(contract.phone) if contract.phone else None


def _same_amount(billed: Decimal, typed: Decimal | None) -> bool:
    return typed is not None and billed == typed
