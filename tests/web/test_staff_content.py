"""Administrators change what customers read."""

import pytest
from sqlalchemy import text

from app.content.rules import LONGEST_TEXT
from tests.conftest import Portal
from tests.web.client import HTML, CheckedClient, Page, words

TERMS = "/staff/content/terms/sq"
FAQ = "/staff/content/faq/sq"
NEW = "# Termat\n\nTekst i ri me [pyetje](/faq).\n"
SAVE, PREVIEW = {"action": "save"}, {"action": "preview"}


@pytest.fixture
def administrator(portal: Portal) -> CheckedClient:
    return portal.staff("administrator")


def typed(page: Page) -> str:
    (area,) = page.all("textarea")
    return "".join(area.itertext())


def base(page: Page) -> str:
    return str(page.field("base").get("value"))


def save(client: CheckedClient, body: str, base: str, status: int = 303, at: str = TERMS) -> Page:
    return client.post(at, {"body": body, "base": base, **SAVE}, status=status)


def errors(page: Page) -> list[str]:
    """Those beside the field."""
    for found in page.all("ul"):
        if found.get("id") == "body-error":
            return [words(item) for item in found.iter(f"{HTML}li")]
    return []


def preview(page: Page) -> str:
    found = [e for e in page.all("div") if "preview" in str(e.get("class"))]
    return words(found[0]) if found else ""


def test_all_texts_are_listed(administrator: CheckedClient) -> None:
    rows = administrator.get("/staff/content").table()
    assert len(rows) == 8
    assert rows[0][:4] == ["Pyetje të shpeshta", "Shqip", "Teksti fillestar", "–"]


def test_what_is_saved_is_what_customers_read(portal: Portal, administrator: CheckedClient) -> None:
    page = administrator.get(TERMS)
    assert (base(page), typed(page).lstrip()[:8]) == ("0", "# Termat")
    done = save(administrator, NEW.replace("\n", "\r\n"), "0")
    assert done.response.location == TERMS
    page = administrator.get(TERMS)
    assert "brenda 20 sekondash" in page.content
    assert (base(page), typed(page).lstrip()) == ("1", NEW)
    shown = portal.client().get("/terms")
    assert shown.heading == "Termat" and "Tekst i ri me pyetje." in shown.content
    assert "Tekst i ri" not in portal.client("en").get("/terms").content
    row = administrator.get("/staff/content").table()[4]
    assert row[2] == "Versioni 1" and row[3].endswith("nga administrator")


def test_what_is_in_force_already_makes_no_version(administrator: CheckedClient) -> None:
    def save_as_it_is() -> None:
        page = administrator.get(TERMS)
        save(administrator, typed(page).replace("\n", "\r\n"), base(page))

    save_as_it_is()
    page = administrator.get(TERMS)
    assert "Asgjë nuk ndryshoi." in page.content and base(page) == "0"
    save(administrator, NEW, "0")
    save_as_it_is()
    page = administrator.get(TERMS)
    assert "Asgjë nuk ndryshoi." in page.content and base(page) == "1"


def test_a_preview_saves_nothing_and_keeps_what_was_typed(
    portal: Portal, administrator: CheckedClient
) -> None:
    page = administrator.post(TERMS, {"body": NEW, "base": "0", **PREVIEW})
    assert "Tekst i ri me pyetje." in preview(page)
    assert (typed(page).lstrip(), base(page)) == (NEW, "0")
    assert "Tekst i ri" not in portal.client().get("/terms").content
    questions = "# P\n## Tema\n### A?\npo\n#### Biznes\njo\n"
    page = administrator.post(FAQ, {"body": questions, "base": "0", **PREVIEW})
    assert "Kontratë biznesi jo" in preview(page) and "/faq/a" in preview(page)


