"""Every text in both catalogues, every setting in the documents, no style in templates."""

import ast
import re
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest
from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from app import catalogues
from app.web.language import LANGUAGES
from app.web.message_words import KINDS
from config.loading import OUTSIDE_CLASSES, variable_name
from config.settings import ROOT, SECTIONS
from legacy_adapters.mapping import VIEWS_KEYS
from legacy_adapters.operations import OPERATIONS
from legacy_adapters.relations import RELATIONS
from legacy_adapters.views import oracle_column

TEMPLATES = sorted((ROOT / "app/templates").rglob("*.html"))
# Mail programs read no style sheet of ours, and no policy of ours holds in them.
STYLED_INLINE = {ROOT / "app/templates/mails/letter.html"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_has_exactly_the_texts_in_use(language: str) -> None:
    """If this fails: flask translations update, then translate what it lists."""
    kept = {str(message.id) for message in catalogues.read(language) if message.id}
    used = {str(message.id) for message in catalogues.collect() if message.id}
    assert kept == used
    assert catalogues.untranslated(catalogues.read(language)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiled_catalogue_is_up_to_date(language: str) -> None:
    compiled = catalogues.compiled(catalogues.read(language))
    assert catalogues.mo_file(language).read_bytes() == compiled


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_survive_translation(language: str) -> None:
    for message in catalogues.read(language):
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        strings = [message.string] if isinstance(message.string, str) else list(message.string)
        wanted = set(re.findall(r"%\(\w+\)[sd]", ids[-1]))
        for string in strings:
            assert set(re.findall(r"%\(\w+\)[sd]", str(string))) == wanted, ids


def test_no_text_hides_where_the_collector_does_not_look() -> None:
    """Python 3.11 has no tokens for what stands inside an f-string."""
    for file in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                calls = [n for n in ast.walk(node) if isinstance(n, ast.Call)]
                names = {n.func.id for n in calls if isinstance(n.func, ast.Name)}
                assert not names & {"_", "_l", "ngettext"}, f"{file}:{node.lineno}"


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda f: f.name)
def test_template_has_no_loose_text_and_no_inline_style(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    if file in STYLED_INLINE:
        text = re.sub(r'(?s)<style>.*?</style>|\sstyle="[^"]*"', "", text)
    assert not re.search(r"\sstyle=|<style|\son\w+=|\|safe\b", text)
    bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>|&\w+;", " ", text, flags=re.S)
    assert not re.findall(r"[A-Za-zëç]{3,}", bare.replace("kWh", "").replace("PDF", "")), (
        bare.split()
    )


def test_every_setting_is_documented_and_nothing_else() -> None:
    document = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(SELFCARE_\w+)`", document))
    known = {variable_name(s, f) for s in SECTIONS for f in s.model_fields} | OUTSIDE_CLASSES
    assert named == known


def allowed(field: FieldInfo) -> str:
    """In words, by the field's own rules."""
    found = [rule for item in field.metadata for rule in (item, *getattr(item, "metadata", ()))]
    least = next((rule.ge for rule in found if isinstance(rule, Ge)), None)
    most = next((rule.le for rule in found if isinstance(rule, Le)), None)
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(field.annotation))
    if field.annotation is bool:
        return "true, false"
    if least is not None and most is not None:
        return f"{least} to {most}"
    return f"from {least}" if least is not None else ""


def test_every_setting_tells_which_values_are_allowed() -> None:
    document = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    rows = dict(
        re.findall(r"^\| `(SELFCARE_\w+)` \| `\w+` \| [^|]* \| ([^|]*?) ?\|", document, re.M)
    )
    wanted = {variable_name(s, n): allowed(f) for s in SECTIONS for n, f in s.model_fields.items()}
    assert rows == wanted


@pytest.mark.parametrize("name", ["operations", "security", "inventories"])
def test_every_sealing_key_has_its_way_of_being_changed(name: str) -> None:
    document = (ROOT / f"docs/{name}.md").read_text(encoding="utf-8")
    if name == "operations":
        document = document.partition("## Changing the sealing keys")[2].partition("\n## ")[0]
    rows = "".join(re.findall(r"^\|.*\|$", document, re.M))
    for section in SECTIONS:
        if "keys" in section.model_fields:
            assert f"`{variable_name(section, 'keys')}`" in rows


def test_every_relation_field_and_operation_is_documented() -> None:
    document = (ROOT / "docs/mapping.md").read_text(encoding="utf-8")
    for relation, fields in RELATIONS.items():
        section = document.partition(f"### {relation}\n")[2].partition("\n### ")[0]
        rows = {
            row[0]: row
            for row in re.findall(
                r"^\| `(\w+)` \| (\w+) \| ([^|]+) \| (\w+) \| (.*) \|$", section, re.M
            )
        }
        assert set(rows) == set(fields), relation
        for name, field in fields.items():
            need = "yes" if field.required else "no"
            told = (name, field.kind.value, oracle_column(field), need, field.meaning)
            assert rows[name] == told
    for operation in OPERATIONS:
        assert f"`{operation}`" in document, operation
    for key in VIEWS_KEYS:
        assert re.search(rf"^{key} = ", document, re.M), key


def test_the_project_speaks_of_itself_alone() -> None:
    """No name of a machine or a registry's host gets into what is kept."""
    for file in [
        *ROOT.glob("*.txt"),
        *ROOT.glob("*.in"),
        *(ROOT / "docs").rglob("*.md"),
        ROOT / "README.md",
    ]:
        text = file.read_text(encoding="utf-8")
        assert "/root/" not in text and "/tmp/" not in text, file
        assert "--index-url" not in text and "--extra-index" not in text, file


def test_every_kind_of_message_has_words_for_staff() -> None:
    kinds: set[str] = set()
    for file in (ROOT / "app").rglob("*.py"):
        kinds |= set(re.findall(r'Purpose\(\s*kind="([^"]+)"', file.read_text(encoding="utf-8")))
    assert len(kinds) > 10
    assert kinds <= set(KINDS)
