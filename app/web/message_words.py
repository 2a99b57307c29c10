"""Messages in words, for staff."""

from typing import Any

from flask_babel import lazy_gettext as _l

from app.messages.records import Channel, Report, State

CHANNELS: dict[Channel, Any] = {Channel.MAIL: _l("mail"), Channel.SMS: _l("SMS")}
STATES: dict[State, Any] = {
    State.WAITING: _l("waits"),
    State.SENT: _l("sent"),
    State.DEAD: _l("given up"),
    State.UNSURE: _l("may not have arrived"),
}
REPORTS: dict[Report, Any] = {
    Report.DELIVERED: _l("delivered"),
    Report.FAILED: _l("not delivered"),
    Report.REFUSED: _l("refused by the operator"),
}
KINDS: dict[str, Any] = {
    "welcome": _l("welcome"),
    "confirm e-mail": _l("link that confirms the e-mail address"),
    "contract code": _l("code that proves a contract"),
    "phone code": _l("code that confirms the phone"),
    "recovery noticed": _l("forgotten password: word to the owner"),
    "recovery password": _l("forgotten password: the new one"),
    "password changed": _l("password changed"),
    "e-mail changed": _l("e-mail changed"),
    "phone changed": _l("phone changed"),
    "phone confirmed elsewhere": _l("phone confirmed in another account"),
    "stopped": _l("account locked by its owner"),
    "locked by staff": _l("locked"),
    "unlocked by staff": _l("opened again"),
    "signed out by staff": _l("sessions ended"),
    "closed": _l("account closed"),
    "contract added elsewhere": _l("contract added to another account"),
    "invitation": _l("invitation of a delegate"),
    "invitation accepted": _l("invitation accepted"),
    "receipt": _l("receipt of a payment"),
    "case": _l("news of a request"),
    "certificate": _l("news of a debt certificate"),
    "e-bill": _l("e-bill"),
    "new invoice": _l("new invoice"),
    "reminder": _l("reminder"),
    "payment arrived": _l("payment arrived"),
    "export ready": _l("file to take away is ready"),
}
