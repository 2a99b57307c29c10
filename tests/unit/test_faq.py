"""The questions' text: how it is read, what is said of it, and how questions are found."""

import pytest
from markupsafe import Markup

from app.content import faq, rules
from app.content.markdown import render
from app.content.records import LANGUAGES, Audience, FlawKind, TextName
from app.content.search import highlight, one_slip_apart, search
from config.settings import ROOT

WHOLE = """# Pyetje

Hyrje.

## Fatura

### Ku është fatura? {#where}

Te kontrata.

#### Biznes

Edhe si skedar.

#### Individual

Vetëm PDF.

### Sa kushton?

9,5 lekë.
"""


def shipped(language: str, name: str = "faq") -> str:
    file = ROOT / "config/content" / language / f"{name}.md"
    return rules.normal_text(file.read_text(encoding="utf-8"))


# Reading


def test_topics_questions_and_answers() -> None:
    read, flaws = faq.read(WHOLE)
    assert flaws == ()
    assert (read.title, read.intro) == ("Pyetje", "Hyrje.")
    (topic,) = read.topics
    where, price = topic.questions
    assert (topic.title, where.slug, where.title) == ("Fatura", "where", "Ku është fatura?")
    assert [(a.audience, a.source) for a in where.answers] == [
        (None, "Te kontrata."),
        (Audience.BUSINESS, "Edhe si skedar."),
        (Audience.INDIVIDUAL, "Vetëm PDF."),
    ]
    assert (price.slug, price.answers[0].source) == ("sa-kushton", "9,5 lekë.")
    assert read.find("where") == (topic, where) and read.find("nowhere") is None


def test_each_kind_of_contract_sees_its_own() -> None:
    text = "# T\n## X\n### A\n#### Business\nb\n### B\nall\n#### Individual\ni\n"
    text += "## Y\n### C\n#### Biznes\nc"
    read, flaws = faq.read(text)
    assert flaws == ()
    individual = read.only(Audience.INDIVIDUAL)
    assert [question.title for _topic, question in individual.questions()] == ["B"]
    business = [question.title for _topic, question in read.only(Audience.BUSINESS).questions()]
    assert business == ["A", "B", "C"]
    assert read.only(None) == read


def test_signs_within_code_are_no_headings() -> None:
    read, flaws = faq.read("# T\n## X\n### A\n```\n## not a topic\n```\n")
    assert flaws == () and len(read.topics) == 1


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("", FlawKind.EMPTY, 0),
        (" \n\n", FlawKind.EMPTY, 0),
        ("# T\n" + "a" * rules.LONGEST_TEXT, FlawKind.TOO_LONG, 0),
        ("## X\n### A\na", FlawKind.NO_TITLE, 1),
        ("# T\n## X\n### A\na\n# U\nb", FlawKind.SECOND_TITLE, 5),
        ("# T\n\n### A\na\n## X\n### B\nb", FlawKind.OUTSIDE_TOPIC, 3),
        ("# T\n## X\ntext\n### A\na", FlawKind.OUTSIDE_QUESTION, 2),
        ("# T\n## X\n#### Business\nb\n### A\na", FlawKind.OUTSIDE_QUESTION, 3),
        ("# T\n## X\n## Y\n### A\na", FlawKind.EMPTY_TOPIC, 2),
        ("# T\n## X\n### A\n### B\nb", FlawKind.NO_ANSWER, 3),
        ("# T\n## X\n### A\n#### Business\n### B\nb", FlawKind.NO_ANSWER, 4),
        ("# T\n## X\n### A\n#### Shops\ns\n### B\nb", FlawKind.AUDIENCE, 4),
        ("# T\n## X\n### A\n#### Business\ns\n#### Biznes\nb", FlawKind.AUDIENCE_TWICE, 6),
        ("# T\n## X\n### A\na\n##### small\nb", FlawKind.HEADING, 5),
        ("# T\n## X\n### A\n> # quoted\n", FlawKind.HEADING, 4),
        ("# T\n## X\n### A {#Ë x}\na\n### B\nb", FlawKind.SLUG, 3),
        ("# T\n## X\n### ?\na\n### B\nb", FlawKind.SLUG, 3),
        ("# T\n## X\n### A\na\n## Y\n### a\nb", FlawKind.SLUG_TWICE, 6),
        ("# T\n\ntext", FlawKind.NO_QUESTIONS, 0),
        ("# T\n## X\n### A\n[a](javascript:alert(1))", FlawKind.LINK, 4),
        ("# T\n## X\n### A\n![a](/logo)", FlawKind.PICTURE, 4),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, kind: FlawKind, line: int) -> None:
    found = rules.find_flaws(TextName.FAQ, rules.normal_text(text))
    assert (kind, line) in [(flaw.kind, flaw.line) for flaw in found]


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("text", FlawKind.NO_TITLE, 1),
        ("#\n\ntext", FlawKind.NO_TITLE, 1),
        ("# T\n", FlawKind.EMPTY, 0),
        ("# T\n\ntext\n\n# U\n", FlawKind.SECOND_TITLE, 5),
        ("# T\n\ntext\n====\n", FlawKind.SECOND_TITLE, 3),
        ("# T\n\n[a](ftp://x.example)", FlawKind.LINK, 3),
    ],
)
def test_pages_have_rules_too(text: str, kind: FlawKind, line: int) -> None:
    found = rules.find_flaws(TextName.TERMS, rules.normal_text(text))
    assert [(flaw.kind, flaw.line) for flaw in found] == [(kind, line)]


