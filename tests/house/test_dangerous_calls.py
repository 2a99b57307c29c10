"""What the linter does not see: ways in which data would become code, commands or patterns."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import ROOT

# To code, to commands, to objects of the sender's choice, to documents that fetch others.
FORBIDDEN_MODULES = {
    *("subprocess", "pickle", "marshal", "shelve", "dill", "code", "codeop", "runpy", "ctypes"),
    *("xml", "lxml", "yaml", "ldap", "telnetlib", "ftplib"),
}
FORBIDDEN_CALLS = {
    *("eval", "exec", "compile", "__import__", "render_template_string", "from_string", "system"),
    *("popen", "execl", "execv", "execve", "spawnv", "posix_spawn", "format_map"),
}
# The one program that is started: our own, to look into files (test below).
# ctypes: one call of the kernel's, which hides the portal's environment from that program.
ALLOWED = {"app/documents/inspection.py": ["ctypes", "subprocess"]}
PATTERNS = {"compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall"}
FILES = sorted(
    file
    for folder in ("app", "legacy_adapters", "config")
    for file in (ROOT / folder).rglob("*.py")
)


def complaints(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.Lambda)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] in FORBIDDEN_MODULES)
        elif isinstance(node, ast.ImportFrom):
            if (node.module or "").split(".")[0] in FORBIDDEN_MODULES:
                yield str(node.module)
        elif isinstance(node, ast.Call):
            yield from _call(node, is_inside=id(node) in inside)


def _call(node: ast.Call, *, is_inside: bool) -> Iterator[str]:
    of = node.func.value if isinstance(node.func, ast.Attribute) else None
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    is_re = isinstance(of, ast.Name) and of.id == "re"
    is_anothers = of is not None and name == "compile"  # a pattern's, an SQL statement's
    if name in FORBIDDEN_CALLS and not is_anothers:
        yield f"{name}, line {node.lineno}"
    if is_re and name in PATTERNS and is_inside and not _is_constant(node.args[0]):
        yield f"a pattern that is made while running, line {node.lineno}"


def _is_constant(pattern: ast.expr) -> bool:
    return isinstance(pattern, ast.Constant) or (
        isinstance(pattern, ast.Name) and pattern.id.isupper()
    )


def test_no_data_becomes_code_commands_or_patterns() -> None:
    assert len(FILES) > 100
    found = {
        str(file.relative_to(ROOT)): list(complaints(file.read_text("utf-8"))) for file in FILES
    }
    assert {name: told for name, told in found.items() if told} == ALLOWED


def test_the_one_program_that_is_started_is_our_own() -> None:
    """By a list, without a shell; after its name come a number and our own limits."""
    [file] = ALLOWED
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    started = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "subprocess"
    ]
    assert [ast.unparse(call.func) for call in started] == ["subprocess.run"]
    assert ast.unparse(started[0].args[0]) == "[*program, *arguments]"
    assert "shell" not in {keyword.arg for keyword in started[0].keywords}
    told = {
        ast.unparse(node.targets[0]): ast.unparse(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
    }
    assert told["program"] == "[sys.executable, '-s', '-m', 'app.documents.inspecting']"
    assert told["arguments"] == "[str(descriptor), json.dumps(asdict(self._limits))]"


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess",
        "from xml.etree import ElementTree",
        "import pickle as p",
        "eval(text)",
        "os.system(text)",
        "environment.from_string(text)",
        "def find(text):\n    return re.search(text, 'x')",
        "def find(text):\n    return re.compile(f'{text}$')",
    ],
)
def test_each_of_them_would_be_found(source: str) -> None:
    assert len(list(complaints(source))) == 1


def test_templates_are_the_projects_own() -> None:
    """Each name of a template stands in the code."""
    for file in sorted((ROOT / "app").rglob("*.py"), key=Path.as_posix):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "render_template":
                assert isinstance(node.args[0], ast.Constant), f"{file}:{node.lineno}"


def test_scripts_write_text_alone() -> None:
    for file in (ROOT / "app/static").rglob("*.js"):
        script = file.read_text("utf-8")
        for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
                    "new Function", "setTimeout(\"", "javascript:", "postMessage"):  # fmt: skip
            assert way not in script, f"{file}: {way}"
