"""The fields at the top of a Markdown file, between two lines of ---."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, NoReturn

import yaml

from tutor.errors import CorpusError

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times as fast
_FENCE = re.compile(r"---[ \t]*$")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The fields of a file, the line where each of them and each item ("facts.3") stands, and the first body line."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    at: Mapping[str, int] = field(default_factory=dict)
    body_line: int = 1


def front_matter(path: PurePath, text: str, loader: Any = LOADER) -> FrontMatter:
    """The fields at the top of `text`, none where it does not begin with a line of ---.

    Raises:
        CorpusError: they are not closed, not YAML, or not a list of fields.
    """
    lines = text.split("\n")
    if not _FENCE.match(lines[0]):
        return FrontMatter()
    end = next((i for i, line in enumerate(lines[1:], 1) if _FENCE.match(line)), None)
    if end is None:
        broken(path, 1, "the front matter is not closed", "Put it between two lines of --- at the top.")
    block = "\n".join(lines[1:end])
    try:
        reader = loader(block)
        node = reader.get_single_node()
        data = reader.construct_document(node) if node else None
    except (yaml.YAMLError, ValueError) as error:  # a date such as 2024-13-45 is a ValueError
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "a character is not allowed"
        broken(path, mark.line + 2 if mark else 2, f"the front matter is not YAML: {problem}", "Check the quotes.")
    if node is None:
        return FrontMatter(body_line=end + 2)
    if not isinstance(data, dict):
        broken(path, 2, "the front matter is not a list of fields", "Write title: ... and the like.")
    at = {}
    for key, value in node.value:  # block line 0 is line 2 of the file
        at[key.value] = key.start_mark.line + 2
        if isinstance(value, yaml.SequenceNode):
            at |= {f"{key.value}.{i}": item.start_mark.line + 2 for i, item in enumerate(value.value)}
    return FrontMatter(data, at, end + 2)


def broken(path: PurePath, line: int, what: str, fix: str) -> NoReturn:
    """Raise the CorpusError that says what is wrong at `line` of `path`, and what to do."""
    raise CorpusError(
        f"{path}, line {line}: {what}.", fix, ko=(f"{path} {line}번째 줄에 문제가 있어요: {what}.", fix)
    ) from None
