"""Cut a document into passages: runs of whole sentences under one heading, with their lines in the file."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from tutor.corpus.extracted import cut
from tutor.text import normalise, sentences
from tutor.types import Document, Lang, Passage

# Characters aimed at. A Hangul syllable says about as much as two Latin letters.
TARGET: dict[Lang, int] = {"en": 450, "ko": 250}
LONGEST = 800  # characters of a "sentence" of the learner's own files, which may be a table or a list of anything

_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*$")
_RULE = re.compile(r"\s*(?:-{3,}|\*{3,}|_{3,})\s*")
_ITEM = re.compile(r"^(?:\s*(?:[-*+]|\d{1,3}[.)])\s+|\s*>\s?)")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^)\s]{0,500}\)")  # linear also where brackets are left open
_EMPHASIS = re.compile(r"\*\*|__|`|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)")

# What a blog puts around a text: ad sizes, signatures, lone punctuation, cards that show a linked page.
_BOILERPLATE = re.compile(r"\d{2,4}x\d{2,4}|Posted by .*|\W+")
_URL = re.compile(r"https?://\S+")
_SITE = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_CARD_LINES = 12  # a card's address, title, description and site lie within so many lines


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    lines: tuple[int, int]
    opens_block: bool  # the first of its paragraph or list item


def passages(document: Document, asked: Mapping[str, tuple[str, ...]] = MappingProxyType({})) -> list[Passage]:
    """The passages of `document` in reading order; none of them crosses a heading.

    `asked` gives for a sentence the questions that it answers.

    An id is the document's id and a hash of section and text, so that it stays the same whatever
    changes elsewhere in the file.
    """
    found: list[Passage] = []
    seen: dict[str, int] = {}
    for section, run in _sections(document):
        for group in _groups(run, TARGET[document.lang]):
            text = _join(group)
            digest = hashlib.sha256(f"{section}\n{text}".encode()).hexdigest()[:10]
            seen[digest] = seen.get(digest, 0) + 1
            ident = f"{document.id}#{digest}" + (f"-{seen[digest]}" if seen[digest] > 1 else "")
            lines = (group[0].lines[0], group[-1].lines[1])
            place = document.place(lines)
            known = tuple(asked.get(text[a:b]) or _within(document, text[a:b], asked) for a, b in sentences(text))
            found.append(
                Passage(
                    ident, document.id, document.slug, document.title, section, document.lang, lines, text, known, place
                )
            )
    return found


def _within(document: Document, sentence: str, asked: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The questions of a sentence that `sentence` holds: a note's lines can run together."""
    if not document.id.startswith("seeds/"):
        return ()
    return next((questions for known, questions in asked.items() if known in sentence), ())


def plain(line: str) -> str:
    """One line of Markdown without its markers."""
    line = _ITEM.sub("", normalise(line), count=1)
    return _EMPHASIS.sub("", _LINK.sub(r"\1", line)).strip()


def _sections(document: Document) -> Iterator[tuple[str, list[_Sentence]]]:
    section, run = "", list[_Sentence]()
    for number, line, block in _blocks(document):
        if _alone(line):
            if run:
                yield section, run
            run = []
            if heading := _HEADING.fullmatch(line):
                section = plain(heading.group(1))
        else:
            found = _sentences(block, number)
            run += _short(found) if document.id.startswith("library/") else found
    if run:
        yield section, run


def _alone(line: str) -> bool:
    """Whether `line` is a heading or a rule, a block by itself that no passage crosses."""
    return bool(_HEADING.fullmatch(line) or _RULE.fullmatch(line))


def _blocks(document: Document) -> Iterator[tuple[int, str, list[str]]]:
    """(1-based number of the first line, that line, the cleaned lines) of each paragraph, item, heading or rule."""
    lines = document.text.split("\n")
    if document.id.startswith("seeds/"):
        dropped = _boilerplate(lines)
        lines = ["---" if number in dropped else line for number, line in enumerate(lines, 1)]
    start, block = 0, list[str]()
    for number, line in enumerate([*lines[document.body_line - 1 :], ""], document.body_line):
        if block and (not line.strip() or _alone(line) or _ITEM.match(line) or _alone(lines[start - 1])):
            yield start, lines[start - 1], block
            block = []
        if line.strip():
            start = start if block else number
            block.append(plain(line))


def _boilerplate(lines: list[str]) -> set[int]:
    """1-based numbers of the lines that the blog, not its author, wrote."""
    dropped = {i for i, line in enumerate(lines, 1) if _BOILERPLATE.fullmatch(line.strip())}
    for i, line in enumerate(lines, 1):
        if _URL.fullmatch(line.strip()):
            card = range(i + 1, min(i + _CARD_LINES, len(lines)) + 1)
            site = next((n for n in card if _SITE.fullmatch(lines[n - 1].strip())), i)
            dropped.update(range(i, site + 1))
    return dropped


def _sentences(block: list[str], first: int) -> list[_Sentence]:
    """The sentences of a block whose cleaned lines are `block`, the first being line `first` of the file."""
    starts, position = [], 0
    for line in block:
        starts.append(position)
        position += len(line) + 1
    text = " ".join(block)
    found = []
    for i, (a, b) in enumerate(sentences(text)):
        lines = (first + bisect_right(starts, a) - 1, first + bisect_right(starts, b - 1) - 1)
        found.append(_Sentence(text[a:b], lines, i == 0))
    return found


def _short(found: list[_Sentence]) -> Iterator[_Sentence]:
    """`found` with what is too long for a sentence cut into parts."""
    for sentence in found:
        for i, part in enumerate(cut(sentence.text, LONGEST)):
            yield replace(sentence, text=part, opens_block=sentence.opens_block and i == 0)


def _groups(run: list[_Sentence], target: int) -> Iterator[list[_Sentence]]:
    """`run` cut into parts of about equal length, as many as bring them closest to `target` characters."""
    total = sum(len(s.text) for s in run)
    parts = max(1, round(total / target))
    group, done, cut = list[_Sentence](), 0.0, 1
    for sentence in run:
        # Cut before this sentence where that leaves the cut nearer to its due place than cutting after it.
        if group and done + len(sentence.text) / 2 > cut * total / parts:
            yield group
            group, cut = [], cut + 1
        group.append(sentence)
        done += len(sentence.text)
    if group:
        yield group


def _join(group: list[_Sentence]) -> str:
    """Sentences joined by a space; by a blank line after one that has no full stop, such as a list item."""
    text = group[0].text
    for sentence in group[1:]:
        ended = not sentence.opens_block or text[-1] in ".!?。…\"'”’)]"
        text += (" " if ended else "\n\n") + sentence.text
    return text
