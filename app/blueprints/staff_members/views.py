"""The utility's own people, for its administrators."""

from typing import Any

import segno
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.records import TooManyTries
from app.blueprints.staff_members.forms import CodeForm, NewMemberForm, RoleForm
from app.clock import now
from app.staff.records import (
    FirstSignIn,
    ListedMember,
    Member,
    MemberId,
    NameTaken,
    NoSuchMember,
    NotAdministrator,
    Role,
    WrongCode,
)
from app.web.current import services
from app.web.device_names import readable_device
from app.web.fields import digits_of
from app.web.forms import PortalForm
from app.web.refusals import refuse_for_now
from app.web.staff import staff_doer, staff_signed_in, staff_visitor
from app.web.staff_words import ROLES

staff_members = Blueprint("staff_members", __name__, url_prefix="/staff/members")
LARGEST_ID = 2**31 - 1  # of a column; what is larger is no member's
MEMBER = f"/<int(max={LARGEST_ID}):member_id>"
DONE: dict[str, Any] = {
    "disable": _l("The member is disabled and signed out everywhere."),
    "enable": _l("The member may sign in again."),
    "role": _l("The role is changed. It is in force with the next page."),
    "sign-out": _l("The member is signed out everywhere."),
}


@staff_members.get("")
def index() -> ResponseReturnValue:
    return render_template(
        "staff_members/index.html",
        listed=services().members.list_all(),
        own_id=staff_signed_in().member.id,
        roles=ROLES,
        now=now(),
    )


@staff_members.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    form = NewMemberForm()
    if request.method != "POST":
        return _new_page(form)
    if not form.validate():
        return _new_page(form, 400)
    status = _refused(form)
    if status:
        return _new_page(form, status)
    try:
        first = services().members.create(
            form.name.data,
            Role(form.role.data),
            full_name=form.full_name.data or "",
            by=staff_doer(),
        )
    except NameTaken:
        form.refuse(_("There is a member of this name already."))
        return _new_page(form, 400)
    except NotAdministrator:
        abort(403)
    return _handover_page(first)


def _new_page(form: NewMemberForm, status: int = 200) -> ResponseReturnValue:
    form.code.data = ""  # it is used or too old by now
    return render_template("staff_members/new.html", form=form), status


def _handover_page(first: FirstSignIn) -> ResponseReturnValue:
    """The answer to a post, and at no address: to load it anew asks for the code anew."""
    drawing = segno.make(first.factor_address, error="m")
    return render_template(
        "staff_members/handover.html",
        first=first,
        member=first.member,
        address=f"{services().settings.public_address}/staff/login",
        drawing=drawing.svg_data_uri(scale=5, border=4, light="#fff"),
        key=_in_groups(first.secret),
    )


def _in_groups(key: str) -> str:
    return " ".join(key[start : start + 4] for start in range(0, len(key), 4))


@staff_members.get(MEMBER)
def show(member_id: int) -> ResponseReturnValue:
    listed = _get(member_id)
    found = services().members.list_sessions(only=listed.member.id)
    return render_template(
        "staff_members/show.html",
        listed=listed,
        member=listed.member,
        is_me=_is_me(listed.member),
        may=_may(listed),
        sessions=found,
        devices={session.id: readable_device(session.device) for session in found},
        roles=ROLES,
        now=now(),
    )


def _get(member_id: int) -> ListedMember:
    try:
        return services().members.get_listed(MemberId(member_id))
    except NoSuchMember:
        abort(404)


def _is_me(member: Member) -> bool:
    return member.id == staff_signed_in().member.id


def _may(listed: ListedMember) -> tuple[str, ...]:
    """What can be done with them. Nothing with oneself: others do that."""
    if _is_me(listed.member):
        return ()
    if listed.disabled_at:
        return ("enable", "reset", "role")
    return ("reset", "role", "sign-out", "disable")


@staff_members.route(
    f"{MEMBER}/<any(reset, disable, enable, role, 'sign-out'):what>", methods=["GET", "POST"]
)
def act(member_id: int, what: str) -> ResponseReturnValue:
    listed = _get(member_id)
    if what not in _may(listed):
        flash(_("That cannot be done with this member, or not any more."))
        return redirect(url_for("staff_members.show", member_id=member_id), code=303)
    form = RoleForm() if what == "role" else CodeForm()
    if request.method != "POST":
        return _act_page(listed, what, form)
    status = 0 if form.validate() else 400
    status = status or _refused(form)
    if status:
        return _act_page(listed, what, form, status)
    try:
        first = _do(listed.member, what, form)
    except NotAdministrator:
        abort(403)
    if first:
        return _handover_page(first)
    flash(str(DONE[what]))
    return redirect(url_for("staff_members.show", member_id=member_id), code=303)


def _do(member: Member, what: str, form: PortalForm) -> FirstSignIn | None:
    """Raises: NotAdministrator."""
    members, by = services().members, staff_doer()
    if what == "reset":
        return members.reset(member, by=by)
    if what == "role":
        members.set_role(member, Role(form.role.data), by=by)
    elif what == "disable":
        members.disable(member, by=by)
    elif what == "enable":
        members.enable(member, by=by)
    else:
        members.sign_out(member, by=by)
    return None


def _act_page(
    listed: ListedMember, what: str, form: PortalForm, status: int = 200
) -> ResponseReturnValue:
    form.code.data = ""  # it is used or too old by now
    if what == "role" and not form.role.data:
        form.role.data = listed.member.role.value
    page = render_template(
        "staff_members/act.html",
        form=form,
        what=what,
        member=listed.member,
        hours=services().settings.staff.first_password_hours,
    )
    return page, status


def _refused(form: PortalForm) -> int:
    """The status to answer with where the administrator's own code is not right; 0 where it is."""
    try:
        services().staff.check_code(staff_signed_in(), digits_of(form.code.data), staff_visitor())
    except WrongCode:
        form.code.errors = [_("This code is not right, or was used. Wait for the next one.")]
        return 400
    except TooManyTries as error:
        minutes = services().settings.staff.tries_window_minutes
        return refuse_for_now(form, error, minutes=minutes)
    return 0
