"""The queue of cases, and who has how much of it."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts.rules import normal_contract_code
from app.blueprints.staff_cases.blueprint import staff_cases
from app.blueprints.staff_cases.filters import (
    STATES,
    Filter,
    filter_of,
    is_number,
    place_of,
    place_words,
)
from app.cases.handling import PAGE_SIZE, NoSuchMember
from app.cases.records import CaseError, CaseNumber
from app.staff.records import MemberId, Role
from app.web.current import services
from app.web.forms import PortalForm, clean
from app.web.staff import staff_signed_in

TO_NOBODY = "nobody"
LONGEST = 200  # characters of a search


@staff_cases.route("", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """Whatever is searched is posted; a number leads to its case, a contract to an address."""
    form = PortalForm()
    if request.method != "POST":
        return _page(filter_of(request.args), form)
    if not form.validate():
        return _page(Filter(), form, 400)
    search = _search()
    number = services().cases.handling.find_number(search)
    if number:
        return redirect(url_for("staff_cases.show", number=number), code=303)
    if not search or (any(c.isdigit() for c in search) and normal_contract_code(search)):
        contract = normal_contract_code(search) or None
        return redirect(url_for("staff_cases.index", contract=contract), code=303)
    return _page(Filter(), form, search=search)


def _search() -> str:
    return (clean(request.form.get("search")) or "")[:LONGEST]


def _page(
    shown: Filter, form: PortalForm, status: int = 200, *, search: str = ""
) -> ResponseReturnValue:
    """search: words of a holder's name, instead of the filter."""
    handling, me = services().cases.handling, staff_signed_in().member
    before = place_of(request.values.get("before"))
    after = None if before else place_of(request.values.get("after"))
    wanted = handling.wanted(search=search) if search else shown.wanted(me.id)
    found = handling.list_page(wanted, after=after, before=before)
    catalogue = handling.catalogue
    page = render_template(
        "staff_cases/index.html",
        form=form,
        found=found,
        shown=shown,
        search=search,
        statuses=list(STATES),
        kinds=catalogue.kinds,
        requests=catalogue.requests,
        counts=handling.counts(me.id),
        colleagues=handling.list_colleagues(),
        me=me,
        days_left=handling.days_left,
        may_assign=me.role.includes(Role.SUPERVISOR),
        picked=request.form.getlist("pick"),
        given_to=request.form.get("to", ""),
        first=place_words(found.cases[0].place) if found.cases else "",
        last=place_words(found.cases[-1].place) if found.cases else "",
    )
    return page, status


@staff_cases.post("/load/assign")
def assign_many() -> ResponseReturnValue:
    shown, form = filter_of(request.args), PortalForm()
    picked, to = _picked(), request.form.get("to", "")
    if form.validate():
        if not picked:
            form.refuse(_("Tick the requests to give away."))
        if to != TO_NOBODY and not is_number(to):
            form.refuse(_("Choose to whom they go."))
    if form.problems:
        return _page(shown, form, 400, search=_search())
    member = None if to == TO_NOBODY else MemberId(int(to))
    try:
        told = services().cases.handling.assign_many(picked, member, by=staff_signed_in().member)
    except NoSuchMember:
        form.refuse(_("This colleague cannot be given requests (any more). Choose another one."))
        return _page(shown, form, 400, search=_search())
    _flash_result(told)
    values: dict[str, Any] = {**shown.query}
    return redirect(url_for("staff_cases.index", **values), code=303)


def _picked() -> dict[CaseNumber, int]:
    """number -> version, of what was ticked on one page of the list."""
    found = {}
    for pick in request.form.getlist("pick")[:PAGE_SIZE]:
        number, _mark, version = pick.partition(":")
        if is_number(version):
            found[CaseNumber((clean(number) or "")[:15])] = int(version)
    return found


def _flash_result(told: Mapping[CaseNumber, CaseError | None]) -> None:
    left = [number for number, error in told.items() if error is not None]
    done = len(told) - len(left)
    if done:
        flash(
            ngettext("%(num)d request was given away.", "%(num)d requests were given away.", done)
        )
    if left:
        flash(
            _(
                "These have changed meanwhile and stayed where they are: %(numbers)s. Look at them"
                " and tick them again.",
                numbers=", ".join(left),
            )
        )


@staff_cases.get("/load")
def load() -> ResponseReturnValue:
    handling = services().cases.handling
    return render_template(
        "staff_cases/load.html",
        found=handling.overview(),
        catalogue=handling.catalogue,
        days_left=handling.days_left,
    )
