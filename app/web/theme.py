"""The utility's colour as a small style sheet, for light and for dark."""

from functools import cache
from hashlib import sha256

from config.colours import DARK_SURFACE, lighten_until_readable
from config.settings import UtilitySettings


@cache
def style_sheet(accent: str) -> str:
    light = lighten_until_readable(accent, DARK_SURFACE)
    return (
        f":root {{ --accent: {accent}; --on-accent: #ffffff; }}\n"
        "@media screen and (prefers-color-scheme: dark) {\n"
        f"  :root {{ --accent: {light}; --on-accent: #0d1016; }}\n"
        "}\n"
    )


def fingerprint(utility: UtilitySettings) -> str:
    return sha256(style_sheet(utility.accent).encode()).hexdigest()[:12]
