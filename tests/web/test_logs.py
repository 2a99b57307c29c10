"""What operators read holds nothing about a person that it need not."""

import json
from datetime import datetime, timedelta

import pytest
import structlog

from app.audit.records import Action
from app.web.logs import hide_personal_data
from tests.conftest import MakePortal, Portal
from tests.web.test_recovery import GOOD as LOST
from tests.web.test_recovery import shown
from tests.web.test_register import GOOD as VERA

CANARIES = {
    "password": "kanarine77",
    "wrong password": "kanarina88",
    "e-mail": "kanarin@example.org",
    "phone": "0694455667",
    "phone abroad": "+355694455667",
    "name": "Kanarin",
}


def test_no_flow_leaves_personal_data_in_the_logs(
    make_portal: MakePortal, capfd: pytest.CaptureFixture[str]
) -> None:
    portal = make_portal(log={"level": "DEBUG"}, accounts={"wrong_contracts_per_network": 1})
    canary = {
        "user_name": CANARIES["name"],
        "password": CANARIES["password"],
        "phone": CANARIES["phone"],
        "email": CANARIES["e-mail"],
    }
    portal.client().post("/register", {**VERA, **canary, "contract_code": "AL99"}, status=400)
    portal.client().post("/register", {**VERA, **canary, "contract_code": "AL98"}, status=400)
    portal.client().post(
        "/login", {"user_name": CANARIES["e-mail"], "password": CANARIES["wrong password"]}, 400
    )
    temporary = shown(portal.client().post("/forgot-password", LOST))
    portal.client().post("/forgot-password", {**LOST, "phone": CANARIES["phone"]}, status=400)
    client = portal.client()
    client.post("/login", {"user_name": "Agron Hoxha", "password": temporary}, status=303)
    portal.app.view_functions["contracts.info"] = _fail
    portal.signed_in("Vera Leka").get("/contracts/AL0000004/info", status=500)
    with portal.database.write() as connection:
        connection.exec_driver_sql("DROP TABLE account_recovery")
    portal.client().post(
        "/login", {"user_name": CANARIES["name"], "password": CANARIES["wrong password"]}, 503
    )
    logged = capfd.readouterr().err
    events = {json.loads(line)["event"] for line in logged.splitlines()}
    assert {"sign-in refused", "walk over contract numbers", "unexpected failure"} <= events
    assert "portal database failed" in events
    for what, canary_text in {**CANARIES, "temporary": temporary}.items():
        assert canary_text not in logged, what


def _fail(code: str) -> str:
    raise ValueError(f"{code}: write to {CANARIES['e-mail']} or call {CANARIES['phone abroad']}")


def test_lines_are_cleaned_whatever_is_put_into_them() -> None:
    event = {
        "event": "refused by mail.example.org: <a.b@c.example> is unknown",
        "password": "x",
        "session_token": "x",
        "reason": "no route to +355 69 123 4567 since 12:30",
        "attempts": 3,
        "record": {"email": "a@b.example"},
        "none": None,
    }
    assert hide_personal_data(None, "", event) == {
        "event": "refused by mail.example.org: <(e-mail)> is unknown",
        "password": "(hidden)",
        "session_token": "(hidden)",
        "reason": "no route to (phone) since 12:30",
        "attempts": 3,
        "record": "(dict)",
        "none": None,
    }


@pytest.mark.parametrize("kind", ["json", "text"])
def test_nothing_makes_a_line_of_its_own(
    make_portal: MakePortal, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    make_portal(log={"format": kind})
    hostile = 'x\n{"event": "forged"}\r\n\u2028\x1b[2Jforged'
    structlog.get_logger("selfcare").warning("refused", host=hostile)
    logged = capfd.readouterr().err
    assert logged.count("\n") == 1 and logged.endswith("\n")
    assert "\x1b" not in logged and "\r" not in logged


def test_every_line_says_when_in_utc_and_how_bad_it_is(
    portal: Portal, capfd: pytest.CaptureFixture[str]
) -> None:
    portal.client().post("/login", {"user_name": "Askush", "password": "x"}, status=400)
    (line,) = [json.loads(one) for one in capfd.readouterr().err.splitlines()]
    assert {"event", "level", "timestamp", "account", "network"} == line.keys()
    assert datetime.fromisoformat(line["timestamp"]).utcoffset() == timedelta(0)
    assert line["timestamp"].endswith("Z")


def test_who_came_in_is_in_the_audit_trail(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    client.post("/logout", {}, status=303)
    out, came_in = portal.services.audit.list_newest(limit=2)
    assert (came_in.action, out.action) == (Action.SIGNED_IN, Action.SIGNED_OUT)
    assert came_in.account_id == out.account_id and came_in.address == "127.0.0.1"
    assert came_in.at.utcoffset() == timedelta(0)
