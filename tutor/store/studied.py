"""The articles that a learner has studied, by their slugs."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from tutor.store.base import Base
from tutor.store.engine import forget_deleted
from tutor.store.learner import learner_of


class StudiedRow(Base):
    """An article that a learner has opened, or read of in an answer."""

    __tablename__ = "studied"
    learner: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(120), primary_key=True)


class Studied:
    """What one learner has studied, known by a `secret`."""

    def __init__(self, engine: sa.Engine, secret: str) -> None:
        self._engine, self._learner = engine, learner_of(secret)

    def slugs(self) -> list[str]:
        """In alphabetical order."""
        with Session(self._engine) as session:
            own = sa.select(StudiedRow.slug).where(StudiedRow.learner == self._learner)
            return list(session.scalars(own.order_by(StudiedRow.slug)))

    def add(self, slugs: Iterable[str]) -> None:
        """Keep that these were studied, again or for the first time."""
        with Session(self._engine) as session, session.begin():
            for slug in slugs:
                session.merge(StudiedRow(learner=self._learner, slug=slug))

    def clear(self) -> None:
        """Forget them all."""
        with Session(self._engine) as session, session.begin():
            session.execute(sa.delete(StudiedRow).where(StudiedRow.learner == self._learner))
        forget_deleted(self._engine)
