"""Flask's signed cookie, which holds the session's token and the token against forged requests."""

from flask import Flask, Response
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import URLSafeTimedSerializer


class CookieSessions(SecureCookieSessionInterface):
    """With one serializer for all requests, and no work where there is nothing to write."""

    def __init__(self, app: Flask) -> None:
        self._serializer = super().get_signing_serializer(app)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        return self._serializer

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if session.modified or self.should_set_cookie(app, session):
            super().save_session(app, session, response)
        elif session.accessed:
            response.vary.add("Cookie")
