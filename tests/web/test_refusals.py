"""What is refused before any page does its work, and what operators read of it."""

import json

import pytest

from tests.conftest import MakePortal, Portal


@pytest.mark.parametrize("site", ["cross-site", "same-site", "whatever"])
def test_a_request_that_another_site_sent_is_refused(
    portal: Portal, site: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Even with a token: it may have leaked."""
    client = portal.signed_in("Emer Mbiemer")
    page = client.post("/logout", {}, status=403, headers={"Sec-Fetch-Site": site})
    assert page.heading
    logged = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    refused = [line for line in logged if line["event"] == "request from another site refused"]
    assert [(line["endpoint"], line["site"]) for line in refused] == [("accounts.logout", site)]
    client.get("/contracts", headers={"Sec-Fetch-Site": site})  # links from elsewhere do open
    client.post("/logout", {}, status=303, headers={"Sec-Fetch-Site": "same-origin"})


def test_fields_in_the_address_or_sent_twice_count_for_nothing(portal: Portal) -> None:
    client = portal.client()
    query = "?user_name=Emer+Mbiemer&password=Provo2024"
    client.post(f"/login{query}", {}, status=400)
    token = client.fresh_token()
    body = f"csrf_token={token}&user_name=Askush&user_name=Emer+Mbiemer&password=Provo2024"
    answer = client.http.post(
        f"/login{query}", data=body, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 400  # the first one counts
    client.get("/contracts", status=303)


def test_refused_access_is_told_without_the_contract(
    portal: Portal, capfd: pytest.CaptureFixture[str]
) -> None:
    client = portal.signed_in("Vera Leka")
    capfd.readouterr()
    client.get("/contracts/AL0000000/history", status=404)
    logged = capfd.readouterr().err
    (line,) = [json.loads(one) for one in logged.splitlines()]
    assert (line["event"], line["endpoint"], line["method"]) == (
        "access refused", "invoices.history", "GET",
    )  # fmt: skip
    assert line["account"] and line["network"] == "127.0.0.1"
    assert "AL0000000" not in logged


def test_every_page_of_a_customer_lets_them_sign_out(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    for address in (
        "/contracts",
        "/contracts/AL0000000/pay",
        "/contracts/AL0000000/history",
        "/contracts/AL0000000/info",
        "/privacy",
    ):
        page = client.get(address)
        assert "/logout" in [form.get("action") for form in page.all("form")], address


def test_used_up_tries_are_told(make_portal: MakePortal, capfd: pytest.CaptureFixture[str]) -> None:
    client = make_portal(accounts={"sign_in_tries_per_network": 1}).client()
    for status in (400, 429):
        client.post("/login", {"user_name": "Askush", "password": "x"}, status=status)
    told = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [line["event"] for line in told] == ["sign-in refused", "tries used up"]
    assert {line["network"] for line in told} == {"127.0.0.1"}


def test_methods_for_debugging_do_nothing(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    for method in ("TRACE", "TRACK", "CONNECT", "DEBUG"):
        for address in ("/", "/contracts", "/contracts/AL0000000/pay"):
            assert client.http.open(address, method=method).status_code == 405, method


@pytest.mark.parametrize(
    "address",
    ["/.git/config", "/static/", "/static", "/static/../factory.py", "/static/%2e%2e/factory.py",
     "/selfcare.toml", "/var/secret_key", "/docs", "/openapi.json", "/metrics", "/console"],
)  # fmt: skip
def test_files_folders_and_inner_addresses_are_not_there(portal: Portal, address: str) -> None:
    assert portal.client().fetch(address).status_code == 404
