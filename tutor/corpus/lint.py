"""What the project's own corpus owes (corpus/README.md), checked: `python -m tutor.corpus.lint [slug ...]`."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tutor.config import ROOT, Settings, load
from tutor.corpus import articles, corrections, glossary, numbers, questions, turning_points
from tutor.corpus.front_matter import front_matter
from tutor.errors import CorpusError
from tutor.text import sentences
from tutor.types import Document, Fact

ERAS = ("beginnings", "revival", "deep-learning", "sequence-models", "today", "how-it-works")
STRANDS = (
    *("symbolic", "neural", "learning", "vision", "generative", "reinforcement", "sequence", "language-models"),
    *("retrieval", "hardware", "ideas"),
)
WORDS = (400, 1000)  # of an article's text, headings left out
REQUIRED = ("title", "slug", "lang", "tags", "sources", "facts")
KINDS = ("history", "concept", "compare", "correct_premise", "followup", "typo", "seed_note", "smalltalk")

_ARXIV = re.compile(r"\d{4}\.\d{4,5}(v\d+)?|[a-z-]+(\.[A-Z]{2})?/\d{7}")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_URL = re.compile(r"https?://[\w.-]+\.[a-z]{2,}(?::\d+)?(?:/\S*)?")
_YEAR = re.compile(r"\b(1[89]\d\d|20[0-3]\d)(?=s?\b)")
_HAN_OR_KANA = re.compile(
    r"[\u2e80-\u2fdf\u3005-\u3007\u3040-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)
_MARK = re.compile(r"`|\*\*|__|\]\(|^\s*[-*+>|] ")
_LEANS = re.compile(
    r"(?:It|They|This|That|These|Those|He|She|His|Her|Its|Their)\b|(?:이는|이것|그것|이들|그는|그들|이로)\b"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, in which line (1-based) of which file."""

    path: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


@dataclass(frozen=True, slots=True)
class Article:
    """A document with what the lint needs beside it: its file, the lines of its fields, its sentences."""

    path: Path
    document: Document
    raw: Mapping[str, Any]
    at: Mapping[str, int]
    sentences: frozenset[str]

    def problem(self, where: str, what: str) -> Problem:
        return Problem(self.path, self.at.get(where, 1), what)


def problems(settings: Settings, slugs: Sequence[str] = ()) -> list[Problem]:
    """All that is wrong with the articles of `slugs` and their questions; of the whole corpus where none is named."""
    found: list[Problem] = []
    by_id: dict[str, Article] = {}
    known = None if slugs else {path.stem for path in articles.files(settings)}
    for path in sorted(settings.corpus.glob("??/*.md")):
        if not slugs or path.stem in slugs:
            try:
                article = _open(path)
                by_id[article.document.id] = article
            except CorpusError as error:
                found.append(_problem(error, path))
    for article in by_id.values():
        found += _article(article, known)
        twin = by_id.get(f"{'en' if article.document.lang == 'ko' else 'ko'}/{article.document.slug}")
        if twin is None:
            found.append(Problem(article.path, 1, "the article has no sound twin in the other language"))
        elif article.document.lang == "ko":
            found += _twins(article, twin)
    found += _questions(settings, by_id, slugs)
    if not slugs:
        found += _rest(settings, by_id)
    return found


def _open(path: Path) -> Article:
    document = articles.document(path)
    head = front_matter(path, document.text)
    return Article(path, document, head.fields, head.at, frozenset(_sentences(document)))


def _sentences(document: Document) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", document.body):
        if not paragraph.startswith("#"):
            text = " ".join(paragraph.split())
            yield from (text[a:b] for a, b in sentences(text))


def _problem(error: CorpusError, path: Path) -> Problem:
    line = re.search(r", line (\d+)", error.message)
    return Problem(path, int(line[1]) if line else 1, error.message.split(": ", 1)[-1])


