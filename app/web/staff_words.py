"""The staff's roles in words."""

from typing import Any

from flask_babel import lazy_gettext as _l

from app.staff.records import Role

ROLES: dict[Role, Any] = {
    Role.AGENT: _l("agent"),
    Role.SUPERVISOR: _l("supervisor"),
    Role.ADMINISTRATOR: _l("administrator"),
}
