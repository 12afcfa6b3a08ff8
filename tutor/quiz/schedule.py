"""When an item is asked again, by FSRS, and which one is next.

Every time is given by the caller, with its time zone; the same answers at the same times give the same schedule.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from fsrs import Card, Rating, Scheduler

from tutor.quiz.items import Item

KNOWN: Final = timedelta(days=7)  # an item that rests longer than this is known
_STEP = timedelta(minutes=10)  # until an item answered wrong comes back
_SCHEDULER = Scheduler(learning_steps=(_STEP,), relearning_steps=(_STEP,), enable_fuzzing=False)


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the items of an era: all of them, those seen, those known, and those to be asked again by the end of today."""

    era: str
    items: int
    seen: int
    known: int
    due: int


def reviewed(card: Card | None, rating: Rating, when: datetime) -> Card:
    """The card after an answer; None is the card of an item that was never asked."""
    when = when.astimezone(UTC)
    return _SCHEDULER.review_card(card or Card(card_id=0, due=when), rating, when)[0]


def following(items: Sequence[Item], cards: Mapping[str, Card], now: datetime) -> Item | None:
    """What to ask now: the item due the longest, else a new one of the era and the kind seen least so far.

    A short answer is new only after the same fact was asked with choices: recognising comes before recalling. None
    where nothing is due and nothing new.
    """
    due = [item for item in items if item.id in cards and cards[item.id].due <= now]
    if due:
        return min(due, key=lambda item: (cards[item.id].due, item.id))
    seen = [item for item in items if item.id in cards]
    eras, kinds = Counter(item.twin.era for item in seen), Counter(item.kind for item in seen)
    facts = {item.twin.name for item in seen}
    new = [item for item in items if item.id not in cards and (item.kind != "short" or item.twin.name in facts)]
    return min(new, key=lambda item: (eras[item.twin.era], kinds[item.kind], _shuffled(item.id)), default=None)


def progress(items: Iterable[Item], cards: Mapping[str, Card], now: datetime) -> list[Progress]:
    """How far the learner has come in each era, in the order of the items. Today is that of `now`'s time zone."""
    eras: dict[str, list[Item]] = {}
    for item in items:
        eras.setdefault(item.twin.era, []).append(item)
    found = []
    for era, own in eras.items():
        seen = [cards[item.id] for item in own if item.id in cards]
        known = sum(card.last_review is not None and card.due - card.last_review > KNOWN for card in seen)
        due = sum(card.due.astimezone(now.tzinfo).date() <= now.date() for card in seen)
        found.append(Progress(era, len(own), len(seen), known, due))
    return found


def _shuffled(ident: str) -> str:
    """By which items come in an order that has nothing to do with their articles, and is always the same."""
    return hashlib.sha256(ident.encode()).hexdigest()
