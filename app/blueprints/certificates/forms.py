"""The form of an application, for each kind."""

import re
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import DataRequired

from app.certificates import rules
from app.certificates.applying import Form
from app.certificates.records import FormKey, Kind, Problem, Wrong
from app.web.current import services
from app.web.forms import AtMost, PortalForm, clean, text_field

KEY = re.compile(r"[A-Z2-7]{26}")
PROBLEMS: dict[Problem, Any] = {
    Problem.MISSING: _l("Please fill this in."),
    Problem.TOO_LONG: _l("This is too long."),
    Problem.NOT_A_NID: _l(
        "An identity number is a letter or digit, eight digits and a letter, such as J12345678G."
    ),
    Problem.NOT_A_NIPT: _l("A NIPT is a letter, eight digits and a letter, such as L12345678I."),
    Problem.NOT_YOURS: _l(
        "This contract is not in your account as yours. Check its number, or add it under “Manage"
        " contracts” first."
    ),
    Problem.NOT_THE_HOLDER: _l(
        "This contract is in another name. Write first name and surname as they stand on the"
        " invoice."
    ),
    Problem.NOT_OF_THE_CONTRACT: _l(
        "Our records have another NIPT for this contract, or none. Check it, or call us to have it"
        " put right."
    ),
    Problem.TOO_MANY: _l(
        "There are too many contracts under this NIPT for one certificate here. Call us, please."
    ),
}


def number(value: str | None) -> str | None:
    """Without spaces, in capitals."""
    return rules.tax_number(clean(value) or "") if value is not None else None


def number_field(label: Any, *, missing: Any, hint: Any) -> StringField:
    return StringField(
        label,
        description=hint,
        filters=[number],
        validators=[DataRequired(message=missing), AtMost(rules.LONGEST)],
        render_kw={
            "maxlength": rules.LONGEST,
            "autocomplete": "off",
            "autocapitalize": "characters",
            "spellcheck": "false",
        },
    )


def contract_field() -> StringField:
    return number_field(
        _l("Contract number"),
        missing=_l("Write the contract’s number."),
        hint=_l("One of your contracts, such as AL0000000."),
    )


class ApplicationForm(PortalForm):
    kind: Kind

    def typed(self) -> Form:
        """As it was filled in. Its key is the page's, or a new one where that was tampered with."""
        key = request.form.get("key", "")
        if not KEY.fullmatch(key):
            key = services().certificates.applying.new_key()
        names = (*rules.fields_of(self.kind), rules.CONTRACT)
        typed = {name: self[name].data or "" for name in names}
        return Form(key=FormKey(key), kind=self.kind, typed=typed)

    def refuse_wrong(self, error: Wrong) -> None:
        for name, problem in error.problems.items():
            field = self[name]
            field.errors = [*field.errors, str(PROBLEMS[problem])]


class HouseholdForm(ApplicationForm):
    kind = Kind.HOUSEHOLD
    first_name = text_field(
        _l("First name"),
        missing=_l("Write the first name."),
        longest=rules.LONGEST,
        autocomplete="given-name",
    )
    surname = text_field(
        _l("Surname"),
        missing=_l("Write the surname."),
        longest=rules.LONGEST,
        autocomplete="family-name",
    )
    father = text_field(
        _l("Father’s name"), missing=_l("Write the father’s name."), longest=rules.LONGEST
    )
    id_number = number_field(
        _l("ID number"),
        missing=_l("Write the number of the identity card."),
        hint=_l("As it stands on the identity card, such as J12345678G."),
    )
    contract = contract_field()


class BusinessForm(ApplicationForm):
    kind = Kind.BUSINESS
    representative = text_field(
        _l("Legal representative"),
        missing=_l("Write who represents the business."),
        longest=rules.LONGEST,
    )
    nipt = number_field(
        _l("NIPT"),
        missing=_l("Write the NIPT."),
        hint=_l("The certificate is about all contracts of this NIPT."),
    )
    business = text_field(
        _l("Name of the business"),
        missing=_l("Write the name of the business."),
        longest=rules.LONGEST,
        autocomplete="organization",
    )
    holder = text_field(
        _l("Holder/User"), missing=_l("Write who uses the energy."), longest=rules.LONGEST
    )
    contract = contract_field()


class ProcurementForm(BusinessForm):
    kind = Kind.PROCUREMENT


FORMS: dict[Kind, type[ApplicationForm]] = {
    Kind.HOUSEHOLD: HouseholdForm,
    Kind.BUSINESS: BusinessForm,
    Kind.PROCUREMENT: ProcurementForm,
}
