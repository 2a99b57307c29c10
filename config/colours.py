"""Contrast between colours, as WCAG 2.2 defines it (success criterion 1.4.3)."""

from colorsys import hls_to_rgb, rgb_to_hls

LIGHT_SURFACE = "#ffffff"
DARK_SURFACE = "#1c1f26"
AA_TEXT = 4.5
LINEAR_BELOW = 0.04045


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def _luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= LINEAR_BELOW else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours `#rrggbb`, from 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lighten_until_readable(colour: str, background: str) -> str:
    """The same hue, as much lighter as AA text on a dark background needs."""
    hue, lightness, saturation = rgb_to_hls(*_channels(colour))
    while contrast(colour, background) < AA_TEXT and lightness < 1:
        lightness = min(1.0, lightness + 0.02)
        channels = hls_to_rgb(hue, lightness, saturation)
        colour = "#" + "".join(f"{round(c * 255):02x}" for c in channels)
    return colour
