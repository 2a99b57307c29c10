"""A plain Flask + Jinja page of what the history shows, as anybody would write it: the layout of
the bare page, a chart of twelve months and their table, twelve invoices with a link each, twelve
payments. No database, no session, no translation, no headers."""

from flask import Flask, render_template
from jinja2 import DictLoader

from benchmarks.frozen.bare_page import LAYOUT, ROWS

PAGE = """{% extends "layout.html" %}
{% block title %}{{ title }}{% endblock %}
{% block content %}
<h1>{{ title }}</h1>
<svg viewBox="0 0 360 200" role="group" aria-label="Konsumi sipas muajve, kWh">
{% for month in months %}
<g tabindex="0" role="img"
aria-label="{{ month.name }}: {{ month.units }} kWh; një vit më parë: {{ month.before }} kWh">
<rect x="{{ loop.index0 * 30 }}" y="{{ 176 - month.before * 134 / highest }}"
width="24" height="{{ month.before * 134 / highest }}"/>
<rect x="{{ loop.index0 * 30 + 4 }}" y="{{ 176 - month.units * 134 / highest }}"
width="16" height="{{ month.units * 134 / highest }}"/>
<text x="{{ loop.index0 * 30 + 15 }}"
y="{{ 172 - month.units * 134 / highest }}">{{ month.units }}</text>
<text x="{{ loop.index0 * 30 + 15 }}" y="190">{{ month.short }}</text>
</g>
{% endfor %}
</svg>
<table><thead><tr><th>Muaji</th><th>kWh</th><th>Një vit më parë</th></tr></thead><tbody>
{% for month in months|reverse %}
<tr><th>{{ month.name }}</th><td>{{ month.units }}</td><td>{{ month.before }}</td></tr>
{% endfor %}
</tbody></table>
<table><thead><tr><th>Nr</th><th>Data</th><th>Afati</th><th>Njësi</th><th>Shuma</th><th></th></tr>
</thead><tbody>
{% for row in rows %}
<tr><td data-label="Nr">{{ row.number }}</td><td data-label="Data">{{ row.issued }}</td>
<td data-label="Afati">{{ row.due }}</td><td data-label="Njësi">{{ row.units }}</td>
<td data-label="Shuma">{{ "%.2f"|format(row.amount) }}</td>
<td><a href="{{ url_for('page', invoice=row.number) }}">Shfaq {{ row.number }} (PDF)</a></td></tr>
{% endfor %}
</tbody></table>
<table><thead><tr><th>Data</th><th>Shuma</th><th>Mënyra</th><th>Burimi</th></tr></thead><tbody>
{% for row in payments %}
<tr><td data-label="Data">{{ row.paid }}</td>
<td data-label="Shuma">{{ "%.2f"|format(row.amount) }}</td>
<td data-label="Mënyra">{{ row.method or "–" }}</td>
<td data-label="Burimi">{{ row.source or "–" }}</td></tr>
{% endfor %}
</tbody></table>
{% endblock %}"""

MONTHS = [
    {"name": f"muaji {n + 1} 2026", "short": f"m{n + 1}", "units": 100 + n, "before": 120 - n}
    for n in range(12)
]
PAYMENTS = [
    {"paid": row["due"], "amount": row["amount"], "method": "CASH", "source": "BANKA"}
    for row in ROWS
]


def make_bare_history() -> Flask:
    app = Flask("bare_history")
    app.jinja_loader = DictLoader({"layout.html": LAYOUT, "page.html": PAGE})  # type: ignore[assignment]

    @app.get("/")
    def page() -> str:
        return render_template(
            "page.html",
            title="Historiku",
            rows=ROWS,
            payments=PAYMENTS,
            months=MONTHS,
            highest=max(month["before"] for month in MONTHS),
        )

    return app
