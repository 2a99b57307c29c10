"""Where in a TOML file something stands: tomllib reads values and forgets their lines."""

import re

HEADER = re.compile(r"^\[\s*([^\[\]]+?)\s*\]")
KEY = re.compile(r"^\s*(\"[^\"]+\"|'[^']+'|[A-Za-z0-9_-]+)\s*=")


class Places:
    def __init__(self, text: str) -> None:
        self._lines: dict[str, int] = {}
        section = ""
        for number, line in enumerate(text.splitlines(), start=1):
            if header := HEADER.match(line):
                section = header[1].replace('"', "").replace("'", "")
                self._lines.setdefault(section, number)
            elif key := KEY.match(line):
                path = f"{section}.{key[1].strip(chr(34) + chr(39))}".lstrip(".")
                self._lines.setdefault(path, number)

    def line(self, path: str) -> int:
        """The line of `invoice.columns.status`, or of what it stands in; 1 where none is known."""
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path.rpartition(".")[0]
        return 1
