"""What a form says when it cannot be served right now, whoever asks for what."""

from datetime import datetime

import structlog
from flask import request
from flask_babel import gettext as _

from app.accounts.records import Restricted, TooBusy, TooManyTries
from app.accounts.rules import network_of
from app.web.current import formats, services
from app.web.forms import PortalForm
from legacy_adapters.errors import BillingError
from legacy_adapters.failures import log_billing_failed

log = structlog.get_logger("selfcare")


def refuse_for_now(form: PortalForm, error: Exception, *, minutes: int | None = None) -> int:
    """Says on the form what failed; returns the status to answer with. minutes: in which tries
    are counted, where that is not the accounts' own span."""
    if isinstance(error, TooManyTries | TooBusy):
        log.info(
            "tries used up" if isinstance(error, TooManyTries) else "too busy to serve",
            endpoint=request.endpoint,
            network=network_of(request.remote_addr or ""),
        )
    if isinstance(error, TooManyTries):
        form.refuse(too_many_tries(minutes))
        return 429
    if isinstance(error, Restricted):
        form.refuse(restricted(error.until))
        return 400
    if isinstance(error, TooBusy):
        form.refuse(too_busy())
        return 503
    if isinstance(error, BillingError):
        log_billing_failed(error, endpoint=request.endpoint)
        form.refuse(
            _("We cannot check your contract right now. Please try again in a few minutes.")
        )
        return 503
    raise error


def too_many_tries(minutes: int | None = None) -> str:
    minutes = minutes or services().settings.accounts.tries_window_minutes
    return str(_("There were too many tries. Please wait %(minutes)s minutes.", minutes=minutes))


def restricted(until: datetime) -> str:
    return str(
        _(
            "A new password was made for this account not long ago. For its safety this opens"
            " again on %(moment)s.",
            moment=formats().moment(until),
        )
    )


def too_busy() -> str:
    return str(_("Very many people are signing in right now. Please try again in a few seconds."))
