"""The papers of a case, read back as a reader would."""

import io
from datetime import UTC, datetime

import pypdfium2
import pytest
from reportlab.lib.units import mm

from app.cases.answer_letter import answered_at, render_answer
from app.cases.catalogue import Deadline, FieldSpec
from app.cases.paper import Words, render_case_file
from app.cases.records import By, Case, CaseFile, Debt, State, What
from app.documents.records import Scan
from app.formats import Formats
from app.invoices.drawing import NORMAL, legible, register_fonts
from app.invoices.lettering import MISSING
from app.invoices.typesetting import Line, gap, paginate, paragraphs, wrapped
from config.settings import UtilitySettings
from tests.case_files import (
    ANSWERS,
    EVENTS,
    F2,
    a_case,
    a_document,
    a_file,
    an_event,
)

UTILITY = UtilitySettings(
    legal_name="Energjia Demo sh.a.",
    place="Tiranë",
    address="Rruga e Kavajës 59",
    nipt="L12345678A",
)


def _answer(spec: FieldSpec, value: str) -> str:
    return spec.choices[value].en if value in spec.choices else value


WORDS = Words(
    answer=_answer,
    what=lambda what: what.value,
    by=lambda by: by.value,
)
PRINTED = datetime(2026, 11, 28, 11, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fonts() -> None:
    register_fonts()


def printed(file: CaseFile, *, is_sample: bool = False) -> list[str]:
    """The text of each page, in one line."""
    content = render_case_file(
        file,
        printed_at=PRINTED,
        words=WORDS,
        utility=UTILITY,
        is_sample=is_sample,
        formats=Formats("en"),
        translate=str,
    )
    return pages_of(content)


def letter(case: Case) -> list[str]:
    answered = answered_at(case)
    assert answered is not None
    content = render_answer(
        case,
        answered,
        utility=UTILITY,
        is_sample=False,
        formats=Formats("sq"),
        translate=str,
    )
    return pages_of(content)


def pages_of(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    assert len(content) < 200_000
    texts = [page.get_textpage().get_text_bounded() for page in document]
    return [" ".join(text.replace("\u00a0", " ").split()) for text in texts]


def test_every_fact_stands_on_paper() -> None:
    text = " ".join(printed(a_file()))
    for part in (
        "Energjia Demo sh.a.", "Rruga e Kavajës 59, NIPT L12345678A", "Case file", "F2000000053",
        "Contract AL0000000", "Holder EMER MBIEMER", "Request F2-Wrong tariff",
        "Filed on 20.11.2026, 10:30", "Deadline Answer by 4 December 2026", "Working days: 10",
        "Status Completed", "Closed on 26.11.2026, 10:30", "This paper is of 28.11.2026, 12:05",
        "123456789", "Tarifa në faturë është e biznesit.", "Unë jam familje, çdo muaj njësoj.",
        "2,756.20 lek. The customer said that there is an agreement",
        "zbritet nga fatura e radhës.",
        "20.11.2026, 10:30 filed Customer. Status: Waiting",
        "22.11.2026, 10:30 Waiting for information Staff Na dërgoni kopjen e faturës, ju lutemi.",
        "documents Customer. Status: Waiting for information fatura.pdf",
        "1. fatura-1.pdf", "Handed in by Customer, 20.11.2026, 10:31",
        "793 kB (812,346 bytes)", "no virus found", "Page 1 of 2", "Page 2 of 2",
    ):  # fmt: skip
        assert part in text, part
    assert a_document().document.sha256 in text.replace(" ", "")
    assert "SAMPLE" not in text


def test_what_is_for_colleagues_stays_with_them() -> None:
    assert any(event.remark for event in EVENTS) and any(event.staff for event in EVENTS)
    text = " ".join(printed(a_file()))
    for secret in ("Agjent Demo", "klient i vështirë", "pa kopje nuk shihet", "assigned", "noted"):
        assert secret not in text, secret


def test_a_sample_says_so_on_each_page() -> None:
    assert all("SAMPLE" in page for page in printed(a_file(), is_sample=True))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"debt": Debt.NONE}, "There was none."),
        ({"debt": Debt.NOT_ASKED}, "Not asked for"),
        ({"debt": Debt.UNKNOWN}, "the billing system did not answer"),
        ({"answer": ""}, "There is none yet."),
        ({"answers": {}}, "What was filled in cannot be read right now."),
        (
            {"state": State.WAITING, "closed_at": None},
            "Given before the request was opened again: E nderuara",
        ),
        (
            {"state": State.WAITING_INFORMATION, "closed_at": None, "due_on": None, "days_left": 6},
            "gives the information asked for. Days left: 6.",
        ),
        (
            {"due_on": None, "days_left": -2},
            "stood still when the request was closed. Days late: 2",
        ),
        ({"holder": ""}, "Holder –"),
        (
            {"form": F2.model_copy(update={"deadline": Deadline(days=15, count="calendar")})},
            "Calendar days: 15",
        ),
    ],
)
def test_states_of_a_case(changes: dict[str, object], told: str) -> None:
    assert told in " ".join(printed(a_file(**changes)))