def test_what_is_wrong_stands_beside_the_field_with_its_line(
    portal: Portal, administrator: CheckedClient
) -> None:
    wrong = "# P\n## Tema\n### A?\n[x](javascript:alert(1))\n#### Dyqane\njo\n"
    for action in (SAVE, PREVIEW):
        page = administrator.post(FAQ, {"body": wrong, "base": "0", **action}, status=400)
        assert [error.split(":")[0] for error in errors(page)] == ["Rreshti 4", "Rreshti 5"]
        assert page.problems and typed(page).lstrip() == wrong
    assert preview(page)
    for body in ("", " \n ", "a" * (LONGEST_TEXT + 1)):
        assert errors(save(administrator, body, "0", status=400))
    assert "## Tema" not in portal.client().get("/faq").text


def test_of_many_flaws_the_first_are_told(administrator: CheckedClient) -> None:
    body = "# T\n" + "\n[a](x)\n" * 200
    assert len(errors(save(administrator, body, "0", status=400))) == 20


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "</textarea><script>alert(1)</script>",
        "<b onclick=alert(1)>x</b>",
        "`<img src=x onerror=alert(1)>`",
        '"><svg onload=alert(1)>',
    ],
)
def test_no_text_becomes_a_script(
    portal: Portal, administrator: CheckedClient, hostile: str
) -> None:
    """The test's client refuses handlers and scripts without the page's nonce."""
    question = f"# T {hostile}\n## X {hostile}\n### Y {hostile} {{#y}}\n{hostile} fjalë\n"
    for address, body, shown in (
        (TERMS, f"# T {hostile}\n\n{hostile}\n", ["/terms"]),
        (FAQ, question, ["/faq", "/faq/y", "/faq?q=script+fjalë+svg"]),
    ):
        page = administrator.post(address, {"body": body, "base": "0", **PREVIEW})
        assert len(page.all("script")) == 1
        save(administrator, body, "0", at=address)
        pages = [administrator.get(f"{address}/versions/1")]
        pages += [portal.client().get(one) for one in shown]
        for page in pages:
            assert len(page.all("script")) == 1
            assert not page.all("img") and page.text.count("<svg") == 1  # the utility's mark


# Two people at once


def test_the_later_of_two_keeps_what_was_typed_and_sees_both(
    portal: Portal, administrator: CheckedClient
) -> None:
    other = portal.staff("administrator")
    save(administrator, NEW, "0")
    page = save(other, "# Termat\n\nI dyti.\n", "0", status=409)
    assert "Dikush tjetër" in page.problems[0]
    assert typed(page).lstrip() == "# Termat\n\nI dyti.\n"
    assert "Tekst i ri" in words(page.all("pre")[0])
    assert [words(e) for e in page.all("del")] == ["Pa: Tekst i ri me [pyetje](/faq)."]
    assert [words(e) for e in page.all("ins")] == ["Me: I dyti."]
    assert "Tekst i ri" in portal.client().get("/terms").content
    # Knowing it, they may still save theirs.
    save(other, typed(page), base(page))
    assert "I dyti." in portal.client().get("/terms").content


@pytest.mark.parametrize("forged", ["", "-1", "x", "7", "9" * 30, "٣"])
def test_a_forged_version_overwrites_nothing(administrator: CheckedClient, forged: str) -> None:
    page = save(administrator, NEW, forged, status=409)
    assert base(page) == "0" and "Teksti fillestar" in page.content


def test_a_forged_request_changes_nothing_and_what_was_typed_is_kept(
    portal: Portal, administrator: CheckedClient
) -> None:
    data = {"body": NEW, "base": "0", "csrf_token": "forged", **SAVE}
    page = administrator.post(TERMS, data, status=400)
    assert typed(page).lstrip() == NEW
    save(administrator, NEW, "0")
    data = {"base": "1", "csrf_token": "forged"}
    administrator.post(f"{TERMS}/versions/0/restore", data, status=400)
    assert "Tekst i ri" in portal.client().get("/terms").content


