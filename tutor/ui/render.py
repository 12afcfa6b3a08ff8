"""Answers, sources and documents as HTML. Every text is escaped here; nothing else writes markup.

Text from a model, a passage or a learner is data: it is escaped first, and only then are a few marks
(citations, bold, code, lists) turned into elements whose attributes this module wrote itself.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from tutor.labs import core
from tutor.text import normalise
from tutor.types import Answer, Citation, Document, Fact, Lang, Source
from tutor.ui.strings import STRINGS

_CITATION = re.compile(r"\[(\d+(?:\s*,\s*\d+)*)\]")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"(?<!!)\[([^\[\]\n]+)\]\(([^()\s]+)\)")
_BULLET = re.compile(r"^\s*[-*•]\s+(.*)$")
_HEADING = re.compile(r"^#{1,6}\s+(.*)$")


def escape(text: str) -> str:
    """`text` as inert HTML: no markup, no control or direction characters."""
    return html.escape(normalise(text), quote=True)


def answer_html(answer: Answer, lang: Lang) -> str:
    """The finished answer exactly as it reaches the page; `lang` is the page's, for badge and notes."""
    words = STRINGS[lang]
    notes = []
    if answer.withheld:
        notes.append(words["withheld"].format(n=answer.withheld))
    if answer.stopped:
        notes.append(words["stopped"])
    foot = "".join(f'<span class="note">{escape(note)}</span>' for note in notes)
    if not answer.text.strip():  # stopped before anything was said
        return f'<p class="foot">{foot}</p>'
    badge, hint = escape(words["badge"][answer.mode]), escape(words["badge_hint"][answer.mode])
    badge = f'<span class="badge {answer.mode}" role="note" tabindex="0" title="{hint}">{badge}</span>'
    return f'<div class="answer" lang="{answer.lang}">{_body(answer, lang)}</div><p class="foot">{badge}{foot}</p>'


def partial_html(text: str) -> str:
    """The checked part of an answer that is still being written; its citations are not links yet."""
    return f'<div class="answer">{_blocks(text)}</div>' if text.strip() else ""


def sources_html(answer: Answer, lang: Lang) -> str:
    """The passages behind an answer, the sentences it used marked, each with a link to its whole text."""
    words = STRINGS[lang]
    if not answer.citations:
        return f'<p class="hint">{escape(words["none_used"])}</p>'
    return "".join(_source(citation, lang) for citation in answer.citations)


class Corrected(NamedTuple):
    """What the learner's note says, what is right, the source that holds it, and another document that tells it."""

    note: str
    right: str
    source: Source | None
    told: Document | None


class Beside(NamedTuple):
    """What belongs to a document beside its own text; `related` by predecessor, successor and see_also."""

    related: Mapping[str, Sequence[Document]] = MappingProxyType({})
    corrections: Sequence[Corrected] = ()


_NOTHING = Beside()


def document_html(document: Document, lines: tuple[int, int] | None, lang: Lang, beside: Beside = _NOTHING) -> str:
    """The whole body of a document with `lines` (1-based, inclusive, in the file) marked, and what belongs to it."""
    words = STRINGS[lang]
    sources = {source.id: source for source in document.sources}
    related = (_related(words["related"][kind], found, lang) for kind, found in beside.related.items())
    corrections = (_corrected(corrected, lang) for corrected in beside.corrections)
    facts = (_fact(fact, sources, lang) for fact in document.facts)
    primary = (_primary(source.label, source.url) for source in document.sources)
    parts = (
        f"<h1>{escape(document.title)}</h1>",
        _lab(document, lang),
        *_document_blocks(document, lines),
        _items("related", "", related, lang),
        _items("corrections", words["corrections"], corrections, lang, words["corrections_hint"]),
        _items("facts", words["facts"], facts, lang),
        _items("primary", words["primary"], primary, lang),
    )
    return f'<article class="document" lang="{document.lang}">{"".join(parts)}</article>'


def _items(kind: str, title: str, items: Iterable[str], lang: Lang, hint: str = "") -> str:
    """A list of a document under its heading, in the page's language; nothing where it is empty."""
    listed = "".join(f"<li>{item}</li>" for item in items)
    heading = f'<h2 lang="{lang}">{escape(title)}</h2>' if title else ""
    told = f'<p class="hint" lang="{lang}">{escape(hint)}</p>' if hint else ""
    return f'<section class="{kind}">{heading}{told}<ul>{listed}</ul></section>' if listed else ""


def _related(title: str, documents: Sequence[Document], lang: Lang) -> str:
    links = "".join(_reading(document, document.title, lang) for document in documents)
    return f'<span lang="{lang}">{escape(title)}</span><div>{links}</div>'


def _reading(document: Document, words: str, lang: Lang) -> str:
    """A link to another document, which opens where this one is read."""
    link = document_link(document.id, (0, 0), lang)
    return f'<a class="whole-text" href="{escape(link)}">{escape(words)}</a> '


def _corrected(corrected: Corrected, lang: Lang) -> str:
    note, right, source, told = corrected
    places = [_primary(source.label, source.url)] if source else []
    if told:
        places.append(_reading(told, STRINGS[lang]["told_in"].format(title=told.title), lang))
    return f'<blockquote>{escape(note)}</blockquote><p>{escape(right)}</p><p class="place">{" · ".join(places)}</p>'


