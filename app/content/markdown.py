"""Markdown as the portal shows it: no raw HTML, no pictures, links to safe places alone."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

# What a link may lead to: other sites, a mail, a call, and pages of our own.
SAFE_LINK = re.compile(r"https?://[^\s/?#]|mailto:[^\s]|tel:[+\d]|/(?![/\\]|%5c)|#", re.IGNORECASE)
UNSEEN = re.compile(r"[\x00-\x20\\]")


def is_safe_link(address: str) -> bool:
    """Browsers skip invisible characters and take a backslash for a slash: none may be there."""
    return SAFE_LINK.match(address) is not None and not UNSEEN.search(address)


def _parser(*, checks_links: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    parser.validateLink = is_safe_link if checks_links else lambda _address: True  # type: ignore[method-assign, assignment]
    return parser


_reader = _parser(checks_links=False)  # sees what a text wants, to say what is wrong with it
_writer = _parser(checks_links=True).disable("image")


def _open_link(self: Any, tokens: list[Token], place: int, options: Any, env: Any) -> str:
    """Own pages stand below where the portal is mounted."""
    address = str(tokens[place].attrGet("href"))
    if address.startswith("/"):
        tokens[place].attrSet("href", env["root"] + address)
    return str(self.renderToken(tokens, place, options, env))


_writer.add_render_rule("link_open", _open_link)


def blocks_of(source: str) -> list[Token]:
    return _reader.parse(source)


@lru_cache(512)
def render(source: str, root: str = "") -> Markup:
    """root: the path below which the portal is mounted."""
    return Markup(_writer.render(source, {"root": root}))  # noqa: S704 - raw HTML stays text


def split_title(body: str) -> tuple[str, str]:
    """The first line, `# ...`, and the rest."""
    title, _, rest = body.partition("\n")
    return title.lstrip("#").strip(), rest


def unsafe_parts(source: str) -> Iterator[tuple[int, str, str]]:
    """(line, "link" or "image", address) of what would not be shown as it is meant."""
    for block in blocks_of(source):
        for token in block.children or ():
            address = str(token.attrGet("href") or token.attrGet("src") or "")
            is_image = token.type == "image"
            if is_image or (token.type == "link_open" and not is_safe_link(address)):
                kind = "image" if is_image else "link"
                yield (block.map or [0])[0] + 1, kind, address
