"""The audit trail in words."""

from typing import Any

from flask_babel import lazy_gettext as _l

from app.audit.records import Action, Actor

ACTORS: dict[Actor, Any] = {
    Actor.VISITOR: _l("somebody not signed in"),
    Actor.CUSTOMER: _l("the customer"),
    Actor.OPERATOR: _l("an operator, by command"),
    Actor.STAFF: _l("staff"),
    Actor.PORTAL: _l("the portal by itself"),
}

ACTIONS: dict[Action, Any] = {
    Action.REGISTERED: _l("registered"),
    Action.REGISTRATION_REFUSED: _l("registration refused"),
    Action.SIGNED_IN: _l("signed in"),
    Action.SIGN_IN_REFUSED: _l("sign-in refused"),
    Action.SIGNED_OUT: _l("signed out"),
    Action.SESSIONS_ENDED: _l("sessions ended"),
    Action.RECOVERY_STARTED: _l("forgotten password: a new one asked for"),
    Action.RECOVERY_REFUSED: _l("forgotten password: refused"),
    Action.RECOVERY_USED: _l("signed in with a temporary password"),
    Action.PASSWORD_CHANGED: _l("password changed"),
    Action.PASSWORD_CHANGE_REFUSED: _l("change of password refused"),
    Action.STOPPED: _l("locked by its owner, by the link in a mail"),
    Action.DISABLED: _l("locked"),
    Action.ENABLED: _l("opened again"),
    Action.TRIES_FORGOTTEN: _l("wrong tries forgotten"),
    Action.CONTRACT_ADDED: _l("contract added"),
    Action.CONTRACT_REFUSED: _l("contract refused"),
    Action.CONTRACT_REMOVED: _l("contract removed"),
    Action.WALK_NOTICED: _l("many contract numbers tried"),
    Action.INVITED: _l("delegate invited"),
    Action.INVITATION_TAKEN_BACK: _l("invitation taken back"),
    Action.INVITATION_ACCEPTED: _l("invitation accepted"),
    Action.DELEGATE_REMOVED: _l("delegate removed"),
    Action.EMAIL_CHANGE_ASKED: _l("change of e-mail asked for"),
    Action.EMAIL_CHANGED: _l("e-mail changed"),
    Action.EMAIL_CONFIRMED: _l("e-mail confirmed"),
    Action.PHONE_CHANGED: _l("phone changed"),
    Action.PREFERENCES_CHANGED: _l("preferences changed"),
    Action.DATA_DOWNLOADED: _l("own data downloaded"),
    Action.CLOSED: _l("account closed"),
    Action.ACCOUNT_OPENED: _l("account looked at"),
    Action.PAYMENT_BEGUN: _l("payment begun"),
    Action.PAYMENT_MOVED: _l("payment went on"),
    Action.PAYMENT_REVIEWED: _l("payment decided by a person"),
    Action.PAY_LINK_MADE: _l("payment link made"),
    Action.PAY_LINK_REVOKED: _l("payment links revoked"),
    Action.TEXT_CHANGED: _l("text changed"),
    Action.TEXT_RESTORED: _l("earlier text restored"),
    Action.CASE_FILED: _l("request filed"),
    Action.CASE_MOVED: _l("request went on"),
    Action.CASE_CHANGED: _l("request changed"),
    Action.CASE_ASSIGNED: _l("request given to somebody"),
    Action.CASE_NOTED: _l("remark on a request"),
    Action.DOCUMENT_TAKEN: _l("document taken"),
    Action.DOCUMENT_REFUSED: _l("document refused"),
    Action.DOCUMENT_INFECTED: _l("virus found in a document"),
    Action.STAFF_CREATED: _l("staff member added"),
    Action.STAFF_RESET: _l("staff member: password and second factor anew"),
    Action.STAFF_ROLE_CHANGED: _l("staff member: other role"),
    Action.CODE_REFUSED: _l("code of the second factor refused"),
    Action.TRAIL_EXPORTED: _l("audit trail exported"),
}
