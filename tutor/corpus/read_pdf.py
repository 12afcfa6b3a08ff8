"""PDF files by pypdf, its only home: the pages' lines, paragraphs parted, words joined that a line end cut."""

from __future__ import annotations

import logging
import re
from collections import Counter
from io import BytesIO

from tutor.corpus.extracted import Extracted, Lines, refusal
from tutor.text import normalise

_NUMBER = re.compile(r"\W*(?:p(?:age|\.)?\s*)?\d{1,4}(?:\s*(?:/|of)\s*\d{1,4})?\W*", re.IGNORECASE)  # of the page
_CUT_WORD = re.compile(r"[^\W\d_][-\u00ad\u2010]$")
_REST = re.compile(r"[a-z]\S*")
_FULL_STOP = re.compile(r"[.!?:。][\"'”’)\]]*$")
_SHORT, _VERY_SHORT = 0.8, 0.55  # of the usual length of the page's lines
_RUNNING = 3  # pages that open or close with the same line, at least, before it is taken for a running head


def read(name: str, data: bytes) -> Extracted:
    """The text of a PDF; places are its pages, counted from 1.

    Raises:
        CorpusError: it is locked with a password, or too long.
        Exception: whatever pypdf raises on a broken file.
    """
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it mends in a file is no news to the learner
    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted and not _unlocked(reader):
        raise refusal(
            name,
            ("it is locked with a password", "Save a copy without the password and add that."),
            ("암호로 잠겨 있어요", "암호를 푼 사본을 저장해서 넣어 주세요."),
        )
    lines, pages = Lines(name), _without_running(_pages(name, reader))
    for number, rows in pages:
        lines.place(f"p. {number}")
        lines.add("\n".join(_paragraphs(rows)))
        if _FULL_STOP.search(rows[-1]):  # else the paragraph goes on over the page
            lines.add("")
    title = (reader.metadata.title if reader.metadata else "") or ""
    return lines.extracted(" ".join(str(title).split()))


def _unlocked(reader: object) -> bool:
    """Whether the empty password opens it: many files only forbid printing."""
    from pypdf.errors import DependencyError

    try:
        return bool(reader.decrypt(""))  # type: ignore[attr-defined]
    except DependencyError:  # a cipher that this installation does not have
        return False


def _pages(name: str, reader: object) -> list[tuple[int, list[str]]]:
    """(page number, its lines) of each page that has text."""
    counted, pages = Lines(name), []
    for number, page in enumerate(reader.pages, 1):  # type: ignore[attr-defined]
        text = normalise(page.extract_text())
        counted.add(text)  # stops at a file that is too long before the rest of it is read
        rows = [" ".join(row.split()) for row in text.split("\n")]
        while rows and not rows[-1]:
            rows.pop()
        while rows and not rows[0]:
            rows.pop(0)
        if any(rows):
            pages.append((number, rows))
    return pages


def _without_running(pages: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """The pages without page numbers and running heads, that is, a first or last line that most pages share."""
    told = []
    common = [Counter(re.sub(r"\d+", "", rows[end]) for _, rows in pages) for end in (0, -1)]
    for number, rows in pages:
        for end in (0, -1):
            if not rows:
                break
            same = common[end][re.sub(r"\d+", "", rows[end])]
            if _NUMBER.fullmatch(rows[end]) or same >= max(_RUNNING, len(pages) / 2):
                rows = rows[1:] if end == 0 else rows[:-1]
        rows = [row for row in rows] if any(rows) else []
        if rows:
            told.append((number, rows))
    return told


def _paragraphs(rows: list[str]) -> list[str]:
    """The lines of a page with an empty one after each paragraph, and words whole that were cut with a hyphen."""
    usual = sorted(map(len, rows))[int(0.9 * (len(rows) - 1))]
    told: list[str] = []
    rest = [*rows]
    for i, row in enumerate(rest):
        following = rest[i + 1] if i + 1 < len(rest) else ""
        if _CUT_WORD.search(row) and (tail := _REST.match(following)):
            row = row[:-1] + tail.group()
            rest[i + 1] = following[tail.end() :].lstrip()
        if not row and following == "":
            continue
        told.append(row)
        ended = bool(_FULL_STOP.search(row))
        if following and (len(row) < _SHORT * usual if ended else len(row) < _VERY_SHORT * usual):
            told.append("")
    return told
