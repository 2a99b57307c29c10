"""The second line against forged requests, beside the token in each form: browsers say from
which site a request was sent, and no page can make them say otherwise."""

import structlog
from flask import Flask, abort, g, request

log = structlog.get_logger("selfcare")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OURS = frozenset({"same-origin", "none"})  # none: a person's own doing, such as a reload


def init_origin(app: Flask) -> None:
    app.before_request(refuse_foreign_requests)


def refuse_foreign_requests() -> None:
    """Old browsers say nothing: there the token stands alone."""
    if request.method in SAFE or g.access.from_elsewhere:
        return
    site = request.headers.get("Sec-Fetch-Site", "none")
    if site in OURS:
        return
    log.warning(
        "request from another site refused",
        endpoint=request.endpoint,
        site=site[:20],
        do="nothing; if there are many, a site sends customers' browsers here",
    )
    abort(403)
