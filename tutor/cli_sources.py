"""The commands for the learner's own files: add, sources, remove."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tutor.config import Settings
from tutor.console import progress, spoken, tr

if TYPE_CHECKING:
    from tutor.corpus.library import Outcome

Spoken = Annotated[str | None, typer.Option("--lang", help=tr("ko, en or auto.", "ko, en, auto 중 하나예요."))]


def register(app: typer.Typer, settings_of: Callable[[typer.Context], Settings]) -> None:
    """Give `app` the commands; `settings_of` reads the settings of one."""

    @app.command(help=tr("Add files or folders of your own to the sources.", "내 파일이나 폴더를 자료에 넣어요."))
    def add(
        ctx: typer.Context,
        paths: Annotated[list[Path], typer.Argument(help=tr("Files and folders.", "파일과 폴더."))],
        lang: Spoken = None,
    ) -> None:
        settings = settings_of(ctx)
        from tutor.corpus import library

        _change(settings, library.add(settings, paths))

    @app.command(help=tr("List the files that you added.", "넣은 자료를 보여줘요."))
    def sources(ctx: typer.Context, lang: Spoken = None) -> None:
        _list(settings_of(ctx))

    @app.command(help=tr("Take files that you added out again.", "넣은 자료를 빼요."))
    def remove(
        ctx: typer.Context,
        names: Annotated[list[str], typer.Argument(help=tr("As tutor sources lists them.", "tutor sources의 이름."))],
        lang: Spoken = None,
    ) -> None:
        settings = settings_of(ctx)
        from tutor.corpus import library

        _change(settings, library.remove(settings, names))


def _change(settings: Settings, outcomes: Iterable[Outcome]) -> None:
    """Say what becomes of each file, and bring the index up to date. Exit status 1 if a file failed."""
    from tutor.retrieval.builds import open_index

    lang = spoken(settings.lang)
    states = []
    for outcome in outcomes:
        states.append(outcome.state)
        typer.echo(outcome.text(lang), err=outcome.state == "failed")
    if set(states) - {"failed"}:
        index = open_index(settings, progress=progress)
        count = sum(p.doc.startswith("library/") for p in index.passages)
        en = f"The index is up to date; passages of your files: {count:,}."
        typer.echo(tr(en, f"색인을 새로 맞췄어요. 내 자료의 문단은 {count:,}개예요.", lang))
    if "failed" in states:
        raise typer.Exit(1)


def _list(settings: Settings) -> None:
    from tutor.corpus import library
    from tutor.retrieval.builds import open_index

    lang = spoken(settings.lang)
    shelf = library.shelf(settings, open_index(settings, progress=progress).passages)
    for entry in shelf:
        typer.echo(entry.text(lang))
    if not shelf:
        typer.echo(tr("There is none yet. Type: tutor add FILE", "아직 없어요. 입력: tutor add 파일", lang))
