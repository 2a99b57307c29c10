"""What is mailed when an export is made. No subject holds personal data."""

from collections.abc import Callable

from app.exports.records import Export
from app.exports.titles import title_of
from app.messages.records import Block, Kind, Letter

Translate = Callable[[str], str]


def ready(_: Translate, export: Export, *, address: str, until: str, is_partial: bool) -> Letter:
    """is_partial: something was left out."""
    told = _(
        "The file that you asked for is ready: %(title)s (%(format)s). You can download it until"
        " %(moment)s."
    )
    values = {
        "title": title_of(_, export.wanted.what),
        "format": export.wanted.format.upper(),
        "moment": until,
    }
    return Letter(
        subject=_("Your file is ready"),
        blocks=(
            Block(text=told % values),
            Block(kind=Kind.LINK, text=_("Download the file"), address=address),
            Block(text=_("You have to sign in. Nobody else can open it.")),
            *(
                [Block(text=_("Something had to be left out; the page says what."))]
                if is_partial
                else []
            ),
        ),
    )
