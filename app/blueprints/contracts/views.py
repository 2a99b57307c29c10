"""The list of contracts, and what stands on one."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.web.current import services, signed_in, under_way
from app.web.forms import clean
from legacy_adapters.records import ContractCode

contracts = Blueprint("contracts", __name__, url_prefix="/contracts")


@contracts.get("")
def index() -> ResponseReturnValue:
    found = services().contracts.list_page(
        signed_in().contracts,
        search=(clean(request.args.get("q")) or "")[:40],
        page=request.args.get("page", 1, type=int),
    )
    return render_template(
        "contracts/index.html",
        found=found,
        rights=signed_in().rights,
        busy={one.contract_code: one for one in under_way()},
        is_on=services().payments.ordering.is_on,
    )


@contracts.get("/<code>")
def show(code: str) -> ResponseReturnValue:
    return redirect(url_for("invoices.pay", code=code), code=303)


@contracts.get("/<code>/info")
def info(code: str) -> ResponseReturnValue:
    told = services().contracts.get_info(ContractCode(code))
    return render_template("contracts/info.html", told=told)
