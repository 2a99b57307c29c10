"""What a file is to hold."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import StringField, ValidationError

from app.clock import today
from app.exports import rules
from app.exports.records import Format, Named, Scope, Wanted, What
from app.web.forms import PortalForm, clean
from app.web.language import language
from legacy_adapters.records import ContractCode

ALL, GROUP, CONTRACT = "all", "group:", "contract:"
EARLIEST_YEAR = 1990
FEW = 50  # contracts that a list to choose from may hold


def _day(label: Any) -> StringField:
    return StringField(label, filters=[clean], render_kw={"type": "date", "maxlength": 10})


class ExportForm(PortalForm):
    """contracts: `all`, `group:NAME` or `contract:CODE`; wanted: `payments.csv`, of the button."""

    contracts = StringField(filters=[clean])
    wanted = StringField(filters=[clean])
    since = _day(_l("From"))
    until = _day(_l("To"))

    def __init__(self, mine: Sequence[Named], **typed: str) -> None:
        self.mine = mine
        super().__init__(data={**self.usual(), "contracts": ALL, **typed})

    @staticmethod
    def usual() -> dict[str, str]:
        """The last twelve months, and this one."""
        until = today()
        since = until.replace(year=until.year - 1, day=1)
        return {"since": since.isoformat(), "until": until.isoformat()}

    @property
    def groups(self) -> list[str]:
        return sorted({named.group for named in self.mine if named.group})

    @property
    def singles(self) -> list[Named]:
        """To choose one from: the one that was chosen, where there are too many for a list."""
        if len(self.mine) <= FEW:
            return list(self.mine)
        return [named for named in self.mine if self.contracts.data == CONTRACT + named.code]

    def validate_contracts(self, field: StringField) -> None:
        told = field.data or ""
        known = {ALL, *(GROUP + group for group in self.groups)}
        known |= {CONTRACT + named.code for named in self.mine}
        if told not in known:
            raise ValidationError(_l("Choose contracts that are in your list."))

    def validate_wanted(self, field: StringField) -> None:
        what, _dot, wanted = (field.data or "").partition(".")
        try:
            is_offered = rules.is_offered(What(what), Format(wanted))
        except ValueError:
            is_offered = False
        if not is_offered:
            raise ValidationError(_l("Choose what the file shall hold."))

    def validate_since(self, field: StringField) -> None:
        _checked(field.data)

    def validate_until(self, field: StringField) -> None:
        until = _checked(field.data)
        since = _find_day(self.since.data)
        if since and since > until:
            raise ValidationError(_l("The period ends before it begins."))
        if since and rules.months_between(since, until) > 12 * rules.LONGEST_YEARS:
            raise ValidationError(_l("A period may have ten years at most."))

    def asked(self) -> Wanted:
        """Of a form that was validated."""
        what, _dot, wanted = (self.wanted.data or "").partition(".")
        return Wanted(
            what=What(what),
            format=Format(wanted),
            scope=self._scope(),
            since=_find_day(self.since.data) if What(what).has_period else None,
            until=_find_day(self.until.data) if What(what).has_period else None,
            language=language(),
        )

    def _scope(self) -> Scope:
        told = self.contracts.data or ALL
        if told.startswith(GROUP):
            return Scope(group=told.removeprefix(GROUP))
        if told.startswith(CONTRACT):
            return Scope(contract=ContractCode(told.removeprefix(CONTRACT)))
        return Scope()


def _checked(typed: str | None) -> date:
    """Raises: ValidationError."""
    found = _find_day(typed)
    if found is None:
        raise ValidationError(_l("Enter a day like 31.01.2026."))
    if not EARLIEST_YEAR <= found.year <= today().year + 1:
        raise ValidationError(_l("We have nothing of that year."))
    return found


def _find_day(typed: str | None) -> date | None:
    """As browsers send it, or as people write it where they know no calendar field."""
    text = typed or ""
    parts = text.split(".")
    try:
        if len(parts) == 3:  # noqa: PLR2004
            return date(int(parts[2]), int(parts[1]), int(parts[0]))
        return date.fromisoformat(text)
    except ValueError:
        return None
