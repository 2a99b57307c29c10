"""For machines, and the small public things."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from app.clock import now
from app.messages.outbox import Addressee, Purpose
from app.messages.records import Block, Letter
from app.messages.store import message
from tests.conftest import MakePortal, Portal


def test_health_and_readiness(portal: Portal) -> None:
    client = portal.client()
    assert client.fetch("/healthz").text == "ok\n"
    ready = client.fetch("/readyz")
    assert (ready.status_code, ready.text) == (200, "database: ok\nbilling: ok\njobs: ok\n")


def test_ready_without_billing_but_says_so(make_portal: MakePortal, tmp_path: Path) -> None:
    portal = make_portal(billing={"url": f"sqlite:///{tmp_path}/missing.sqlite3"})
    response = portal.client().fetch("/readyz")
    assert (response.status_code, response.text) == (
        200,
        "database: ok\nbilling: unavailable\njobs: ok\n",
    )


def test_not_ready_without_tables(make_portal: MakePortal, tmp_path: Path) -> None:
    portal = make_portal(billing={"url": f"sqlite:///{tmp_path}/missing.sqlite3"})
    with portal.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    response = portal.client().fetch("/readyz")
    assert response.status_code == 503
    assert response.text == "database: needs: flask db upgrade\nbilling: unavailable\njobs: ok\n"
    assert portal.client().fetch("/healthz").status_code == 200


def test_waiting_messages_are_told_and_keep_nobody_out(portal: Portal) -> None:
    letter = Letter(subject="A word", blocks=(Block(text="A word."),))
    with portal.database.write() as connection:
        portal.services.outbox.post_mail(
            connection,
            letter,
            Addressee(recipient="vera@example.org", language="sq"),
            Purpose(kind="a_word"),
        )
    assert portal.client().fetch("/readyz").text.endswith("jobs: ok\n")
    with portal.database.write() as connection:
        connection.execute(update(message).values(next_try_at=now() - timedelta(minutes=11)))
    response = portal.client().fetch("/readyz")
    assert (response.status_code, response.text.splitlines()[2]) == (200, "jobs: late")


def test_language_is_chosen_and_remembered(portal: Portal) -> None:
    client = portal.client()
    chosen = client.get("/language/en?next=/login", status=303)
    assert chosen.response.location == "/login"
    client.language = "en"
    assert client.get("/login").heading == "Sign in as a customer"
    client.get("/language/xx", status=404)


def test_language_leads_nowhere_else(portal: Portal) -> None:
    page = portal.client().get("/language/en?next=//example.org/", status=303)
    assert page.response.location == "/"


def test_policies_are_pages_in_both_languages(portal: Portal) -> None:
    for name in ("privacy", "terms", "refunds"):
        headings = {portal.client(code).get(f"/{name}").heading for code in ("sq", "en")}
        assert len(headings) == 2


def test_start_page_of_a_customer_is_the_contracts(portal: Portal) -> None:
    assert portal.signed_in("Emer Mbiemer").get("/", status=303).response.location == "/contracts"


def test_utilitys_own_name_colour_and_logo(make_portal: MakePortal, tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    client = make_portal(
        utility={"name": "Drita & Bij", "accent": "#7a1f5c", "logo": logo}
    ).client()
    page = client.get("/")
    assert "Drita &amp; Bij" in page.text
    assert "--accent: #7a1f5c" in client.fetch("/theme.css").text
    response = client.fetch("/logo")
    assert response.mimetype == "image/svg+xml"
    assert "sandbox" in response.headers["Content-Security-Policy"]
