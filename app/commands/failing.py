"""An operator gets words and an exit code, not a traceback."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click

from app.database.engine import DatabaseError
from app.staff.records import StaffError
from legacy_adapters.errors import BillingError

P = ParamSpec("P")
R = TypeVar("R")


def fails_in_words(command: Callable[P, R]) -> Callable[P, R]:
    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (DatabaseError, BillingError, StaffError) as error:
            raise click.ClickException(str(error)) from error

    return run
