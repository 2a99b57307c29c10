"""Where a form stood that cannot be taken now: whoever sent it comes back to its page."""

from urllib.parse import unquote, urlsplit

from flask import request
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException

from app.web.sessions import is_staff_path


def find_form_page() -> str | None:
    """The page that the browser comes from, if it is one of this site's; else the nearest one
    above the address that was posted to. None where there is none. Always a path of this site."""
    return _page_come_from() or _nearest_page()


def _page_come_from() -> str | None:
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:
        return None
    root = request.script_root
    if parts.netloc != request.host or not parts.path.startswith(f"{root}/"):
        return None
    path = parts.path.removeprefix(root)
    if is_staff_path(path) != is_staff_path(request.path) or not _shows_page(unquote(path)):
        return None
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _nearest_page() -> str | None:
    path = request.path
    while path and not _shows_page(path):
        path = path.rpartition("/")[0]
    return request.script_root + path if path else None


def _shows_page(path: str) -> bool:
    adapter = request_ctx.url_adapter
    if adapter is None:
        return False
    try:
        adapter.match(path, method="GET")
    except HTTPException:
        return False
    return True
