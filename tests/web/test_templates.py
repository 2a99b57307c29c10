"""What templates know when they are compiled is what they would have been told at run time."""

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal

import flask
import pytest
from flask import render_template
from jinja2 import DictLoader, Environment, UndefinedError, nodes
from jinja2.meta import find_undeclared_variables
from markupsafe import Markup, escape

from app.web.templates import FIXED, written
from config.settings import ROOT
from legacy_adapters.records import Period
from tests.conftest import Portal

ODD = ["AL0000001", "<b>\"&'", "a/b?c#d%25+ë", "..", "x y", "\x00", "-1", "ç" * 3]


def rendered(
    portal: Portal, source: str, language: str = "sq", mounted: str = "", **values: object
) -> str:
    """A page of this source, as a blueprint renders it."""
    name = f"{hash(source)}.html"
    portal.app.jinja_loader = DictLoader({name: source})
    with portal.app.test_request_context(
        "/contracts",
        headers={"Cookie": f"language={language}"},
        environ_overrides={"SCRIPT_NAME": mounted},
    ):
        return render_template(name, flask_url_for=flask.url_for, **values)


def test_texts_are_those_of_the_language(portal: Portal) -> None:
    source = '{{ _("Contracts") }}{% set sign_out = _("Sign out") %}|{{ sign_out }}'
    assert rendered(portal, source) == "Kontratat|Dil"
    assert rendered(portal, source, "en") == "Contracts|Sign out"


@pytest.mark.parametrize("value", ['<b>"&', Markup("<i>"), 5, None])
def test_values_in_texts_are_escaped(portal: Portal, value: object) -> None:
    pay_by = '_("Pay by %(day)s", day=day)'
    source = f"{{{{ {pay_by} }}}}|{{% set text = {pay_by} %}}{{{{ text }}}}"
    expected = Markup("Pay by %s") % value
    assert rendered(portal, source, "en", day=value) == f"{expected}|{expected}"


def test_a_missing_value_is_an_error(portal: Portal) -> None:
    with pytest.raises(UndefinedError):
        rendered(portal, '{{ _("Pay by %(day)s", day=day) }}')


def test_an_error_is_told_with_its_line(portal: Portal) -> None:
    mark = (ROOT / "app/templates/components/mark.svg").read_text(encoding="utf-8")
    source = (
        '{% include "mark.svg" %}\n{{ _("Contracts") }}\n{{ url_for("home.index") }}{{ missing }}'
    )
    portal.app.jinja_loader = DictLoader({"mark.svg": mark, "page.html": source})
    with portal.app.test_request_context("/"), pytest.raises(UndefinedError) as failure:
        render_template("page.html")
    lines = [e.lineno + 1 for e in failure.traceback if e.name == "top-level template code"]
    assert lines == [3]


def test_texts_that_are_not_constant_are_still_translated(portal: Portal) -> None:
    assert rendered(portal, "{{ _(text) }}", text="Contracts") == "Kontratat"
    assert rendered(portal, '{{ _("100%% of %(n)s, %(n)s", n=n) }}', n="<") == "100% of &lt;, &lt;"


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("mounted", ["", "/ve'tes<h>erbim"])
@pytest.mark.parametrize(
    "call",
    [
        "url_for('contracts.index')",
        "url_for('contracts.index') if value else url_for('home.index')",
        "url_for('home.policy', name='privacy')",
        "url_for('static', filename='site.css')",
        "url_for('invoices.document', code=value, number=value)",
        "url_for('contracts.index', q=value, page=2)",
        "url_for('contracts.index', q=none)",
        "url_for('contracts.index', q='<&', page=2)",
        "url_for('profile.sign_out_device', session_id=value|length)",
        "url_for(endpoint, code=value)",
        "url_for('invoices.pay', code=value, _anchor='x')",
    ],
)
def test_addresses_are_flasks(portal: Portal, call: str, mounted: str, value: str) -> None:
    values = {"value": value, "endpoint": "contracts.info", "mounted": mounted}
    source = f"{{{{ {call} }}}} {{% set address = {call} %}}{{{{ address }}}}"
    expected = rendered(portal, source.replace("url_for", "flask_url_for"), **values)
    assert rendered(portal, source, **values) == expected
    assert "<h" not in expected and "<b" not in expected


@pytest.mark.parametrize("value", ODD)
def test_what_follows_a_question_mark_is_flasks(portal: Portal, value: str) -> None:
    source = "{{ url_for('contracts.index') }}?q={{ value|in_query }}"
    expected = rendered(portal, "{{ flask_url_for('contracts.index', q=value) }}", value=value)
    assert rendered(portal, source, value=value) == expected


