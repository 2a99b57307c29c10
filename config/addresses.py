"""What settings hold as addresses: hosts, and where a web service is."""

import re
import socket
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

EVERYWHERE = frozenset({"0.0.0.0", ""})  # noqa: S104 - as ./run may be told to listen


def is_numeric(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_name(host: str) -> bool:
    return bool(re.fullmatch(r"([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?", host))


def is_host(host: str) -> bool:
    return is_numeric(host) or is_name(host)


def is_loopback(host: str) -> bool:
    return host == "localhost" or (is_numeric(host) and ip_address(host).is_loopback)


def find_web_address(value: str) -> SplitResult | None:
    """An http or https address, taken apart, if it is one."""
    try:
        parts = urlsplit(value)
        usable = is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        return None
    usable = usable and parts.scheme in {"http", "https"} and bool(re.fullmatch(r"[!-~]+", value))
    return parts if usable else None


def web_origin(value: str) -> str:
    """scheme://host[:port] of a web address."""
    parts = urlsplit(value)
    return f"{parts.scheme}://{parts.netloc}"


def own_address() -> str:
    """Of this machine, as others in its network reach it; 127.0.0.1 where there is no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it asks for the way there
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
