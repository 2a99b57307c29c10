"""The choice of what is paid: an order never holds an invoice twice."""

from decimal import Decimal

import pytest

from app.payments import rules
from app.payments.records import ChoiceRefused, Chosen, Line, Refusal
from legacy_adapters.records import Contract, ContractCode, InvoiceNumber, Statement
from tests.unit.test_invoice_rules import open_invoice

CODE = ContractCode("AL1")


def draft(numbers: list[str], *chosen: Chosen) -> tuple[Line, ...]:
    """An order of a contract with open invoices of these numbers, each owing 10."""
    statement = Statement(
        contract=Contract(CODE, "EMER MBIEMER", "", "", ""),
        open_invoices=tuple(open_invoice(number, "10.00") for number in numbers),
    )
    return rules.draft({CODE: statement}, chosen, most_invoices=9, most_amount=Decimal(1000))


def ticked(*numbers: str) -> Chosen:
    return Chosen(contract_code=CODE, numbers=frozenset(InvoiceNumber(n) for n in numbers))


def test_one_that_is_told_twice_cannot_be_chosen() -> None:
    with pytest.raises(ChoiceRefused) as caught:
        draft(["1", "2", "1"], ticked("1", "2"))
    assert caught.value.refusal is Refusal.NOT_PAYABLE
    assert list(caught.value.numbers) == ["1"]


def test_a_whole_contract_leaves_out_what_is_told_twice() -> None:
    lines = draft(["1", "2", "1"], Chosen(contract_code=CODE))
    assert [line.invoice_number for line in lines] == ["2"]


def test_a_contract_that_is_chosen_twice_is_paid_once() -> None:
    lines = draft(["1", "2"], ticked("1"), ticked("1", "2"))
    assert sorted(line.invoice_number for line in lines) == ["1", "2"]
    assert rules.total(lines) == Decimal("20.00")
