"""Where the utility is: its days begin and end there."""

from zoneinfo import ZoneInfo

HOME = ZoneInfo("Europe/Tirane")
