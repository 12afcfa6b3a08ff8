"""Overviews: of the whole history, a period, a topic or what led up to something, the dated facts of the articles.

They are quoted in the order of the years. What is told first, where there is not room for all, is the editors' choice
(corpus/turning_points.yaml); behind it comes what more of the other articles point to.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from tutor.corpus.timeline import Event, main_event, pointed_to
from tutor.lookup import Found, names_the_note, placed
from tutor.overview_request import Period, day, names_one, period, strand, topic, topic_terms, wanted
from tutor.retrieval.index import ARTICLES, FILES, Index
from tutor.retrieval.overview_head import Kind
from tutor.text import terms
from tutor.types import Document, Lang

TOLD = 8  # events
TOPICS, PASSAGES = 6, 20  # articles that a topic has at most, and passages in which they are found
NEARLY = 0.75  # of the best passage's score
LEAST = 3  # events, below which nothing is told
SURE = 0.3  # confidence below which the topic is not one of the articles'
SAME = 0.5  # of the words, the year aside, of the shorter, which two sentences on one event have in common
PLAIN = "how-it-works"  # the tag of articles that explain, which tell of the history only where they are asked


def overview(index: Index, about: Sequence[str], lang: Lang, most: int = TOLD) -> Found | None:
    """The events, at most so many, that the last of the questions `about` asks for, behind those that it leans on.

    None where it asks for no overview, or the articles date too little of what it asks for.

    Raises:
        ModelError: the head of the overviews cannot be used.
    """
    asked = " ".join(about)
    if names_the_note(asked) or (kind := wanted(index, about[-1])) is None:
        return None
    events = [e for e in index.events(lang) if kind == "lineage" or _within(e, period(about[-1]))]
    chosen = _once(_chosen(index, kind, events, about, lang), most)
    if len(chosen) < LEAST:
        return None
    told = sorted(chosen, key=lambda event: (event.year, day(event.fact.text)))
    return placed(index, [(event.document.id, event.fact.text) for event in told])


def _chosen(index: Index, kind: Kind, events: Sequence[Event], about: Sequence[str], lang: Lang) -> list[Event]:
    """Of the `events` those to be told, the most telling first."""
    asked = " ".join(about)
    tag = strand(index, about[-1]) if kind != "lineage" else None
    own = [e for e in events if tag in e.tags]
    if tag and not names_one(index, about[-1]):
        return _whole(index, own)
    if kind == "whole":
        return _whole(index, events)
    found = (_lineage if kind == "lineage" else _topic)(index, events, asked, _topics(index, asked, lang))
    return found if len(found) >= LEAST else _whole(index, own)


def _within(event: Event, years: Period) -> bool:
    return years[0] <= event.year <= years[1]


def _whole(index: Index, events: Sequence[Event]) -> list[Event]:
    history = [e for e in events if PLAIN not in e.tags]
    return _first_of_each(_ranked(index, history))


def _topic(index: Index, events: Sequence[Event], asked: str, topics: Sequence[str]) -> list[Event]:
    """Of a person what tells of them; else of each article on the topic its leading event, then the next of each."""
    people = [term for term in index.named(topic(asked)) if term.kind == "person"]
    told_of = [e for e in events if any(spelling in e.fact.text for term in people for spelling in term.spellings)]
    if len(told_of) >= LEAST:
        return _first_of_each(_ranked(index, told_of))
    wanted_terms = topic_terms(index, asked)
    on_topic = [
        e
        for e in events
        if e.document.slug in topics and wanted_terms & set(terms(f"{e.document.title} {e.fact.text}"))
    ]
    own = [_spread(index, [e for e in on_topic if e.document.slug == slug]) for slug in topics]
    return [told[place] for place in range(TOLD) for told in own if place < len(told)]


def _lineage(index: Index, events: Sequence[Event], asked: str, topics: Sequence[str]) -> list[Event]:
    """The leading event of the latest article that is `asked` for, and of those that led to it, one of each."""
    documents = {e.document.slug: e.document for e in events if e.document.years}
    named = [term.article for term in index.named(topic(asked)) if term.article in documents]
    known = named or [slug for slug in topics[:1] if slug in documents]
    if not known:
        return []
    goal = max(known, key=lambda slug: documents[slug].years[0])
    begin = min(documents[slug].years[0] for slug in known) if len(known) > 1 else -math.inf
    end = documents[goal].years[0] + 1
    line = _ancestors(index, documents[goal])
    own = [e for e in events if e.document.slug in line and PLAIN not in e.tags and begin <= e.year <= end]
    last = _ranked(index, [e for e in events if e.document.slug == goal])[:1]
    return [*last, *_first_of_each(_ranked(index, own))]


def _ancestors(index: Index, document: Document) -> set[str]:
    """The slugs of the articles that came before `document`, however far, those that date nothing among them."""
    found: set[str] = set()
    wanted = [document]
    while wanted:
        before = set(wanted.pop().related.get("predecessor", ())) - found
        found |= before
        twins = (index.documents.get(f"{document.lang}/{slug}") for slug in before)
        wanted += [twin for twin in twins if twin]
    return found - {document.slug}


def _once(events: Iterable[Event], most: int) -> list[Event]:
    """The first of `events`, at most so many, that do not tell again, nearly in the same words, of the same year."""
    kept: list[Event] = []
    for event in events:
        if len(kept) == most:
            break
        words = _words(event)
        same = (_words(e) for e in kept if e.year == event.year)
        if not any(len(words & others) >= SAME * min(len(words), len(others)) for others in same):
            kept.append(event)
    return kept


def _words(event: Event) -> set[str]:
    return {term for term in terms(event.fact.text) if term != str(event.year)}


def _topics(index: Index, asked: str, lang: Lang) -> list[str]:
    """The slugs of the articles that `asked` is about, those that it names first; none where it is about none."""
    about = topic(asked)
    found = index.search(about, lang=lang, k=PASSAGES)
    hits = [hit for hit in found if hit.passage.doc.startswith(ARTICLES)]
    if not hits or found[0].passage.doc.startswith(FILES):
        return []
    near = [hit.passage.slug for hit in hits if hit.score >= NEARLY * hits[0].score]
    named = [term.article for term in index.named(about) if term.article in near]
    sure = index.confidence(about, hits[:TOPICS]) >= SURE
    return list(dict.fromkeys([*named, *(near if sure else ())]))[:TOPICS]


def _ranked(index: Index, events: Sequence[Event]) -> list[Event]:
    """Turning points first, in their order; then each article's main event, by how many others point to the article."""
    turning = {name: place for place, name in enumerate(index.turning_points)}
    pointed = pointed_to({e.document.id: e.document for e in events}.values())
    own: dict[str, list[Event]] = {}
    for event in events:
        own.setdefault(event.document.slug, []).append(event)
    main = {id(main_event(told)) for told in own.values()}

    def key(event: Event) -> tuple[float, bool, int, int]:
        place = turning.get(f"{event.document.slug}/{event.fact.id}", math.inf)
        return place, id(event) not in main, -pointed[event.document.slug], event.year

    return sorted(events, key=key)


def _spread(index: Index, events: Sequence[Event]) -> list[Event]:
    """The turning points and the main event of an article, then always the event furthest in time from those before."""
    ranked = _ranked(index, events)
    leading = [e for e in ranked if f"{e.document.slug}/{e.fact.id}" in index.turning_points or e is main_event(events)]
    told, rest = leading, [e for e in ranked if e not in leading]
    while rest:
        told.append(max(rest, key=lambda e: min(abs(e.year - known.year) for known in told)))
        rest.remove(told[-1])
    return told


def _first_of_each(events: Sequence[Event]) -> list[Event]:
    """The first event of every article, in order, and behind them the others."""
    first: dict[str, Event] = {}
    for event in events:
        first.setdefault(event.document.slug, event)
    leading = list(first.values())
    return [*leading, *(e for e in events if first[e.document.slug] is not e)]
