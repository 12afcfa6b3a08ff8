"""Web pages by Beautiful Soup, its only home: headings, paragraphs, list items; no scripts, styles or menus."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

from tutor.corpus.extracted import Extracted, Lines

_WORDS = re.compile(r"\w+")
_DROPPED = frozenset(
    _WORDS.findall(
        "script style noscript template svg math head nav footer form button select textarea iframe object canvas "
        "audio video"
    )
)
_BLOCKS = frozenset(
    _WORDS.findall(
        "address article aside blockquote body caption dd details div dl dt fieldset figcaption figure header hgroup "
        "hr html li main ol p pre section summary table tbody td tfoot th thead tr ul h1 h2 h3 h4 h5 h6"
    )
)
_MARKS = {f"h{level}": "#" * level + " " for level in range(1, 7)} | {"li": "- "}


def read(name: str, markup: str) -> Extracted:
    """The text of a page; its title is what <title> says, or else its first heading.

    Raises:
        CorpusError: it is too long.
    """
    from bs4 import BeautifulSoup

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about text that looks like an address or like XML
        page = BeautifulSoup(markup, "lxml")
    lines = Lines(name)
    heading = ""
    for mark, text in _blocks(page):
        heading = heading or (text if mark.startswith("#") else "")
        lines.add(f"{mark}{text}\n")
    titled = " ".join(page.title.get_text().split()) if page.title else ""
    return lines.extracted(titled or heading)


def _blocks(page: Any) -> Iterator[tuple[str, str]]:
    """(Markdown mark, text) of each block in reading order."""
    mark, words = "", list[str]()
    for tag, text in _pieces(page):
        if tag is None:
            words.append(text)
            continue
        if told := " ".join("".join(words).split()):
            yield mark, told
            mark = ""
        words = []
        mark = _MARKS.get(tag, mark if tag in ("p", "div", "") and mark == "- " else "")
    if told := " ".join("".join(words).split()):
        yield mark, told


def _pieces(page: Any) -> Iterator[tuple[str | None, str]]:
    """(None, text), or (a block's name as it begins, "") and ("", "") as it ends. No recursion: pages nest deep."""
    from bs4.element import NavigableString, PreformattedString, Tag

    waiting: list[Any] = [page]
    while waiting:
        node = waiting.pop()
        if node is None:
            yield "", ""
        elif isinstance(node, Tag):
            if node.name in _DROPPED:
                continue
            if node.name in _BLOCKS:
                yield node.name, ""
                waiting.append(None)
            elif node.name == "br":
                yield None, " "
            waiting += reversed(node.contents)
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            yield None, str(node)
