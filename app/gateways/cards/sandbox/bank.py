"""The test bank: a web application of its own, for the demo and for tests. No card, no money.

    create_bank(Path("bank.sqlite3"), secret)

gives a WSGI application that can be served alone or mounted below any path. It knows nothing of
the portal but the secret they share.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask, Response, abort, jsonify, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from app.formats import Formats
from app.gateways.cards.port import ALL, OrderReference
from app.gateways.cards.sandbox import signing
from app.gateways.cards.sandbox.desk import BadOrder, Desk, verdict_of
from app.gateways.cards.sandbox.endings import ENDINGS, UNUSUAL, USUAL
from app.gateways.cards.sandbox.ledger import CAPTURED, OPEN, Ledger, Order
from app.gateways.cards.sandbox.postman import Postman
from app.gateways.cards.sandbox.texts import TEXTS
from app.gateways.cards.values import find_amount, find_reference, read_json, text_in
from config.addresses import web_origin

MOST_BYTES = 65536
LATE_SECONDS = 20.0
FORMATS = {language: Formats(language) for language in TEXTS}
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none';"
    " frame-ancestors 'none'; form-action 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not less: without its origin the browser's way back would look like nobody's.
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-store",
}


class SandboxBank:
    """A WSGI application. `close` ends its thread; callbacks that are waiting stay in the file."""

    def __init__(self, database: Path, secret: str, *, is_scripted: bool) -> None:
        ledger = Ledger(database)
        self.postman = Postman(ledger)
        self.pages = _Pages(Desk(ledger, secret), self.postman, ledger, secret)
        self.app = _make_app(self.pages, is_scripted=is_scripted)
        self.postman.wake()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.postman.wake()
        return self.app(environ, start_response)

    def close(self) -> None:
        self.postman.close()


def create_bank(database: Path, secret: str, *, is_scripted: bool = False) -> SandboxBank:
    """database: its own SQLite file, made if it is missing; several processes may share it.
    is_scripted: also answers /decide, /captures and /callbacks, for tests only: whoever
    reaches those decides for any payer."""
    if not secret:
        raise ValueError("the test bank needs a secret")
    return SandboxBank(database, secret, is_scripted=is_scripted)


def _make_app(pages: "_Pages", *, is_scripted: bool) -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    routes: list[tuple[str, str, Callable[..., Any]]] = [
        ("GET", "/", pages.home),
        ("POST", "/pay", pages.pay),
        ("GET", "/order/<reference>", pages.order),
        ("POST", "/order/<reference>", pages.press),
        ("GET", "/order/<reference>/back", pages.back),
        ("POST", "/status", pages.status),
        ("POST", "/list", pages.list_captures),
    ]
    if is_scripted:
        routes += [
            ("POST", "/decide", pages.decide),
            ("GET", "/captures", pages.captures),
            ("GET", "/callbacks", pages.callbacks),
        ]
    for method, path, view in routes:
        app.add_url_rule(path, view.__name__, view, methods=[method])
    app.register_error_handler(HTTPException, _explain)
    app.register_error_handler(BadOrder, _explain_order)
    app.after_request(_protect)
    return app


def _protect(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response


def _explain(error: HTTPException) -> tuple[str, int]:
    # Not the form's language: reading the form may be what failed.
    return _refusal("sq", error.name), error.code or 500


def _explain_order(error: BadOrder) -> tuple[str, int]:
    return _refusal(request.form.get("language", "sq"), str(error)), 400


def _refusal(language: str, why: str) -> str:
    language = language if language in TEXTS else "sq"
    return render_template("refused.html", language=language, texts=TEXTS[language], why=why)


class _Pages:
    def __init__(self, desk: Desk, postman: Postman, ledger: Ledger, secret: str) -> None:
        self._desk, self._postman, self._ledger, self._secret = desk, postman, ledger, secret

    def home(self) -> str:
        return render_template("home.html", language="sq", texts=TEXTS["sq"], english=TEXTS["en"])

    def pay(self) -> AnyResponse:
        order = self._desk.take(_form())
        return redirect(url_for("order", reference=order.reference), 303)

    def order(self, reference: str) -> AnyResponse | str:
        order = self._get(reference)
        if order.state == CAPTURED:
            return redirect(url_for("back", reference=reference), 303)
        return render_template(
            "order.html",
            **_shown(order),
            usual=list(USUAL),
            unusual=list(UNUSUAL),
            seconds=int(LATE_SECONDS),
        )

    def press(self, reference: str) -> AnyResponse:
        form = _form()
        self._decide(self._get(reference), form.get("what", ""), form.get("seconds", ""))
        return redirect(url_for("back", reference=reference), 303)

    def back(self, reference: str) -> AnyResponse:
        order = self._get(reference)
        if order.state == OPEN:
            return redirect(url_for("order", reference=reference), 303)
        fields = self._desk.way_back(order)
        page = Response(render_template("back.html", **_shown(order), fields=fields))
        origin = web_origin(order.return_url)
        page.headers["Content-Security-Policy"] = f"{POLICY} {origin}" if fields else POLICY
        return page

    def status(self) -> Response:
        form = self._signed(signing.STATUS)
        return self._answer(form, self._desk.report(form.get("reference", "")))

    def list_captures(self) -> Response:
        form = self._signed(signing.LIST)
        try:
            since = datetime.fromisoformat(form.get("since", ""))
            until = datetime.fromisoformat(form.get("until", ""))
        except ValueError:
            abort(400)
        return self._answer(form, {"captures": self._desk.captures(since, until)})

    def decide(self) -> tuple[Response, int] | Response:
        asked = read_json(request.get_data())
        order = self._desk.find(text_in(asked, "reference"))
        if order is None:
            return jsonify(error="no such order"), 404
        seconds, other = text_in(asked, "seconds"), text_in(asked, "other")
        decided = self._decide(order, text_in(asked, "what"), seconds, other)
        fields = self._desk.way_back(decided)
        return jsonify(
            reference=decided.reference,
            verdict=verdict_of(decided).value,
            transaction=decided.transaction_id,
            ending=decided.ending,
            back={"address": decided.return_url, "fields": fields} if fields else None,
        )

    def captures(self) -> Response:
        return jsonify(captures=self._desk.books())

    def callbacks(self) -> Response:
        return jsonify(callbacks=self._ledger.letters())

    def _get(self, reference: str) -> Order:
        order = self._desk.find(reference)
        return order if order else abort(404)

    def _decide(self, order: Order, what: str, seconds: str, other: str = "") -> Order:
        if what not in ENDINGS or (other and not find_reference(other)):
            abort(400)
        late = find_amount(seconds)
        later = LATE_SECONDS if late is None else float(late)
        decided = self._desk.decide(order, what, seconds=later, other=other)
        self._postman.wake()
        return decided

    def _signed(self, kind: str) -> dict[str, str]:
        form = _form()
        return form if signing.is_signed(kind, form, self._secret) else abort(403)

    def _answer(self, asked: dict[str, str], told: object) -> Response:
        body = jsonify(told).get_data()
        question = asked[signing.SIGNATURE]
        signature = signing.signature_of_answer(question, body, self._secret)
        return Response(signature.encode("ascii") + b"\n" + body, mimetype="text/plain")


def _form() -> dict[str, str]:
    """A field that stands there twice is not taken: which one would count?"""
    found = dict(request.form.lists())
    return {name: values[0] if len(values) == 1 else abort(400) for name, values in found.items()}


def _shown(order: Order) -> dict[str, object]:
    formats = FORMATS[order.language]
    amount = Decimal(order.amount)
    is_lek = order.currency == ALL
    return {
        "order": order,
        "reference": OrderReference(order.reference),
        "language": order.language,
        "texts": TEXTS[order.language],
        "amount": formats.money(amount) if is_lek else f"{amount} {order.currency}",
    }
