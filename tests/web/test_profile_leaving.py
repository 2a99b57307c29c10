"""Menaxho Llogarinë: devices signed out, one's own data, and the end of an account."""

import json
from typing import NoReturn

import pytest

from app.clock import today
from app.database.engine import DatabaseUnavailable
from tests.conftest import Portal
from tests.profiles import (
    EMAIL,
    NAME,
    account,
    change_email,
    change_phone,
    is_signed_in,
    rows,
    write,
)
from tests.web.client import PASSWORD, CheckedClient


@pytest.fixture
def client(portal: Portal) -> CheckedClient:
    return portal.signed_in(NAME)


# Devices


def test_devices_are_shown_and_one_is_signed_out(portal: Portal, client: CheckedClient) -> None:
    phone = portal.client()
    agent = "Mozilla/5.0 (Linux; Android 10; K) Chrome/131.0.0.0 Mobile Safari/537.36"
    phone.http.environ_base.update(HTTP_USER_AGENT=agent, REMOTE_ADDR="192.0.2.77")
    phone.sign_in(NAME)
    page = client.get("/account/devices")
    mine, other = page.table()
    assert "kjo pajisje" in mine[0] and "kjo pajisje" not in other[0]
    assert (other[0], other[1]) == ("Chrome, Android", "192.0.2.77")
    form = [e.get("action") for e in page.all("form") if "/devices/" in e.get("action", "")]
    client.post(str(form[1]), {}, status=303)
    assert "Pajisja u nxor nga llogaria." in client.get("/account/devices").content
    assert not is_signed_in(phone) and is_signed_in(client)
    client.post(str(form[1]), {}, status=404)  # it is gone


def test_own_device_is_signing_out(client: CheckedClient) -> None:
    page = client.get("/account/devices")
    form = next(e.get("action") for e in page.all("form") if "/devices/" in e.get("action", ""))
    assert client.post(str(form), {}, status=303).response.location == "/login"
    assert "Keni dalë nga llogaria." in client.get("/login").content
    assert not is_signed_in(client)


def test_all_others_are_signed_out(portal: Portal, client: CheckedClient) -> None:
    others = [portal.signed_in(NAME) for _ in range(3)]
    neighbour = portal.signed_in("Vera Leka")
    client.post("/account/devices/sign-out-others", {}, status=303)
    assert not any(is_signed_in(other) for other in others)
    assert is_signed_in(client) and is_signed_in(neighbour)
    assert "Nxirr të gjitha të tjerat" not in client.get("/account/devices").content


def test_devices_of_another_account_cannot_be_ended(portal: Portal, client: CheckedClient) -> None:
    vera = portal.signed_in("Vera Leka")
    for row in rows(portal, "SELECT id FROM account_session WHERE account_id = 4"):
        client.post(f"/account/devices/{row['id']}/sign-out", {}, status=404)
    for number in ("0", "99999", "2147483648", "9" * 40):
        client.post(f"/account/devices/{number}/sign-out", {}, status=404)
    assert is_signed_in(vera)


def test_a_hostile_browser_name_is_only_text(portal: Portal, client: CheckedClient) -> None:
    other = portal.client()
    other.http.environ_base.update(HTTP_USER_AGENT="<script>alert(1)</script>\u202e" + "x" * 500)
    other.sign_in(NAME)
    page = client.get("/account/devices")
    assert "<script>alert(1)" not in page.text
    assert page.table()[1][0].startswith("<script>alert(1)</script>x")
    assert len(page.table()[1][0]) <= 60


# Data and the end


def test_download_has_everything_and_nothing_of_others(
    portal: Portal, client: CheckedClient
) -> None:
    portal.signed_in("Vera Leka")
    change_phone(client, "069 111 2233")
    change_email(client, "new@example.org")
    response = client.post("/account/data", {"password": PASSWORD}).response
    assert response.mimetype == "application/json"
    day = today().isoformat()
    assert response.headers["Content-Disposition"] == f'attachment; filename="llogaria-{day}.json"'
    assert response.headers["Cache-Control"] == "no-store"
    text = response.get_data().decode("utf-8")
    kept = json.loads(text)
    assert text.startswith('{\n  "made_at"')
    assert kept["account"]["user_name"] == NAME
    assert kept["account"]["phone"] == "+355691112233"
    assert kept["account"]["email_waiting_for_confirmation"] == "new@example.org"
    codes = ["AL0000001", "AL0000002", "AL0000003"]
    assert [link["code"] for link in kept["contracts"]] == codes
    assert len(kept["signed_in_devices"]) == 1
    assert {m["about"] for m in kept["messages"]} >= {"phone changed", "confirm e-mail"}
    done = [event["what"] for event in kept["events"]]
    assert done[0] == "data downloaded" and "signed in" in done and "phone changed" in done
    mine = account(portal)
    assert mine["password_hash"] not in text and "$argon2" not in text and "hash" not in text
    assert "Vera" not in text and "AL0000004" not in text and "not-me" not in text


