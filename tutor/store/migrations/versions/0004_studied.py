"""The articles that a learner has studied."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "studied",
        sa.Column("learner", sa.String(64), primary_key=True),
        sa.Column("slug", sa.String(120), primary_key=True),
    )


def downgrade() -> None:
    op.drop_table("studied")