# ---- one article ---------------------------------------------------------------------------------
def _article(article: Article, known: set[str] | None) -> Iterator[Problem]:
    document = article.document
    for key in REQUIRED:
        if not article.raw.get(key):
            yield article.problem(key, f"the field {key} is missing or empty")
    if len(set(document.tags) & set(ERAS)) != 1 or not set(document.tags) & set(STRANDS):
        yield article.problem("tags", f"the tags {list(document.tags)} are not one era and one or more strands")
    for tag in set(document.tags) - {*ERAS, *STRANDS}:
        yield article.problem("tags", f"the tag {tag!r} is unknown")
    for slug in (slug for slugs in document.related.values() for slug in slugs):
        if (known and slug not in known) or slug == document.slug:
            yield article.problem("related", f"the related id {slug!r} is unknown, or its own")
    if document.lab and not (ROOT / "tutor" / "labs" / f"{document.lab}.py").exists():
        yield article.problem("lab", f"the lab {document.lab!r} is unknown")
    yield from _length(article)
    yield from _marks(article)
    yield from _sources(article)
    for i, fact in enumerate(document.facts):
        yield from (article.problem(f"facts.{i}", f"fact {fact.id}: {what}") for what in _fact(fact, article))


def _length(article: Article) -> Iterator[Problem]:
    lines = article.document.body.split("\n")
    count = sum(len(line.split()) for line in lines if not line.startswith("#"))
    if not WORDS[0] <= count <= WORDS[1]:
        yield Problem(
            article.path, article.document.body_line, f"the text has {count} words, not {WORDS[0]} to {WORDS[1]}"
        )
    if article.document.lang == "ko":
        for number, line in enumerate(lines, article.document.body_line):
            if found := _HAN_OR_KANA.search(line):
                yield Problem(article.path, number, f"the character {found[0]!r} is Han or kana")
        for i, fact in enumerate(article.document.facts):
            if _HAN_OR_KANA.search(fact.subject + fact.value):
                yield article.problem(f"facts.{i}", f"fact {fact.id} holds Han or kana")


def _marks(article: Article) -> Iterator[Problem]:
    """Marks of Markdown inside the text: passages drop them, and a sentence would not be found word for word."""
    for number, line in enumerate(article.document.body.split("\n"), article.document.body_line):
        if not line.startswith("#") and (found := _MARK.search(line)):
            yield Problem(article.path, number, f"the mark {found[0]!r} does not belong into a sentence")


def _sources(article: Article) -> Iterator[Problem]:
    cited = {key for fact in article.document.facts for key in (fact.source, fact.checked)}
    for i, item in enumerate(article.raw.get("sources") or ()):
        where = f"sources.{i}"
        source = str(item.get("id"))
        needed = ("id", "authors", "title", "venue", "year") if item.get("kind") == "primary" else ("id", "title")
        for key in needed:  # a secondary page can be undated or unsigned
            if not item.get(key):
                yield article.problem(where, f"source {source}: {key} is missing")
        if item.get("kind") not in ("primary", "secondary"):
            yield article.problem(where, f"source {source}: kind {item.get('kind')!r} is not primary or secondary")
        given = {"arxiv": _ARXIV, "doi": _DOI, "url": _URL}
        if not any(item.get(key) for key in given):
            yield article.problem(where, f"source {source}: arxiv, doi or url is missing")
        for key, form in given.items():
            ours = key == "url" and (ROOT / str(item.get(key))).is_file()  # the tutor's own page rests on its own files
            if item.get(key) and not ours and not form.fullmatch(str(item[key])):
                yield article.problem(where, f"source {source}: {key} {item[key]!r} is malformed")
        if not isinstance(item.get("year", 0), int) and item["year"] != "undated":
            yield article.problem(where, f"source {source}: the year {item['year']!r} is neither a year nor undated")
        if source not in cited:
            yield article.problem(where, f"source {source}: no fact rests on it")


