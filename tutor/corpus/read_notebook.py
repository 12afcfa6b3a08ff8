"""Jupyter notebooks by nbformat, its only home: what the cells say, not what they put out."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable
from typing import Any

from tutor.corpus.extracted import Extracted, Lines, refusal

_HEADING = re.compile(r"(?m)^#{1,6}[ \t]+(.+?)[ \t]*#*$")


def read(name: str, text: str, markdown_body: Callable[[list[str]], str]) -> Extracted:
    """The text of a notebook; places are its cells, counted from 1. Code is indented, as in Markdown.

    Raises:
        CorpusError: it is no notebook, or too long.
    """
    lines, title = Lines(name), ""
    for number, cell in enumerate(_cells(name, text), 1):
        source = str(cell["source"])
        if not source.strip():
            continue
        lines.place(f"cell {number}")
        if cell["cell_type"] == "markdown":
            heading = _HEADING.search(source)
            title = title or (heading[1] if heading else "")
            lines.add(markdown_body(source.split("\n")))
        else:
            lines.add("\n".join(f"    {line}" if line.strip() else "" for line in source.split("\n")))
        lines.add("")
    return lines.extracted(title)


def _cells(name: str, text: str) -> list[Any]:
    import nbformat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about cells without an id
            problems: dict[str, Any] = {}
            return nbformat.reads(text, as_version=4, capture_validation_error=problems)["cells"]
    except (json.JSONDecodeError, RecursionError, nbformat.reader.NotJSONError):
        raise refusal(
            name,
            ("it is not a Jupyter notebook (its JSON is broken or nested too deep)", "Save it anew from Jupyter."),
            ("주피터 노트북이 아니에요(JSON이 깨졌거나 너무 깊이 겹쳤어요)", "주피터에서 다시 저장해 주세요."),
        ) from None
