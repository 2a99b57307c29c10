"""Lets in nobody but the utility's own SMS and USSD gateways: by the secret that they show, and
by where they come from."""

import hmac
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import structlog
from flask import abort, request

from app.web.current import services

log = structlog.get_logger("selfcare")


def refuse_strangers() -> None:
    """For the routes of the gateways: 404 where nobody can ask by phone, 403 for strangers."""
    settings = services().settings
    if not settings.asks_by_phone:
        abort(404)
    secret = settings.phones.secret.get_secret_value().encode()
    shown = request.values.get("key", "").encode()
    is_known = hmac.compare_digest(shown, secret)
    if is_known and _is_within(request.remote_addr or "", tuple(settings.phones.gateways)):
        return
    log.warning(
        "not an SMS or USSD gateway of ours",
        endpoint=request.endpoint,
        address=request.remote_addr,
        reason="it comes from elsewhere" if is_known else "its key is wrong",
        do="is it ours? Then see SELFCARE_PHONES_SECRET and SELFCARE_PHONES_GATEWAYS",
    )
    abort(403)


def _is_within(address: str, networks: tuple[str, ...]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in _parsed(networks))


@lru_cache(8)
def _parsed(networks: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(one) for one in networks)
