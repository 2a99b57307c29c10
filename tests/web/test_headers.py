"""The headers of every kind of response."""

import gzip

import pytest

from tests.conftest import MakePortal, Portal


def test_pages_carry_the_safe_headers(portal: Portal) -> None:
    for address, status in (("/", 200), ("/login", 200), ("/nowhere", 404), ("/contracts", 303)):
        headers = portal.client().get(address, status=status).response.headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "Strict-Transport-Security" not in headers


def test_each_page_has_its_own_nonce(portal: Portal) -> None:
    client = portal.client()
    policies = {client.get("/").response.headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


def test_signed_in_pages_are_neither_stored_nor_indexed(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    for address in (
        "",
        "/AL0000000/pay",
        "/AL0000000/history",
        "/AL0000000/invoices/123456789.pdf",
    ):
        headers = client.get(f"/contracts{address}").response.headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Robots-Tag"] == "noindex, nofollow"


def test_static_files_are_kept_for_a_year_under_their_fingerprint(portal: Portal) -> None:
    client = portal.client()
    links = [e.get("href", "") for e in client.get("/").all("link")]
    assert len(links) == 3
    for link in links:
        assert "immutable" in client.fetch(link).headers["Cache-Control"], link
    plain = client.fetch("/static/site.css").headers["Cache-Control"]
    assert "immutable" not in plain


def test_first_visit_is_light(portal: Portal) -> None:
    client = portal.client()
    page = client.get("/login")
    links = [e.get("href", "") for e in page.all("link")] + [
        e.get("src", "") for e in page.all("script")
    ]
    bodies = [page.response.data, *(client.fetch(link).data for link in links)]
    assert len(bodies) <= 5
    assert sum(len(gzip.compress(body)) for body in bodies) <= 50_000


def test_https_makes_cookies_secure_and_sends_hsts(make_portal: MakePortal) -> None:
    client = make_portal(web={"https": True}).client()
    response = client.fetch("/login", base_url="https://localhost")
    assert "max-age=31536000" in response.headers["Strict-Transport-Security"]
    cookie = response.headers["Set-Cookie"]
    assert "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_unknown_hosts_are_refused(make_portal: MakePortal) -> None:
    client = make_portal(web={"trusted_hosts": ["portal.example"]}).client()
    assert client.fetch("/", base_url="http://portal.example").status_code == 200
    assert client.fetch("/", base_url="http://evil.example").status_code == 400


@pytest.mark.parametrize("proxy_hops", [0, 1])
def test_who_watches_may_ask_by_address(make_portal: MakePortal, proxy_hops: int) -> None:
    own = {"trusted_hosts": [".portal.example"], "proxy_hops": proxy_hops}
    client = make_portal(web=own).client()
    for path in ("/healthz", "/readyz"):
        answer = client.fetch(path, base_url="http://10.0.0.7:8000")
        assert answer.status_code == 200
        assert "ok" in answer.text and "10.0.0.7" not in answer.text
        assert "Set-Cookie" not in answer.headers
    for path in ("/", "/login", "/healthz/", "//healthz", "/theme.css"):
        assert client.fetch(path, base_url="http://10.0.0.7:8000").status_code == 400


def test_proxy_headers_count_when_a_hop_is_trusted(make_portal: MakePortal) -> None:
    client = make_portal(web={"proxy_hops": 1, "proxy_sets_prefix": True, "https": True}).client()
    response = client.fetch(
        "/contracts", headers={"X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/vetesherbim"}
    )
    assert response.location == "/vetesherbim/login?next=/vetesherbim/contracts"
    # Ours are added outside of what stands between proxies and the portal.
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store"


def test_signing_in_below_a_path_stays_below_it(make_portal: MakePortal) -> None:
    client = make_portal(web={"proxy_hops": 1, "proxy_sets_prefix": True}).client()
    below = {"headers": {"X-Forwarded-Prefix": "/vetesherbim"}}
    page = client.get("/login?next=/vetesherbim/contracts/AL0000000/info", **below)
    form = {"user_name": "Emer Mbiemer", "password": "Provo2024", "csrf_token": page.csrf_token}
    done = client.post("/login?next=/vetesherbim/contracts/AL0000000/info", form, 303, **below)
    assert done.response.location == "/vetesherbim/contracts/AL0000000/info"
    links = [a.get("href", "") for a in client.get("/privacy", **below).all("a")]
    assert "/vetesherbim/language/en?next=/vetesherbim/privacy" in links


def test_every_answer_says_what_it_is_and_how_it_is_written(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    for address, kind in (
        ("/contracts", "text/html; charset=utf-8"),
        ("/nowhere", "text/html; charset=utf-8"),
        ("/healthz", "text/plain; charset=utf-8"),
        ("/readyz", "text/plain; charset=utf-8"),
        ("/robots.txt", "text/plain; charset=utf-8"),
        ("/theme.css", "text/css; charset=utf-8"),
        ("/static/site.css", "text/css; charset=utf-8"),
        ("/static/site.js", "text/javascript; charset=utf-8"),
        ("/static/icon.svg", "image/svg+xml; charset=utf-8"),
        ("/contracts/AL0000000/invoices/123456789.pdf", "application/pdf"),
    ):
        headers = client.fetch(address).headers
        assert headers["Content-Type"] == kind, address
        assert headers["X-Content-Type-Options"] == "nosniff"
        policy = headers["Content-Security-Policy"]
        for directive in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert directive in policy, address
        assert "Access-Control-Allow-Origin" not in headers


def test_nothing_is_loaded_from_elsewhere(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    for address in ("/privacy", "/contracts", "/contracts/AL0000000/history"):
        page = client.get(address)
        loaded = [e.get("src", "") for tag in ("script", "img", "iframe") for e in page.all(tag)]
        loaded += [e.get("href", "") for e in page.all("link")]
        assert loaded and all(one.startswith("/") and one[1:2] != "/" for one in loaded)


def test_https_headers_stand_on_every_answer(make_portal: MakePortal) -> None:
    client = make_portal(web={"https": True, "trusted_hosts": ["localhost"]}).client()
    for address, host in (
        ("/login", "localhost"),
        ("/nowhere", "localhost"),
        ("/static/site.css", "localhost"),
        ("/healthz", "localhost"),
        ("/", "evil.example"),
    ):
        headers = client.fetch(address, base_url=f"https://{host}").headers
        told = headers["Strict-Transport-Security"]
        assert told == "max-age=31536000; includeSubDomains", address
