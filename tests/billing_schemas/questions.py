"""Every question of the port about some contracts, for comparing two ways to one billing."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from legacy_adapters.errors import BillingError
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode, InvoiceNumber


def answers(billing: Billing, codes: Sequence[str], since: date) -> dict[str, Any]:
    """Question -> answer, or the error's kind."""
    found: dict[str, Any] = {}
    all_codes = [ContractCode(code) for code in codes]
    for code in all_codes:
        found[f"contract {code}"] = billing.find_contract(code)
        found[f"info {code}"] = _or_error(billing.get_contract_info, code)
        found[f"statement {code}"] = _or_error(billing.get_statement, code)
        payments = _or_error(billing.list_payments, code, since=since, at_least=12)
        found[f"payments {code}"] = sorted(payments, key=str)  # equal days have no order
        found[f"newest {code}"] = _or_error(
            billing.get_invoice_history, code, since=date.max, at_least=1
        )
        history = _or_error(billing.get_invoice_history, code, since=since, at_least=12)
        found[f"history {code}"] = history
        numbers: Iterable[InvoiceNumber] = ()
        with suppress(AttributeError):
            numbers = [listed.number for listed in history.invoices[:4]]
        for number in [*numbers, InvoiceNumber("0")]:
            found[f"invoice {code} {number}"] = _or_error(billing.get_invoice, code, number)
        found[f"debt {code}"] = _or_error(billing.list_debts, [code])
        found[f"statements {code}"] = _or_error(billing.list_statements, [code])
    found["statements"] = _or_error(billing.list_statements, all_codes)
    found["contracts"] = _or_error(billing.list_contracts, all_codes)
    found["both"] = _or_error(billing.list_contracts_and_debts, all_codes)
    found["newest"] = _or_error(billing.list_newest, all_codes)
    for tax_id in sorted({contract.tax_id for contract in found["contracts"].values()}):
        found[f"of {tax_id}"] = _or_error(billing.list_contracts_of, tax_id, at_most=3)
    found["debts"] = _or_error(billing.list_debts, all_codes)
    found["issued"] = _or_error(billing.list_issued, all_codes, since=since)
    found["posted"] = _or_error(billing.list_posted, all_codes, since=since)
    return found


def _or_error(ask: Any, *arguments: Any, **options: Any) -> Any:
    try:
        return ask(*arguments, **options)
    except BillingError as error:
        return [type(error).__name__]
