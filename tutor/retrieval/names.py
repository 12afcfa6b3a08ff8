"""The names in a question, as far as writing shows them, and whether passages hold them.

Who asks about Kasparov is not answered by passages without a Kasparov, however near they are. Hangul has no capitals,
so of a Korean question only the names in Latin letters count; the others are left to `confidence.Signals.known`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain

from tutor.retrieval.expansion import Expansion, joined
from tutor.text import folded
from tutor.types import Passage

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9.-]*[A-Za-z0-9]")
_BEGINS = re.compile(r"(?:^|[.!?:\"'“(\[\n])\s*$")  # what stands before the first word of a sentence or a quotation
_STEM = 3  # letters of a name, at least, of which a plural s may be missing


def names(question: str) -> list[str]:
    """Latin words with a capital inside ("GPT", "AlexNet"), and capitalised ones that do not begin a sentence.

    None where most words have capitals: then they tell nothing.
    """
    found = [
        word.group()
        for word in _WORD.finditer(question)
        if any(letter.isupper() for letter in word.group()[1:])
        or (word.group()[0].isupper() and not _BEGINS.search(question[: word.start()]))
    ]
    return found if 2 * len(found) <= len(question.split()) else []


def held(wanted: Sequence[str], passages: Iterable[Passage], expansion: Expansion) -> float:
    """Share of the names `wanted` that `passages` hold, in any spelling that the glossary knows; 1 of none."""
    if not wanted:
        return 1.0
    texts = [part for p in passages for part in (p.title, p.section, p.text, *chain(*p.asked))]
    text = joined(folded("\n".join(texts)))
    return sum(any(_stem(s) in text for s in expansion.spellings(name)) for name in wanted) / len(wanted)


def _stem(spelling: str) -> str:
    return spelling[:-1] if spelling.endswith("s") and len(spelling) > _STEM else spelling
