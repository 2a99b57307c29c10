"""What a customer sees and what an operator reads when something fails."""

import errno
import secrets
from typing import Any

import structlog
from flask import Flask, Response, g, render_template, request
from flask.globals import request_ctx
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import HTTPException

from app.database.engine import DatabaseUnavailable
from app.documents.records import (
    DocumentError,
    DocumentRefused,
    InspectionBusy,
    InspectionUnavailable,
    StillScanning,
    StorageFull,
    StorageUnavailable,
)
from app.web.sessions import is_staff_path
from app.web.way_back import find_form_page
from legacy_adapters.errors import (
    BillingError,
    ContractNotFound,
    InvoiceNotFound,
)
from legacy_adapters.failures import log_billing_failed

log = structlog.get_logger("selfcare")

TOO_LARGE = 413

TEXTS: dict[int, tuple[Any, Any]] = {
    400: (
        _l("This request could not be understood"),
        _l("Please go back, check what you entered and send it once more."),
    ),
    403: (
        _l("You may not open this page"),
        _l("If you think you should be able to, please contact us."),
    ),
    404: (
        _l("We did not find this page"),
        _l("The address may be mistyped, or what it showed is not linked to your account."),
    ),
    405: (
        _l("This page cannot be used that way"),
        _l("Please start again from the beginning of what you wanted to do."),
    ),
    409: (
        _l("This file cannot be opened yet"),
        _l("It is still being checked for viruses. Please try again in a few minutes."),
    ),
    410: (
        _l("This file is not here any more"),
        _l("If you need it, please contact us."),
    ),
    TOO_LARGE: (
        _l("That is too large to be sent"),
        _l("Please send less at once, or smaller files."),
    ),
    429: (
        _l("There were too many tries from your network"),
        _l("Please wait a little while and try again. Nobody's account is blocked."),
    ),
    500: (
        _l("Something went wrong on our side"),
        _l("It has been recorded and will be looked into. Please try again in a little while."),
    ),
    507: (
        _l("We cannot take files right now"),
        _l("It has been recorded and will be looked into. Please try again later."),
    ),
    503: (
        _l("Your data cannot be shown right now"),
        _l(
            "One of our systems does not answer. Nothing of yours is lost."
            " Please try again in a few minutes."
        ),
    ),
}

# Else it is gone: dropped, lost, or not to be given out for good.
DOCUMENT_STATUS: dict[type[Exception], int] = {
    StillScanning: 409,
    StorageFull: 507,
    StorageUnavailable: 503,
    InspectionBusy: 503,
    InspectionUnavailable: 503,
}


def init_errors(app: Flask) -> None:
    app.register_error_handler(HTTPException, show_http_error)
    for missing in (ContractNotFound, InvoiceNotFound):
        app.register_error_handler(missing, lambda _error: show_error(404))
    app.register_error_handler(BillingError, _show_billing_away)
    app.register_error_handler(DatabaseUnavailable, _show_database_away)
    app.register_error_handler(DocumentError, _show_document_error)
    app.register_error_handler(DocumentRefused, _show_document_error)
    app.register_error_handler(OSError, _show_os_error)
    app.register_error_handler(Exception, _show_unexpected)


def show_http_error(error: HTTPException) -> Any:
    code = error.code or 500
    if error.response is not None or code < 400:  # noqa: PLR2004
        return error
    if request_ctx.url_adapter is None:  # a host that is not ours: no page can name addresses
        host = request.environ.get("HTTP_HOST", "")[:100]
        log.warning("unknown host refused", host=host, do="is it in SELFCARE_WEB_TRUSTED_HOSTS?")
        return Response(f"{code}\n", code, mimetype="text/plain")
    return show_error(code)


def show_error(code: int, *, reference: str | None = None, plain: bool = False) -> Any:
    """plain: a page that does not even ask who is signed in, because that may be what failed."""
    shown = code if code in TEXTS else (400 if code < 500 else 500)  # noqa: PLR2004
    title, text = TEXTS[shown]
    g.plain_page = plain
    form_page = find_form_page() if code == TOO_LARGE else None
    told = {"title": title, "text": text, "reference": reference, "form_page": form_page}
    if is_staff_path(request.path):
        return render_template("errors/staff.html", **told), code
    return render_template("errors/error.html", **told), code


def _show_billing_away(error: BillingError) -> Any:
    log_billing_failed(error, endpoint=request.endpoint)
    return show_error(503)


def _show_database_away(error: DatabaseUnavailable) -> Any:
    log_failure("portal database failed", error, error.do)
    return show_error(503, plain=True)


def _show_document_error(error: Exception) -> Any:
    """Where a file cannot be given out; the services have told the operator."""
    return show_error(DOCUMENT_STATUS.get(type(error), 410))


def _show_os_error(error: OSError) -> Any:
    """What is being sent is written into the folder of temporary files."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return _show_unexpected(error)
    do = "make room where temporary files lie (TMPDIR) and in the data folder"
    log.error("the disk is full", endpoint=request.endpoint, do=do)
    return show_error(507)


def _show_unexpected(error: Exception) -> Any:
    reference = secrets.token_hex(4)
    log.error("unexpected failure", reference=reference, endpoint=request.endpoint, exc_info=error)
    return show_error(500, reference=reference, plain=True)


def log_failure(event: str, error: Exception, what_to_do: str) -> None:
    log.error(
        event,
        kind=type(error).__name__,
        reason=str(error),
        endpoint=request.endpoint,
        do=what_to_do,
    )
