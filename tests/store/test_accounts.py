"""Accounts in a real database: whose password is right, who is signed in, and what is left of who was removed."""

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from fsrs import Rating

from tutor.errors import SettingError
from tutor.quiz.history import History
from tutor.store.accounts import STAY, Accounts
from tutor.store.conversations import Transcripts
from tutor.store.engine import open_store
from tutor.store.studied import Studied

NAMES = {"ko": "김하늘", "en": "Ada"}
PASSWORD = "한글도 되는 비밀번호"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def accounts(url):
    return Accounts(open_store(url))


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_password_is_right_for_its_own_name_only(accounts, lang, form):
    accounts.add(NAMES[lang], PASSWORD)
    accounts.add("other", "another password")
    name, password = (unicodedata.normalize(form, text) for text in (NAMES[lang], PASSWORD))
    assert accounts.verified(f" {name} ", password).name == NAMES[lang]
    for wrong in ("another password", "", PASSWORD + "!", PASSWORD[:-1]):
        assert accounts.verified(name, wrong) is None
    assert accounts.verified("nobody", PASSWORD) is None
    assert accounts.names() == sorted([NAMES[lang], "other"])


def test_neither_password_nor_token_lies_in_the_database(tmp_path):
    file = tmp_path / "tutor.db"
    accounts = Accounts(open_store(f"sqlite:///{file}"))
    accounts.add("Ada", "correct horse battery")
    token = accounts.sign_in(accounts.verified("Ada", "correct horse battery"), NOW)
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"$argon2id$" in held
    assert b"correct horse battery" not in held
    assert token.encode() not in held


def test_a_sign_in_lasts_its_time(accounts):
    accounts.add("Ada", PASSWORD)
    ada = accounts.verified("Ada", PASSWORD)
    token = accounts.sign_in(ada, NOW)
    assert accounts.signed_in(token, NOW + STAY - timedelta(seconds=1)) == ada
    assert accounts.signed_in(token, NOW + STAY) is None
    assert accounts.signed_in("", NOW) is None
    other = accounts.sign_in(ada, NOW)
    accounts.sign_out(token)
    assert accounts.signed_in(token, NOW) is None
    assert accounts.signed_in(other, NOW) == ada


def test_a_new_password_ends_the_sign_ins(accounts):
    accounts.add("Ada", PASSWORD)
    token = accounts.sign_in(accounts.verified("Ada", PASSWORD), NOW)
    accounts.change_password("Ada", "quite another one")
    assert accounts.signed_in(token, NOW) is None
    assert accounts.verified("Ada", PASSWORD) is None
    assert accounts.verified("Ada", "quite another one").name == "Ada"


def test_with_an_account_all_that_was_kept_goes(url, accounts):
    store, left = open_store(url), {}
    for name in ("Ada", "Bo"):
        accounts.add(name, PASSWORD)
        left[name] = accounts.verified(name, PASSWORD)
        Transcripts(store, left[name].secret).keep(name, 1, "who?", {"question": "who?"})
        History(store, left[name].secret).record("item", Rating.Good, NOW)
        Studied(store, left[name].secret).add(["lstm"])
    token = accounts.sign_in(left["Ada"], NOW)
    accounts.remove("Ada")
    assert accounts.names() == ["Bo"]
    assert accounts.signed_in(token, NOW) is None
    assert Transcripts(store, left["Ada"].secret).all() == []
    assert History(store, left["Ada"].secret).reviews() == []
    assert Studied(store, left["Ada"].secret).slugs() == []
    assert Studied(store, left["Bo"].secret).slugs() == ["lstm"]
    assert len(Transcripts(store, left["Bo"].secret).all()) == 1
    assert len(History(store, left["Bo"].secret).reviews()) == 1
    accounts.add("Ada", PASSWORD)
    assert accounts.verified("Ada", PASSWORD).secret != left["Ada"].secret


@pytest.mark.parametrize("name", ["", "  ", "a:b", "a\nb", "x" * 65])
def test_a_name_that_cannot_be_one_is_refused(accounts, name):
    with pytest.raises(SettingError, match="cannot be the name"):
        accounts.add(name, PASSWORD)
    assert accounts.names() == []


@pytest.mark.parametrize("password", ["", "seven77", "x" * 201])
def test_a_password_too_short_or_long_is_refused(accounts, password):
    with pytest.raises(SettingError, match=f"has {len(password)} characters") as refused:
        accounts.add("Ada", password)
    assert f"{len(password)}자" in refused.value.text("ko")
    assert accounts.names() == []


def test_a_name_that_is_taken_or_missing_is_told(accounts):
    accounts.add("Ada", PASSWORD)
    with pytest.raises(SettingError, match="already"):
        accounts.add("Ada", "another password")
    for change in (accounts.remove, lambda name: accounts.change_password(name, PASSWORD)):
        with pytest.raises(SettingError, match="no account 'Bo'"):
            change("Bo")
    assert accounts.verified("Ada", PASSWORD)