def test_download_leaves_out_whoever_had_the_number_before(portal: Portal) -> None:
    """SQLite gives the number of the newest account again once that is closed."""
    write(
        portal,
        "INSERT INTO audit_event (at, actor, action, account_id, address, detail)"
        " VALUES ('2001-01-01 00:00:00', 'customer', 'closed', 2, '198.51.100.9', '')",
    )
    page = portal.signed_in(NAME).post("/account/data", {"password": PASSWORD})
    text = page.response.get_data().decode()
    assert NAME in text
    assert "198.51.100.9" not in text


def test_what_billing_told_goes_with_the_account(
    portal: Portal, client: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept() -> set[str]:
        portal.services.last_known.flush()
        return {row["contract_code"] for row in rows(portal, "SELECT * FROM last_known")}

    def fail(*_: object) -> NoReturn:
        raise DatabaseUnavailable

    client.get("/contracts")
    other = portal.signed_in("Vera Leka")
    other.get("/contracts/AL0000004/pay")
    assert kept() == {"AL0000001", "AL0000002", "AL0000003", "AL0000004"}
    client.get("/contracts/AL0000001/history")  # not written yet when the account is closed
    client.post("/account/close", {"password": PASSWORD, "sure": "y"}, status=303)
    assert kept() == {"AL0000004"}
    monkeypatch.setattr("app.last_known.store.forget_unlinked", fail)
    other.post("/account/close", {"password": PASSWORD, "sure": "y"}, status=303)
    assert kept() == {"AL0000004"}
    monkeypatch.undo()
    portal.services.last_known.sweep()
    assert kept() == set()


def test_closing_deletes_and_ends_delegates(portal: Portal, client: CheckedClient) -> None:
    vera = portal.signed_in("Vera Leka")
    write(
        portal,
        "INSERT INTO account_contract (account_id, contract_code, linked_at, right, granted_by)"
        " VALUES (?, 'AL0000002', '2026-01-01 00:00:00', 'view', ?)",
        account(portal, "Vera Leka")["id"],
        account(portal)["id"],
    )
    vera.get("/contracts/AL0000002/pay")
    client.get("/account/close")
    page = client.post("/account/close", {"password": PASSWORD, "sure": "y"}, status=303)
    assert page.response.location == "/"
    assert "Llogaria juaj u mbyll" in client.get("/").content
    assert not is_signed_in(client)
    portal.client().post("/login", {"user_name": NAME, "password": PASSWORD}, status=400)
    vera.get("/contracts/AL0000002/pay", status=404)
    vera.get("/contracts/AL0000004/pay")
    assert NAME not in {row["user_name"] for row in rows(portal, "SELECT * FROM account")}
    assert [r for r in rows(portal, "SELECT * FROM message") if r["recipient"] == EMAIL] == [
        row for row in rows(portal, "SELECT * FROM message") if row["kind"] == "closed"
    ]


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        ({"password": "Gabim2024", "sure": "y"}, "password", "Ky nuk është fjalëkalimi"),
        ({"password": "", "sure": "y"}, "password", "Shkruani fjalëkalimin aktual."),
        ({"password": PASSWORD}, "sure", "Shënoni që dëshironi ta mbyllni llogarinë."),
        ({"password": PASSWORD, "sure": "false"}, "sure", "Shënoni që dëshironi"),
    ],
)
def test_closing_wants_the_password_and_a_tick(
    portal: Portal, client: CheckedClient, data: dict[str, str], field: str, message: str
) -> None:
    page = client.post("/account/close", data, status=400)
    assert message in page.error_of(field)
    assert account(portal)
    assert is_signed_in(client)
