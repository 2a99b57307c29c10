"""Invoices, payments and consumption of one contract, and the invoice as a document."""
