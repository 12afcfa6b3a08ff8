"""The learner's answers to the quiz."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "quiz_reviews",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("learner", sa.String(64), nullable=False, index=True),
        sa.Column("item", sa.String(120), nullable=False, index=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rating", sa.Integer, nullable=False),
        sa.Column("card", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("quiz_reviews")
