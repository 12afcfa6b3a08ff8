"""What the page needs for the quiz: questions without their answers, answers with their proofs, and the progress.

Plain text, which quiz.js puts in as text.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from fsrs import Rating

from tutor.corpus import glossary, questions
from tutor.quiz import grading, items, predictions, schedule
from tutor.quiz.history import History
from tutor.quiz.items import Item
from tutor.quiz.twins import Twin, twins
from tutor.retrieval.index import ARTICLES
from tutor.session import Tutor
from tutor.types import Lang
from tutor.ui import render
from tutor.ui.strings import STRINGS


class Quiz:
    """The quiz over the articles of `tutor`, the answers kept in `store`. Items are made when first asked for.

    A `learner` is known by the secret of their browser.
    """

    def __init__(self, tutor: Tutor, store: sa.Engine) -> None:
        self._tutor, self._store = tutor, store

    def history(self, learner: str) -> History:
        """What this learner has answered."""
        return History(self._store, learner)

    @cached_property
    def items(self) -> dict[str, Item]:
        index, settings = self._tutor.index, self._tutor.settings
        pairs = twins(index.document(ident) for ident in index.documents if ident.startswith(ARTICLES))
        made = items.make(pairs, glossary.read(settings), questions.records(settings)) + predictions.make(pairs)
        eras = list(STRINGS["en"]["eras"])
        return {item.id: item for item in sorted(made, key=lambda item: eras.index(item.twin.era))}

    def next(self, learner: str, era: str, lang: Lang, now: datetime) -> dict[str, Any]:
        """The next question of an era ("" for all) without its answer; where none is left, when there will be one."""
        cards = self.history(learner).cards()
        own = [item for item in self.items.values() if era in ("", item.twin.era)]
        if (item := schedule.following(own, cards, now)) is None:
            due = [cards[item.id].due for item in own if item.id in cards]
            return {"due": _ahead(min(due), now) if due else None}
        card = cards.get(item.id)
        return {
            "id": item.id,
            "era": STRINGS[lang]["eras"][item.twin.era],
            "review": card is not None,
            "prompt": item.prompt[lang],
            "sentence": item.sentence[lang],
            "choices": item.choices(lang, str(card.last_review) if card else ""),
        }

    def answer(self, learner: str, ident: str, given: str, lang: Lang, now: datetime) -> dict[str, Any]:
        """Whether `given` is right, with the proof and when the item is asked again; it is kept.

        Raises:
            KeyError: there is no such item.
        """
        item = self.items[ident]
        right = grading.right(item, given)
        card = self.history(learner).record(ident, Rating.Good if right else Rating.Again, now)
        return {
            "right": right,
            "answer": item.answer[lang],
            "proof": proof(item.twin, lang),
            "due": _ahead(card.due, now),
            "run": {"lab": item.lab, "arguments": dict(item.arguments)} if item.lab else None,
        }

    def progress(self, learner: str, lang: Lang, now: datetime) -> list[dict[str, Any]]:
        """How far the learner has come in each era."""
        found = schedule.progress(self.items.values(), self.history(learner).cards(), now)
        return [
            {
                "era": p.era,
                "title": STRINGS[lang]["eras"][p.era],
                "items": p.items,
                "seen": p.seen,
                "known": p.known,
                "due": p.due,
            }
            for p in found
        ]

    def export(self, learner: str, now: datetime) -> dict[str, Any]:
        """The progress and every answer, to be saved."""
        reviews = [
            {
                "item": review.item,
                "era": self.items[review.item].twin.era if review.item in self.items else "",
                "at": review.at.isoformat(),
                "right": review.right,
                "due": review.due.isoformat(),
            }
            for review in self.history(learner).reviews()
        ]
        eras = [
            {key: value for key, value in era.items() if key != "title"} for era in self.progress(learner, "en", now)
        ]
        return {"saved": now.astimezone(UTC).isoformat(), "eras": eras, "reviews": reviews}

    def export_csv(self, learner: str, now: datetime) -> str:
        """Every answer, one a line."""
        out = io.StringIO()
        table = csv.DictWriter(out, ("item", "era", "at", "right", "due"))
        table.writeheader()
        table.writerows(self.export(learner, now)["reviews"])
        return out.getvalue()


def proof(twin: Twin, lang: Lang) -> dict[str, Any]:
    """The fact's own sentence, the source that holds it, and where in the article it stands."""
    document, fact = twin.document[lang], twin.fact[lang]
    source, line = document.source(fact.source), document.line_of(fact.text)
    return {
        "sentence": fact.text,
        "title": document.title,
        "link": render.document_link(document.id, (line, line), lang),
        "source": source.label if source else "",
    }


def _ahead(due: datetime, now: datetime) -> tuple[int, str]:
    """How long it is until `due`, as a browser puts it into words: (2, "day")."""
    minutes = max(1, round((due - now).total_seconds() / 60))
    return (round(minutes / 1440), "day") if minutes >= 1440 else (minutes, "minute")
