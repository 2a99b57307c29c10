"""Where in a TOML file something stands: tomllib reads values and forgets their lines."""

import re

_NAME = r"(?:\"[^\"]*\"|'[^']*'|[A-Za-z0-9_-]+)"
_PATH = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
HEADER = re.compile(rf"^\s*\[\[?\s*({_PATH})\s*\]")
KEY = re.compile(rf"^\s*({_PATH})\s*=")
PART = re.compile(_NAME)
STRING_OR_COMMENT = re.compile(
    r'"""(?:\\.|[^\\])*?"""'
    r"|'''.*?'''"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*",
    re.DOTALL,
)


class Places:
    def __init__(self, text: str) -> None:
        """text: TOML that can be read."""
        self._lines: dict[str, int] = {}
        self._last = 0
        section, depth = "", 0
        # splitlines would also split at what TOML takes for a letter, as U+2028.
        for number, line in enumerate(_without_long_strings(text).split("\n"), start=1):
            self._last = number
            if depth == 0 and (header := HEADER.match(line)):
                section = _joined(header[1])
                self._lines.setdefault(section, number)
            elif depth == 0 and (key := KEY.match(line)):
                path = _joined(key[1])
                self._lines.setdefault(f"{section}.{path}" if section else path, number)
            bare = STRING_OR_COMMENT.sub("", line)
            depth += sum(map(bare.count, "[{")) - sum(map(bare.count, "]}"))
        self._text = text.split("\n")

    def line(self, path: str) -> int:
        """The line of `invoice.columns.status`, or of what it stands in; 1 where none is known."""
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path.rpartition(".")[0]
        return 1

    def line_of_entry(self, path: str, entry: str) -> int:
        """The line of a text in the list at `path`, which may have a line for each."""
        start = self.line(path)
        following = (line for line in self._lines.values() if line > start)
        end = min(following, default=self._last + 1)
        for number in range(start, end):
            if any(f"{mark}{entry}{mark}" in self._text[number - 1] for mark in "\"'"):
                return number
        return start


def _joined(path: str) -> str:
    return ".".join(part.strip("\"'") for part in PART.findall(path))


def _without_long_strings(text: str) -> str:
    """What looks like a key within a text of many lines is none; lines stay where they are."""

    def emptied(found: re.Match[str]) -> str:
        lines = found[0].count("\n")
        return '""' + "\n" * lines if lines else found[0]

    return STRING_OR_COMMENT.sub(emptied, text)
