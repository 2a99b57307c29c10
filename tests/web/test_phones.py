"""The doors of the SMS and USSD gateways."""

from typing import Any
from urllib.parse import urlencode

import pytest
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from app.audit.records import Action
from app.messages.outbox import Addressee, Purpose
from tests.conftest import MakePortal, Portal

KEY = "a secret of the gateways"
VERA = "355692000003"


@pytest.fixture
def asked(make_portal: MakePortal) -> Portal:
    return make_portal(phones={"secret": KEY, "short_code": "5055", "ussd_code": "#100#"})


NO_NUMBERS = ["", "abc", "0", "+1", "5055", "+355692000003 +35569", "\0", "9" * 400]
ODD_TEXTS = ["", "x" * 10_000, "\0", "ë" * 500, "%F0%9F%98%80", "0\n1", "1 " * 90]


def get(
    portal: Portal, path: str, *, key: str = KEY, address: str = "", **values: Any
) -> TestResponse:
    query = urlencode({"key": key, **values})
    environ = {"REMOTE_ADDR": address} if address else {}
    return portal.app.test_client().get(f"{path}?{query}", environ_overrides=environ)


def dial(portal: Portal, **values: Any) -> TestResponse:
    data = {"key": KEY, "sessionId": "1", "serviceCode": "#100#", **values}
    return portal.app.test_client().post("/ussd", data=data)


def test_closed_where_no_secret_is_set(portal: Portal) -> None:
    for path in ("/sms/kannel", "/sms/report"):
        assert get(portal, path, **{"from": VERA, "text": "0"}).status_code == 404
    assert dial(portal, phoneNumber=VERA, text="").status_code == 404


@pytest.mark.parametrize("key", ["", "a secret of the gateway", KEY + " ", "ë" * 24])
def test_a_wrong_key(asked: Portal, key: str) -> None:
    with capture_logs() as logs:
        assert get(asked, "/sms/kannel", key=key, **{"from": VERA, "text": "0"}).status_code == 403
        assert dial(asked, key=key, phoneNumber=VERA, text="").status_code == 403
    lines = [line for line in logs if line["event"] == "not an SMS or USSD gateway of ours"]
    assert len(lines) == 2 and all(line["do"] and KEY not in str(line) for line in lines)


def test_the_right_key_from_elsewhere(asked: Portal, make_portal: MakePortal) -> None:
    answer = get(asked, "/sms/kannel", address="192.0.2.7", **{"from": VERA, "text": "0"})
    assert answer.status_code == 403
    wide = make_portal(phones={"secret": KEY, "gateways": ["192.0.2.0/24", "2001:db8::/32"]})
    for address, status in (("192.0.2.7", 200), ("2001:db8::1", 200), ("127.0.0.1", 403)):
        answer = get(wide, "/sms/kannel", address=address, **{"from": VERA, "text": "?"})
        assert answer.status_code == status


