"""The table of the learners' answers to the quiz; tutor/quiz/history.py reads and writes it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tutor.store.base import Base, Moment


class ReviewRow(Base):
    """An answer: whose, to which item, when (UTC), how it was rated, and the card after it, as JSON."""

    __tablename__ = "quiz_reviews"
    id: Mapped[int] = mapped_column(primary_key=True)
    learner: Mapped[str] = mapped_column(sa.String(64), index=True)
    item: Mapped[str] = mapped_column(sa.String(120), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    rating: Mapped[int]
    card: Mapped[str] = mapped_column(sa.Text)
