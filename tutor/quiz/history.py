"""The learner's answers, and the schedule that they lead to, in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from fsrs import Card, Rating
from sqlalchemy.orm import Session

from tutor.quiz import schedule
from tutor.store.engine import forget_deleted
from tutor.store.learner import learner_of
from tutor.store.reviews import ReviewRow


@dataclass(frozen=True, slots=True)
class Review:
    """An answer as it was kept; `due` is when the item was to be asked again. Times are in UTC."""

    item: str
    at: datetime
    right: bool
    due: datetime


class History:
    """The reviews of one learner, known by a `secret`."""

    def __init__(self, engine: sa.Engine, secret: str) -> None:
        self._engine, self._learner = engine, learner_of(secret)

    def record(self, item: str, rating: Rating, when: datetime) -> Card:
        """Keep an answer; the item's card after it."""
        own = sa.select(ReviewRow.card).where(ReviewRow.learner == self._learner, ReviewRow.item == item)
        last = own.order_by(ReviewRow.id.desc()).limit(1)
        with Session(self._engine) as session, session.begin():
            before = session.scalar(last)
            card = schedule.reviewed(Card.from_json(before) if before else None, rating, when)
            row = {"item": item, "at": when, "rating": int(rating), "card": card.to_json()}
            session.add(ReviewRow(learner=self._learner, **row))
        return card

    def cards(self) -> dict[str, Card]:
        """The card of every item that was ever asked."""
        own = sa.select(sa.func.max(ReviewRow.id)).where(ReviewRow.learner == self._learner)
        last = own.group_by(ReviewRow.item)
        with Session(self._engine) as session:
            rows = session.execute(sa.select(ReviewRow.item, ReviewRow.card).where(ReviewRow.id.in_(last)))
            return {item: Card.from_json(card) for item, card in rows}

    def reviews(self) -> list[Review]:
        """Every answer, the oldest first."""
        with Session(self._engine) as session:
            own = sa.select(ReviewRow).where(ReviewRow.learner == self._learner)
            rows = session.scalars(own.order_by(ReviewRow.id)).all()
        return [Review(row.item, row.at, row.rating != Rating.Again, Card.from_json(row.card).due) for row in rows]

    def clear(self) -> None:
        """Forget every answer."""
        with Session(self._engine) as session, session.begin():
            session.execute(sa.delete(ReviewRow).where(ReviewRow.learner == self._learner))
        forget_deleted(self._engine)
