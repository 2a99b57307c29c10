"""Where administrators change what customers read."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from app.blueprints.staff_content.forms import TextForm, words_of
from app.content import faq, rules
from app.content.markdown import render, split_title
from app.content.records import (
    LANGUAGES,
    ChangedMeanwhile,
    Current,
    Editor,
    NothingChanged,
    TextFlawed,
    TextKey,
    TextMissing,
    TextName,
)
from app.content.service import KEPT_SECONDS
from app.web.current import services
from app.web.forms import PortalForm
from app.web.staff import staff_signed_in, staff_visitor

staff_content = Blueprint("staff_content", __name__, url_prefix="/staff/content")
TEXT = f"/<any({','.join(TextName)}):name>/<any({','.join(LANGUAGES)}):language>"


@staff_content.get("")
def index() -> ResponseReturnValue:
    return render_template("staff_content/index.html", texts=services().content.list_all())


@staff_content.route(TEXT, methods=["GET", "POST"], endpoint="edit")
def edit(name: str, language: str) -> ResponseReturnValue:
    key, form = _key(name, language), TextForm()
    if request.method != "POST":
        current = services().content.get_current(key)
        form.base.data = str(current.version.number)
        form.body.data = current.body or ""
        return _editor(key, form)
    if not form.validate():
        return _editor(key, form, status=400)
    if request.form.get("action") == "preview":
        return _preview(key, form)
    return _save(key, form)


def _preview(key: TextKey, form: TextForm) -> ResponseReturnValue:
    body = rules.normal_text(form.body.data or "")
    flaws = rules.find_flaws(key.name, body)
    form.refuse_flaws(flaws)
    return _editor(key, form, shown=body, status=400 if flaws else 200)


def _save(key: TextKey, form: TextForm) -> ResponseReturnValue:
    told = _("Saved. All pages show it within %(seconds)s seconds.", seconds=int(KEPT_SECONDS))
    try:
        services().content.save(key, form.body.data or "", base=form.base_number, by=_editor_now())
    except NothingChanged:
        told = _("Nothing was changed.")
    except TextFlawed as error:
        form.refuse_flaws(error.flaws)
        return _editor(key, form, status=400)
    except ChangedMeanwhile as error:
        form.refuse(
            _(
                "Somebody else has saved this text since you opened it. Yours is not saved; it"
                " stands below, unchanged. Compare both, then save again if yours shall be in"
                " force."
            )
        )
        form.base.data = str(error.current.version.number)
        return _editor(key, form, status=409, theirs=error.current)
    flash(told)
    return redirect(url_for("staff_content.edit", name=key.name, language=key.language), code=303)


def _editor(
    key: TextKey,
    form: TextForm,
    *,
    status: int = 200,
    shown: str | None = None,
    theirs: Current | None = None,
) -> ResponseReturnValue:
    changes: tuple[rules.ChangedLine, ...] = ()
    if theirs is not None:
        changes = rules.difference(theirs.body or "", rules.normal_text(form.body.data or ""))
    page = render_template(
        "staff_content/edit.html",
        key=key,
        form=form,
        preview=None if shown is None else _parts(key.name, shown),
        theirs=theirs,
        changes=changes,
        seconds=int(KEPT_SECONDS),
    )
    return page, status


@staff_content.get(f"{TEXT}/versions")
def versions(name: str, language: str) -> ResponseReturnValue:
    key = _key(name, language)
    found = services().content.list_versions(key)
    return render_template("staff_content/versions.html", key=key, found=found)


@staff_content.get(f"{TEXT}/versions/<int(max=999999999):number>")
def version(name: str, language: str, number: int) -> ResponseReturnValue:
    return _version_page(_key(name, language), number, TextForm())


def _version_page(
    key: TextKey, number: int, form: PortalForm, status: int = 200
) -> ResponseReturnValue:
    content = services().content
    try:
        found = content.get_version(key, number)
    except TextMissing:
        abort(404)
    now = content.get_current(key)
    page = render_template(
        "staff_content/version.html",
        key=key,
        form=form,
        found=found,
        now=now,
        preview=_parts(key.name, found.body or ""),
        changes=rules.difference(now.body or "", found.body or ""),
    )
    return page, status


@staff_content.post(f"{TEXT}/versions/<int(max=999999999):number>/restore")
def restore(name: str, language: str, number: int) -> ResponseReturnValue:
    key, form = _key(name, language), TextForm()
    if not form.validate():
        return _version_page(key, number, form, 400)
    try:
        services().content.restore(key, number, base=form.base_number, by=_editor_now())
    except TextMissing:
        abort(404)
    except TextFlawed as error:
        for flaw in error.flaws:
            form.refuse(words_of(flaw))
        return _version_page(key, number, form, 400)
    except ChangedMeanwhile:
        form.refuse(_("Somebody else has saved this text meanwhile. Look at it again."))
        return _version_page(key, number, form, 409)
    flash(_("Restored. All pages show it within %(seconds)s seconds.", seconds=int(KEPT_SECONDS)))
    return redirect(url_for("staff_content.versions", name=name, language=language), code=303)


def _key(name: str, language: str) -> TextKey:
    return TextKey(name=TextName(name), language=language)


def _editor_now() -> Editor:
    member = staff_signed_in().member
    return Editor(staff_id=member.id, name=member.called, address=staff_visitor().address)


def _parts(name: TextName, body: str) -> dict[str, Any]:
    """A text as its own page shows it, for one within another page."""
    if name is TextName.FAQ:
        return {"faq": faq.read(body)[0], "rendered": _rendered}
    title, rest = split_title(body)
    return {"title": title, "body": _rendered(rest)}


def _rendered(source: str) -> Markup:
    return render(source, request.script_root)
