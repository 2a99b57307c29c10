"""Looks all the time whether the portal counts as paid what the bank has not taken."""

import time

import psycopg

from tests.faults.payments.oracle import is_falsely_paid
from tests.faults.payments.payers import Street

PAUSE = 0.2
QUERY = (
    "SELECT reference, state, receipt_code, amount, currency FROM payment_order"
    " WHERE state IN ('paid', 'booked') OR receipt_code IS NOT NULL"
)


def watch(street: Street) -> None:
    """The portal is read first: what it says then, the bank's books must know by now."""
    while not street.over.is_set():
        try:
            counted = street.stage.portal_rows(QUERY)
        except psycopg.Error:
            counted = []
        captures = street.stage.bank.captures() if counted else {}
        for order in counted:
            if is_falsely_paid(order, captures.get(order["reference"])):
                street.figures.shown_falsely.add(order["reference"])
        street.figures.count("watched", len(counted))
        time.sleep(PAUSE)
