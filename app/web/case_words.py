"""Cases in words, for customers' and the staff's pages alike."""

from decimal import Decimal
from textwrap import shorten
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.cases.catalogue import FieldSpec, RequestForm
from app.cases.fields import YES, Problem, date_of
from app.cases.letters import state_words
from app.cases.records import NOTE, Begun, By, Case, Debt, State, Summary, What
from app.formats import Formats
from app.web.current import formats
from app.web.language import language

PROBLEMS: dict[Problem, Any] = {
    Problem.MISSING: _l("Please fill this in."),
    Problem.TOO_SHORT: _l("This is too short: at least %(shortest)s characters."),
    Problem.TOO_LONG: _l("This is too long: at most %(longest)s characters."),
    Problem.NOT_A_NUMBER: _l("Write a number in digits, such as 1234,5."),
    Problem.TOO_SMALL: _l("This is too small: at least %(least)s."),
    Problem.TOO_LARGE: _l("This is too large: at most %(most)s."),
    Problem.TOO_MANY_DECIMALS: _l("At most %(decimals)s digits behind the comma."),
    Problem.NOT_A_DATE: _l("Write a day that there is, such as 28.11.2026."),
    Problem.NOT_IN_PAST: _l("This day is still to come. Check it, please."),
    Problem.NOT_IN_FUTURE: _l("This day has passed. Check it, please."),
    Problem.NOT_A_CHOICE: _l("Choose one of these."),
    Problem.NOT_A_PHONE: _l("This is no phone number that can be called. Example: 069 123 4567."),
    Problem.NOT_AN_EMAIL: _l("This is no e-mail address. Example: emri@example.com."),
    Problem.NOT_AN_INVOICE: _l("Choose one of this contract’s invoices."),
    Problem.NOT_A_NIPT: _l("A NIPT is a letter, eight digits and a letter, such as L12345678I."),
    Problem.NOT_A_NID: _l(
        "An identity number is a letter or digit, eight digits and a letter, such as J12345678G."
    ),
}
WHAT: dict[What, Any] = {
    What.FILED: _l("Filed"),
    What.MOVED: _l("New status"),
    What.CHANGED: _l("Details changed"),
    What.DOCUMENTS: _l("Document added"),
    What.NOTED: _l("Note for colleagues"),
    What.ASSIGNED: _l("Assigned"),
    What.REOPENED: _l("Reopened"),
    What.UNSAFE: _l("Document with a virus removed"),
}
BY: dict[By, Any] = {
    By.CUSTOMER: _l("customer"),
    By.STAFF: _l("the utility"),
    By.PORTAL: _l("the portal"),
}
BEGINNING = 150  # characters of what was typed
LOOKS = {  # of a state's mark
    State.WAITING: "none",
    State.WAITING_INFORMATION: "due",  # the customer has something to do
    State.IN_PROGRESS: "none",
    State.DONE: "clear",
    State.REFUSED: "none",
    State.WITHDRAWN: "none",
}


def problem_words(problem: Problem, spec: FieldSpec | None, *, longest: int = 0) -> str:
    """longest: of what is no field of the form's."""
    written = formats()
    return str(PROBLEMS[problem]) % {
        "shortest": spec.shortest if spec else 0,
        "longest": spec.limit if spec else longest,
        "least": written.number(spec.least) if spec else "",
        "most": written.number(spec.most) if spec else "",
        "decimals": spec.decimals if spec else 0,
    }


def state_name(state: State) -> str:
    return state_words(_, state)


def deadline_words(summary: Summary, days_left: int | None) -> str:
    """`përgjigje deri më 4 dhjetor 2026, edhe 6 ditë pune`; "" for a closed case."""
    if not summary.is_open or days_left is None:
        return ""
    days = _days(abs(days_left), summary)
    if summary.due_on is None:
        told = _("the deadline stands still until the answer; then %(days)s remain", days=days)
        late = _("the deadline stands still until the answer; it is late by %(days)s", days=days)
        return str(late if days_left < 0 else told)
    target = summary.form.target.in_language(language())
    told = _("%(target)s by %(day)s", target=target, day=formats().long_date(summary.due_on))
    if days_left < 0:
        return str(_("%(told)s, late by %(days)s", told=told, days=days))
    if days_left == 0:
        return str(_("%(told)s, that is today", told=told))
    return str(_("%(told)s, %(days)s left", told=told, days=days))


