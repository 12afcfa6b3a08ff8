"""The commands for accounts: a password from a pipe or typed twice, and what is printed."""

import io
import os
import pty
import subprocess
import sys

import pytest
import terminal

from tutor.store.accounts import Accounts
from tutor.store.engine import open_store

PASSWORD = "correct horse 배터리"


@pytest.fixture
def database(tmp_path, monkeypatch) -> str:
    monkeypatch.setenv("TUTOR_DATABASE", f"sqlite:///{tmp_path / 'tutor.db'}")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return os.environ["TUTOR_DATABASE"]


@pytest.fixture
def typed(capsys, monkeypatch):
    """Runs the program with what a pipe gives it."""

    def run(*arguments: str, piped: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(piped))
        return terminal.run(capsys, *arguments)

    return run


def test_accounts_are_made_listed_changed_and_removed(typed, database):
    accounts = Accounts(open_store(database))
    for name in ("김하늘", "Ada"):
        assert typed("users", "add", name, piped=f"{PASSWORD}\n")[0] == 0
    assert typed("users", "list")[1].splitlines() == ["Ada", "김하늘"]
    assert accounts.verified("김하늘", PASSWORD)
    assert typed("users", "password", "Ada", piped="quite another\n")[0] == 0
    assert accounts.verified("Ada", "quite another")
    assert typed("users", "remove", "Ada")[0] == 0
    assert accounts.names() == ["김하늘"]


@pytest.mark.parametrize(("lang", "told"), [("ko", "3자"), ("en", "3 characters")])
def test_a_refusal_is_told_in_ones_language(typed, database, lang, told):
    status, out, err = typed("users", "add", "Ada", "--lang", lang, piped="abc\n")
    assert (status, out) == (1, "")
    assert told in err


def test_without_an_account_a_tutor_that_asks_for_one_says_so_before_anything_else(
    typed, monkeypatch, database, tmp_path
):
    monkeypatch.setenv("TUTOR_INDEX", str(tmp_path / "index"))
    status, _, err = typed("serve", "--auth", "--lang", "en")
    assert status == 1
    assert "Type: tutor users add NAME" in err
    assert not (tmp_path / "index").exists()


def test_a_password_is_typed_twice_and_never_shown(database):
    """In a real terminal; the first two differ."""
    keyboard, terminal = pty.openpty()
    command = [sys.executable, "-m", "tutor", "users", "add", "Ada", "--lang", "en"]
    child = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True)
    os.close(terminal)
    shown = b""
    for typed in ("first words", "other words", PASSWORD, PASSWORD):
        while not shown.endswith((b"Password: ", b"Once more: ")):
            shown += os.read(keyboard, 1024)
        os.write(keyboard, typed.encode() + b"\n")
        shown += b"\n"
    assert child.wait(60) == 0
    try:
        while more := os.read(keyboard, 1024):
            shown += more
    except OSError:  # the terminal's end on Linux
        pass
    os.close(keyboard)
    assert b"The two are not the same." in shown
    assert b"words" not in shown
    assert Accounts(open_store(database)).verified("Ada", PASSWORD)
