"""A plain Flask + Jinja page as anybody would write it: a layout, a navigation, a table of
twelve rows with a link each. No database, no session, no translation, no headers."""

from flask import Flask, render_template
from jinja2 import DictLoader

LAYOUT = """<!doctype html>
<html lang="sq"><head><meta charset="utf-8"><title>{% block title %}{% endblock %}</title>
<link rel="stylesheet" href="{{ url_for('static', filename='site.css') }}">
<script src="{{ url_for('static', filename='site.js') }}" defer></script></head><body>
<header><a href="{{ url_for('page') }}">Energjia</a><nav>
{% for name in ("Kontratat", "Paguaj", "Historiku", "Informacion", "Llogaria") %}
<a href="{{ url_for('page', tab=name) }}">{{ name }}</a>
{% endfor %}
</nav></header><main>{% block content %}{% endblock %}</main>
<footer><a href="{{ url_for('page', about='privacy') }}">Privatësia</a></footer></body></html>"""

PAGE = """{% extends "layout.html" %}
{% block title %}{{ title }}{% endblock %}
{% block content %}
<h1>{{ title }}</h1>
<table><thead><tr><th>Nr</th><th>Data</th><th>Afati</th><th>Njësi</th><th>Shuma</th><th></th></tr>
</thead><tbody>
{% for row in rows %}
<tr><td>{{ row.number }}</td><td>{{ row.issued }}</td><td>{{ row.due }}</td>
<td>{{ row.units }}</td><td>{{ "%.2f"|format(row.amount) }}</td>
<td><a href="{{ url_for('page', invoice=row.number) }}">Shfaq</a></td></tr>
{% endfor %}
</tbody></table>
{% endblock %}"""

ROWS = [
    {
        "number": f"20000{n:04d}",
        "issued": f"{n + 1:02d}.01.2026",
        "due": f"{n + 1:02d}.02.2026",
        "units": 100 + n,
        "amount": 556.0 + n,
    }
    for n in range(12)
]


def make_bare_app() -> Flask:
    app = Flask("bare")
    app.jinja_loader = DictLoader({"layout.html": LAYOUT, "page.html": PAGE})  # type: ignore[assignment]

    @app.get("/")
    def page() -> str:
        return render_template("page.html", title="Historiku", rows=ROWS)

    return app