# History


def test_the_history_shows_and_restores(portal: Portal, administrator: CheckedClient) -> None:
    save(administrator, NEW, "0")
    save(administrator, "# Termat\n\nI dyti.\n", "1")
    rows = administrator.get(f"{TERMS}/versions").table()
    assert [row[0] for row in rows] == ["Versioni 2", "Versioni 1", "Teksti fillestar"]
    page = administrator.get(f"{TERMS}/versions/1")
    assert "Tekst i ri" in preview(page) and page.all("ins") and page.all("del")
    restore(administrator, 1, base(page))
    assert "Tekst i ri" in portal.client().get("/terms").content
    newest = administrator.get(f"{TERMS}/versions").table()[0]
    assert newest[0] == "Versioni 3" and "u rikthye versioni 1" in newest[3]
    restore(administrator, 0, "3")
    assert "Tekst i ri" not in portal.client().get("/terms").content
    assert "kthim te teksti fillestar" in administrator.get(f"{TERMS}/versions").table()[0][3]
    in_force = administrator.get(f"{TERMS}/versions/4")
    assert "Në fuqi" in in_force.content and "Rikthe" not in in_force.content


def restore(client: CheckedClient, number: int, base: str, status: int = 303) -> Page:
    address = f"{TERMS}/versions/{number}/restore"
    return client.post(address, {"base": base}, status=status)


def test_restoring_over_somebody_elses_change_asks_again(
    portal: Portal, administrator: CheckedClient
) -> None:
    save(administrator, NEW, "0")
    page = restore(administrator, 0, "0", status=409)
    assert "ndërkohë" in page.problems[0] and base(page) == "1"
    assert "Tekst i ri" in portal.client().get("/terms").content
    restore(administrator, 9, "1", status=404)
    administrator.get(f"{TERMS}/versions/9", status=404)
    administrator.get(f"{TERMS}/versions/99999999999999999999", status=404)
    administrator.get("/staff/content/nothing/sq", status=404)
    administrator.get("/staff/content/terms/de", status=404)


def test_what_would_not_be_accepted_today_is_not_restored(
    portal: Portal, administrator: CheckedClient
) -> None:
    save(administrator, NEW, "0")
    portal.services.content._memory.forget()
    with portal.database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO content_version (name, language, number, body, at, staff_id, made_by)"
                " SELECT name, language, 2, 'no title', at, staff_id, made_by FROM content_version"
            )
        )
    save(administrator, "# Termat\n\nI dyti.\n", "2")
    assert "titullin" in restore(administrator, 2, "3", status=400).problems[0]


# Who may


@pytest.mark.parametrize("name", ["agjent", "mbikeqyres"])
def test_texts_are_the_administrators(portal: Portal, name: str) -> None:
    client = portal.staff(name)
    assert "Tekstet" not in client.get("/staff").content
    for address in ("/staff/content", TERMS, f"{TERMS}/versions", f"{TERMS}/versions/0"):
        client.get(address, status=403)
    save(client, NEW, "0", status=403)
    restore(client, 0, "0", status=403)
    customer = portal.signed_in("Emer Mbiemer")
    assert "/staff/login" in customer.get(TERMS, status=303).response.location


def test_who_changed_what_is_in_the_audit_trail(
    portal: Portal, administrator: CheckedClient
) -> None:
    save(administrator, NEW, "0")
    member = portal.services.members.get("administrator")
    (event, *_more) = portal.services.members.list_events(member, limit=5)
    assert (event.action.value, event.detail) == ("text changed", "terms (sq), version 1")
    assert event.address == "127.0.0.1"


def test_english_says_it_too(portal: Portal) -> None:
    client = portal.staff("administrator", "en")
    page = client.post(TERMS, {"body": "x", "base": "0", **SAVE}, status=400)
    assert errors(page) == ["Line 1: The text begins with its title, in a line such as “# Title”."]
