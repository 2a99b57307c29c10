"""A test client that inspects every page it gets: valid HTML, a title, the language, a
nonce that fits the policy, no inline style or handler, labels on fields."""

import re
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from werkzeug.test import TestResponse

PASSWORD = "Provo2024"
HTML = "{http://www.w3.org/1999/xhtml}"


class Page:
    """A response and what stands on it."""

    def __init__(self, response: TestResponse, language: str) -> None:
        self.response = response
        self.status = response.status_code
        self.text = response.text if response.mimetype.startswith("text/") else ""
        self.root: Element | None = None
        if response.mimetype == "text/html" and self.text and not 300 <= self.status < 400:
            self.root = html5lib.HTMLParser(strict=True).parse(self.text)
            self._inspect(language)

    def _inspect(self, language: str) -> None:
        assert self.root is not None
        title = self.find("title")
        assert title is not None and (title.text or "").strip(), "a page needs a title"
        assert self.root.get("lang") == language
        policy = self.response.headers["Content-Security-Policy"]
        nonces = re.findall(r"'nonce-([^']+)'", policy)
        assert "unsafe-inline" not in policy
        assert len(self.all("h1")) == 1, "a page has one main heading"
        ids = [e.get("id") for e in self.root.iter() if e.get("id")]
        assert len(ids) == len(set(ids)), "ids are unique"
        labelled = {label.get("for") for label in self.all("label")}
        for element in self.root.iter():
            self._inspect_element(element, nonces, set(ids), labelled)
        for form in self.all("form"):
            self._inspect_action(form.get("action", "/"), policy)

    def _inspect_action(self, action: str, policy: str) -> None:
        if action.startswith("/") and not action.startswith("//"):
            return
        origin = "/".join(action.split("/")[:3])
        assert f"form-action 'self' {origin};" in policy, "forms stay here, or go to the bank"

    def _inspect_element(
        self, element: Element, nonces: list[str], ids: set[str], labelled: set[str | None]
    ) -> None:
        tag = str(element.tag).removeprefix(HTML)
        assert element.get("style") is None, "no inline style"
        assert not [a for a in element.attrib if str(a).startswith("on")], "no inline handler"
        assert tag != "style"
        if tag == "script":
            assert element.get("nonce") in nonces
        if tag == "input" and element.get("type") not in {"hidden", "checkbox"}:
            assert element.get("id") in labelled, f"{element.get('name')} has no label"
        for pointer in ("aria-describedby", "aria-labelledby"):
            for target in (element.get(pointer) or "").split():
                assert target in ids, f"{pointer} names {target}, which is not on the page"

    def all(self, tag: str) -> list[Element]:
        return [] if self.root is None else list(self.root.iter(f"{HTML}{tag}"))

    def find(self, tag: str) -> Element | None:
        return next(iter(self.all(tag)), None)

    @property
    def heading(self) -> str:
        return words(self.find("h1"))

    @property
    def problems(self) -> list[str]:
        """The summary above a refused form."""
        box = next((e for e in self.all("div") if e.get("class") == "problems"), None)
        return [] if box is None else [words(item) for item in box.iter(f"{HTML}li")]

    @property
    def content(self) -> str:
        return words(self.find("main"))

    def field(self, name: str) -> Element:
        return next(e for e in self.all("input") if e.get("name") == name)

    def error_of(self, name: str) -> str:
        """The text that stands beside a field, through its aria-describedby."""
        return self._beside(name, "-error")

    def hint_of(self, name: str) -> str:
        return self._beside(name, "-hint")

    def _beside(self, name: str, what: str) -> str:
        for target in (self.field(name).get("aria-describedby") or "").split():
            if target.endswith(what):
                return words(next(e for e in self.root.iter() if e.get("id") == target))  # type: ignore[union-attr]
        return ""

    def table(self, number: int = 0) -> list[list[str]]:
        """The rows of a table's body, cell by cell."""
        body = self.all("tbody")[number]
        return [
            [words(cell) for cell in row if str(cell.tag) in {f"{HTML}td", f"{HTML}th"}]
            for row in body.iter(f"{HTML}tr")
        ]

    @property
    def csrf_token(self) -> str:
        return str(self.field("csrf_token").get("value"))


def words(element: Element | None) -> str:
    assert element is not None
    return " ".join("".join(element.itertext()).split())


class CheckedClient:
    def __init__(self, app: Flask, language: str = "sq") -> None:
        self.language = language
        self.http = app.test_client()
        self._tokens: dict[str, str] = {}  # the session's cookie -> a form's token
        if language != "sq":
            self.http.set_cookie("language", language)

    def fetch(self, address: str, **more: Any) -> TestResponse:
        """Any response, whole and uninspected."""
        return self.http.get(address, buffered=True, **more)

    def get(self, address: str, status: int = 200, **more: Any) -> Page:
        return self._page(self.http.get(address, **more), status, address)

    def post(self, address: str, data: dict[str, Any], status: int = 200, **more: Any) -> Page:
        """With a valid token of this session; a `csrf_token` in data goes first."""
        door = "/staff/login" if address.startswith("/staff") else "/login"
        data = {"csrf_token": self.fresh_token(door), **data}
        return self._page(self.http.post(address, data=data, **more), status, address)

    def fresh_token(self, door: str = "/login") -> str:
        """A token of this session: of a page seen in it, of the sign-in form, or of the page that
        leads on to."""
        seen = self._tokens.get(self._session(door))
        if seen:
            return seen
        page = Page(self.http.get(door, follow_redirects=True), self.language)
        self._keep_token(page, door)
        return page.csrf_token

    def _session(self, address: str) -> str:
        name = "selfcare_staff" if address.startswith("/staff") else "selfcare_session"
        cookie = self.http.get_cookie(name)
        return cookie.value if cookie else ""

    def _keep_token(self, page: Page, address: str) -> None:
        session = self._session(address)
        if session and any(field.get("name") == "csrf_token" for field in page.all("input")):
            self._tokens[session] = page.csrf_token

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        self.post("/login", {"user_name": name, "password": password}, status=303)

    def _page(self, response: TestResponse, status: int, address: str) -> Page:
        page = Page(response, self.language)
        assert page.status == status, f"{page.status}: {page.text[:3000]}"
        self._keep_token(page, address)
        return page
