"""For machines: health, search engines, and the utility's own colour and logo."""

from flask import Blueprint, Response, abort, request, send_file
from flask.typing import ResponseReturnValue

from app.database.engine import DatabaseError, DatabaseReadOnly
from app.database.schema import find_need
from app.database.waiting import begin_waiting
from app.web import theme
from app.web.current import services
from app.web.errors import log_failure
from legacy_adapters.errors import BillingError
from legacy_adapters.failures import log_billing_failed
from legacy_adapters.records import ContractCode

system = Blueprint("system", __name__)
NOT_FOR_ROBOTS = ("/account", "/contracts", "/invitations", "/not-me", "/confirm-email")
READ_ONLY = "read-only"
READY_SECONDS = 2.5  # for the portal's database
YEAR = "public, max-age=31536000, immutable"


@system.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@system.get("/readyz")
def readyz() -> ResponseReturnValue:
    """The portal's database answers and has the tables this version needs.

    Billing's state is told beside it, for alarms: a portal without billing still shows what was
    last known, and a balancer that took it out of service would leave customers with nothing.
    A database that takes no writes is told and stays, for the same reason: pages that only read
    go on, and on every machine it is the same one.
    So is the jobs' state: late when mail or SMS wait although they should have been tried.
    """
    begin_waiting(READY_SECONDS)  # who probes waits for less than a customer does
    states = {"database": _database_state(), "billing": _billing_state(), "jobs": _jobs_state()}
    is_ready = states["database"] in {"ok", READ_ONLY}
    text = "".join(f"{name}: {state}\n" for name, state in states.items())
    return Response(text, 200 if is_ready else 503, mimetype="text/plain")


def _database_state() -> str:
    try:
        need = find_need(services().database)
        is_read_only = services().database.find_read_only()
    except DatabaseError as error:
        log_failure("portal database failed", error, "is SELFCARE_DATABASE_URL reachable?")
        return "unavailable"
    if need:
        return f"needs: {need}"
    if not is_read_only:
        return "ok"
    told = DatabaseReadOnly("it takes no writes")
    log_failure("portal database failed", told, told.do)
    return READ_ONLY


def _billing_state() -> str:
    try:
        services().billing.find_contract(ContractCode(""))  # one round trip: probes come often
    except BillingError as error:
        log_billing_failed(error, endpoint=request.endpoint)
        return "unavailable"
    return "ok"


def _jobs_state() -> str:
    try:
        return "late" if services().messages.is_late() else "ok"
    except DatabaseError:  # told by the database's own line
        return "unknown"


@system.get("/robots.txt")
def robots() -> ResponseReturnValue:
    lines = ("User-agent: *", *(f"Disallow: {address}" for address in NOT_FOR_ROBOTS), "")
    return Response("\n".join(lines), mimetype="text/plain")


@system.get("/theme.css", endpoint="theme")
def theme_sheet() -> ResponseReturnValue:
    sheet = theme.style_sheet(services().settings.utility.accent)
    return Response(sheet, mimetype="text/css", headers={"Cache-Control": YEAR})


@system.get("/logo")
def logo() -> ResponseReturnValue:
    file = services().settings.utility.logo
    if file is None:
        abort(404)
    return send_file(file, max_age=3600)
