"""Word documents by python-docx, its only home. A DOCX is a zip of XML: what it unpacks to is looked at first."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from tutor.corpus.extracted import Extracted, Lines, refusal
from tutor.errors import CorpusError

UNPACKED = 200 << 20  # bytes, at most
RATIO = 200  # of the unpacked size to the file's, at most
PARTS = 10_000
_PIECE = 1 << 20
_HEADING = re.compile(r"Heading ([1-6])")
_UNTITLED = "Word Document"  # what python-docx calls a file that has no title
_DECLARATION = (b"<!DOCTYPE", b"<!ENTITY")  # of a document type, which Word never writes: entities can grow without end


def read(name: str, data: bytes) -> Extracted:
    """The paragraphs and table rows of a document, in order, headings as in Markdown.

    Raises:
        CorpusError: it unpacks to too much, declares XML entities, or is too long.
        Exception: whatever python-docx raises on a broken file.
    """
    _checked(name, data)
    from docx import Document

    document = Document(BytesIO(data))
    lines, heading = Lines(name), ""
    for mark, text in _blocks(document):
        heading = heading or (text if mark.startswith("#") else "")
        lines.add(f"{mark}{text}\n")
    title = " ".join((document.core_properties.title or "").split())
    return lines.extracted(heading if title in ("", _UNTITLED) else title)


def _blocks(document: Any) -> Iterator[tuple[str, str]]:
    from docx.table import Table

    for block in document.iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                cells = dict.fromkeys(" ".join(cell.text.split()) for cell in row.cells)  # merged ones come twice
                if told := " | ".join(filter(None, cells)):
                    yield "", told
        elif told := " ".join(block.text.split()):
            style = block.style.name if block.style else ""
            level = _HEADING.match(style)
            heading = "#" * int(level[1]) + " " if level else "# " if style == "Title" else ""
            yield heading or ("- " if style.startswith("List") else ""), told


def _checked(name: str, data: bytes) -> None:
    """Unpack every part piece by piece, keeping none, and stop where it grows too large."""
    with zipfile.ZipFile(BytesIO(data)) as packed:
        parts = packed.infolist()
        if len(parts) > PARTS or _too_much(sum(part.file_size for part in parts), len(data)):
            raise _bomb(name)
        unpacked = 0
        for part in parts:
            with packed.open(part) as file:
                before = b""
                while piece := file.read(_PIECE):
                    unpacked += len(piece)
                    if _too_much(unpacked, len(data)):
                        raise _bomb(name)
                    _no_entities(name, part.filename, before + piece)
                    before = piece[-40:]


def _too_much(unpacked: int, packed: int) -> bool:
    return unpacked > UNPACKED or unpacked > RATIO * packed


def _no_entities(name: str, part: str, piece: bytes) -> None:
    if part.lower().endswith((".xml", ".rels")) and any(mark in piece.replace(b"\0", b"") for mark in _DECLARATION):
        raise refusal(
            name,
            ("its XML declares entities, which no Word document does", "Open it in Word and save it anew."),
            ("워드 문서에는 없는 XML 엔티티 선언이 있어요", "워드에서 열어 다시 저장해 주세요."),
        )


def _bomb(name: str) -> CorpusError:
    most = UNPACKED >> 20
    return refusal(
        name,
        (f"it unpacks to more than {most} MB or {RATIO} times its size", "Add only files that you trust."),
        (f"압축을 풀면 {most} MB 또는 원래 크기의 {RATIO}배를 넘어요", "믿을 수 있는 파일만 넣어 주세요."),
    )