@pytest.mark.parametrize("name", list(TextName))
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_shipped_could_be_saved(name: TextName, language: str) -> None:
    assert rules.find_flaws(name, shipped(language, name)) == ()


def test_both_languages_have_the_same_addresses() -> None:
    slugs = [
        [question.slug for _topic, question in faq.read(shipped(language))[0].questions()]
        for language in LANGUAGES
    ]
    assert slugs[0] == slugs[1] and len(slugs[0]) >= 25


def test_texts_are_kept_in_one_way() -> None:
    assert rules.normal_text("\r\n# T \r\n\x00a\u202eb\te\u0308\r") == "# T\nab\të\n"


def test_the_difference_names_lines_that_differ_alone() -> None:
    found = rules.difference("a\nb\nc\n", "a\nB\nc\nd\n")
    assert [(line.sign, line.text) for line in found] == [
        *(("…", ""), ("-", "b"), ("+", "B")),
        *(("…", ""), ("+", "d")),
    ]
    assert rules.difference("a\n", "a\n") == ()


# Markdown


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](java\tscript:alert(1))",
        "[a](\x01javascript:alert(1))",
        "[a](&#106;avascript:alert(1))",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "[a](vbscript:x)",
        "<javascript:alert(1)>",
        "[a](//evil.example)",
        "[a](/\\evil.example)",
        "[a](\\\\evil.example)",
        "[a]: javascript:alert(1)\n[a]",
        "![a](javascript:alert(1))",
        '[a](/x "\\" onmouseover=alert(1) x=\\"")',
        "[a](https:///evil)",
        "[a](ftp://x.example)",
        "[a](file:///etc/passwd)",
        "[a](relative)",
        "```<script>\n</script>\n```",
    ],
)
def test_no_text_becomes_a_script_or_a_foreign_address(hostile: str) -> None:
    html = str(render(hostile)).lower()
    assert "<script" not in html and "<img" not in html
    assert 'href="' not in html or 'href="/x"' in html
    assert not any(f'" {name}=' in html for name in ("onmouseover", "onerror"))


def test_a_picture_is_a_link_at_most() -> None:
    assert "<img" not in render("![a](https://x.example/x.png)")


@pytest.mark.parametrize(
    "address",
    ["https://x.example/a?b=c", "http://x.example", "mailto:a@x.example", "tel:+35540000", "#a"],
)
def test_safe_links_stay(address: str) -> None:
    assert f'href="{address}"' in render(f"[a]({address})")


def test_own_pages_stand_below_where_the_portal_is() -> None:
    assert render("[a](/faq)", "/klient") == '<p><a href="/klient/faq">a</a></p>\n'
    assert render("[a](/faq)") == '<p><a href="/faq">a</a></p>\n'


# Finding


