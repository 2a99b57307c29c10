"""Flask's signed cookie, which holds the session's token and the token against forged requests.

The utility's own people have another one, for the pages below /staff: whoever is a customer too
is both in one browser, and neither knows of the other.
"""

import time
from copy import deepcopy
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer

COOKIES = 2_000  # whose signatures were found to be right
STAFF_COOKIE = "selfcare_staff"
PLAIN = (str, bool)


def is_staff_path(path: str) -> bool:
    return path == "/staff" or path.startswith("/staff/")


class CookieSessions(SecureCookieSessionInterface):
    """With one serializer for all requests, no work where there is nothing to write, and each
    cookie's signature checked once in this process: a customer sends the same one again and
    again. How old it is, is looked at each time."""

    digest_method = staticmethod(sha256)  # Flask's own is SHA-1

    def __init__(
        self, app: Flask, *, cookie: str | None = None, longest: timedelta | None = None
    ) -> None:
        """cookie, longest: its name and age, where they are not the application's."""
        if cookie:
            self.salt = cookie  # no cookie stands for another
        serializer = super().get_signing_serializer(app)
        if serializer is None:
            raise RuntimeError("sessions need a secret key")
        self._serializer = serializer
        self._name = super().get_cookie_name(app) if cookie is None else cookie
        self._seconds = (longest or app.permanent_session_lifetime).total_seconds()

        @lru_cache(COOKIES)
        def checked(cookie: str) -> tuple[dict[str, Any], int]:
            """What was signed, and when. Raises: BadSignature, which is not remembered."""
            signer: Any = serializer.make_signer(serializer.salt)
            signed, signed_at = signer.unsign(cookie, return_timestamp=True)
            return serializer.load_payload(signed), int(signed_at.timestamp())

        self._checked = checked

    def get_cookie_name(self, app: Flask) -> str:
        return self._name

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer:
        return self._serializer

    def open_session(self, app: Flask, request: Request) -> Any:
        cookie = request.cookies.get(self._name)
        if not cookie:
            return self.session_class()
        try:
            kept, signed_at = self._checked(cookie)
        except BadSignature:
            return self.session_class()
        if not 0 <= int(time.time()) - signed_at <= self._seconds:
            return self.session_class()
        # Each request has values of its own: some, as messages to be shown, are lists.
        return self.session_class(
            {n: v if isinstance(v, PLAIN) else deepcopy(v) for n, v in kept.items()}
        )

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """One that was not changed is never sent again (SESSION_REFRESH_EACH_REQUEST)."""
        if session.modified:
            super().save_session(app, session, response)
        elif session.accessed and "Vary" not in response.headers:
            response.headers.add("Vary", "Cookie")
        elif session.accessed:
            response.vary.add("Cookie")


class SessionsByDoor(CookieSessions):
    """The customers' sessions; below /staff the staff's."""

    def __init__(self, app: Flask, *, staff: CookieSessions) -> None:
        super().__init__(app)
        self._staff = staff

    def open_session(self, app: Flask, request: Request) -> Any:
        if is_staff_path(request.path):
            return self._staff.open_session(app, request)
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if is_staff_path(request.path):
            self._staff.save_session(app, session, response)
        else:
            super().save_session(app, session, response)
