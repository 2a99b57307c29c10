"""What a browser says of itself, in words."""

import pytest

from app.web.device_names import readable_device

ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (f"{ANDROID} Chrome/131.0.0.0 Mobile Safari/537.36", "Chrome, Android"),
        (
            f"{ANDROID} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
            "Samsung Internet, Android",
        ),
        (f"{WINDOWS} {WEBKIT}", "Chrome, Windows"),
        (f"{WINDOWS} {WEBKIT} Edg/131.0.0.0", "Edge, Windows"),
        (f"{WINDOWS} {WEBKIT} OPR/115.0.0.0", "Opera, Windows"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
            "Firefox, Linux",
        ),
        (f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1", "Safari, iPhone"),
        (f"{IPHONE} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1", "Chrome, iPhone"),
        (f"{IPHONE} FxiOS/133.0 Mobile/15E148 Safari/605.1.15", "Firefox, iPhone"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"
            " (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
            "Safari, Mac",
        ),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT}", "Chrome, ChromeOS"),
        ("Firefox/133.0", "Firefox"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
        ("\u202e\u200b\x00", ""),
        ("a phone\u202e\x1b", "a phone"),
        ("Ë" * 60, "Ë" * 60),
        ("x" * 200, "x" * 59 + "…"),
    ],
)
def test_names(user_agent: str, name: str) -> None:
    assert readable_device(user_agent) == name
