"""The commands for accounts: users add, password, list, remove."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from tutor.config import Settings
from tutor.console import tr

if TYPE_CHECKING:
    from tutor.store.accounts import Accounts

Spoken = Annotated[str | None, typer.Option("--lang", help=tr("ko, en or auto.", "ko, en, auto 중 하나예요."))]
Name = Annotated[str, typer.Argument(help=tr("The name to sign in with.", "들어올 때 쓰는 이름."))]
Database = Annotated[
    str | None, typer.Option("--database", help=tr("Where the accounts are kept.", "계정을 저장하는 곳."))
]


def register(app: typer.Typer, settings_of: Callable[[typer.Context], Settings]) -> None:
    """Give `app` the commands; `settings_of` reads the settings of one."""
    users = typer.Typer(help=tr("Who may use a tutor served with --auth.", "--auth로 연 튜터를 쓸 수 있는 사람들."))
    app.add_typer(users, name="users")

    def accounts(ctx: typer.Context) -> Accounts:
        from tutor.store.accounts import Accounts
        from tutor.store.engine import open_store

        return Accounts(open_store(settings_of(ctx).database))

    @users.command(help=tr("Make an account; it asks for the password.", "계정을 만들어요. 비밀번호를 물어요."))
    def add(ctx: typer.Context, name: Name, database: Database = None, lang: Spoken = None) -> None:
        accounts(ctx).add(name, _password(settings_of(ctx).lang))

    @users.command(help=tr("Give an account a new password.", "계정의 비밀번호를 바꿔요."))
    def password(ctx: typer.Context, name: Name, database: Database = None, lang: Spoken = None) -> None:
        accounts(ctx).change_password(name, _password(settings_of(ctx).lang))

    @users.command(name="list", help=tr("List the accounts.", "계정을 보여줘요."))
    def list_(ctx: typer.Context, database: Database = None, lang: Spoken = None) -> None:
        for name in accounts(ctx).names():
            typer.echo(name)

    @users.command(help=tr("Delete an account and all that is kept of it.", "계정과 그 기록을 모두 지워요."))
    def remove(ctx: typer.Context, name: Name, database: Database = None, lang: Spoken = None) -> None:
        accounts(ctx).remove(name)


def _password(lang: str) -> str:
    """Typed twice without being shown; a pipe gives it in one line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    while True:
        given = getpass.getpass(tr("Password: ", "비밀번호: ", lang))
        if getpass.getpass(tr("Once more: ", "한 번 더: ", lang)) == given:
            return given
        typer.echo(tr("The two are not the same.", "두 번이 서로 달라요.", lang), err=True)
