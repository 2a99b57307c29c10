"""What can go wrong when billing is read. Nothing else leaves the adapter."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

REASON_LENGTH = 200


class BillingError(Exception):
    """The root of all below."""


class BillingUnavailable(BillingError):
    """Billing does not answer now; the same question may be answered later."""


class BillingDataError(BillingError):
    """Billing answered with something that the fixed contract does not allow."""


class MappingError(BillingError):
    """The mapping file is wrong in itself or does not fit the database."""


class ContractNotFound(BillingError):
    """Billing has no contract of this code."""


class InvoiceNotFound(BillingError):
    """The contract has no invoice of this number."""


@contextmanager
def translated_errors() -> Iterator[None]:
    """The one place where a driver's errors become the adapter's own.

    Statement and parameters stay out of the message: they hold customers' codes.
    """
    try:
        yield
    except exc.DBAPIError as error:
        reason = str(error.orig).partition("\n")[0][:REASON_LENGTH]
        raise BillingUnavailable(f"{type(error.orig).__name__}: {reason}") from error
    except exc.StatementError as error:  # a value that does not suit its column's type
        raise MappingError(f"a column is of another type: {type(error.orig).__name__}") from error
    except (exc.TimeoutError, OSError) as error:
        raise BillingUnavailable(f"{type(error).__name__}: {error}") from error