@pytest.mark.parametrize(
    ("scan", "told"),
    [
        (Scan.NOT_ASKED, "no virus scanner"),
        (Scan.WAITING, "waits to be checked for viruses"),
        (Scan.INFECTED, "removed: it carries a virus"),
    ],
)
def test_documents_say_whether_they_were_checked(scan: Scan, told: str) -> None:
    text = " ".join(printed(a_file(documents=(a_document(scan=scan, by=By.STAFF, purpose=""),))))
    assert told in text
    assert "Document Anything else" in text and "Handed in by Staff" in text


def test_a_large_file_is_whole() -> None:
    note = "fjala " * 660 + "FUNDI-I-SHËNIMIT"
    answer = "rresht\n" * 1_400 + "FUNDI-I-PËRGJIGJES"
    events = tuple(
        an_event(day, What.MOVED, By.STAFF, State.IN_PROGRESS, note="hap " * 400 + f"hapi-{day}.")
        for day in range(50)
    )
    documents = tuple(a_document(n, name=f"{n}-" + "emër i gjatë " * 9) for n in range(1, 21))
    pages = printed(
        a_file(documents, events, answers={**ANSWERS, "note": note[:4_000]}, answer=answer)
    )
    text = " ".join(pages)
    assert "FUNDI-I-PËRGJIGJES" in text and "FUNDI-I-SHËNIMIT" in text
    assert all(f"hapi-{day}." in text for day in range(50))
    whole = text.replace(" ", "")
    assert all(one.document.sha256 in whole for one in documents)
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page
        assert number == 1 or "Case file F2000000053" in page


def test_the_list_of_documents_begins_with_one() -> None:
    for count in range(8, 30):  # some of these histories end where a page does
        pages = printed(a_file(events=EVENTS[:1] * count))
        [page] = [page for page in pages if "SHA-256 and size are" in page]
        assert "1. fatura-1.pdf" in page and "Documents" in page


def test_hostile_texts_are_only_text() -> None:
    note = "W" * 4_000
    pages = printed(
        a_file(
            answers={
                "invoice": "<b>fort</b>",
                "tariff": "&amp; <img src='http://x/y'>",
                "note": note,
            },
            answer="Жалоба 😀 \x00\x1b[31m\u202eabc\u202c <a href='http://x'>z</a> e\u0308\ttab",
            holder="\ud800" + "Q" * 200,
            events=(
                an_event(0, What.FILED, By.CUSTOMER, State.WAITING, note="\n" * 4_000 + "fund"),
            ),
        )
    )
    text = " ".join(pages)
    assert "<b>fort</b>" in text and "&amp; <img src='http://x/y'>" in text
    assert f"Жалоба {MISSING} [31mabc <a href='http://x'>z</a> ë tab" in text
    assert f"{MISSING} stands for a character" in text
    assert sum(word.count("W") for word in text.split() if set(word) == {"W"}) == 4_000
    assert text.count("Q") == 200
    assert len(pages) <= 6  # four thousand empty lines are one


