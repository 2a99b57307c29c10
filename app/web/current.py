"""What a request works with."""

from typing import cast

from flask import current_app, g, request, session
from flask_login import UserMixin, current_user, login_user, logout_user

from app.accounts.records import Label, Right, SessionToken, SignedIn, Visitor
from app.contracts.rules import NO_LABEL
from app.formats import Formats
from app.payments.records import UnderWay
from app.services import Services
from app.web.known_devices import known_accounts
from app.web.language import LANGUAGES, language
from legacy_adapters.records import ContractCode


class PortalUser(UserMixin):  # type: ignore[misc]
    """Flask-Login's view of a live session. Its id is the session's token, so that ending
    the session in the database signs the browser out."""

    def __init__(self, signed_in: SignedIn) -> None:
        self.signed_in = signed_in


def services() -> Services:
    return cast(Services, current_app.extensions["selfcare"])


def signed_in() -> SignedIn:
    """The account behind this request; only for routes that the access table closes."""
    user: PortalUser = g._login_user  # check_access has looked
    return user.signed_in


def under_way() -> tuple[UnderWay, ...]:
    """What of the page's contracts is in a payment now; where the access table brings it."""
    found = signed_in().beside
    if found is None:
        raise RuntimeError("the access table does not bring what is in a payment")
    return cast(tuple[UnderWay, ...], found)


def may(wanted: str) -> bool:
    """Whether who asks has this right, as Right spells it, over the address's contract."""
    if not current_user.is_authenticated:
        return False
    right = next(iter(signed_in().rights.values()), None)
    return right is not None and right.includes(Right(wanted))


def own_label(code: str) -> Label:
    """What whoever is signed in calls this contract, where the access table brings it."""
    if not current_user.is_authenticated:
        return NO_LABEL
    return signed_in().labels.get(ContractCode(code), NO_LABEL)


def start_session(token: SessionToken) -> None:
    """A new session with nothing of the old one, so that no stranger can have prepared it."""
    session.clear()
    keep_token(token)


def keep_token(token: SessionToken) -> None:
    """The session goes on under another token."""
    found = services().accounts.find_signed_in(token)
    if found is None:
        raise RuntimeError("a session ended the moment it began")
    user = PortalUser(found)
    user.id = token
    login_user(user)


def end_session() -> None:
    logout_user()
    session.clear()


def formats() -> Formats:
    return FORMATS[language()]


def visitor() -> Visitor:
    return Visitor(
        address=request.remote_addr or "",
        device=request.headers.get("User-Agent", ""),
        marks=known_accounts(),
    )


def has_session_cookie() -> bool:
    return "_user_id" in session


FORMATS = {name: Formats(name) for name in LANGUAGES}
