"""Certificates in words, for customers' and the staff's pages alike."""

from typing import Any

from flask_babel import lazy_gettext as _l

from app.certificates.records import Ended, Kind, State

KINDS: dict[Kind, Any] = {
    Kind.HOUSEHOLD: _l("Household"),
    Kind.BUSINESS: _l("Private business"),
    Kind.PROCUREMENT: _l("Certificate for public procurement"),
}
STATES: dict[State, Any] = {
    State.WAITING: _l("Waiting"),
    State.ISSUED: _l("Issued"),
    State.REFUSED: _l("Refused"),
}
WHY_ENDED: dict[Ended, Any] = {
    Ended.INVOICE: _l("the next invoice was issued"),
    Ended.DEBT: _l("something is owed"),
    Ended.REVOKED: _l("it was taken back"),
    Ended.TIME: _l("its time is over"),
}
FIELDS: dict[str, Any] = {
    "first_name": _l("First name"),
    "surname": _l("Surname"),
    "father": _l("Father’s name"),
    "id_number": _l("ID number"),
    "representative": _l("Legal representative"),
    "nipt": _l("NIPT"),
    "business": _l("Name of the business"),
    "holder": _l("Holder/User"),
}