def test_nothing_on_paper_leads_elsewhere() -> None:
    file = a_file(answer="http://example.com <a href='http://example.com'>x</a>")
    content = render_case_file(
        file,
        printed_at=PRINTED,
        words=WORDS,
        utility=UTILITY,
        is_sample=False,
        formats=Formats("en"),
        translate=str,
    )
    assert b"/URI" not in content and b"/Annots" not in content


def test_the_same_file_gives_the_same_paper() -> None:
    assert printed(a_file()) == printed(a_file())


# The answer as a letter


def test_the_letter_says_who_writes_to_whom_about_what() -> None:
    [text] = letter(a_case())
    for part in (
        "Tiranë, 26 nëntor 2026", "No. F2000000053", "EMER MBIEMER Contract AL0000000",
        "Answer to your request F2-Tarifim i gabuar", "Filed on 20.11.2026",
        "E nderuara zonjë, Fatura u rillogarit", "Ju falënderojmë që na e treguat.",
        "Page 1 of 1",
    ):  # fmt: skip
        assert part in text, part
    assert text.rindex("Energjia Demo sh.a.") > text.index("Ju falënderojmë")  # it signs


def test_a_long_letter_ends_with_its_last_words_above_the_signature() -> None:
    for length in range(1_200, 2_000, 40):  # one of them ends where a page does
        pages = letter(a_case(answer="fjalë " * length + "FUND"))
        assert "FUND" in pages[-1]
        assert pages[-1].rindex("Energjia Demo sh.a.") > pages[-1].index("FUND")


@pytest.mark.parametrize(
    "changes",
    [
        {"answer": " \n"},
        {"state": State.WITHDRAWN},
        {"state": State.WAITING, "closed_at": None},
    ],
)
def test_no_letter_without_an_answer_in_force(changes: dict[str, object]) -> None:
    assert answered_at(a_case(**changes)) is None


def test_an_unknown_holder_is_addressed_by_the_contract() -> None:
    [text] = letter(a_case(holder=""))
    assert "No. F2000000053 Contract AL0000000 Answer to" in text


# Typesetting


def test_what_the_font_cannot_show() -> None:
    assert legible("ëç ËÇ – „fjalë” … €") == "ëç ËÇ – „fjalë” … €"
    assert legible("a\u00adb\u200bc\ufeffd") == "abcd"
    assert legible("numër\ufe58numër\u2009x") == "numër-numër x"
    assert legible("ｆｕｌｌ ①") == "full 1"
    assert legible("日") == legible("م") == MISSING
    assert legible("Đ Љ ў Ł") == "Đ Љ ў Ł"
    assert legible("a\r\nb\u2028c") == "a\nb\nc"


def test_lines_are_as_wide_as_asked_for() -> None:
    assert wrapped("", NORMAL, 100) == []
    assert wrapped("\n\n a  b \n\n\n c\n\n", NORMAL, 100) == ["a b", "", "c"]
    lines = wrapped("W" * 1_000 + " fund", NORMAL, 50 * mm)
    assert "".join(lines).replace(" ", "") == "W" * 1_000 + "fund"
    assert all(len(line) == len(lines[0]) for line in lines[:-1])
    assert wrapped("WW", NORMAL, 0.1) == ["W", "W"]  # too narrow for anything


def test_what_belongs_together_is_not_parted() -> None:
    one, pair = Line(height=10, rule=True), Line(height=10, rule=True, with_next=True)
    text = [one, one]
    assert [len(page) for page in paginate([*text, pair, *text], first=30, later=30)] == [2, 3]
    assert [len(page) for page in paginate([*text, one, *text], first=30, later=30)] == [3, 2]
    # More than a page can hold is parted all the same.
    endless = [Line(height=10, rule=True, with_next=True)] * 7
    assert [len(page) for page in paginate(endless, first=30, later=30)] == [3, 3, 1]
    assert paginate([gap(5)], first=30, later=30) == [[]]
    assert [len(page) for page in paginate([*text, one, gap(5)], first=30, later=30)] == [4]


def test_no_line_of_a_paragraph_stands_alone() -> None:
    lines = paragraphs("fjalë " * 100)
    assert lines[0].with_next and lines[-2].with_next and not lines[-1].with_next
    height = sum(line.height for line in lines[:-1])
    assert len(paginate(lines, first=height + 1, later=900)[-1]) == 2
