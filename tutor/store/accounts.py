"""Who may use a tutor that was started with --auth, and who is signed in."""

from __future__ import annotations

import hashlib
import secrets
import threading
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy.orm import Mapped, Session, mapped_column

from tutor.errors import SettingError
from tutor.store.base import Base, Moment
from tutor.store.conversations import ConversationRow, TurnRow
from tutor.store.engine import forget_deleted
from tutor.store.learner import learner_of
from tutor.store.reviews import ReviewRow
from tutor.store.studied import StudiedRow

MOST_NAME = 64  # characters
LEAST_PASSWORD, MOST_PASSWORD = 8, 200  # characters
STAY = timedelta(days=7)  # that a sign-in lasts

_hasher = PasswordHasher()  # Argon2id with the parameters of RFC 9106, the one for little memory
_NOBODY = _hasher.hash(secrets.token_hex())  # checked where there is no such name, so that this takes as long
_hashing = threading.Lock()  # 64 MiB and a core each: one at a time


class AccountRow(Base):
    """An account; by the hash of its `secret` its conversations and reviews are kept (tutor/store/learner.py)."""

    __tablename__ = "accounts"
    name: Mapped[str] = mapped_column(sa.String(MOST_NAME), primary_key=True)
    password: Mapped[str] = mapped_column(sa.String(200))
    secret: Mapped[str] = mapped_column(sa.String(64))


class SignInRow(Base):
    """Someone who is signed in; `token` is the hash of what only their browser holds."""

    __tablename__ = "sign_ins"
    token: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    account: Mapped[str] = mapped_column(sa.ForeignKey("accounts.name", ondelete="CASCADE"), index=True)
    ends: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True, slots=True)
class Account:
    """Who is signed in: their name, and the `secret` by which their data are asked for."""

    name: str
    secret: str


class Accounts:
    """The accounts in the database. A name or password is the same however its Hangul is composed."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def names(self) -> list[str]:
        """In alphabetical order."""
        with Session(self._engine) as session:
            return list(session.scalars(sa.select(AccountRow.name).order_by(AccountRow.name)))

    def add(self, name: str, password: str) -> None:
        """Make an account.

        Raises:
            SettingError: there is one of that name, or the name or the password is not allowed.
        """
        name, hashed = _checked(name), _hashed(password)
        with Session(self._engine) as session, session.begin():
            if session.get(AccountRow, name):
                raise SettingError(
                    f"There is an account {name!r} already.",
                    f"For a new password type: tutor users password {name}",
                    ko=(f"{name!r} 계정이 이미 있어요.", f"비밀번호를 바꾸려면: tutor users password {name}"),
                )
            session.add(AccountRow(name=name, password=hashed, secret=secrets.token_hex(32)))

    def change_password(self, name: str, password: str) -> None:
        """Give an account a new password, and end its sign-ins.

        Raises:
            SettingError: there is no such account, or the password is not allowed.
        """
        hashed = _hashed(password)
        with Session(self._engine) as session, session.begin():
            row = _found(session, name)
            row.password = hashed
            session.execute(sa.delete(SignInRow).where(SignInRow.account == row.name))

    def remove(self, name: str) -> None:
        """Delete an account with all that is kept of its learner.

        Raises:
            SettingError: there is no such account.
        """
        with Session(self._engine) as session, session.begin():
            row = _found(session, name)
            learner = learner_of(row.secret)
            own = sa.select(ConversationRow.id).where(ConversationRow.learner == learner)
            session.execute(sa.delete(TurnRow).where(TurnRow.conversation.in_(own)))
            session.execute(sa.delete(ConversationRow).where(ConversationRow.learner == learner))
            session.execute(sa.delete(ReviewRow).where(ReviewRow.learner == learner))
            session.execute(sa.delete(StudiedRow).where(StudiedRow.learner == learner))
            session.execute(sa.delete(SignInRow).where(SignInRow.account == row.name))
            session.delete(row)
        forget_deleted(self._engine)

    def verified(self, name: str, password: str) -> Account | None:
        """The account of that name, if the password is its own."""
        with Session(self._engine) as session:
            row = session.get(AccountRow, composed(name))
        try:
            with _hashing:
                _hasher.verify(row.password if row else _NOBODY, composed(password))
        except VerificationError:
            return None
        return Account(row.name, row.secret) if row else None

    def sign_in(self, account: Account, now: datetime) -> str:
        """A token that stands for the account until it ends or is signed out."""
        token = secrets.token_urlsafe(32)
        with Session(self._engine) as session, session.begin():
            session.execute(sa.delete(SignInRow).where(SignInRow.ends <= now))
            session.add(SignInRow(token=_digest(token), account=account.name, ends=now + STAY))
        return token

    def signed_in(self, token: str, now: datetime) -> Account | None:
        """The account that a token stands for."""
        query = sa.select(AccountRow).join(SignInRow, SignInRow.account == AccountRow.name)
        with Session(self._engine) as session:
            row = session.scalar(query.where(SignInRow.token == _digest(token), SignInRow.ends > now))
        return Account(row.name, row.secret) if row else None

    def sign_out(self, token: str) -> None:
        """From now on the token stands for nobody."""
        with Session(self._engine) as session, session.begin():
            session.execute(sa.delete(SignInRow).where(SignInRow.token == _digest(token)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def composed(name: str) -> str:
    """A name, or a password, as it is kept."""
    return unicodedata.normalize("NFC", name).strip()


def _found(session: Session, name: str) -> AccountRow:
    row = session.get(AccountRow, composed(name))
    if row is None:
        raise SettingError(
            f"There is no account {name!r}.",
            "To see them type: tutor users list",
            ko=(f"{name!r} 계정이 없어요.", "계정 목록을 보려면: tutor users list"),
        )
    return row


def _checked(name: str) -> str:
    """The name as it is kept; no colon, which ends a name in HTTP's Basic authentication."""
    name = composed(name)
    if not 0 < len(name) <= MOST_NAME or not name.isprintable() or ":" in name:
        raise SettingError(
            f"{name!r} cannot be the name of an account.",
            f"Use 1 to {MOST_NAME} letters, digits or spaces, and no colon.",
            ko=(
                f"{name!r}은(는) 계정 이름으로 쓸 수 없어요.",
                f"글자·숫자·빈칸으로 {MOST_NAME}자까지, 쌍점(:) 없이 적어 주세요.",
            ),
        )
    return name


def _hashed(password: str) -> str:
    password = composed(password)
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise SettingError(
            f"The password has {len(password)} characters.",
            f"Choose one of {LEAST_PASSWORD} to {MOST_PASSWORD}.",
            ko=(
                f"비밀번호가 {len(password)}자예요.",
                f"{LEAST_PASSWORD}자에서 {MOST_PASSWORD}자 사이로 정해 주세요.",
            ),
        )
    with _hashing:
        return _hasher.hash(password)
