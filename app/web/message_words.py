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
