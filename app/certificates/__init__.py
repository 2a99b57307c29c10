"""Debt certificates: applied for, issued or refused, signed, and checked by anybody."""
