"""One question of an operator's command, on a connection of its own."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from config.settings import BillingSettings
from legacy_adapters.engines import make_engine
from legacy_adapters.guard import Guard
from legacy_adapters.statements import CATALOGUE_SECONDS

T = TypeVar("T")


def ask_once(address: str, settings: BillingSettings, question: Callable[[Connection], T]) -> T:
    """What the question returns. Raises: BillingUnavailable, MappingError."""
    engine = make_engine(address, settings)
    try:
        return Guard(engine).connect(question, seconds=CATALOGUE_SECONDS)
    finally:
        engine.dispose()