def due_words(summary: Summary, days_left: int | None) -> str:
    """The same for lists: `4 dhjetor 2026, edhe 6 ditë pune`."""
    if not summary.is_open or days_left is None:
        return ""
    days = _days(abs(days_left), summary)
    if summary.due_on is None:
        told = _("stands still, late by %(days)s", days=days)
        return str(told if days_left < 0 else _("stands still, %(days)s left", days=days))
    day = formats().long_date(summary.due_on)
    if days_left < 0:
        return str(_("%(told)s, late by %(days)s", told=day, days=days))
    if days_left == 0:
        return str(_("today, %(day)s", day=day))
    return str(_("%(told)s, %(days)s left", told=day, days=days))


def debt_words(case: Case) -> str:
    """What was known of the holder's debt at filing; "" where nobody asked."""
    amount = formats().money(case.debt_amount)
    match case.debt:
        case Debt.NONE:
            return str(_("Nothing was overdue beside what the request is about."))
        case Debt.AGREED:
            told = _(
                "%(amount)s were overdue beside what the request is about. The customer says that"
                " there is an agreement about it: check that.",
                amount=amount,
            )
            return str(told)
        case Debt.UNKNOWN:
            return str(_("Billing could not be asked when this was filed. Check the debt there."))
        case _:
            return ""


def _days(days: int, summary: Summary) -> str:
    if summary.form.deadline.count == "working":
        return str(ngettext("%(num)d working day", "%(num)d working days", days))
    return str(ngettext("%(num)d day", "%(num)d days", days))


def answer_words(spec: FieldSpec, value: str) -> str:
    """A kept value as it is read."""
    written = formats()
    match spec.type:
        case "choice" if value in spec.choices:
            return spec.choices[value].in_language(language())
        case "yes_no":
            return str(_("yes") if value == YES else _("no"))
        case "number" | "money":
            return _number_words(spec, value, written)
        case "date":
            return written.date(date_of(value)) if date_of(value) else value
        case _:
            return value


def begun_words(form: RequestForm, begun: Begun) -> str:
    """What tells one begun request from another: the beginning of what was typed, as it was."""
    told = [
        f"{spec.name.in_language(language())}: {_as_typed(spec, begun.answers[spec.code])}"
        for spec in form.fields
        if begun.answers.get(spec.code)
    ]
    told.append(begun.answers.get(NOTE, ""))
    words = shorten("; ".join(filter(None, told)), BEGINNING, placeholder=" …")
    if begun.documents:
        count = ngettext("%(num)d document", "%(num)d documents", begun.documents)
        return f"{words} ({count})" if words else str(count)
    return words or str(_("Nothing is filled in yet."))


def _as_typed(spec: FieldSpec, value: str) -> str:
    """Nobody has checked a draft's numbers yet."""
    return value if spec.type in ("number", "money") else answer_words(spec, value)


def step_words(was: State, now: State) -> str:
    """A step as a clerk chooses it."""
    if now is State.IN_PROGRESS:
        waits = was is State.WAITING_INFORMATION
        told = _("In progress: go on without the customer’s answer")
        return str(told if waits else _("In progress: begin"))
    if now is State.WAITING_INFORMATION:
        return str(_("Waiting for information: ask the customer"))
    return state_name(now)


def changed_words(form: RequestForm, codes: str) -> str:
    """Which fields the customer filled in anew."""
    names = {spec.code: spec.name.in_language(language()) for spec in form.fields}
    names[NOTE] = str(_("Notes from the customer"))
    return ", ".join(names.get(code, code) for code in codes.split(", "))


def _number_words(spec: FieldSpec, value: str, written: Formats) -> str:
    number = Decimal(value)
    if spec.type == "money":
        return written.money(number)
    return " ".join(filter(None, (written.number(number), spec.unit)))


IN_TEMPLATES: dict[str, Any] = {
    "state_name": state_name,
    "state_look": lambda state: LOOKS[state],
    "deadline_words": deadline_words,
    "step_words": step_words,
    "changed_words": changed_words,
    "due_words": due_words,
    "debt_words": debt_words,
    "answer_words": answer_words,
    "begun_words": begun_words,
    "what_words": lambda what: str(WHAT[what]),
    "by_words": lambda by: str(BY[by]),
}
