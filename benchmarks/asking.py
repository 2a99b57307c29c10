"""Requests straight into WSGI. Nothing of the portal is imported: a bare process asks so, too."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

NAME, PASSWORD = "Klient", "Provo2024"
Ask = Callable[[], None]


def signed_in_client(app: Flask) -> Any:
    client = app.test_client()
    page = client.get("/login").text
    token = page.split('name="csrf_token" type="hidden" value="')[1].split('"')[0]
    form = {"csrf_token": token, "user_name": NAME, "password": PASSWORD}
    assert client.post("/login", data=form).status_code == 303
    return client


def asker(client: Any, address: str) -> Ask:
    """The request without the test client's own work: one environ, straight into WSGI."""
    assert client.get(address).status_code == 200
    cookie = client.get_cookie("selfcare_session")
    headers = {"Cookie": f"{cookie.key}={cookie.value}"} if cookie else {}
    environ = EnvironBuilder(address, headers=headers).get_environ()
    app = client.application

    def ask() -> None:
        _body, status, _headers = run_wsgi_app(app, environ.copy(), buffered=True)
        assert status.startswith("200"), status

    return ask
