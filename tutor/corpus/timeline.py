"""The timeline, made from the facts of the articles that have a year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tutor.types import Document, Fact, Lang


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in `year`, told by a fact of an article; `tags` are the article's era and strands."""

    year: int
    fact: Fact
    document: Document

    @property
    def tags(self) -> tuple[str, ...]:
        return self.document.tags


def events(documents: Iterable[Document], lang: Lang) -> list[Event]:
    """The events that the articles in `lang` tell, by year, then by article and in its order.

    An event that several articles tell in the same words is told once, by the first of them.
    """
    found: dict[tuple[int, str], Event] = {}
    for document in sorted(documents, key=lambda d: (d.years[:1], d.slug)):
        for fact in document.facts:
            if document.lang == lang and fact.year is not None:
                found.setdefault((fact.year, fact.text), Event(fact.year, fact, document))
    return sorted(found.values(), key=lambda event: event.year)


def pointed_to(documents: Iterable[Document]) -> Counter[str]:
    """How many of `documents` name each article, by slug, as what goes before, after or beside them."""
    return Counter(slug for document in documents for slugs in document.related.values() for slug in slugs)


def main_event(own: Sequence[Event]) -> Event:
    """Of an article's events the one that stands for it: its first since the year in which its story begins."""
    document = own[0].document
    begin = document.years[0] if document.years else 0
    order = {fact.id: place for place, fact in enumerate(document.facts)}
    return min(own, key=lambda event: (event.year < begin, event.year, order[event.fact.id]))
