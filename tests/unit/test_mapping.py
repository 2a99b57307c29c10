"""A mapping that is wrong says where and what."""

import os
from decimal import Decimal
from pathlib import Path

import pytest

from legacy_adapters.errors import MappingError
from legacy_adapters.mapping import load_mapping
from legacy_adapters.operations import Wrong, parse
from tests.conftest import DEMO_MAPPING

TEXT = DEMO_MAPPING.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[payment", "[pagesa", "[pagesa]: is not a relation; those are contract, "),
        ("[payment", "[pagesa", "[payment]: is missing"),
        (
            'code = "k.KTR_KOD"\nsub',
            "sub",
            "[contract] columns.code: is missing: the customer code",
        ),
        ('tax_id = "a.NIPT"', 'nipt = "a.NIPT"', "[contract] columns.nipt: is not a field; those"),
        ('P = "paid"', 'P = "payed"', "columns.status: payed: the words are open, paid, cancelled"),
        ('tv_fee = "f.TKS_TV"', "tv_fee = 5", "columns.tv_fee: expected a column's name or an"),
        (
            'tv_fee = "f.TKS_TV"',
            'tv_fee = { sql = "1" }',
            "columns.tv_fee: expected exactly one of",
        ),
        ('tv_fee = "f.TKS_TV"', 'tv_fee = { sum = ["a"] }', "sum takes a list of at least two"),
        ('tv_fee = "f.TKS_TV"', 'tv_fee = { divide = "a", by = 0 }', "`by` must be a number other"),
        ('tv_fee = "f.TKS_TV"', 'tv_fee = { divide = "a", on = 1 }', "divide takes no on"),
        ('tv_fee = "f.TKS_TV"', 'tv_fee = { date = "a", format = "x" }', "`format` must be one of"),
        ('as = "k"\n', 'alias = "k"\n', "there is no key 'alias'; known are as, columns, except"),
        ('as = "a", on', 'as = "k", on', "[contract] joins: the name 'k' is used twice"),
        ('on = { "a.ABN_ID" = "k.ABN_ID" }', "on = {}", "`on` must name the columns"),
        ('as = "a", on', 'as = "K", on', "[contract] joins: the name 'k' is used twice"),
        (
            '"a.ABN_ID" = "k.ABN_ID"',
            '"a.ABN_ID" = "a.ABN_ID"',
            "[contract] joins: nothing in `on` joins 'a' to a table before it: k",
        ),
        (
            '"l.FAT_ID" = "f.FAT_ID"',
            '"f.FAT_ID" = "k.KTR_ID"',
            "[invoice_line] joins: nothing in `on` joins 'l' to a table before it: f, k",
        ),
        (
            '{ "f.KTR_ID" = "k.KTR_ID" } }]',
            '{ "f.KTR_ID" = "z.KTR_ID" } }, { table = "KONTRATE", as = "z", on ='
            ' { "z.KTR_ID" = "f.KTR_ID" } }]',
            "[invoice] joins: nothing in `on` joins 'f' to a table before it: k",
        ),
        (
            '"a.ABN_ID" = "k.ABN_ID"',
            '"a.ABN_ID" = 1',
            "[contract] joins: `on` compares two columns; beside a.ABN_ID is 1",
        ),
        (
            "[invoice.columns]",
            'only = { "f.STATUS" = [["P"]] }\n[invoice.columns]',
            '[invoice] only: must name columns and codes, as {"f.STATUS" = ["A"]}',
        ),
        (
            "[invoice.columns]",
            'only = { "f.STATUS" = [] }\n[invoice.columns]',
            '[invoice] only: must name columns and codes, as {"f.STATUS" = ["A"]}',
        ),
        ('P = "paid"', 'P = ""', "columns.status: an empty text: the words are open, paid, canc"),
        (
            'tv_fee = "f.TKS_TV"',
            'tv_fee = { divide = "f.TKS_TV", by = "10" }',
            "`by` must be a number other than 0, found '10'",
        ),
        ('table = "KONTRATE"', "table = 7", "table: must be a text, found 7"),
        ("[contract]", "[contract", "is not valid TOML"),
    ],
)
def test_wrong_file(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in TEXT
    file = tmp_path / "wrong.toml"
    file.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        load_mapping(file)
    assert words in str(caught.value)
    assert all(str(file) in line for line in str(caught.value).splitlines())


def test_problems_are_told_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    text = TEXT.replace('tv_fee = "f.TKS_TV"', "tv_fee = 5")
    text = text.replace('source = "n.PERSHKRIM"', 'sourc = "n.PERSHKRIM"')
    file.write_text(text.replace("[payment]\ntable", "[payment]\ntabel"), encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        load_mapping(file)
    found = str(caught.value).splitlines()
    for line in found:
        number = int(line.removeprefix(f"{file}:").partition(":")[0])
        told = line.partition("] ")[2].partition(":")[0].rpartition(".")[2]
        # What is missing stands nowhere: its section is named.
        sought = "[payment]" if told == "table" else told
        assert sought in file.read_text(encoding="utf-8").splitlines()[number - 1], line
    assert len(found) == 4  # tabel, no table, tv_fee, sourc


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[views]\nschema = 5", "2: [views] schema: must be a text, found 5"),
        ("[views]\nprefx = 'A_'", "2: [views] prefx: there is no such key; known are schema"),
        ("[views]\ninvoice_lines = 'no'", "must be true or false, found 'no'"),
        ("[views]\n[contract]\ntable = 'x'", "2: [contract]: cannot stand beside [views]"),
        ("views = 1", "1: [views]: must be a section"),
        ("contract = 1", "1: [contract]: must be a section, found 1"),
    ],
)
def test_wrong_views(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "views.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        load_mapping(file)
    assert words in str(caught.value)


def test_views_stand_for_all_relations(tmp_path: Path) -> None:
    file = tmp_path / "views.toml"
    file.write_text("[views]\nschema = 'PORTAL'\nprefix = 'V_'\ninvoice_lines = false", "utf-8")
    mapping = load_mapping(file)
    assert mapping.reads_views
    used = {name: (r.use.schema, r.use.table) for name, r in mapping.relations.items()}
    assert used["invoice"] == ("PORTAL", "V_INVOICE")
    assert "invoice_line" not in used and len(used) == 4


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read: No such file"):
        load_mapping(tmp_path / "none.toml")


def test_the_shipped_mapping_is_right() -> None:
    assert set(load_mapping(DEMO_MAPPING).relations) >= {"contract", "invoice", "payment"}


WRONG = [
    *(None, [], "", " a", {"column": "a"}, {"column": "a", "map": {}}, {"value": True}),
    {"concat": ["a", "b"], "separator": 1},
    {"year": "a"},
    {"column": {}, "map": {"a": "b"}},
    *({"value": Decimal(number)} for number in ("nan", "inf", "1e-99999", "1e40")),
    {"times": "a", "by": Decimal("1e9999999")},
    {"date": "a", "format": ["x"]},
]


@pytest.mark.parametrize("value", WRONG)
def test_wrong_operations(value: object) -> None:
    with pytest.raises(Wrong):
        parse(value)


def test_what_an_editor_writes_before_the_text_is_no_part_of_it(tmp_path: Path) -> None:
    file = tmp_path / "marked.toml"
    file.write_text(DEMO_MAPPING.read_text("utf-8"), encoding="utf-8-sig")
    assert load_mapping(file).relations.keys() == load_mapping(DEMO_MAPPING).relations.keys()


def test_a_mapping_without_end_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="/dev/zero: cannot be read: it is no file"):
        load_mapping(Path("/dev/zero"))
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(MappingError, match=r"pipe\.toml: cannot be read: it is no file"):
        load_mapping(tmp_path / "pipe.toml")


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 5_000 + "]" * 5_000, "a = " + "9" * 6_000, "# " + "x" * 300_000]
)
def test_files_beyond_all_measure_are_refused_in_words(tmp_path: Path, text: str) -> None:
    file = tmp_path / "huge.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError, match=r"huge.toml: (cannot be read as TOML|is longer than)"):
        load_mapping(file)
