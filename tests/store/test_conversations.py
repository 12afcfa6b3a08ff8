"""Finished turns in a real database: kept through restarts, each learner's apart, deleted when deleted."""

import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from tutor.errors import SettingError
from tutor.store.conversations import Transcripts
from tutor.store.engine import open_store

QUESTIONS = {"ko": "퍼셉트론은 누가 만들었어? 🙂", "en": "Who described the perceptron?"}
MINE, OTHER = "m" * 32, "o" * 32


@pytest.fixture
def file(tmp_path):
    return f"sqlite:///{tmp_path / 'tutor.db'}"


@pytest.fixture
def mine(url):
    return Transcripts(open_store(url), MINE)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_turns_are_there_after_a_restart(url, lang):
    first, before = Transcripts(open_store(url), MINE), datetime.now(UTC)
    first.keep("c1", 1, QUESTIONS[lang], {"question": QUESTIONS[lang], "figures": ["{}"]})
    first.keep("c1", 2, "And then?", {"question": "And then?"})
    again = Transcripts(open_store(url), MINE)
    assert again.turns("c1") == [
        (1, {"question": QUESTIONS[lang], "figures": ["{}"]}, None),
        (2, {"question": "And then?"}, None),
    ]
    (kept,) = again.all()
    assert (kept.id, kept.title, kept.turns) == ("c1", QUESTIONS[lang], 2)
    assert kept.updated.utcoffset().total_seconds() == 0
    assert before <= kept.updated <= datetime.now(UTC)


def test_the_newest_turns_before_a_number(mine):
    for number in (1, 2, 4, 5):
        mine.keep("c1", number, "?", {"n": number})
    assert [number for number, _, _ in mine.turns("c1", before=5, most=2)] == [2, 4]
    assert [number for number, _, _ in mine.turns("c1", before=2, most=2)] == [1]
    assert [number for number, _, _ in mine.turns("c1", before=5)] == [1, 2, 4]
    assert mine.turns("c1", before=1) == []


def test_another_learner_neither_sees_nor_changes_them(url, mine):
    mine.keep("c1", 1, "mine?", {"question": "mine?"})
    other = Transcripts(open_store(url), OTHER)
    assert other.all() == []
    assert other.turns("c1") == []
    other.rate("c1", 1, True)
    other.delete("c1")
    with pytest.raises(sa.exc.IntegrityError):
        other.keep("c1", 1, "theirs?", {"question": "theirs?"})
    assert mine.turns("c1") == [(1, {"question": "mine?"}, None)]


def test_a_turn_asked_again_takes_its_place(mine):
    mine.keep("c1", 1, "one?", {"answer": "first"})
    mine.keep("c1", 2, "two?", {"answer": "second"})
    mine.keep("c1", 3, "two?", {"answer": "third"}, instead_of=2)
    assert mine.turns("c1") == [(1, {"answer": "first"}, None), (3, {"answer": "third"}, None)]


def test_feedback_is_kept_and_taken_back(mine):
    mine.keep("c1", 1, "one?", {})
    mine.rate("c1", 1, False)
    assert mine.turns("c1") == [(1, {}, False)]
    mine.rate("c1", 1, None)
    assert mine.turns("c1") == [(1, {}, None)]


def test_the_newest_conversation_comes_first(mine):
    for name in ("a", "b", "c"):
        mine.keep(name, 1, name, {})
    mine.keep("a", 2, "more", {})
    assert [kept.id for kept in mine.all()] == ["a", "c", "b"]


def test_what_is_deleted_is_gone_from_the_file(file, tmp_path):
    mine = Transcripts(engine := open_store(file), MINE)
    with engine.connect():  # while one is open, SQLite keeps its log
        mine.keep("c1", 1, "a secret question", {"question": "a secret question"})
        assert b"secret question" in b"".join(path.read_bytes() for path in tmp_path.iterdir())
        mine.delete("c1")
        written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert (mine.all(), mine.turns("c1")) == ([], [])
    assert b"CREATE TABLE turns" in written
    assert b"secret question" not in written


def test_many_write_at_once(url):
    def write(name):
        transcripts = Transcripts(open_store(url), MINE)
        for number in range(20):
            transcripts.keep(name, number, name, {"number": number})

    threads = [threading.Thread(target=write, args=(f"c{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((kept.id, kept.turns) for kept in Transcripts(open_store(url), MINE).all()) == [
        (f"c{i}", 20) for i in range(4)
    ]


def test_of_several_processes_one_makes_the_tables(url):
    start = [
        sys.executable,
        "-c",
        "import sys; from tutor.store.engine import open_store; open_store(sys.argv[1])",
        url,
    ]
    started = [subprocess.Popen(start, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate()[1] for process in started] == [""] * 4
    assert Transcripts(open_store(url), MINE).all() == []


def test_the_migrations_make_what_the_tables_say(url):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from tutor.store.base import Base

    with open_store(url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ("nonsense", "nonsense"),
        ("mssql+pyodbc://host/x", "pyodbc|neither"),
        ("sqlite:////nowhere/at/all/tutor.db", "unable to open"),
        ("mysql://me:pass@host/x", "me:\\*\\*\\*@host"),
    ],
)
def test_a_database_that_cannot_be_opened_is_told(bad, named):
    with pytest.raises(SettingError, match=named) as told:
        open_store(bad)
    assert "TUTOR_DATABASE" in told.value.hint
    assert "pass@" not in told.value.text("ko")


def test_a_file_that_is_no_database_is_left_alone(tmp_path):
    path = tmp_path / "tutor.db"
    path.write_bytes(b"my precious notes" * 100)
    with pytest.raises(SettingError, match="not a database"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == b"my precious notes" * 100


def test_a_database_of_a_newer_tutor_is_left_alone(url):
    with open_store(url).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingError, match="newer tutor"):
        open_store(url)
