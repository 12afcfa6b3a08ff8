"""Finished turns of conversations, each learner's apart."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from tutor.store.base import Base, Moment
from tutor.store.engine import forget_deleted
from tutor.store.learner import learner_of

TITLE = 120  # characters of the first question


class ConversationRow(Base):
    """A conversation; `learner` is the hash of a secret that only the learner's browser holds."""

    __tablename__ = "conversations"
    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    learner: Mapped[str] = mapped_column(sa.String(64), index=True)
    title: Mapped[str] = mapped_column(sa.Text)
    updated: Mapped[datetime] = mapped_column(Moment)


class TurnRow(Base):
    """A finished turn: compressed JSON, for its pictures are large; `helpful` is what the learner said of it."""

    __tablename__ = "turns"
    conversation: Mapped[str] = mapped_column(
        sa.String(32), sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(sa.LargeBinary)
    helpful: Mapped[bool | None]


@dataclass(frozen=True, slots=True)
class Kept:
    """A conversation in the list of all: `updated` in UTC."""

    id: str
    title: str
    updated: datetime
    turns: int


class Transcripts:
    """The conversations of one learner, known by a `secret`; another learner's are as good as not there."""

    def __init__(self, engine: sa.Engine, secret: str) -> None:
        self._engine = engine
        self._learner = learner_of(secret)

    def all(self) -> list[Kept]:
        """The newest first."""
        count = sa.select(sa.func.count()).where(TurnRow.conversation == ConversationRow.id).scalar_subquery()
        query = sa.select(ConversationRow, count).where(ConversationRow.learner == self._learner)
        with Session(self._engine) as session:
            rows = session.execute(query.order_by(ConversationRow.updated.desc())).all()
            return [Kept(row.id, row.title, row.updated, turns) for row, turns in rows]

    def turns(
        self, conversation: str, *, before: int | None = None, most: int | None = None
    ) -> list[tuple[int, dict[str, Any], bool | None]]:
        """The turns as (number, what was kept, whether it was said to be helpful); none where it is not there.

        Of those `before` a number the newest, as many as `most`, where these are given.
        """
        with Session(self._engine) as session:
            if self._find(session, conversation) is None:
                return []
            query = sa.select(TurnRow).where(TurnRow.conversation == conversation)
            if before is not None:
                query = query.where(TurnRow.number < before)
            rows = session.scalars(query.order_by(TurnRow.number.desc()).limit(most)).all()
        return [(row.number, json.loads(zlib.decompress(row.data)), row.helpful) for row in reversed(rows)]

    def keep(
        self, conversation: str, number: int, question: str, data: dict[str, Any], *, instead_of: int | None = None
    ) -> None:
        """Write a finished turn, and drop the one whose question it asks again: both or neither."""
        packed = zlib.compress(json.dumps(data, ensure_ascii=False).encode(), 3)
        with Session(self._engine) as session, session.begin():
            row = self._find(session, conversation)
            if row is None:
                row = ConversationRow(id=conversation, learner=self._learner, title=question[:TITLE])
                session.add(row)
            row.updated = datetime.now(UTC)
            session.flush()
            session.merge(TurnRow(conversation=conversation, number=number, data=packed))
            if instead_of is not None and (old := session.get(TurnRow, (conversation, instead_of))):
                session.delete(old)

    def rate(self, conversation: str, number: int, helpful: bool | None) -> None:
        """Keep what the learner said of a turn; None takes it back."""
        with Session(self._engine) as session, session.begin():
            if self._find(session, conversation) and (row := session.get(TurnRow, (conversation, number))):
                row.helpful = helpful

    def delete(self, conversation: str) -> None:
        """Forget a conversation and all its turns."""
        with Session(self._engine) as session, session.begin():
            if row := self._find(session, conversation):
                session.execute(sa.delete(TurnRow).where(TurnRow.conversation == conversation))
                session.delete(row)
        forget_deleted(self._engine)

    def _find(self, session: Session, conversation: str) -> ConversationRow | None:
        row = session.get(ConversationRow, conversation)
        return row if row and row.learner == self._learner else None
