"""What day it is where the customers are, and what moment it is anywhere."""

from datetime import UTC, date, datetime

from config.home import HOME

__all__ = ["HOME", "now", "today"]


def today() -> date:
    return datetime.now(HOME).date()


def now() -> datetime:
    return datetime.now(UTC)
