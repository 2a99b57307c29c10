"""What day it is where the customers are."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

HOME = ZoneInfo("Europe/Tirane")


def today() -> date:
    return datetime.now(HOME).date()
