"""Messages to customers, for who runs the portal: what waits, for how long, what failed, what was
sent to whom. Never what a message says."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.contact import email_address, international_phone
from app.messages.records import MessageId, State, Wanted
from app.staff.records import Role
from app.web.current import services
from app.web.forms import PortalForm, clean
from app.web.message_words import CHANNELS, KINDS, REPORTS, STATES
from app.web.staff import staff_doer, staff_signed_in

staff_messages = Blueprint("staff_messages", __name__, url_prefix="/staff/messages")
LISTED = 50
LONGEST = 254


@staff_messages.route("", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """A recipient is posted: no address of a customer's stands in a page's address, nor in logs."""
    form = PortalForm()
    if request.method != "POST":
        return _page(form)
    if not form.validate():
        return _page(form, 400)
    return _page(form, to=(clean(request.form.get("to")) or "")[:LONGEST])


def _page(form: PortalForm, status: int = 200, *, to: str = "") -> ResponseReturnValue:
    """to: all of one recipient's, instead of those of a state."""
    state = "" if to else request.args.get("state", "")
    wanted = Wanted(
        states=(State(state),) if state in set(State) else (),
        recipient=_recipient(to),
        before=_message_id(request.values.get("before", "")),
    )
    found = services().messages.list_newest(wanted, limit=LISTED + 1)
    page = render_template(
        "staff_messages/index.html",
        form=form,
        overview=services().messages.get_overview(),
        look=services().notifications.finder.find_last(),
        found=found[:LISTED],
        has_more=len(found) > LISTED,
        to=to,
        state=state if wanted.states else "",
        channels=CHANNELS,
        kinds=KINDS,
        states=STATES,
        reports=REPORTS,
        may_retry=staff_signed_in().member.role.includes(Role.SUPERVISOR),
    )
    return page, status


def _recipient(typed: str) -> str:
    """As it stands with the message, whatever way it was typed."""
    if not typed:
        return ""
    return email_address(typed) or international_phone(typed) or typed


@staff_messages.post("/retry")
def retry() -> ResponseReturnValue:
    """One message, or all that were given up."""
    form = PortalForm()
    if not form.validate():
        return _page(form, 400)
    which = _message_id(request.form.get("message", ""))
    if which is None and "all" not in request.form:
        form.refuse(_("Choose a message."))
        return _page(form, 400)
    doer = staff_doer()
    tried = services().messages.retry(which, by_staff=doer.member.id, address=doer.address)
    if tried:
        flash(_("%(count)s messages are tried again.", count=tried))
    else:
        flash(_("Nothing could be tried again: its time is past, or it was sent meanwhile."))
    return redirect(url_for("staff_messages.index", state=State.DEAD), code=303)


def _message_id(typed: str) -> MessageId | None:
    is_one = typed.isascii() and typed.isdigit() and len(typed) <= 9  # noqa: PLR2004 - fits its column
    return MessageId(int(typed)) if is_one else None
