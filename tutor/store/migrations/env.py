"""Run by Alembic, over the connection that tutor.store.engine hands on."""

from alembic import context

from tutor.store import accounts, conversations, reviews, studied  # noqa: F401  their tables belong to the metadata
from tutor.store.base import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
