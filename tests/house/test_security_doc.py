"""docs/asvs.md answers for each requirement, and what it names is there."""

import ast
import re
from functools import cache

import pytest

from config.settings import ROOT

# Of OWASP ASVS 5.0.0, levels 1 and 2: what applies to the portal, section by section.
APPLICABLE = {
    "1.1": "1 2",
    "1.2": "1 2 3 4 5 9",
    "1.3": "2 3 4 5 6 7 10 11",
    "1.4": "2",
    "1.5": "1 2",
    "2.1": "1 2 3",
    "2.2": "1 2 3",
    "2.3": "1 2 3 4",
    "2.4": "1",
    "3.2": "1 2",
    "3.3": "1 2 3 4",
    "3.4": "1 2 3 4 5 6",
    "3.5": "1 3 4",
    "3.7": "1 2",
    "4.1": "1 2 3",
    "4.2": "1",
    "5.1": "1",
    "5.2": "1 2 3",
    "5.3": "1 2",
    "5.4": "1 2 3",
    "6.1": "1 2 3",
    "6.2": "1 2 3 4 5 6 7 8 9 10 11 12",
    "6.3": "1 2 3 4",
    "6.4": "1 2 3 4",
    "6.5": "1 2 3 4 5",
    "6.6": "1 2 3",
    "7.1": "1 2",
    "7.2": "1 2 3 4",
    "7.3": "1 2",
    "7.4": "1 2 3 4 5",
    "7.5": "1 2",
    "8.1": "1 2",
    "8.2": "1 2 3",
    "8.3": "1",
    "9.1": "1 2 3",
    "9.2": "1 2 3 4",
    "11.1": "1 2",
    "11.2": "1 2 3",
    "11.3": "1 2 3",
    "11.4": "1 2 3",
    "11.5": "1",
    "11.6": "1",
    "12.1": "1 2",
    "12.2": "1 2",
    "12.3": "1 2",
    "13.1": "1",
    "13.2": "1 2 3 4 5",
    "13.3": "1 2",
    "13.4": "1 2 3 4 5",
    "14.1": "1 2",
    "14.2": "1 2 3 4",
    "14.3": "1 2 3",
    "15.1": "1 2 3",
    "15.2": "1 2 3",
    "15.3": "1 2 3 4 5 7",
    "16.1": "1",
    "16.2": "1 2 3 4 5",
    "16.3": "1 2 3 4",
    "16.4": "1 2 3",
    "16.5": "1 2 3",
}
NUMBERS = [f"{section}.{last}" for section, all_of in APPLICABLE.items() for last in all_of.split()]
DOCUMENT = (ROOT / "docs/asvs.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \|(.*)\|$", DOCUMENT, re.M)
NAMED = re.compile(r"`([\w./-]+?\.(?:py|md|js|txt))(?:::(\w+)|#([\w-]+))?`")
DEVIATION = re.compile(r"\*\*deviation\*\*: .{20,}")


@cache
def functions(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@cache
def sections(file: str) -> set[str]:
    text = (ROOT / file).read_text(encoding="utf-8")
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_applicable_requirement_stands_there_once_and_no_other() -> None:
    assert len(NUMBERS) == 188
    assert [number for number, _row in ROWS] == NUMBERS


@pytest.mark.parametrize(("number", "row"), ROWS, ids=[number for number, _row in ROWS])
def test_row_says_what_how_and_where(number: str, row: str) -> None:
    cells = [cell.strip() for cell in row.split("|")]
    assert len(cells) == 3 and all(cells), number
    shown = cells[2]
    named = NAMED.findall(shown)
    assert named or DEVIATION.match(shown), f"{number} is shown by nothing"
    for file, function, section in named:
        assert (ROOT / file).is_file(), f"{number}: {file}"
        if function:
            assert function.startswith("test_") and function in functions(file), (
                f"{number}: {file}::{function}"
            )
        if section:
            assert section in sections(file), f"{number}: {file}#{section}"
    # Whatever looks like a test or a file is written so that it is looked up.
    rest = NAMED.sub("", shown)
    assert "::" not in rest and not re.search(r"\w/\w+\.\w+", rest), f"{number}: {rest}"


def test_what_is_counted_is_what_stands_there() -> None:
    shown = [row.split("|")[2] for _number, row in ROWS]
    deviations = sum("**deviation**" in cell for cell in shown)
    tested = sum("**deviation**" not in cell and "::" in cell for cell in shown)
    rest = len(ROWS) - deviations - tested
    text = " ".join(DOCUMENT.split())
    assert (
        f"Of the 188, {tested} are shown by a test, {rest} by a document or the code,"
        f" and {deviations} are deviations"
    ) in text


@pytest.mark.parametrize("name", ["security.md", "inventories.md"])
def test_what_the_other_documents_name_is_there(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    everywhere = {
        function
        for file in (ROOT / "tests").rglob("test_*.py")
        for function in functions(str(file.relative_to(ROOT)))
    }
    for test in re.findall(r"`(test_\w+)`", text):
        assert test in everywhere, test
    for path in re.findall(r"`((?:tests|app|config)/[\w./]+)`", text):
        assert (ROOT / path).exists(), path
    for link in re.findall(r"\]\((\w+\.md)\)", text):
        assert (ROOT / "docs" / link).is_file(), link
