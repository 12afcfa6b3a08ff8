"""The tables' common base."""

from __future__ import annotations

from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Every table of the store; its schema is changed by a migration only."""
