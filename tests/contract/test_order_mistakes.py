"""The machine of tests/order_life.py finds mistakes: two that are planted here."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from app.gateways.cards.port import Report, Verdict
from app.payments import rules
from app.payments.records import Order, Source
from app.payments.settling import Settling
from tests.order_life import SETTINGS, OrderLife, files

__all__ = ["files"]


class Gullible(Settling):
    """The planted mistake: whatever was taken, and whatever had been before, it counts as paid."""

    def settle(self, report: Report, source: Source) -> Order:
        if report.verdict is Verdict.CAPTURED:
            order = self._find(report.reference)
            report = replace(report, amount=order.amount, currency=order.currency)
        return super().settle(report, source)


class GullibleLife(OrderLife):
    settling_of = Gullible


class Forgetful(Settling):
    """The planted mistake: an order that was given up is not looked at again."""

    def settle(self, report: Report, source: Source) -> Order:
        order = self._find(report.reference)
        return order if order.state in rules.NOT_TAKEN else super().settle(report, source)


class ForgetfulLife(OrderLife):
    settling_of = Forgetful


@pytest.mark.parametrize("mistaken", [GullibleLife, ForgetfulLife])
def test_a_planted_mistake_is_found(mistaken: type[OrderLife]) -> None:
    with pytest.raises(AssertionError):
        run_state_machine_as_test(mistaken, settings=settings(SETTINGS, max_examples=300))
