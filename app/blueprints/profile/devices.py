"""The browsers that are signed in."""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.records import NotYours
from app.audit.records import Actor
from app.blueprints.profile.blueprint import profile
from app.web.current import end_session, services, signed_in, visitor
from app.web.device_names import readable_device
from app.web.forms import PortalForm

LARGEST_ID = 2**31 - 1  # of a column; what is larger is no session's


@profile.get("/account/devices")
def devices() -> ResponseReturnValue:
    return _page(PortalForm())


def _page(form: PortalForm, status: int = 200) -> ResponseReturnValue:
    me = signed_in()
    found = services().accounts.list_devices(me.account.id)
    # This one first: it is where the reader is.
    found.sort(key=lambda device: device.session_id != me.session_id)
    page = render_template(
        "profile/devices.html",
        form=form,
        devices=found,
        this=me.session_id,
        names={device.session_id: readable_device(device.device) for device in found},
    )
    return page, status


@profile.post(f"/account/devices/<int(max={LARGEST_ID}):session_id>/sign-out")
def sign_out_device(session_id: int) -> ResponseReturnValue:
    form = PortalForm()
    if not form.validate():
        return _page(form, 400)
    try:
        services().accounts.end_session(signed_in(), session_id, visitor())
    except NotYours:
        abort(404)
    if session_id == signed_in().session_id:
        end_session()
        flash(_("You are signed out."))
        return redirect(url_for("accounts.login"), code=303)
    flash(_("The device is signed out."))
    return redirect(url_for("profile.devices"), code=303)


@profile.post("/account/devices/sign-out-others")
def sign_out_others() -> ResponseReturnValue:
    form, me = PortalForm(), signed_in()
    if not form.validate():
        return _page(form, 400)
    services().accounts.sign_out_everywhere(
        me.account.id, but=me.session_id, actor=Actor.CUSTOMER, address=visitor().address
    )
    flash(_("All other devices are signed out."))
    return redirect(url_for("profile.devices"), code=303)
