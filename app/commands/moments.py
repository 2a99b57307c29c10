"""Moments as operators read them, the same in all commands."""

from datetime import datetime

from app.clock import HOME


def moment_words(moment: datetime) -> str:
    """`2026-11-29 11:26:05 CET`: by the customers' clock, as on the pages, and saying so."""
    return moment.astimezone(HOME).strftime("%Y-%m-%d %H:%M:%S %Z")
