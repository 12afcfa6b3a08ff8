"""Opening the database, and bringing its tables up to date."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from tutor.errors import SettingError

BUSY_MILLISECONDS = 10_000  # that a write waits for another process's
# Of several processes that start at once, one brings the tables up to date.
ALONE = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(1958)"}
MIGRATIONS = Path(__file__).parent / "migrations"
_upgrading = threading.Lock()  # Alembic's context is one for the whole process


def open_store(url: str) -> sa.Engine:
    """The database at `url`, e.g. sqlite:///tutor.db or postgresql+psycopg://user:password@host/tutor.

    Its tables are made, or migrated from an older version of the tutor.

    Raises:
        SettingError: the URL is not understood, its driver is not installed, or the database cannot be opened; it is
            no database, or one that a newer version of the tutor wrote.
    """
    try:
        # A turn is written every few seconds at most: no connection is kept open between two.
        engine = sa.create_engine(url, hide_parameters=True, poolclass=sa.NullPool)
        if (alone := ALONE.get(engine.dialect.name)) is None:
            raise ValueError(f"{engine.dialect.name} is neither SQLite nor PostgreSQL")
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(engine)
        with _upgrading, engine.begin() as connection:
            connection.exec_driver_sql(alone)
            _upgrade(connection)
    except (sa.exc.SQLAlchemyError, ImportError, OSError, ValueError) as error:
        raise _cannot_open(url, error) from None
    return engine


def forget_deleted(engine: sa.Engine) -> None:
    """Take what was deleted out of SQLite's log as well, which the file's own pages are overwritten from."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _prepare_sqlite(engine: sa.Engine) -> None:
    """A crash leaves the last whole state (WAL), a reader waits for no writer, and what is deleted is overwritten."""

    @sa.event.listens_for(engine, "connect")
    def _(connection: sqlite3.Connection, _: object) -> None:
        for pragma in (
            "journal_mode=WAL",
            "foreign_keys=ON",
            "secure_delete=ON",
            f"busy_timeout={BUSY_MILLISECONDS}",
        ):
            connection.execute(f"PRAGMA {pragma}")


def _upgrade(connection: sa.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if sa.inspect(connection).has_table("alembic_version"):
        present = set(connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars())
        if present - known:
            raise ValueError(f"version {', '.join(sorted(present - known))} was written by a newer tutor")
    command.upgrade(config, "head")


def _cannot_open(url: str, error: Exception) -> SettingError:
    shown = _without_password(url)
    reason = str(getattr(error, "orig", None) or error).splitlines()[0]
    return SettingError(
        f"The database {shown} cannot be used ({reason}).",
        "Give another with --database or TUTOR_DATABASE, e.g. sqlite:///tutor.db. "
        "For PostgreSQL type: pip install 'ai-history-tutor[postgresql]'",
        ko=(
            f"데이터베이스 {shown} 을(를) 쓸 수 없어요 ({reason}).",
            "--database 또는 TUTOR_DATABASE 로 다른 주소를 주세요. 예: sqlite:///tutor.db. "
            "PostgreSQL은 다음을 입력하세요: pip install 'ai-history-tutor[postgresql]'",
        ),
    )


def _without_password(url: Any) -> str:
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:
        return repr(url)
