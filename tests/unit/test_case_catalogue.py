"""The catalogue of requests: what is shipped, and what is refused in words."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import pytest

from app.cases.catalogue import (
    MOST_TOLD,
    Catalogue,
    CatalogueError,
    RequestForm,
    Text,
    load_catalogue,
)
from app.cases.catalogue_file import FieldType, FileField, FileRequest
from config.cases import CaseSettings
from config.places import Places
from config.settings import ROOT

SHIPPED = CaseSettings().catalogue
KINDS = [
    "Ankesë për Faturim",
    "Ndryshim i të Dhënave të Kontratës",
    "Ankesa për Pagesa dhe Kreditime",
    "Cilësi Shërbimi",
    "Ankesa lidhur me Matësin",
]
SMALL = """\
version = "7"

[kinds]
billing = { sq = "Faturim", en = "Billing" }

[fields.amount]
type = "money"
name = { sq = "Shuma", en = "Amount" }
help = { sq = "Në lekë.", en = "In lek." }
least = 1

[documents.identity]
name = { sq = "Karta", en = "Card" }

[requests.F1]
kind = "billing"
name = { sq = "Faturë", en = "Invoice" }
about = { sq = "Kur është gabim.", en = "When it is wrong." }
fields = ["amount"]
documents = [
    "identity",
]
deadline = { days = 10, count = "working" }
target = { sq = "përgjigje", en = "answer" }
"""
Load = Callable[[str], Catalogue]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def write_and_load(text: str) -> Catalogue:
        file = tmp_path / "cases.toml"
        file.write_text(text, encoding="utf-8")
        return load_catalogue(file)

    return write_and_load


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return load_catalogue(SHIPPED)


def refused(load: Load, text: str) -> list[str]:
    """The problems, without the folder; each is one line with the file and what is told."""
    with pytest.raises(CatalogueError) as caught:
        load(text)
    lines = str(caught.value).split("\n")
    assert all(re.match(r"/.*/cases\.toml:( |\d+: )", line) for line in lines), lines
    jargon = re.compile(r"Input should|dictionary|Decimal|pydantic|instance of|Value error|\bstr\b")
    assert not jargon.search(str(caught.value))
    return [re.sub(r"^/.*/(?=cases\.toml:)", "", line) for line in lines]


def test_the_shipped_catalogue_has_the_manuals_kinds_and_f2(shipped: Catalogue) -> None:
    assert [name.sq for name in shipped.kinds.values()] == KINDS
    assert len(shipped.requests) >= 24
    assert all(len(shipped.of_kind(kind)) >= 4 for kind in shipped.kinds)
    wrong_tariff = shipped.find("F2")
    assert wrong_tariff and wrong_tariff.title("sq") == "F2-Tarifim i gabuar"
    assert wrong_tariff.kind_name.sq == KINDS[0]
    assert wrong_tariff.check_debt and wrong_tariff.has_field("invoice")
    letters = dict(zip("FDPCM", shipped.kinds, strict=True))
    assert all(letters[code[0]] == form.kind for code, form in shipped.requests.items())


def test_the_shipped_catalogue_is_all_used_and_helped(shipped: Catalogue) -> None:
    assert shipped.unused == ()
    for form in shipped.requests.values():
        assert form.fields or form.documents, form.code
        assert all(part.help for part in (*form.fields, *form.documents)), form.code


def test_who_or_what_the_contract_is_changes_only_from_a_safe_account(shipped: Catalogue) -> None:
    assert all(form.sensitive for form in shipped.of_kind("contract"))
    to_a_bank_account = [form for form in shipped.requests.values() if _asks(form, "iban")]
    assert to_a_bank_account and all(form.sensitive for form in to_a_bank_account)


def _asks(form: RequestForm, field: str) -> bool:
    return any(one.code == field for one in form.fields)


def _texts(catalogue: Catalogue) -> Iterator[tuple[str, Text]]:
    yield from catalogue.kinds.items()
    for form in catalogue.requests.values():
        yield from ((form.code, text) for text in (form.name, form.about, form.target))
        for part in (*form.fields, *form.documents):
            yield part.code, part.name
            assert part.help
            yield part.code, part.help
        for field in form.fields:
            yield from ((field.code, text) for text in field.choices.values())


def test_the_shipped_texts_are_as_they_are_printed(shipped: Catalogue) -> None:
    for where, text in _texts(shipped):
        for words in (text.sq, text.en):
            assert words.strip() == words and words, where
            assert not re.search(r"  |[\"']|\s[,.;:?]|\.\.", words), (where, words)
            assert "matesi" not in words.lower() and "fature " not in words.lower(), words
    for form in shipped.requests.values():
        for told in (form.about, *(p.help for p in (*form.fields, *form.documents) if p.help)):
            assert told.sq[-1] in ".?" and told.en[-1] in ".?", (form.code, told)


def test_the_shipped_file_writes_single_spaces() -> None:
    """What is read is tidied; the file is looked at too."""
    text = SHIPPED.read_text(encoding="utf-8")
    for words in re.findall(r'(?:sq|en) = "([^"]*)"', text):
        assert "  " not in words and "'" not in words, words


def test_a_case_keeps_its_form(load: Load, shipped: Catalogue) -> None:
    for form in (*shipped.requests.values(), *load(SMALL).requests.values()):
        assert RequestForm.model_validate_json(form.model_dump_json()) == form
    newer = load(SMALL).requests["F1"].model_dump_json().replace("{", '{"later": 1, ', 1)
    assert RequestForm.model_validate_json(newer).code == "F1"


def test_required_and_optional_parts(load: Load) -> None:
    form = load(SMALL.replace("documents = [", "optional_documents = [")).requests["F1"]
    assert [part.required for part in (*form.fields, *form.documents)] == [True, False]


def test_a_text_may_be_broken_over_lines_and_holds_markup_as_words(load: Load) -> None:
    broken = SMALL.replace('sq = "Kur është gabim."', 'sq = """Kur\n   [kinds]\nkind = 5"""')
    assert load(broken).requests["F1"].about.sq == "Kur [kinds] kind = 5"
    marked = load(SMALL.replace('"Faturë"', '"<b onclick=x>{{ 7 * 7 }}"')).requests["F1"]
    assert marked.title("sq") == "F1-<b onclick=x>{{ 7 * 7 }}"
    assert not hasattr(marked.title("sq"), "__html__")


def test_the_documents_example_is_a_whole_catalogue(load: Load) -> None:
    text = (ROOT / "docs/cases.md").read_text(encoding="utf-8")
    example = load(text.partition("```toml\n")[2].partition("```")[0])
    assert example.unused == ()
    assert example.requests["P1"].title("sq") == "P1-Pagesë e pakredituar"
    for key in (*FileField.model_fields, *FileRequest.model_fields, *get_args(FieldType)):
        assert f"`{key}`" in text, key


def test_windows_files_are_read(tmp_path: Path) -> None:
    file = tmp_path / "cases.toml"
    file.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert load_catalogue(file).version == "7"


WRONG = [
    ('version = "7"', "", "1: version: is missing"),
    ('version = "7"', "version = 7", "1: version: expected a text in quotes; found 7"),
    ('version = "7"', "version = 2026-11-01", "1: version: expected a text in quotes; found 2026-"),
    ('version = "7"', 'version = " "', "1: version: expected a text that is not empty; found ''"),
    (
        'version = "7"',
        'version = "7"\ncolour = 1',
        "2: colour: there is no such key; known are v",
    ),
    (
        "[fields.amount]",
        "[fields]\namount = 1\n[x]",
        "7: fields.amount: expected a table of keys",
    ),
    ("[kinds]\nbilling", "[kinds]\nBilling", "3: kinds: 'Billing' is no code; expected a small"),
    (', en = "Billing"', "", "4: kinds.billing.en: is missing"),
    (
        'en = "Billing"',
        'en = "b", al = "f"',
        "4: kinds.billing.al: there is no such key; known",
    ),
    (', en = "In lek."', "", "9: fields.amount.help.en: is missing"),
    (
        '"money"',
        '"mony"',
        "7: fields.amount.type: expected 'text', 'paragraph', 'number', ",
    ),
    ("least = 1", "least = '1'", "10: fields.amount.least: expected a number; found '1'"),
    ("least = 1", "least = nan", "10: fields.amount.least: expected a number; found NaN"),
    ("least = 1", "most = 1e99999", "10: fields.amount.most: expected at most 1000000000000;"),
    ("least = 1", "least = 5\nmost = 2", "6: fields.amount: least 5 is more than most 2"),
    ("least = 1", "longest = 9", "6: fields.amount: longest is for type paragraph or text, but"),
    ("least = 1", 'code = "x"', "10: fields.amount.code: there is no such key; known are type,"),
    ("least = 1", "required = true", "10: fields.amount.required: there is no such key; known"),
    ('"money"', '"choice"', "6: fields.amount: least is for type money or number, but the type is"),
    ('"money"\n', '"choice"\n#', "6: fields.amount.name: is missing"),
    ("[requests.F1]", "[requests.f1]", "15: requests.f1: 'f1' is no code; expected one to three"),
    ("[requests.F1]", '[requests."F1\\n"]', r"1: requests.F1\n: 'F1\n' is no code; expected"),
    ("[requests.F1]", "[requests.F1234]", "15: requests.F1234: 'F1234' is no code; expected"),
    ('kind = "billing"', 'kind = "biling"', "16: requests.F1.kind: expected one of billing; found"),
    ('"Faturë"', '""', "17: requests.F1.name.sq: expected a text that is not empty; found ''"),
    ('"Faturë"', '"\\u001b[2J"', "17: requests.F1.name.sq: holds the invisible sign U+001B"),
    ('"Faturë"', '"a\\u202Eb"', "17: requests.F1.name.sq: holds the invisible sign U+202E"),
    ('"Faturë"', f'"{"x" * 121}"', "17: requests.F1.name.sq: expected at most 120 characters;"),
    ('["amount"]', '"amount"', "19: requests.F1.fields: expected a list, such as ["),
    ('["amount"]', "[1]", "19: requests.F1.fields.0: expected a text in quotes; found 1"),
    ('["amount"]', '["amont"]', "19: requests.F1.fields: there is no [fields.amont]"),
    ('["amount"]', '["amount", "amount"]', "19: requests.F1.fields: amount is named 2 times"),
    (
        '    "identity"',
        '    "identity",\n"passport"',
        "22: requests.F1.documents: there is no [",
    ),
    ("days = 10", "days = '10'", "23: requests.F1.deadline.days: expected a whole number; found"),
    ("days = 10", "days = true", "23: requests.F1.deadline.days: expected a whole number; found t"),
    ("days = 10", "days = 0", "23: requests.F1.deadline.days: expected at least 1; found 0"),
    ("days = 10", f"days = {'9' * 4000}", "23: requests.F1.deadline.days: expected at most 366;"),
    ('"working"', '"weekly"', "23: requests.F1.deadline.count: expected 'working' or 'calendar'; "),
    ("target", "check_debt = 1\ntarget", "24: requests.F1.check_debt: expected true or false; fou"),
    ("target", "[requests.F1]\ntarget", "24: is not valid TOML: [requests.F1] stands twice"),
    ('target = { sq = "përgjigje", en = "answer" }', "target", "24: is not valid TOML: Expected"),
    ("days = 10", f"days = {'[' * 5000}{']' * 5000}", " cannot be read as TOML: a number of too"),
    ("days = 10", f"days = {'9' * 6000}", " cannot be read as TOML: a number of too many digits"),
    ("version", f"{'a.' * 150_000}b = 1\nversion", "1: has more than 100 dots in one line"),
    ("version", f"# {'x' * 400_000}\nversion", " is longer than 400,000 characters"),
]


@pytest.mark.parametrize(("old", "new", "told"), WRONG, ids=[told[:48] for *_, told in WRONG])
def test_a_wrong_file_is_told_with_its_line(load: Load, old: str, new: str, told: str) -> None:
    assert old in SMALL
    lines = refused(load, SMALL.replace(old, new, 1))
    assert any(line.startswith(f"cases.toml:{told}") for line in lines), lines
    assert all(len(line) < 400 for line in lines)


def test_one_mistake_is_told_once(load: Load) -> None:
    """Who uses a part that is wrong in itself is not wrong."""
    assert refused(load, SMALL.replace("least = 1", "leest = 1"))[1:] == []
    twice = SMALL.replace('["amount"]', '["amount", "amount"]')
    assert len(refused(load, twice)) == 1


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    latin = tmp_path / "latin.toml"
    latin.write_bytes('version = "ë"'.encode("latin-1"))
    for file, told in [
        (tmp_path / "none.toml", "cannot be read: No such file or directory"),
        (tmp_path, "cannot be read: Is a directory"),
        (latin, "is not a text in UTF-8: byte 12"),
    ]:
        with pytest.raises(CatalogueError, match=re.escape(f"{file}: {told}")):
            load_catalogue(file)


def test_ten_thousand_requests_are_refused_at_once(load: Load) -> None:
    request = SMALL.partition("[requests.F1]\n")[2]
    head = SMALL.partition("[requests.F1]\n")[0]
    codes = [f"{letter}{number}" for letter in "ABCDEFGHIJ" for number in range(1_000)]
    started = time.monotonic()
    all_of_them = head + "".join(f"[requests.{code}]\n{request}" for code in codes)
    assert refused(load, all_of_them) == ["cases.toml: is longer than 400,000 characters"]
    short = head + "".join(f"[requests.{code}]\n" for code in codes)
    assert "expected 300 entries or fewer; found a table of 10000" in refused(load, short)[0]
    wrong = head + "".join(f"[requests.A{code}]\n" for code in codes[:300])
    lines = refused(load, wrong)
    assert len(lines) == MOST_TOLD + 1 and lines[-1].endswith(": and 1,450 more")
    assert time.monotonic() - started < 10


def test_a_list_beyond_all_measure_takes_no_time(load: Load) -> None:
    started = time.monotonic()
    lines = refused(load, SMALL.replace('["amount"]', f"[{'1e1, ' * 70_000}]"))
    assert "expected 40 entries or fewer; found a list of 70000" in lines[0] and len(lines) == 1
    assert time.monotonic() - started < 10


def test_places_are_found_within_lists_and_not_within_texts() -> None:
    places = Places(
        'a.b = { c = 1 }\n[x."y z"] # [not]\nt = """\n[no]\nn = 1 \\""" "\n"""\nk = [\n'
        "  'one', # m = 1\n  [ 'two' ],\n]\nlast = '''a\nb'''\n[[z]]\nq = 1"
    )
    assert places.line("a.b.c") == 1
    assert places.line("x.y z") == 2
    assert places.line("x.y z.t") == 3
    assert places.line("no.n") == 1
    assert places.line("x.y z.k") == 7
    assert places.line_of_entry("x.y z.k", "two") == 9
    assert places.line_of_entry("x.y z.k", "three") == 7
    assert places.line("x.y z.last") == 11
    assert places.line("z.q") == 14
