"""What a clerk types on a case's page, and what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from flask_babel import gettext as _

from app.cases.handling import ANSWER_LENGTH, NOTE_LENGTH
from app.cases.records import State
from app.cases.rules import OPEN
from app.cases.shared import Move
from app.web.forms import PortalForm, clean_lines

MOST_POSTED = 20_000  # characters of one field that are looked at
OTHER = "other"  # what is asked for beside the form's documents


@dataclass(frozen=True, kw_only=True, slots=True)
class Typed:
    """to: the state chosen, "" to leave it; wants: codes of documents, or OTHER; version, seen:
    of the case and how many events of it there were when the page was opened."""

    to: str = ""
    note: str = ""
    remark: str = ""
    letter: str = ""
    wants: Sequence[str] = ()
    member: str = ""
    version: int = 0
    seen: int = 0

    @property
    def state(self) -> State | None:
        return State(self.to) if self.to in set(State) else None

    @property
    def is_begun(self) -> bool:
        """Whether something was typed or ticked for a step."""
        return bool(self.to or self.note or self.remark or self.letter or self.wants)

    @property
    def step(self) -> Move:
        """Only where a state is chosen."""
        return Move(to=State(self.to), note=self.note, remark=self.remark, answer=self.letter)


def typed_step() -> Typed:
    return Typed(
        to=request.form.get("to", "")[:20],
        note=_lines("note"),
        remark=_lines("remark"),
        letter=_lines("letter"),
        wants=request.form.getlist("wants")[:50],
        member=request.form.get("member", "")[:20],
        version=_number("version"),
        seen=_number("seen"),
    )


def _lines(name: str) -> str:
    return clean_lines(request.form.get(name, "")[:MOST_POSTED])


def _number(name: str) -> int:
    """0, which no version has, for what is none."""
    typed = request.form.get(name, "")[:9]
    return int(typed) if typed.isascii() and typed.isdigit() else 0


class StepForm(PortalForm):
    """Its fields have no WTForms fields: what is wrong is told by their ids."""

    def __init__(self) -> None:
        super().__init__()
        self.by_field: dict[str, str] = {}

    @property
    def problems(self) -> list[tuple[str, str]]:
        return super().problems + list(self.by_field.items())

    def refuse_field(self, field_id: str, message: str) -> None:
        self.by_field.setdefault(field_id, message)

    def refuse_file(self) -> None:
        """The customer is told of a document by mail: nobody adds one by the way."""
        self.refuse_field(
            "document",
            _(
                "Nothing was saved yet: first choose the file again and press “Add it”, or go on"
                " without it."
            ),
        )

    def check_step(self, typed: Typed) -> None:
        """What can be said without looking at the case."""
        self._check_lengths(typed)
        if typed.state is None:
            self._check_remark_alone(typed)
            return
        if typed.letter and typed.state in OPEN:
            self.refuse_field(
                "letter", _("A letter ends the request. Choose “Completed” or “Refused” with it.")
            )
        if typed.wants and typed.state is not State.WAITING_INFORMATION:
            self.refuse_field(
                "wants", _("Documents are asked for with the status “Waiting for information”.")
            )
        elif OTHER in typed.wants and not typed.note:
            self.refuse_field("note", _("Write what else you want from the customer."))

    def _check_lengths(self, typed: Typed) -> None:
        limits = {"note": NOTE_LENGTH, "remark": NOTE_LENGTH, "letter": ANSWER_LENGTH}
        for name, longest in limits.items():
            if len(getattr(typed, name)) > longest:
                self.refuse_field(
                    name, _("This is too long: at most %(longest)s characters.", longest=longest)
                )

    def _check_remark_alone(self, typed: Typed) -> None:
        if typed.note or typed.letter or typed.wants:
            self.refuse_field(
                "to", _("Choose a status: what you write to the customer goes with it.")
            )
        elif not typed.remark:
            self.refuse_field("to", _("Choose a status, or write a remark for colleagues."))

    def refuse_missing_note(self, typed: Typed, names: Sequence[str]) -> None:
        """names: of the documents that can be asked for."""
        if typed.state is not State.WAITING_INFORMATION:
            told = _("Write to the customer why. A letter will do as well.")
        elif names:
            told = _(
                "Write to the customer what you ask for, or tick it above: %(names)s.",
                names=", ".join(names),
            )
        else:
            told = _("Write to the customer what you ask for.")
        self.refuse_field("note", told)
