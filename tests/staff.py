"""The staff's services over any database, for tests that need no web."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.accounts.entrance import Entrance
from app.accounts.records import SignInRefused
from app.audit.service import Audit
from app.database.engine import Database
from app.staff import rules
from app.staff.members import StaffMembers
from app.staff.records import Role, StaffSignedIn, StaffVisitor, StaffWelcome
from app.staff.service import StaffService
from app.staff.shared import StaffShared
from config.staff import StaffSettings

COUNTER = StaffVisitor(address="192.0.2.1", device="a computer")
PASSWORD = "kala e drini guri lum"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NEW = "shtatë mace mbi urë"
STEP = timedelta(seconds=30)


class Staff(StaffService):
    """Both services, as one."""

    def __init__(self, database: Database, clock: Callable[[], datetime], **settings: Any) -> None:
        self.shared = StaffShared(
            database=database,
            settings=StaffSettings(**settings),
            audit=Audit(database=database, clock=clock),
            entrance=Entrance(places=64, hashing_threads=2),
            issuer="Energjia Demo",
            clock=clock,
        )
        super().__init__(self.shared)
        self.members = StaffMembers(self.shared)

    def add(self, name: str = "ardit", role: Role = Role.AGENT) -> None:
        self.members.add(name, role, password=PASSWORD, secret=SECRET)

    def code(self, steps: int = 0) -> str:
        """What the app shows, so many steps of half a minute from now."""
        return rules.code_of(SECRET, rules.step_of(self.shared.clock()) + steps)

    def enter(self, name: str = "ardit", visitor: StaffVisitor = COUNTER) -> StaffWelcome:
        return self.sign_in(name, PASSWORD, self.code(), visitor)


def came_in(staff: Staff, welcome: StaffWelcome) -> StaffSignedIn:
    found = staff.find_signed_in(welcome.token)
    assert found is not None
    return found


def refused(staff: Staff, name: str, password: str, code: str) -> None:
    with pytest.raises(SignInRefused):
        staff.sign_in(name, password, code, COUNTER)
