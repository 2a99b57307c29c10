"""What applicants are told by mail. No subject holds personal data."""

from collections.abc import Callable

from app.certificates.records import Application, State
from app.formats import Formats
from app.messages.records import Block, Kind, Letter

Translate = Callable[[str], str]


def waiting(_: Translate, language: str, application: Application, *, address: str) -> Letter:
    told = _(
        "We have received your application %(number)s for a debt certificate. We answer by"
        " %(day)s at the latest."
    )
    day = Formats(language).date(application.due_on)
    return Letter(
        subject=_("We have received your application"),
        blocks=(
            Block(text=told % {"number": application.number, "day": day}),
            _link(_, address),
        ),
    )


def decided(_: Translate, application: Application, *, reason: str, address: str) -> Letter:
    issued = _("Your debt certificate %(number)s is issued. You find it on the portal, as a PDF.")
    refused = _("Your application %(number)s for a debt certificate was refused:")
    is_issued = application.state is State.ISSUED
    told = (issued if is_issued else refused) % {"number": application.number}
    blocks = [Block(text=told)]
    if reason:
        blocks.append(Block(text=reason))
    return Letter(
        subject=_("Your debt certificate is issued") if is_issued else _("About your application"),
        blocks=(*blocks, _link(_, address)),
    )


def revoked(_: Translate, application: Application, *, reason: str, address: str) -> Letter:
    told = _("Your debt certificate %(number)s is not valid any more. We had to take it back:")
    return Letter(
        subject=_("Your debt certificate is not valid any more"),
        blocks=(
            Block(text=told % {"number": application.number}),
            Block(text=reason),
            _link(_, address),
        ),
    )


def _link(_: Translate, address: str) -> Block:
    return Block(kind=Kind.LINK, text=_("See the application"), address=address)
