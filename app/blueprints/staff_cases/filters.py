"""What a list of cases shows, as its address says it. Names stand in no address, and so in no log
on the way: they are posted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.accounts.rules import normal_contract_code
from app.cases.handling import NOBODY, Place, Wanted
from app.cases.records import State
from app.cases.rules import OPEN
from app.staff.records import MemberId
from app.web.current import services
from app.web.forms import clean

ME, NOBODYS = "me", "nobody"
ALL, CLOSED = "all", "closed"
STATES: dict[str, frozenset[State]] = {
    ALL: frozenset(State),
    CLOSED: frozenset(State) - OPEN,
    **{state.value: frozenset({state}) for state in State},
}
PLACE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.([0-9]{1,9})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """status: "" for what is open, or for all of a contract; who: of whom they are, ME, NOBODYS or
    a member's number, "" for anybody's."""

    contract: str = ""
    status: str = ""
    kind: str = ""
    request: str = ""
    who: str = ""
    overdue: str = ""

    @property
    def query(self) -> dict[str, str]:
        """For an address: only what is set."""
        each = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in each.items() if value}

    def wanted(self, me: MemberId) -> Wanted:
        return services().cases.handling.wanted(
            search=self.contract,
            overdue=bool(self.overdue),
            states=STATES.get(self.status, frozenset()),
            kind=self.kind,
            request_code=self.request,
            assigned_to=self._member(me),
        )

    def _member(self, me: MemberId) -> MemberId | None:
        if not self.who:
            return None
        if self.who in (ME, NOBODYS):
            return me if self.who == ME else NOBODY
        return MemberId(int(self.who))


def filter_of(args: Mapping[str, str]) -> Filter:
    """What is none of a filter's words is left out."""
    status, who = args.get("status", ""), args.get("who", "")
    return Filter(
        contract=normal_contract_code(args.get("contract", "")[:40]) or "",
        status=status if status in STATES else "",
        kind=(clean(args.get("kind")) or "")[:40],
        request=(clean(args.get("request")) or "")[:6],
        who=who if who in (ME, NOBODYS) or is_number(who) else "",
        overdue="yes" if args.get("overdue") == "yes" else "",
    )


def is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) <= 9  # noqa: PLR2004 - of an int


def place_of(typed: str | None) -> Place | None:
    """None for what is no row's place: the list then begins at its beginning."""
    found = PLACE.fullmatch(typed or "")
    if found is None:
        return None
    try:
        return Place(due_on=date.fromisoformat(found[1]), id=int(found[2]))
    except ValueError:
        return None


def place_words(place: Place) -> str:
    return f"{place.due_on.isoformat()}.{place.id}"
