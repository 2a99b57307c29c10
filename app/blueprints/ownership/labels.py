"""What an account calls its contracts, and how it groups them."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.labels import LONGEST_GROUP, LONGEST_NAME
from app.accounts.records import Label
from app.web.current import services, signed_in
from app.web.forms import PortalForm, clean
from legacy_adapters.records import ContractCode

labels = Blueprint("labels", __name__, url_prefix="/contracts/names")
NAME, GROUP = "name.", "group."  # before a contract's code, in the names of fields


class LabelForm(PortalForm):
    """A line for each contract of the page, so its fields are not known beforehand."""

    def __init__(self) -> None:
        self.wrong: dict[str, str] = {}
        super().__init__()

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [*super().problems, *self.wrong.items()]

    def typed(self, known: Mapping[ContractCode, object]) -> dict[ContractCode, Label]:
        """Of the contracts that the account has; checks them."""
        found: dict[ContractCode, Label] = {}
        for code in known:
            if NAME + code in request.form or GROUP + code in request.form:
                found[code] = Label(
                    name=self._line(NAME + code, LONGEST_NAME),
                    group=self._line(GROUP + code, LONGEST_GROUP),
                )
        return found

    def _line(self, name: str, longest: int) -> str:
        typed = " ".join((clean(request.form.get(name)) or "").split())
        if len(typed) > longest:
            self.wrong[name] = _("At most %(max)s characters.", max=longest)
        return typed


@labels.route("", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    form, me = LabelForm(), signed_in()
    if request.method != "POST":
        return _page(form, {})
    typed = form.typed(me.rights)
    if not form.validate() or form.problems:
        return _page(form, typed, 400)
    changed = services().labels.put(me, typed)
    flash(_("Saved.") if changed else _("Nothing was changed."))
    page = request.args.get("page", 1, type=int)
    if "next" in request.form:
        page += 1
    return redirect(url_for("labels.index", q=_search() or None, page=page), code=303)


def _search() -> str:
    return (clean(request.args.get("q")) or "")[:40]


def _page(
    form: LabelForm, typed: Mapping[ContractCode, Label], status: int = 200
) -> ResponseReturnValue:
    me = signed_in()
    found = services().contracts.name_page(
        me.contracts,
        search=_search(),
        page=request.args.get("page", 1, type=int),
        labels=me.labels,
    )
    page = render_template(
        "ownership/labels.html",
        form=form,
        found=found,
        labels={**me.labels, **typed},
        nothing=Label(),
        groups=sorted({label.group for label in me.labels.values() if label.group}),
        longest_name=LONGEST_NAME,
        longest_group=LONGEST_GROUP,
    )
    return page, status
