"""The history as a picture: every dated fact of the articles in its strand. Plain data, which timeline.js draws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tutor.corpus.timeline import Event, events, main_event, pointed_to
from tutor.labs import core
from tutor.retrieval.index import Index
from tutor.suggestions import known
from tutor.types import Document, Lang
from tutor.ui import render
from tutor.ui.strings import STRINGS, Strand

# The articles' tags by strand, in the order of the lanes. The first tag that names a field of its own decides; those
# of `neural` are said of most articles, and decide where an article has no other.
TAGS: Final[Mapping[Strand, frozenset[str]]] = {
    "symbolic": frozenset({"symbolic"}),
    "neural": frozenset({"neural", "learning", "generative", "reinforcement"}),
    "vision": frozenset({"vision"}),
    "sequence": frozenset({"sequence"}),
    "language-models": frozenset({"language-models", "retrieval"}),
    "hardware": frozenset({"hardware"}),
}
FIRST: Final = 1943  # McCulloch and Pitts; what came before shares one place at the left
CROWD: Final = 6  # events that make a year as wide again as an empty one
EARLIER: Final = 5.0  # the width of the place of all years before FIRST
ASKED: Final = 3  # questions of an article that a card may show


def strand(tags: Sequence[str]) -> Strand:
    """The strand of an article with these `tags`."""
    fields = ((name, tag) for tag in tags for name, own in TAGS.items() if tag in own)
    return next((name for name, _ in fields if name != "neural"), "neural")


def timeline(index: Index, lang: Lang) -> dict[str, Any]:
    """The events that the articles in `lang` tell, by year, their articles, the lanes, and the width of every year."""
    mine = [index.document(ident) for ident in index.documents if ident.startswith(f"{lang}/")]
    told = events(mine, lang)
    own: dict[str, list[Event]] = {}
    for event in told:
        own.setdefault(event.document.slug, []).append(event)
    named = pointed_to(mine)
    slugs = sorted(own, key=lambda slug: -named[slug])  # what the others lean on most is labelled first
    asked = {slug: _questions(index, own[slug][0].document) for slug in slugs}
    milestones = {slug: main_event(own[slug]) for slug in slugs}
    words = STRINGS[lang]["timeline"]
    return {
        "words": words,
        "strands": [{"strand": name, "title": words["strands"][name]} for name in TAGS],
        "years": _years(told),
        "articles": {slug: _article(own[slug][0].document, asked[slug], lang) for slug in slugs},
        "events": [
            {
                **_event(event, lang),
                "milestone": event is milestones[event.document.slug],
                "question": _asked_of(event, asked[event.document.slug]),
            }
            for event in told
        ],
    }


def _years(told: Sequence[Event]) -> list[dict[str, float]]:
    """The axis: a place for every year, the first for all years before FIRST; crowded years are wider."""
    crowd = Counter(event.year for event in told)
    last = max(crowd, default=FIRST)
    years = [{"year": year, "width": 1 + crowd[year] / CROWD} for year in range(FIRST, last + 1)]
    return [{"year": FIRST - 1, "width": EARLIER}, *years]


def _questions(index: Index, document: Document) -> dict[str, str]:
    """The questions that the article answers, by what its passage says from the answering sentence on."""
    return {passage.text[start:]: question for passage, start, question in known(index, document.id)}


def _asked_of(event: Event, asked: Mapping[str, str]) -> str:
    """The question that the event itself answers, or ""."""
    return next((question for rest, question in asked.items() if rest.startswith(event.fact.text)), "")


def _article(document: Document, asked: Mapping[str, str], lang: Lang) -> dict[str, Any]:
    lab = core.LABS.get(document.lab)
    return {
        "title": document.title,
        "lab": document.lab if lab else "",
        "lab_title": STRINGS[lang]["lab_of"].format(title=lab.title[lang]) if lab else "",
        "questions": list(asked.values())[:ASKED],
    }


def _event(event: Event, lang: Lang) -> dict[str, Any]:
    document, fact = event.document, event.fact
    source, line = document.source(fact.source), document.line_of(fact.text)
    return {
        "year": event.year,
        "text": fact.text,
        "slug": document.slug,
        "strand": strand(event.tags),
        "link": render.document_link(document.id, (line, line), lang),
        "source": source.label if source else "",
        "url": render.web_address(source.url) if source else "",
    }
