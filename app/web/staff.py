"""Which of the utility's people is behind a request. Only below /staff: there the session is
theirs (sessions.py)."""

from typing import cast

from flask import g, request, session

from app.accounts.records import SessionToken
from app.database.engine import DatabaseUnavailable
from app.demo import demo_codes
from app.staff.records import Doer, Member, StaffSignedIn, StaffVisitor
from app.web.current import services
from app.web.known_devices import known_members
from app.web.sessions import is_staff_path

TOKEN = "staff_token"  # noqa: S105 - where it stands in the session


def find_staff() -> StaffSignedIn | None:
    """Asks the database once."""
    if "staff" not in g:
        token = session.get(TOKEN) if is_staff_path(request.path) else None
        g.staff = services().staff.find_signed_in(SessionToken(token)) if token else None
    return cast(StaffSignedIn | None, g.staff)


def staff_signed_in() -> StaffSignedIn:
    """The member behind this request; only for routes that the access table closes."""
    found = find_staff()
    if found is None:
        raise RuntimeError("a page for staff stands open in the access table")
    return found


def staff_doer() -> Doer:
    """The same, as who does something."""
    return Doer(member=staff_signed_in().member, address=request.remote_addr or "")


def staff_in_head() -> Member | None:
    """Whom the page's head shows."""
    if g.get("plain_page"):
        return None
    try:
        found = find_staff()
    except DatabaseUnavailable:
        g.plain_page = True  # an error page must not fail over who is signed in
        return None
    return found.member if found else None


def own_demo_code() -> str | None:
    """In the demo, whose staff have no authenticator: a code of the reader's that works now, "" for
    half a minute after one was used. None everywhere else."""
    return demo_codes(services()).get(staff_signed_in().member.name)


def start_staff_session(token: SessionToken) -> None:
    """A new session with nothing of the old one, so that no stranger can have prepared it."""
    session.clear()
    keep_staff_token(token)


def keep_staff_token(token: SessionToken) -> None:
    """The session goes on under another token."""
    session[TOKEN] = token
    g.pop("staff", None)


def end_staff_session() -> None:
    session.clear()
    g.pop("staff", None)


def staff_visitor() -> StaffVisitor:
    return StaffVisitor(
        address=request.remote_addr or "",
        device=request.headers.get("User-Agent", ""),
        marks=known_members(),
    )
