"""What is remembered of cookies and tokens opens nothing that Flask and Flask-WTF would not."""

import time

import flask
import pytest
from flask_wtf.csrf import validate_csrf
from wtforms import ValidationError

from app.web.forms import csrf_token
from tests.conftest import MakePortal, Portal
from tests.web.client import CheckedClient

COOKIE = "selfcare_session"


def cookie_of(client: CheckedClient) -> str:
    return client.http.get_cookie(COOKIE).value  # type: ignore[union-attr]


def status_with(portal: Portal, cookie: str) -> int:
    headers = {"Cookie": f"{COOKIE}={cookie}"}
    return portal.app.test_client(use_cookies=False).get("/contracts", headers=headers).status_code


def test_a_cookie_that_was_known_is_refused_when_it_was_changed(portal: Portal) -> None:
    cookie = cookie_of(portal.signed_in("Emer Mbiemer"))
    assert [status_with(portal, cookie) for _ in range(2)] == [200, 200]
    payload, signed_at, signature = cookie.rsplit(".", 2)
    changed = "A" if signature[0] != "A" else "B"
    assert status_with(portal, f"{payload}.{signed_at}.{changed}{signature[1:]}") == 303
    assert status_with(portal, f"{payload}x.{signed_at}.{signature}") == 303
    assert status_with(portal, cookie) == 200


def test_a_cookie_that_was_known_still_grows_old(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = cookie_of(portal.signed_in("Emer Mbiemer"))
    assert status_with(portal, cookie) == 200
    later = time.time() + portal.app.permanent_session_lifetime.total_seconds() + 2
    monkeypatch.setattr("app.web.sessions.time.time", lambda: later)
    assert status_with(portal, cookie) == 303


def test_a_session_that_was_ended_is_ended_for_a_cookie_that_was_known(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    cookie = cookie_of(client)
    assert status_with(portal, cookie) == 200
    client.post("/logout", {"csrf_token": client.get("/contracts").csrf_token}, 303)
    assert status_with(portal, cookie) == 303


def test_cookies_of_an_old_key_are_read_while_it_is_a_fallback(make_portal: MakePortal) -> None:
    old, new = "o" * 40, "n" * 40
    cookie = cookie_of(make_portal(portal={"secret_key": old}).signed_in("Emer Mbiemer"))
    rotated = make_portal(portal={"secret_key": new, "secret_key_fallbacks": [old]})
    for portal, expected in ((rotated, True), (make_portal(portal={"secret_key": new}), False)):
        with portal.app.test_request_context("/", headers={"Cookie": f"{COOKIE}={cookie}"}):
            assert ("_user_id" in flask.session) is expected


def test_requests_share_no_lists(portal: Portal) -> None:
    serializer = portal.app.session_interface.get_signing_serializer(portal.app)  # type: ignore[attr-defined]
    cookie = serializer.dumps({"_flashes": [("message", "once")]})
    for _ in range(2):
        with portal.app.test_request_context("/", headers={"Cookie": f"{COOKIE}={cookie}"}):
            assert flask.session["_flashes"] == [("message", "once")]
            flask.session["_flashes"].append(("message", "mine alone"))


def test_flask_wtf_takes_the_token_of_its_session_only(portal: Portal) -> None:
    tokens = []
    for key in ("one", "two"):
        with portal.app.test_request_context("/"):
            flask.session["csrf_token"] = key
            tokens.append(csrf_token())
            validate_csrf(tokens[-1])
            assert csrf_token() == tokens[-1]
    with portal.app.test_request_context("/"):
        flask.session["csrf_token"] = "one"
        validate_csrf(tokens[0])
        with pytest.raises(ValidationError):
            validate_csrf(tokens[1])


def test_a_token_signed_with_another_key_is_refused(make_portal: MakePortal) -> None:
    tokens = []
    for secret_key in ("o" * 40, "n" * 40):
        portal = make_portal(portal={"secret_key": secret_key})
        with portal.app.test_request_context("/"):
            flask.session["csrf_token"] = "the same"
            tokens.append(csrf_token())
            validate_csrf(tokens[-1])
    with portal.app.test_request_context("/"), pytest.raises(ValidationError):
        flask.session["csrf_token"] = "the same"
        validate_csrf(tokens[0])


def test_the_token_changes_with_the_sessions_key_within_a_request(portal: Portal) -> None:
    with portal.app.test_request_context("/"):
        flask.session["csrf_token"] = "before"
        csrf_token()
        flask.session["csrf_token"] = "after the sign-in"
        validate_csrf(csrf_token())


def test_the_cookie_holds_nothing_of_the_browser(portal: Portal) -> None:
    with portal.signed_in("Emer Mbiemer").http.session_transaction() as session:
        assert session["_id"] == ""
        assert session.keys() <= {"_id", "_fresh", "_user_id", "csrf_token"}
