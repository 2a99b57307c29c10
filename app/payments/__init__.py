"""Paying invoices by card: from the choice to the payment in billing."""
