"""The menu that customers dial (USSD): one screen for what was typed so far."""

from collections.abc import Sequence

from app.messages import brief
from app.notifications.figures import CONSUMPTION_AT_MOST, Asker, Figures
from legacy_adapters.records import ContractCode

OWED, USED = "1", "2"
LISTED_AT_MOST = 6
SCREEN = 160  # characters of 182: some phones show less
NUMBER_LENGTH = 3


def screen(figures: Figures, asker: Asker, steps: Sequence[str]) -> str:
    """Raises: BillingError."""
    _ = asker.translate
    if not steps:
        return "CON " + "\n".join([_("1. What I owe"), _("2. My consumption")])
    first, *then = steps
    tell = {OWED: figures.owed, USED: figures.consumption}.get(first)
    if tell is None or len(then) > 1:
        return _no_such_choice(asker)
    head, offered = _offer(figures, asker, first)
    if not then:
        return _listed(head, offered) if offered else ended(tell(asker, asker.codes))
    code = _chosen(offered, then[0])
    return ended(tell(asker, [code])) if code else _no_such_choice(asker)


def _offer(figures: Figures, asker: Asker, what: str) -> tuple[str, Sequence[ContractCode]]:
    """What stands above the contracts to choose from; none, where all is told at once."""
    _ = asker.translate
    if what == USED:
        is_listed = CONSUMPTION_AT_MOST < len(asker.codes) <= LISTED_AT_MOST
        return _("Which contract?"), asker.codes if is_listed else ()
    owing = figures.list_owing(asker)
    is_listed = 1 < len(owing.contracts) <= LISTED_AT_MOST
    codes = [one.code for one in owing.contracts] if is_listed else ()
    return figures.total(asker, owing), codes


def _no_such_choice(asker: Asker) -> str:
    _ = asker.translate
    return ended(_("There is no such choice. Please dial again."))


def ended(text: str) -> str:
    """The last screen."""
    return f"END {brief.cut(text, SCREEN)}"


def _listed(head: str, codes: Sequence[ContractCode]) -> str:
    lines = [f"{place}. {code}" for place, code in enumerate(codes, 1)]
    return "CON " + "\n".join([head, *lines])


def _chosen(codes: Sequence[ContractCode], typed: str) -> ContractCode | None:
    is_number = typed.isascii() and typed.isdigit() and len(typed) <= NUMBER_LENGTH
    place = int(typed) if is_number else 0
    return codes[place - 1] if 1 <= place <= len(codes) else None
