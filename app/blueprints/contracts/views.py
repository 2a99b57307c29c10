"""The list of contracts, and what stands on one."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts.labels import LONGEST_GROUP
from app.contracts.rules import Order, Show, Sought
from app.web.current import services, signed_in, under_way
from app.web.forms import clean
from legacy_adapters.records import NO_MONEY, ContractCode

SHOWS = {
    Show.ALL: _l("all"),
    Show.OWING: _l("those that owe"),
    Show.OVERDUE: _l("those that are overdue"),
    Show.CLEAR: _l("those without debt"),
}
ORDERS = {
    Order.URGENT: _l("the most urgent first"),
    Order.DEBT: _l("the largest debt first"),
    Order.NAME: _l("by your name for them"),
    Order.CODE: _l("by number"),
}
EVERYTHING = Sought()
contracts = Blueprint("contracts", __name__, url_prefix="/contracts")


@contracts.get("")
def index() -> ResponseReturnValue:
    me, is_plain = signed_in(), not request.query_string  # as nearly always
    found = services().contracts.list_page(
        me.contracts,
        EVERYTHING if is_plain else _sought(),
        page=1 if is_plain else request.args.get("page", 1, type=int),
        labels=me.labels,
    )
    return render_template(
        "contracts/index.html",
        found=found,
        sought=found.sought,
        rights=me.rights,
        labels=me.labels,
        groups=sorted({label.group for label in me.labels.values() if label.group}),
        shows=SHOWS,
        orders=ORDERS,
        busy={one.contract_code: one for one in under_way()},
        held=sum((one.amount for one in under_way()), NO_MONEY),
        is_on=services().payments.ordering.is_on,
    )


def _sought() -> Sought:
    """What makes no sense counts as not said."""
    asked = request.args
    return Sought(
        search=(clean(asked.get("q")) or "")[:40],
        show=Show(asked["show"]) if asked.get("show") in SHOWS else Show.ALL,
        group=(clean(asked.get("group")) or "")[:LONGEST_GROUP],
        order=Order(asked["order"]) if asked.get("order") in ORDERS else Order.URGENT,
    )


@contracts.get("/<code>")
def show(code: str) -> ResponseReturnValue:
    return redirect(url_for("invoices.pay", code=code), code=303)


@contracts.get("/<code>/info")
def info(code: str) -> ResponseReturnValue:
    told = services().contracts.get_info(ContractCode(code))
    return render_template("contracts/info.html", told=told)