def _fact(fact: Fact, article: Article) -> Iterator[str]:
    for key in ("id", "subject", "value", "source", "checked"):
        if not getattr(fact, key):
            yield f"{key} is missing"
    if fact.text not in article.sentences:
        yield f"no sentence of the text is {fact.text!r}"
    if _LEANS.match(fact.text):
        yield f"it leans on the sentence before: {fact.text[:30]!r}"
    for key in ("subject", "value"):
        if getattr(fact, key).lower() not in fact.text.lower():
            yield f"its {key} {getattr(fact, key)!r} does not stand in {fact.text!r}"
    if fact.year is not None and not 1700 <= fact.year <= 2030:
        yield f"the year {fact.year} is out of range"


# ---- the twins -----------------------------------------------------------------------------------
def _twins(korean: Article, english: Article) -> Iterator[Problem]:
    ours, theirs = korean.document, english.document
    for key in ("years", "tags", "related", "lab", "sources"):
        if getattr(ours, key) != getattr(theirs, key):
            yield korean.problem(key, f"{key} differ from the English article's")
    for key in ("people", "organisations"):
        if len(getattr(ours, key)) != len(getattr(theirs, key)):
            yield korean.problem(key, f"{key} are not as many as in the English article")
    if [fact.id for fact in ours.facts] != [fact.id for fact in theirs.facts]:
        yield korean.problem("facts", "the facts' ids differ from the English article's, or their order does")
        return
    for i, (mine, other) in enumerate(zip(ours.facts, theirs.facts, strict=True)):
        yield from (korean.problem(f"facts.{i}", f"fact {mine.id}: {what}") for what in _differences(mine, other))
    yield from _stray_numbers(korean, english)


def _differences(korean: Fact, english: Fact) -> Iterator[str]:
    for key in ("source", "checked", "year", "quote"):
        if getattr(korean, key) != getattr(english, key):
            yield f"{key} {getattr(korean, key)!r} is {getattr(english, key)!r} in English"
    for key in ("text", "value"):
        ours = numbers.read(getattr(korean, key), "ko")
        theirs = numbers.read(getattr(english, key), "en")
        if more := ours.lacking(theirs):
            yield f"its {key} has the number {_shown(more)}, the English one has not"
        if more := theirs.lacking(ours):
            yield f"its {key} lacks the number {_shown(more)} of the English one"


def _stray_numbers(korean: Article, english: Article) -> Iterator[Problem]:
    """Numbers of the Korean text that the English lacks, and years of the English that the Korean lacks."""
    ours = numbers.read(korean.document.body, "ko")
    theirs = numbers.read(english.document.body, "en")
    for lang, article, extra in (("ko", korean, ours.lacking(theirs)), ("en", english, theirs.lacking(ours))):
        for number, line in enumerate(article.document.body.split("\n"), article.document.body_line):
            stated = numbers.read(line, article.document.lang).stated
            years = {int(year) for year in _YEAR.findall(line)}
            stray = [n for n in extra if n in stated and (lang == "ko" or n in years)]
            if stray:
                yield Problem(article.path, number, f"the twin lacks the number {_shown(stray)} of this line")


def _shown(values: Iterable) -> str:
    return ", ".join(f"{value:,f}" for value in values)


# ---- questions, glossary, corrections --------------------------------------------------------------
def _questions(settings: Settings, by_id: Mapping[str, Article], slugs: Sequence[str]) -> Iterator[Problem]:
    ids = set[str]()
    note = {s for path in settings.seeds.glob("*.txt") for s in [" ".join(articles.content_text(path).split())]}
    for path in questions.files(settings):
        if slugs and path.stem not in slugs:
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            try:
                record = json.loads(line)
            except ValueError as error:
                yield Problem(path, number, f"the line is not JSON ({error})")
                continue
            yield from (Problem(path, number, what) for what in _record(record, by_id, note))
            if record.get("id") in ids:
                yield Problem(path, number, f"the id {record.get('id')!r} stands twice")
            ids.add(record.get("id"))


