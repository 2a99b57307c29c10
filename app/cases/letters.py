"""What customers are told of their cases by mail. No subject holds personal data."""

from collections.abc import Callable, Sequence
from itertools import takewhile

from app.cases.records import State, Summary
from app.formats import Formats
from app.messages.records import Block, Kind, Letter

Translate = Callable[[str], str]
DASH = "– "  # before each document that is asked for


def state_words(_: Translate, state: State) -> str:
    return {
        State.WAITING: _("Waiting"),
        State.WAITING_INFORMATION: _("Waiting for information"),
        State.IN_PROGRESS: _("In progress"),
        State.DONE: _("Completed"),
        State.REFUSED: _("Refused"),
        State.WITHDRAWN: _("Withdrawn"),
    }[state]


def filed(_: Translate, language: str, case: Summary, *, address: str) -> Letter:
    formats = Formats(language)
    blocks = [
        Block(
            text=_("We have received your request %(title)s. Its number is %(number)s.")
            % {"title": case.form.title(language), "number": case.number}
        )
    ]
    if case.due_on:
        told = _("%(target)s by %(day)s at the latest.")
        target = case.form.target.in_language(language)
        target = target[:1].upper() + target[1:]
        blocks.append(Block(text=told % {"target": target, "day": formats.date(case.due_on)}))
    blocks.append(_link(_, address))
    return Letter(subject=_("We have received your request"), blocks=tuple(blocks))


def moved(
    _: Translate,
    language: str,
    case: Summary,
    state: State,
    *,
    note: str,
    has_answer: bool = False,
    address: str,
) -> Letter:
    """has_answer: a longer one stands on the request's page, and nowhere else."""
    subject = {
        State.WAITING_INFORMATION: _("We need something more for your request"),
        State.DONE: _("Your request is answered"),
        State.REFUSED: _("Your request is answered"),
    }.get(state, _("Your request has moved on"))
    told = _("Your request %(number)s, %(title)s, is now: %(state)s.") % {
        "number": case.number,
        "title": case.form.title(language),
        "state": state_words(_, state),
    }
    blocks = [Block(text=told)]
    blocks += [Block(text=line) for line in note.splitlines() if line.strip()]
    if has_answer:
        blocks.append(Block(text=_("Our answer stands on the request’s page.")))
    if state is State.WAITING_INFORMATION:
        blocks.append(
            Block(
                text=_(
                    "The deadline stands still until you answer. Please add what is missing and"
                    " send it on the request’s page."
                )
            )
        )
    blocks.append(_link(_, address))
    return Letter(subject=subject, blocks=tuple(blocks))


def moved_sms(_: Translate, number: str, state: State, address: str) -> str:
    told = _("Your request %(number)s is now: %(state)s. %(address)s")
    return told % {"number": number, "state": state_words(_, state), "address": address}


def unsafe(_: Translate, case: Summary, *, address: str) -> Letter:
    return Letter(
        subject=_("A document of your request could not be taken"),
        blocks=(
            Block(
                text=_(
                    "A document that you added to request %(number)s carries a virus. It was"
                    " deleted. Please add it anew from a clean device; the request’s page says"
                    " which one it was."
                )
                % {"number": case.number}
            ),
            _link(_, address),
        ),
    )


def added(_: Translate, case: Summary, *, address: str) -> Letter:
    told = _("We have added a document to your request %(number)s. It is on the request’s page.")
    return Letter(
        subject=_("There is a document for your request"),
        blocks=(Block(text=told % {"number": case.number}), _link(_, address)),
    )


def asking(_: Translate, names: Sequence[str], note: str) -> str:
    """What the customer is asked for: documents by name, then the clerk's own words."""
    lines = [_("Please add:"), *(f"{DASH}{name}" for name in names)] if names else []
    return "\n".join(filter(None, ("\n".join(lines), note)))


def names_asked(_: Translate, note: str) -> set[str]:
    """The names of the documents that such a note begins with."""
    first, *rest = note.splitlines() or [""]
    listed = takewhile(lambda line: line.startswith(DASH), rest)
    return {line.removeprefix(DASH) for line in listed} if first == _("Please add:") else set()


def _link(_: Translate, address: str) -> Block:
    return Block(kind=Kind.LINK, text=_("See the request"), address=address)
