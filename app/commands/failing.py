"""An operator gets words and an exit code, not a traceback."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click

from app.database.engine import DatabaseError, DatabaseNotReady, DatabaseUnavailable
from app.staff.records import StaffError
from legacy_adapters.errors import BillingError, BillingUnavailable

WHICH_BILLING = (
    "SELFCARE_BILLING_URL says which database that is; for payments into it SELFCARE_POSTING_URL"
)
P = ParamSpec("P")
R = TypeVar("R")


def fails_in_words(command: Callable[P, R]) -> Callable[P, R]:
    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except DatabaseNotReady as error:
            told = "The portal's database is not made yet, or has not this version's tables"
            raise click.ClickException(f"{told}: {error.do}") from error
        except DatabaseUnavailable as error:
            raise click.ClickException(f"The portal's database: {error}\n{error.do}") from error
        except BillingUnavailable as error:
            raise click.ClickException(f"{error}\n{WHICH_BILLING}") from error
        except (DatabaseError, BillingError, StaffError) as error:
            raise click.ClickException(str(error)) from error

    return run