def _fact(fact: Fact, sources: Mapping[str, Source], lang: Lang) -> str:
    """The sentence, its year where it is an event, the source that holds it, and the one in which it was read."""
    year = f'<span class="year">{fact.year}</span>' if fact.year is not None else ""
    holds, read = sources.get(fact.source), sources.get(fact.checked)
    places = [_primary(holds.title, holds.url)] if holds else []
    if read and read != holds:
        places.append(escape(STRINGS[lang]["read_in"]).format(source=_primary(read.title, read.url)))
    return f'{year}<p>{escape(fact.text)}</p><p class="place">{" · ".join(places)}</p>'


def _lab(document: Document, lang: Lang) -> str:
    """The way to the lab that shows what the document tells of."""
    if document.lab not in core.LABS:  # none, or a word of a learner's own front matter
        return ""
    words = escape(STRINGS[lang]["lab_of"].format(title=core.LABS[document.lab].title[lang]))
    return f'<p><a class="lab" data-lab="{escape(document.lab)}" href="/?lab={quote(document.lab)}">{words}</a></p>'


def document_link(doc: str, lines: tuple[int, int], lang: Lang) -> str:
    """The address of a document's page, at `lines`."""
    return f"/document/{quote(doc)}?lines={lines[0]}-{lines[1]}&lang={lang}"


def web_address(url: str) -> str:
    """`url` if it may be followed from the page, else ""."""
    return url if urlsplit(url).scheme in ("http", "https") else ""


def _body(answer: Answer, lang: Lang) -> str:
    text = _blocks(answer.text)
    for check in answer.checked:
        sentence = _inline(check.sentence.strip())
        if not check.supported and sentence in text:
            note = escape(STRINGS[lang]["unsupported"])
            marked = f'<span class="unsupported" title="{note}">{sentence} <small>({note})</small></span>'
            text = text.replace(sentence, marked, 1)
    titles = {citation.n: citation.passage.title for citation in answer.citations}
    return _CITATION.sub(lambda match: _marks(match, titles), text)


def _marks(match: re.Match[str], titles: dict[int, str]) -> str:
    """[1, 2] as one link a number; a number without a citation stays plain text."""
    numbers = [int(number) for number in match.group(1).split(",")]
    if any(number not in titles for number in numbers):
        return match.group()
    return "".join(
        f'<a class="cite" href="#sources" data-n="{n}" title="{escape(titles[n])}">[{n}]</a>' for n in numbers
    )


def _blocks(text: str) -> str:
    """Paragraphs and bullet lists; any other line break stays a line break."""
    out: list[str] = []
    for block in re.split(r"\n\s*\n", normalise(text).strip()):
        bullets: list[str] = []
        lines: list[str] = []
        for line in block.split("\n"):
            if bullet := _BULLET.match(line):
                out += _paragraph(lines)
                lines = []
                bullets.append(f"<li>{_inline(bullet.group(1))}</li>")
            else:
                out += _list(bullets)
                bullets = []
                lines.append(_inline(line))
        out += _paragraph(lines) + _list(bullets)
    return "".join(out)


def _paragraph(lines: list[str]) -> list[str]:
    return [f"<p>{'<br>'.join(lines)}</p>"] if lines else []


def _list(items: list[str]) -> list[str]:
    return [f"<ul>{''.join(items)}</ul>"] if items else []


def _inline(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", _BOLD.sub(r"<strong>\1</strong>", escape(text)))


def _source(citation: Citation, lang: Lang) -> str:
    words, passage = STRINGS[lang], citation.passage
    place = " · ".join(filter(None, (words["langs"][passage.lang], passage.section, passage.where(lang))))
    link = document_link(passage.doc, passage.lines, lang)
    return (
        f'<section class="source" data-n="{citation.n}" tabindex="-1" role="group" '
        f'aria-label="{citation.n} {escape(passage.title)}">'
        f'<h3><span class="n">{citation.n}</span>{escape(passage.title)}</h3>'
        f'<p class="place">{escape(place)}</p>'
        f'<blockquote lang="{passage.lang}">{_marked(passage.text, citation.spans)}</blockquote>'
        f'<a class="whole-text" href="{escape(link)}" target="_blank" rel="noopener">{escape(words["whole_text"])}</a>'
        "</section>"
    )


def _marked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` with the spans in <mark>; overlapping spans run together."""
    out, at = [], 0
    for start, end in sorted(spans):
        start = max(start, at)
        if end > start:
            out += [escape(text[at:start]), f"<mark>{escape(text[start:end])}</mark>"]
            at = end
    return "".join([*out, escape(text[at:])])


def _document_blocks(document: Document, lines: tuple[int, int] | None) -> Iterator[str]:
    """Headings, list items and paragraphs; a paragraph's lines flow, and cited lines are marked one by one."""
    first, last = lines or (0, -1)
    paragraph: list[str] = []
    for number, line in enumerate(document.text.split("\n"), 1):
        if number < document.body_line:
            continue
        heading, bullet = _HEADING.match(line), _BULLET.match(line)
        if paragraph and (heading or bullet or not line.strip()):
            yield f"<p>{' '.join(paragraph)}</p>"
            paragraph = []
        if heading and heading.group(1).strip() == document.title:
            continue  # the page has shown it already
        if heading:
            yield f"<h2>{_inline(heading.group(1))}</h2>"
        elif line.strip():
            text = _inline(_LINK.sub(r"\1", bullet.group(1) if bullet else line))
            text = f"<mark>{text}</mark>" if first <= number <= last else text
            paragraph.append(f'<span class="bullet">•</span> {text}' if bullet else text)
    if paragraph:
        yield f"<p>{' '.join(paragraph)}</p>"


def _primary(title: str, url: str) -> str:
    """A link to a primary source; only a web address becomes one."""
    if not web_address(url):
        return escape(title or url)
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{escape(title or url)}</a>'