def test_no_page_asks_for_a_text_or_an_address_that_was_known(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What makes pages fast: a call for each text and address took most of their time."""
    client = portal.signed_in("Agron Hoxha")
    with portal.app.test_request_context("/"):
        layout = portal.app.jinja_env.get_or_select_template("layouts/page.html")
    asked: list[str] = []
    for name in ("_", "gettext", "url_for"):
        monkeypatch.setitem(layout.environment.globals, name, lambda what, **_v: asked.append(what))
    for tab in ("", "/AL0000001/pay", "/AL0000001/history", "/AL0000001/info"):
        client.get(f"/contracts{tab}")
    assert asked == []


class Html:
    def __html__(self) -> str:
        return "<i>"


@pytest.mark.parametrize(
    "value", [*ODD, "", "'", '"', ">", Markup("<b>&"), 0, -1, 1.5, True, None, Html(), [1, "<"]]
)
def test_values_are_written_as_escape_writes_them(portal: Portal, value: object) -> None:
    assert str(written(value)) == str(escape(value))
    source = "{{ value }}|{% for one in [value] %}{{ one }}{% endfor %}"
    assert rendered(portal, source, value=value) == f"{escape(value)}|{escape(value)}"


@pytest.mark.parametrize("language", ["sq", "en"])
@pytest.mark.parametrize(
    "value",
    [
        *(Decimal(text) for text in ("0", "-1234567.891", "1E+11", "1E-9", "NaN", "Infinity")),
        *(None, 0, 3 * 1024 * 1024, date(1900, 1, 1), date.max, datetime(2026, 1, 2, tzinfo=UTC)),
        *(Period(2026, month) for month in range(1, 13)),
    ],
)
def test_what_is_written_as_it_is_needs_no_escaping(
    portal: Portal, value: object, language: str
) -> None:
    with portal.app.test_request_context("/", headers={"Cookie": f"language={language}"}):
        environment = portal.app.jinja_env.get_or_select_template("layouts/page.html").environment
    plain = environment.plain_filters  # type: ignore[attr-defined]
    assert environment.filters | plain == environment.filters
    for write in plain.values():
        with suppress(TypeError, AttributeError, ValueError, ArithmeticError):  # another kind's
            told = write(value)
            assert type(told) is str
            assert str(escape(told)) == told


@pytest.mark.parametrize("mounted", ["", "/ve'tes<h>erbim"])
def test_imported_parts_are_made_once_and_know_where_the_portal_is_mounted(
    portal: Portal, mounted: str
) -> None:
    part = "{% macro to(code) %}{{ url_for('invoices.pay', code=code) }}{% endmacro %}"
    page = (
        "{% from 'part.html' import to %}{{ to('A<1') }} {{ url_for('invoices.pay', code='A<1') }}"
    )
    portal.app.jinja_loader = DictLoader({"part.html": part, "page.html": page})
    for root in ("", mounted):
        with portal.app.test_request_context("/", environ_overrides={"SCRIPT_NAME": root}):
            told = render_template("page.html")
            assert told == " ".join([str(escape(flask.url_for("invoices.pay", code="A<1")))] * 2)


def test_a_part_is_made_anew_for_each_page_only_where_it_must_know_the_page(
    portal: Portal,
) -> None:
    with portal.app.test_request_context("/"):
        environment = portal.app.jinja_env.get_or_select_template("layouts/page.html").environment
    folder = ROOT / "app/templates"
    parts = {file: environment.parse(file.read_text("utf-8")) for file in folder.rglob("*.html")}
    imports = {
        (node.template.value, node.with_context)
        for part in parts.values()
        for node in part.find_all(nodes.FromImport)
    }
    assert len(imports) > 8
    for name, with_context in imports:
        unknown = find_undeclared_variables(parts[folder / name]) - environment.globals.keys()
        assert with_context == bool(unknown), (name, unknown)


def test_loops_write_what_they_did(portal: Portal) -> None:
    source = (
        "{% for a in rows %}<{% for b in a if b %}{{ loop.index }}{{ b }},{% else %}none"
        "{% endfor %}>{% else %}nothing{% endfor %}{{ rows|length }}"
    )
    assert rendered(portal, source, rows=[["x", "", "&"], []]) == "<1x,2&amp;,><none>2"
    assert rendered(portal, source, rows=[]) == "nothing0"


def test_no_template_sets_what_is_fixed() -> None:
    parser = Environment(autoescape=True)
    for file in (ROOT / "app/templates").rglob("*.html"):
        names = parser.parse(file.read_text(encoding="utf-8")).find_all(nodes.Name)
        assert not {name.name for name in names if name.ctx != "load"} & FIXED, file
