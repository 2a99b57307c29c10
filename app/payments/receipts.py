"""Whether a receipt is genuine, for whoever scans its code."""

from app.codes import plain_code
from app.payments.records import Order, Problem, Receipt, State
from app.payments.shared import Shared
from app.payments.store import orders

# Troubles of the utility's own, or over more money than the receipt's.
WITH_US = frozenset({Problem.TAKEN_TWICE, Problem.REFUSED, Problem.NOT_TAKEN})


class Receipts:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def address(self, code: str) -> str:
        return self._shared.addresses.verify(code)

    def find(self, code: str) -> Receipt | None:
        """Codes are compared as they are printed, whatever their case and spaces."""
        code = plain_code(code)
        with self._shared.database.read() as connection:
            found = orders.find_receipt(connection, code) if code else None
        if found is None:
            return None
        order, invoices = found
        return Receipt(
            code=code,
            reference=order.reference,
            amount=order.amount,
            paid_at=order.captured_at or order.state_at,
            is_valid=is_valid(order),
            invoices=invoices,
        )


def is_valid(order: Order) -> bool:
    """Whether the money of this order is with the utility, as far as is known."""
    if order.receipt_code is None:
        return False
    return order.state in (State.PAID, State.BOOKED) or (
        order.state is State.REVIEW and order.problem in WITH_US
    )
