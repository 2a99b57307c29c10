"""The port through which the portal reads billing."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from legacy_adapters.records import (
    Contract,
    ContractCode,
    ContractInfo,
    Debt,
    InvoiceDetail,
    InvoiceHistory,
    InvoiceNumber,
    IssuedInvoice,
    Payment,
    PostedPayment,
    Statement,
)


class Billing(Protocol):
    """Reads the utility's billing. Every method may raise BillingUnavailable, and
    BillingDataError where billing's answer breaks the contract of records.py.

    Each method is one round trip, whatever the number of rows, unless it says otherwise.
    """

    def verify(self) -> None:
        """Proves that the database answers and that the mapping fits it: asks every question
        once, for a contract that cannot be. Fourteen round trips: for starts and checks, not for
        health probes.

        Raises: MappingError, BillingUnavailable.
        """

    def find_contract(self, code: ContractCode) -> Contract | None:
        """The contract of this code, or None."""

    def get_contract_info(self, code: ContractCode) -> ContractInfo:
        """Raises: ContractNotFound."""

    def list_contracts(self, codes: Sequence[ContractCode]) -> Mapping[ContractCode, Contract]:
        """The contracts of these codes; one that billing does not have is absent.

        One round trip for each 900 codes.
        """

    def list_contracts_of(self, tax_id: str, *, at_most: int) -> tuple[Contract, ...]:
        """The contracts whose holder has this tax number, spelled so or in capitals or small
        letters alone, by their codes; the first at_most of them. None where billing has no such
        numbers."""

    def list_newest(self, codes: Sequence[ContractCode]) -> Mapping[ContractCode, date | None]:
        """On which day the newest invoice of each of these contracts was issued, cancelled ones
        left out; one without invoices is absent.

        One round trip for each 900 codes.
        """

    def list_debts(self, codes: Sequence[ContractCode]) -> Mapping[ContractCode, Debt]:
        """What each of these contracts owes; one that owes nothing is absent.

        One round trip for each 900 codes.
        """

    def list_contracts_and_debts(
        self, codes: Sequence[ContractCode]
    ) -> tuple[Mapping[ContractCode, Contract], Mapping[ContractCode, Debt]]:
        """list_contracts and list_debts of these codes, of one moment.

        One round trip for each 900 codes.
        """

    def get_statement(self, code: ContractCode) -> Statement:
        """The contract and its open invoices, newest first.

        Raises: ContractNotFound.
        """

    def list_statements(self, codes: Sequence[ContractCode]) -> Mapping[ContractCode, Statement]:
        """As get_statement, of many contracts; one that billing does not have is absent.

        One round trip for each 900 codes.
        """

    def get_invoice_history(
        self, code: ContractCode, *, since: date, at_least: int
    ) -> InvoiceHistory:
        """The contract and its invoices, newest first, cancelled ones left out: all that
        were issued on or after `since`, and never fewer than the newest `at_least`.

        Raises: ContractNotFound.
        """

    def list_payments(
        self, code: ContractCode, *, since: date, at_least: int
    ) -> tuple[Payment, ...]:
        """Posted payments, newest first; `since` and `at_least` as above."""

    def list_issued(
        self, codes: Sequence[ContractCode], *, since: date
    ) -> tuple[IssuedInvoice, ...]:
        """The invoices of these contracts that were issued on or after `since`, cancelled ones
        left out, by contract and day of issue.

        One round trip for each 900 codes.
        """

    def list_posted(
        self, codes: Sequence[ContractCode], *, since: date
    ) -> tuple[PostedPayment, ...]:
        """The payments of these contracts that were made on or after `since` and are posted, by
        contract and day.

        One round trip for each 900 codes.
        """

    def get_invoice(self, code: ContractCode, number: InvoiceNumber) -> InvoiceDetail:
        """One invoice of this contract with its lines.

        Raises: ContractNotFound, InvoiceNotFound (also for a cancelled one and for
        another contract's).
        """

    def close(self) -> None:
        """Gives back the connections."""
