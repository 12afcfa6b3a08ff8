"""Answers, sources and documents as HTML. Every text is escaped here; nothing else writes markup.

Text from a model, a passage or a learner is data: it is escaped first, and only then are a few marks
(citations, bold, code, lists) turned into elements whose attributes this module wrote itself.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, urlsplit

from tutor.labs import core
from tutor.text import normalise
from tutor.types import Answer, Citation, Document, Lang
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
    return (
        f'<div class="answer" lang="{answer.lang}">{_body(answer, lang)}</div>'
        f'<p class="foot"><span class="badge {answer.mode}" title="{hint}">{badge}</span>{foot}</p>'
    )


def partial_html(text: str) -> str:
    """The checked part of an answer that is still being written; its citations are not links yet."""
    return f'<div class="answer">{_blocks(text)}</div>' if text.strip() else ""


def sources_html(answer: Answer, lang: Lang) -> str:
    """The passages behind an answer, the sentences it used marked, each with a link to its whole text."""
    words = STRINGS[lang]
    if not answer.citations:
        return f'<p class="hint">{escape(words["none_used"])}</p>'
    return "".join(_source(citation, lang) for citation in answer.citations)


def document_html(document: Document, lines: tuple[int, int] | None, lang: Lang) -> str:
    """The whole body of a document with `lines` (1-based, inclusive, in the file) marked, and its sources."""
    words = STRINGS[lang]
    body = "".join(_document_blocks(document, lines))
    links = "".join(f"<li>{_primary(source.label, source.url)}</li>" for source in document.sources)
    primary = f"<h2>{escape(words['primary'])}</h2><ul>{links}</ul>" if links else ""
    title = f"<h1>{escape(document.title)}</h1>"
    return f'<article class="document" lang="{document.lang}">{title}{_lab(document, lang)}{body}{primary}</article>'


def _lab(document: Document, lang: Lang) -> str:
    """The way to the lab that shows what the document tells of."""
    if document.lab not in core.LABS:  # none, or a word of a learner's own front matter
        return ""
    words = escape(STRINGS[lang]["lab_of"].format(title=core.LABS[document.lab].title[lang]))
    return f'<p><a class="lab" data-lab="{escape(document.lab)}" href="/?lab={quote(document.lab)}">{words}</a></p>'


def document_link(doc: str, lines: tuple[int, int], lang: Lang) -> str:
    """The address of a document's page, at `lines`."""
    return f"/document/{quote(doc)}?lines={lines[0]}-{lines[1]}&lang={lang}"


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
        f'<section class="source" data-n="{citation.n}" tabindex="-1">'
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
    if urlsplit(url).scheme not in ("http", "https"):
        return escape(title or url)
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{escape(title or url)}</a>'
