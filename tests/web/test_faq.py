"""The questions' pages as customers see them."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from werkzeug.exceptions import HTTPException

from app.content import faq, rules
from app.content.records import LANGUAGES, SHIPPED, Editor, TextKey, TextName
from config.settings import ROOT
from tests.conftest import MakePortal, Portal
from tests.web.client import Page
from tests.web.test_round_trips import round_trips

BY = Editor(staff_id=1, name="administrator", address="192.0.2.1")
FAQ = TextKey(name=TextName.FAQ, language="sq")


def questions(page: Page) -> list[str]:
    return ["".join(e.itertext()) for e in page.all("summary")]


def links(page: Page) -> list[str]:
    return [a.get("href", "") for a in page.all("a")]


def save(portal: Portal, text: str) -> None:
    portal.services.content.save(FAQ, text, base=SHIPPED, by=BY)


def test_all_questions_by_topic(portal: Portal) -> None:
    page = portal.client().get("/faq")
    assert page.heading == "Pyetje të shpeshta"
    assert len(questions(page)) >= 25
    assert "Fatura" in [e.text for e in page.all("h2")]
    assert "klienti@energjia-demo.example" in page.content
    assert portal.client("en").get("/faq").heading == "Frequently asked questions"


def test_each_answer_has_its_own_address_in_both_languages(portal: Portal) -> None:
    sq, en = portal.client().get("/faq/tariffs"), portal.client("en").get("/faq/tariffs")
    assert (sq.heading, en.heading) == ("Sa kushton energjia elektrike?",
                                        "What does electricity cost?")  # fmt: skip
    assert "8,5 lekë" in sq.content and "8.5 lek" in en.content
    ids = {e.get("id") for e in portal.client().get("/faq").root.iter()}  # type: ignore[union-attr]
    assert "q-tariffs" in ids


def test_answers_differ_by_contract(portal: Portal) -> None:
    client = portal.client()
    both = client.get("/faq/tariffs").content
    assert "Kontratë individuale" in both and "Kontratë biznesi" in both
    individual = client.get("/faq/tariffs?for=individual").content
    assert "8,5 lekë" in individual and "Kategorinë e gjeni" not in individual
    business = client.get("/faq/tariffs?for=business").content
    assert "8,5 lekë" not in business and "Kategorinë e gjeni" in business
    assert client.get("/faq/tariffs?for=nonsense").content == both
    chosen = [
        a.get("href") for a in client.get("/faq?for=business").all("a") if a.get("aria-current")
    ]
    assert chosen == ["/faq?for=business"]
    found = client.get("/faq?q=ekstrakt&for=individual")
    assert "Nuk gjetëm" in found.content
    assert found.field("for").get("value") == "individual"
    assert "/faq?q=ekstrakt" in links(found)


def test_searching_finds_marks_and_keeps_what_was_typed(portal: Portal) -> None:
    page = portal.client().get("/faq?q=faturave+TE+papaguara")
    assert page.field("q").get("value") == "faturave TE papaguara"
    assert [e.text for e in page.all("mark")]
    page = portal.client().get("/faq?q=cmimi")
    assert questions(page)[0].startswith("Sa kushton energjia elektrike?")
    assert [d.get("open") for d in page.all("details")][:1] == [""]


def test_nothing_found_leads_on(portal: Portal) -> None:
    page = portal.client().get(
        "/faq?q=krokodil%22%3E%3Cscript%3Ealert(1)%3C/script%3E&for=business"
    )
    assert "Nuk gjetëm asnjë pyetje" in page.content
    assert "0800 0000" in page.content and "mailto:klienti@energjia-demo.example" in links(page)
    assert "/faq?for=business#topic-1" in links(page)
    assert len(page.all("script")) == 1
    portal.client().get("/faq?q=" + "x" * 5_000)
    portal.client().get("/faq?q=%00%0a%ff&for=%00")


def test_an_address_that_is_gone_leads_to_the_others(portal: Portal) -> None:
    page = portal.client().get("/faq/nowhere", status=404)
    assert "nuk është më këtu" in page.content and len(questions(page)) >= 25


def test_a_text_missing_in_one_language_shows_the_other(portal: Portal, tmp_path: Path) -> None:
    for name in ("faq", "privacy"):
        file = tmp_path / "content/sq" / f"{name}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text((ROOT / f"config/content/sq/{name}.md").read_text("utf-8"), "utf-8")
    portal.services.content._folder = tmp_path / "content"
    for address in ("/faq", "/faq?q=faturave", "/faq/tariffs", "/privacy"):
        page = portal.client("en").get(address)
        assert "not there in English yet" in page.content, address
        assert "sq" in {e.get("lang") for e in page.all("div")}, address
        assert "ende nuk" not in portal.client().get(address).content.split(".")[0]
    portal.client().get("/terms", status=404)


def test_a_broken_file_never_takes_the_page_away(portal: Portal, tmp_path: Path) -> None:
    (tmp_path / "sq").mkdir()
    file = tmp_path / "sq/faq.md"
    portal.services.content._folder = tmp_path
    file.write_text("\n", "utf-8")
    portal.client().get("/faq", status=404)
    for text in ("text", "#### x", "# T\n## X\n### A\na\n### A\nb\n##### y\n<b>"):
        file.write_text(text, "utf-8")
        for address in ("/faq", "/faq?q=a", "/faq?for=business"):
            portal.client().get(address)


def test_pages_live_on_without_the_portals_database(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "# Pyetje\n## X\n### Vetëm kjo? {#only}\nPo.\n"
    save(portal, text)
    client = portal.signed_in("Emer Mbiemer")
    assert questions(client.get("/faq")) == ["Vetëm kjo?"]
    portal.services.content._memory.forget()
    with portal.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE content_version RENAME TO away")
        connection.exec_driver_sql("ALTER TABLE account_session RENAME TO away_too")
    for address in ("/faq", "/faq/only", "/faq?q=kjo", "/privacy"):
        client.get(address)
    assert questions(client.get("/faq")) == ["Vetëm kjo?"]


def test_a_page_asks_for_nothing_once_it_was_asked(portal: Portal) -> None:
    for address in ("/faq", "/faq?q=fatura&for=business", "/faq/tariffs", "/terms"):
        assert round_trips(portal, portal.client(), address) == (0, 0)
    assert round_trips(portal, portal.signed_in("Emer Mbiemer"), "/faq") == (0, 1)


def test_below_a_path_links_in_texts_lead_there(make_portal: MakePortal) -> None:
    portal = make_portal(web={"proxy_hops": 1, "proxy_sets_prefix": True})
    page = portal.client().http.get("/faq/register", headers={"X-Forwarded-Prefix": "/klient"})
    assert 'href="/klient/faq/add-contract"' in page.text
    assert 'href="/faq/' not in page.text


# What is shipped


@pytest.mark.parametrize("name", list(TextName))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_in_what_is_shipped_leads_somewhere(
    portal: Portal, language: str, name: TextName
) -> None:
    body = (ROOT / f"config/content/{language}/{name}.md").read_text("utf-8")
    found = re.findall(r"\]\((/[^)]*)\)", body)
    assert found or name is not TextName.FAQ
    for address in found:
        assert leads_somewhere(portal, address, language), address


def leads_somewhere(portal: Portal, address: str, language: str) -> bool:
    try:
        endpoint, values = portal.app.url_map.bind("localhost").match(urlsplit(address).path)
    except HTTPException:
        return False
    return endpoint != "faq.show" or values["slug"] in slugs(language)


def slugs(language: str) -> set[str]:
    text = (ROOT / f"config/content/{language}/faq.md").read_text("utf-8")
    read, _flaws = faq.read(rules.normal_text(text))
    return {question.slug for _topic, question in read.questions()}


def test_a_link_that_leads_nowhere_would_be_noticed(portal: Portal) -> None:
    for address in ("/faq/nowhere", "/nowhere", "/staff/nowhere"):
        assert not leads_somewhere(portal, address, "sq")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_to_a_question_leads_to_one(language: str) -> None:
    named = {
        slug
        for file in (ROOT / "app/templates").rglob("*.html")
        for slug in re.findall(r"url_for\('faq.show', slug='([\w-]+)'\)", file.read_text("utf-8"))
    }
    assert named and named <= slugs(language)