def test_a_forged_way_of_coming_counts_for_nothing(asked: Portal) -> None:
    answer = asked.app.test_client().get(
        f"/sms/kannel?{urlencode({'key': KEY, 'from': VERA, 'text': '0'})}",
        environ_overrides={"REMOTE_ADDR": "192.0.2.7"},
        headers={"X-Forwarded-For": "127.0.0.1"},
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("number", [VERA, f"+{VERA}", f"00{VERA}", "0692000003"])
def test_a_number_as_gateways_write_it(asked: Portal, number: str) -> None:
    answer = get(asked, "/sms/kannel", **{"from": number, "text": "0", "id": "7"})
    assert answer.status_code == 200 and answer.mimetype == "text/plain"
    assert answer.text.startswith("AL0000004")
    assert "ë" not in answer.text and "\u00a0" not in answer.text
    assert answer.headers["X-Kannel-Coding"] == "0"
    assert answer.headers["Cache-Control"] == "no-store" and "Set-Cookie" not in answer.headers


def test_letters_as_they_are(make_portal: MakePortal) -> None:
    portal = make_portal(phones={"secret": KEY}, sms={"transliterate": False})
    answer = get(portal, "/sms/kannel", **{"from": VERA, "text": "?"})
    assert "kontratë" in answer.text and answer.headers["X-Kannel-Coding"] == "2"


@pytest.mark.parametrize(
    "number", ["", "abc", "0", "+1", "5055", "+355692000003 +35569", "\0", "9" * 400]
)
def test_what_is_no_number_gets_no_answer(asked: Portal, number: str) -> None:
    answer = get(asked, "/sms/kannel", **{"from": number, "text": "0"})
    assert (answer.status_code, answer.text) == (200, "")


@pytest.mark.parametrize(
    "text", ["", "x" * 10_000, "\0", "ë" * 500, "%F0%9F%98%80", "0\n1", "1 " * 90]
)
def test_no_text_breaks_it(asked: Portal, text: str) -> None:
    answer = get(asked, "/sms/kannel", **{"from": VERA, "text": text})
    assert answer.status_code == 200
    assert len(answer.text) <= 160


def test_bytes_that_are_no_utf8(asked: Portal) -> None:
    query = urlencode({"key": KEY, "from": VERA})
    answer = asked.app.test_client().get(f"/sms/kannel?{query}&text=%EB0%FF")
    assert answer.status_code == 200 and answer.text.startswith("0:")


def test_it_can_be_posted_too(asked: Portal) -> None:
    data = {"key": KEY, "from": VERA, "text": "0"}
    answer = asked.app.test_client().post("/sms/kannel", data=data)
    assert answer.text.startswith("AL0000004")


def test_what_became_of_an_sms(asked: Portal) -> None:
    with asked.database.write() as connection:
        to = Addressee(recipient=f"+{VERA}", language="sq")
        asked.services.outbox.post_sms(connection, "Kodi", to, Purpose(kind="code"))
    with asked.database.read() as connection:
        row = connection.exec_driver_sql("SELECT id, created_at, mark FROM message").one()
    digits = "".join(c for c in row.created_at if c.isdigit())
    reference = f"{row.id}.{digits}{row.mark}"
    for status, report in (("8", None), ("x", None), ("2", "failed"), ("1", "delivered")):
        assert get(asked, "/sms/report", id=reference, status=status).status_code == 200
        with asked.database.read() as connection:
            kept = connection.exec_driver_sql("SELECT report FROM message").scalar_one()
        assert kept == report
    for unknown in ("", "1", "\0", "9" * 500):
        assert get(asked, "/sms/report", id=unknown, status="1").status_code == 200


def test_a_menu_on_the_phone(asked: Portal) -> None:
    answer = dial(asked, phoneNumber=f"+{VERA}", text="")
    assert answer.mimetype == "text/plain"
    assert answer.text == "CON 1. Sa detyrohem\n2. Konsumi im"
    assert dial(asked, phoneNumber=f"+{VERA}", text="1").text.startswith("END AL0000004")
    assert dial(asked, phoneNumber="+355699999999", text="").text.startswith("END Ky numer")
    assert dial(asked, phoneNumber="nobody", text="").status_code == 400
    assert asked.app.test_client().get("/ussd").status_code == 405


def test_the_pages_tell_how_to_ask(asked: Portal, portal: Portal) -> None:
    page = asked.signed_in("Vera Leka").get("/account/preferences")
    assert "5055" in page.content and "#100#" in page.content
    assert "5055" not in portal.signed_in("Vera Leka").get("/account/preferences").content


def test_the_gateways_address_is_not_the_customers(asked: Portal) -> None:
    with asked.database.write() as connection:
        connection.exec_driver_sql("""UPDATE account SET preferences = '["invoice_by_sms"]'""")
    assert get(asked, "/sms/kannel", **{"from": VERA, "text": "STOP"}).status_code == 200
    [event] = asked.services.audit.list_newest()[:1]
    assert (event.action, event.address) == (Action.PREFERENCES_CHANGED, "")