@pytest.mark.parametrize(
    ("language", "query", "expected"),
    [
        ("sq", "fatura", "invoice-pdf"),
        ("sq", "faturën", "invoice-pdf"),
        ("sq", "bolleta", "invoice-pdf"),
        ("sq", "si regjistrohem", "register"),
        ("sq", "regjistrimi", "register"),
        ("sq", "harrova fjalekalimin", "forgot-password"),
        ("sq", "HARRUA FJALËKALIMI", "forgot-password"),
        ("sq", "fjalkalimi", "forgot-password"),
        ("sq", "fjalëka", "forgot-password"),
        ("sq", "ndryshoj fjalekalimin", "change-password"),
        ("sq", "çmimi i energjisë", "tariffs"),
        ("sq", "cmimi", "tariffs"),
        ("sq", "700 kwh", "tariffs"),
        ("sq", "llogaritet kamata", "interest"),
        ("sq", "afati i fatures", "due-date"),
        ("sq", "paguaj me karte", "pay-by-card"),
        ("sq", "pagesa me kartë", "pay-by-card"),
        ("sq", "deftesat", "receipt"),
        ("sq", "delegatët", "delegates"),
        ("sq", "heq kontraten", "remove-contract"),
        ("sq", "shtoj kontratë", "add-contract"),
        ("sq", "ankesat", "file-case"),
        ("sq", "dokumentet", "case-documents"),
        ("sq", "anuloj kerkesen", "case-withdraw"),
        ("sq", "rihap kërkesën", "case-reopen"),
        ("sq", "pajisjet", "devices"),
        ("sq", "gjuhen", "language"),
        ("sq", "mbyllja e llogarisë", "close-account"),
        ("sq", "javascript", "no-javascript"),
        ("sq", "taksa tv", "invoice-parts"),
        ("sq", "konsumi", "consumption"),
        ("sq", "lidhje pagese", "payment-link"),
        ("en", "bills", "invoice-pdf"),
        ("en", "registration", "register"),
        ("en", "forgotten password", "forgot-password"),
        ("en", "pasword", "forgot-password"),
        ("en", "changing passwords", "change-password"),
        ("en", "price", "tariffs"),
        ("en", "interest worked out", "interest"),
        ("en", "paying by card", "pay-by-card"),
        ("en", "receipts", "receipt"),
        ("en", "delegate", "delegates"),
        ("en", "removing contracts", "remove-contract"),
        ("en", "complaints", "file-case"),
        ("en", "upload document", "case-documents"),
        ("en", "cancel request", "case-withdraw"),
        ("en", "devices", "devices"),
        ("en", "languages", "language"),
        ("en", "closing account", "close-account"),
        ("en", "email", "change-contact"),
        ("en", "TV fees", "invoice-parts"),
    ],
)
def test_the_question_that_was_meant_comes_first(language: str, query: str, expected: str) -> None:
    found = search(shipped(language), query, language, None)
    assert [one.question.slug for one in found][:1] == [expected]


@pytest.mark.parametrize("query", ["", "  ", "?!", "si e", "zzzz", "<script>", "x" * 5_000])
def test_nothing_is_found_where_nothing_is_meant(query: str) -> None:
    assert search(shipped("sq"), query, "sq", None) == []


def test_a_question_goes_before_an_answer() -> None:
    text = "# T\n## X\n### Tjetër\nfatura fatura fatura\n### Fatura\npo\n"
    assert [one.question.title for one in search(text, "faturat", "sq", None)] == [
        *("Fatura", "Tjetër")
    ]


def test_only_what_concerns_the_contract_is_found() -> None:
    text = "# T\n## X\n### A\n#### Biznes\nkrokodil\n### B\n#### Individual\nqen\n"
    assert [one.question.title for one in search(text, "krokodil", "sq", None)] == ["A"]
    assert search(text, "krokodil", "sq", Audience.INDIVIDUAL) == []
    assert len(search(text, "krokodil", "sq", Audience.BUSINESS)) == 1


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("fatur", "fatr", True),
        ("fatur", "fattur", True),
        ("fatur", "fatyr", True),
        ("fatur", "fautr", True),
        ("fatur", "fatur", True),
        ("fatur", "ftrua", False),
        ("fatur", "fatueee", False),
        ("fatur", "dabur", False),
        ("", "a", True),
    ],
)
def test_one_slip(one: str, other: str, expected: bool) -> None:
    assert one_slip_apart(one, other) is expected
    assert one_slip_apart(other, one) is expected


def test_found_words_are_marked_and_nothing_else() -> None:
    assert highlight("Ku janë faturat?", "fatura", "sq") == "Ku janë <mark>faturat</mark>?"
    assert highlight("<b>fatura</b> & co", "b fatura amp", "sq") == (
        "&lt;<mark>b</mark>&gt;<mark>fatura</mark>&lt;/<mark>b</mark>&gt; &amp; co"
    )
    html = render("[fatura](/fatura) **faturën** &quot;")
    assert highlight(html, "fatura quot", "sq") == Markup(
        '<p><a href="/fatura"><mark>fatura</mark></a>'
        " <strong><mark>faturën</mark></strong> &quot;</p>\n"
    )