def _record(record: Mapping[str, Any], by_id: Mapping[str, Article], note: set[str]) -> Iterator[str]:
    if not all(record.get(key) for key in ("id", "slug", "lang", "kind", "questions", "answer")):
        yield "id, slug, lang, kind, questions or answer is missing"
        return
    if record["kind"] not in KINDS:
        yield f"the kind {record['kind']!r} is not among {', '.join(KINDS)}"
    if (record["kind"] == "followup") != bool(record.get("after")):
        yield "a follow-up, and nothing else, has `after`, the question before it"
    if not 1 <= len(record["answer"]) <= 4:
        yield f"the answer has {len(record['answer'])} sentences, not 1 to 4"
    article = by_id.get(f"{record['lang']}/{record['slug']}")
    for sentence in record["answer"]:
        if (article and sentence not in article.sentences) or (not article and not any(sentence in n for n in note)):
            yield f"no sentence of {record['lang']}/{record['slug']} is {sentence!r}"


def _rest(settings: Settings, by_id: Mapping[str, Article]) -> Iterator[Problem]:
    slugs = {article.document.slug for article in by_id.values()}
    try:
        yield from (Problem(glossary.path(settings), 1, what) for what in _terms(glossary.read(settings), slugs))
    except CorpusError as error:
        yield _problem(error, glossary.path(settings))
    try:
        found = _corrections(settings, corrections.read(settings), by_id)
        yield from (Problem(corrections.path(settings), 1, what) for what in found)
    except CorpusError as error:
        yield _problem(error, corrections.path(settings))
    try:
        told = _turning_points(turning_points.read(settings), by_id)
        yield from (Problem(turning_points.path(settings), 1, what) for what in told)
    except CorpusError as error:
        yield _problem(error, turning_points.path(settings))


def _turning_points(items: Sequence[str], by_id: Mapping[str, Article]) -> Iterator[str]:
    dated = {
        f"{article.document.slug}/{fact.id}"
        for article in by_id.values()
        for fact in article.document.facts
        if fact.year is not None
    }
    for item in items:
        if item not in dated:
            yield f"the turning point {item!r} is no fact with a year"
        elif items.count(item) > 1:
            yield f"the turning point {item!r} stands twice"


def _terms(terms: Sequence[glossary.Term], slugs: set[str]) -> Iterator[str]:
    for term in terms:
        if term.article not in slugs:
            yield f"term {term.id}: the article {term.article!r} is unknown"
    seen: dict[str, str] = {}
    for term in terms:
        for spelling in term.spellings:
            if (other := seen.setdefault(spelling.lower(), term.id)) != term.id:
                yield f"term {term.id}: {spelling!r} is also a spelling of {other}"


def _corrections(
    settings: Settings, items: Sequence[corrections.Correction], by_id: Mapping[str, Article]
) -> Iterator[str]:
    note = " ".join(" ".join(articles.content_text(p).split()) for p in sorted(settings.seeds.glob("*.txt")))
    for item in items:
        if item.note not in note:
            yield f"correction {item.id}: the note does not say {item.note!r}"
        for lang, right in item.right.items():
            article = by_id.get(f"{lang}/{item.article}")
            if not article or right not in article.sentences:
                yield f"correction {item.id}: no sentence of {lang}/{item.article} is {right!r}"
            elif item.source not in {source.id for source in article.document.sources}:
                yield f"correction {item.id}: {item.source!r} is no source of {lang}/{item.article}"


def main(arguments: Sequence[str]) -> int:
    """Print what is wrong; the exit status is 1 where anything is."""
    settings = load()
    found = problems(settings, arguments)
    for problem in sorted(found, key=lambda p: (str(p.path), p.line)):
        print(problem)  # noqa: T201
    if not found:
        print(f"The corpus is sound{': ' + ', '.join(arguments) if arguments else ''}.")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
