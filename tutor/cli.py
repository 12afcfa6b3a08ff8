"""The command line: flags in, exit status out. Everything heavy is imported inside its command."""

from __future__ import annotations

import json
import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tutor import __version__, cli_labs, cli_sources, cli_users, config
from tutor.console import next_line, progress, read_question, spoken, status, tr, turn
from tutor.errors import SettingError, TutorError

if TYPE_CHECKING:
    from tutor.session import Session


# ---- options -------------------------------------------------------------------------------------
def _option(name: str, en: str, ko: str) -> Any:
    return typer.Option(name, help=tr(en, ko))


Model = Annotated[str | None, _option("--model", "A checkpoint folder or a hub id.", "체크포인트 폴더나 허브 id예요.")]
Server = Annotated[
    str | None,
    _option(
        "--server",
        "An OpenAI-compatible server, e.g. http://127.0.0.1:8000/v1; --model names its model.",
        "OpenAI 호환 서버 주소예요. 예: http://127.0.0.1:8000/v1. 모델 이름은 --model로 적어요.",
    ),
]
Threads = Annotated[
    int | None, _option("--threads", "Compute threads; 0 chooses.", "계산 스레드 수예요. 0이면 알아서 골라요.")
]
Dtype = Annotated[str | None, _option("--dtype", "auto, bf16 or fp32.", "auto, bf16, fp32 중 하나예요.")]
Online = Annotated[
    bool | None, _option("--online", "Fetch a hub id that is not here yet.", "아직 없는 허브 모델을 내려받아요.")
]
Spoken = Annotated[str | None, _option("--lang", "ko, en or auto.", "ko, en, auto 중 하나예요.")]
Port = Annotated[int | None, _option("--port", "Of the page; 7860 unless told.", "페이지의 포트. 기본은 7860이에요.")]
Database = Annotated[
    str | None,
    _option(
        "--database",
        "Where conversations are kept: sqlite:///tutor.db, or a PostgreSQL server's address.",
        "대화를 저장할 곳이에요. sqlite:///tutor.db 또는 PostgreSQL 서버 주소예요.",
    ),
]
Auth = Annotated[
    bool | None,
    _option("--auth", "Ask for a name and a password (tutor users).", "이름과 비밀번호를 물어요 (tutor users)."),
]
Json = Annotated[bool, _option("--json", "Print one JSON object.", "JSON 객체 하나로 출력해요.")]

app = typer.Typer(
    name="tutor",
    help=tr(
        "An AI-history tutor: cited answers, and demos that really train. Without a command: serve the page.",
        "AI 역사 튜터: 출처가 달린 답과, 실제로 학습하는 데모. 명령 없이 실행하면 페이지를 열어요.",
    ),
    add_completion=False,
    rich_markup_mode=None,  # rich would double the start-up time
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _settings(ctx: typer.Context) -> config.Settings:
    """The settings of this command: flags given after it win over those given before it."""
    flags: dict[str, Any] = {}
    context: Any = ctx
    while context:
        flags = {k: v for k, v in context.params.items() if v is not None} | flags
        context = context.parent
    settings = config.load(**{k: v for k, v in flags.items() if k in config.Settings.__slots__})
    if settings.online:
        os.environ.setdefault("HF_HUB_OFFLINE", "0")
    config.go_offline()
    return settings


# ---- commands ------------------------------------------------------------------------------------
@app.callback(invoke_without_command=True)
def _tutor(
    ctx: typer.Context,
    model: Model = None,
    server: Server = None,
    threads: Threads = None,
    dtype: Dtype = None,
    online: Online = None,
    lang: Spoken = None,
    port: Port = None,
    database: Database = None,
    auth: Auth = None,
    version: Annotated[bool, typer.Option("--version", help=tr("Show the version.", "버전을 보여줘요."))] = False,
) -> None:
    if version:
        typer.echo(f"tutor {__version__}")
    elif ctx.invoked_subcommand is None:
        _serve(_settings(ctx))


@app.command(help=tr("Serve the chat page on 127.0.0.1.", "127.0.0.1에 채팅 페이지를 열어요."))
def serve(
    ctx: typer.Context,
    model: Model = None,
    server: Server = None,
    threads: Threads = None,
    dtype: Dtype = None,
    online: Online = None,
    lang: Spoken = None,
    port: Port = None,
    database: Database = None,
    auth: Auth = None,
) -> None:
    _serve(_settings(ctx))


def _serve(settings: config.Settings) -> None:
    status(tr("Loading …", "불러오는 중 …", settings.lang))
    from tutor.retrieval.builds import open_index
    from tutor.ui import app as page

    page.check_port(settings.host, settings.port)
    page.check_accounts(settings)
    open_index(settings, progress=progress)  # the page opens it again, and finds it built
    page.serve(settings)


@app.command(
    help=tr("Ask one question; - or a pipe reads it from standard input.", "질문 하나에 답해요. -나 파이프로도 받아요.")
)
def ask(
    ctx: typer.Context,
    question: Annotated[str | None, typer.Argument(help=tr("The question.", "질문."))] = None,
    as_json: Json = False,
    model: Model = None,
    server: Server = None,
    threads: Threads = None,
    dtype: Dtype = None,
    online: Online = None,
    lang: Spoken = None,
) -> None:
    settings = _settings(ctx)
    text = read_question(question)
    session = _open(settings)
    answer = turn(session, text, settings.lang, quiet=as_json)
    if as_json:
        from tutor.service import record

        typer.echo(json.dumps(record(text, answer), ensure_ascii=False))
    if answer.stopped:
        raise typer.Exit(130)


@app.command(help=tr("Talk: Ctrl-C stops an answer, Ctrl-D leaves.", "대화해요. Ctrl-C는 답을 멈추고 Ctrl-D는 끝내요."))
def chat(
    ctx: typer.Context,
    model: Model = None,
    server: Server = None,
    threads: Threads = None,
    dtype: Dtype = None,
    online: Online = None,
    lang: Spoken = None,
) -> None:
    settings = _settings(ctx)
    session = _open(settings)
    typer.echo(
        tr("Ctrl-C stops an answer, Ctrl-D leaves.", "Ctrl-C는 답을 멈추고 Ctrl-D는 끝내요.", settings.lang), err=True
    )
    while (text := next_line()) is not None:
        if not text.strip():
            continue
        try:
            turn(session, text, settings.lang)
        except TutorError as error:  # one bad turn does not end the conversation
            typer.echo(error.text(spoken(settings.lang)), err=True)


@app.command(
    help=tr(
        "Serve the tutor to an assistant by the Model Context Protocol, over standard input and output.",
        "표준 입출력의 Model Context Protocol로 다른 AI 도우미에게 튜터를 빌려줘요.",
    )
)
def mcp(
    ctx: typer.Context,
    model: Model = None,
    server: Server = None,
    threads: Threads = None,
    dtype: Dtype = None,
    online: Online = None,
    lang: Spoken = None,
) -> None:
    settings = _settings(ctx)
    try:
        from tutor import mcp_server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        raise SettingError(
            "The Python package mcp is not installed.",
            "Type: pip install 'ai-history-tutor[mcp]'",
            ko=("파이썬 패키지 mcp가 설치되어 있지 않아요.", "이렇게 입력하세요: pip install 'ai-history-tutor[mcp]'"),
        ) from None
    from tutor.session import open_tutor

    mcp_server.serve(open_tutor(settings, progress=progress))


@app.command(help=tr("Bring the search index up to date.", "검색 색인을 최신으로 만들어요."))
def index(
    ctx: typer.Context,
    rebuild: Annotated[bool, typer.Option("--rebuild", help=tr("Build it anew.", "처음부터 다시 만들어요."))] = False,
    lang: Spoken = None,
) -> None:
    settings = _settings(ctx)
    from tutor.retrieval.builds import open_index

    opened = open_index(settings, rebuild=rebuild, progress=progress)
    count = len(opened.passages)
    typer.echo(
        tr(
            f"The index holds {count} passages: {settings.index}",
            f"색인에 문단 {count}개가 있어요: {settings.index}",
            settings.lang,
        )
    )


@app.command(help=tr("The history in years, from the articles' facts.", "글에 담긴 사실로 엮은 연표예요."))
def timeline(
    ctx: typer.Context,
    first: Annotated[int, _option("--from", "The first year.", "첫 해.")] = 0,
    last: Annotated[int, _option("--to", "The last year.", "마지막 해.")] = 9999,
    as_json: Json = False,
    lang: Spoken = None,
) -> None:
    settings = _settings(ctx)
    from tutor.corpus import articles
    from tutor.corpus.timeline import events

    found = events(articles.read(settings), spoken(settings.lang))
    for event in found:
        if first <= event.year <= last:
            told = {"year": event.year, "fact": event.fact.text, "doc": event.document.id, "tags": event.tags}
            line = f"{event.year}  {event.fact.text}  ({event.document.slug})"
            typer.echo(json.dumps(told, ensure_ascii=False) if as_json else line)


@app.command(
    name="eval",
    help=tr(
        "Answer and grade a file of questions; tutor eval retrieval, tutor eval labs: measure search, labs.",
        "질문 파일에 답하고 채점해요. tutor eval retrieval은 검색을, tutor eval labs는 실습을 재요.",
    ),
)
def evaluate(
    ctx: typer.Context,
    questions: Annotated[
        Path,
        typer.Argument(
            help=tr(
                "Questions, one JSON object a line; or retrieval, or labs.",
                "질문 파일, 한 줄에 JSON 하나. 또는 retrieval, labs.",
            )
        ),
    ],
    out: Annotated[
        Path | None,
        _option("--out", "Where the answers go; else: report.json.", "답을 쓸 파일. 다른 평가는 report.json."),
    ] = None,
    data: Annotated[
        Path | None, _option("--data", "retrieval: the outside sets' folder.", "retrieval: 바깥 질문 묶음의 폴더.")
    ] = None,
    only: Annotated[
        str,
        _option("--only", "Some sections or labs, e.g. articles,speed.", "일부만. 예: articles,speed 또는 memory,lora"),
    ] = "",
    full: Annotated[
        bool,
        _option("--full", "Every outside question; labs: 100 seeds.", "바깥 질문을 모두 물어요. labs는 시드 100개."),
    ] = False,
    ablations: Annotated[
        bool,
        _option("--ablations", "Once per part taken away; --out x.json.", "부분을 하나씩 빼고 재요. --out x.json."),
    ] = False,
    model: Model = None,
    server: Server = None,
    threads: Threads = None,
    dtype: Dtype = None,
    online: Online = None,
    lang: Spoken = None,
) -> None:
    settings = _settings(ctx)
    if str(questions) == "retrieval":
        from tutor.evals import retrieval

        retrieval.run(settings, data=data, out=out, only=only, full=full)
    elif str(questions) == "labs":
        from tutor.evals import labs

        labs.run(only=only, full=full, out=out)
    elif out is None:
        raise typer.BadParameter(
            tr("name a file for the answers: --out answers.jsonl", "답을 쓸 파일을 적어 주세요: --out answers.jsonl")
        )
    elif ablations:
        from tutor.evals import ablations as parts

        parts.run(questions, out, settings)
    else:
        from tutor.evals import runner

        runner.run(questions, out, settings)


@app.command(help=tr("What is installed, what is wrong, what to type.", "설치 상태와 문제, 해결 방법을 알려줘요."))
def doctor(
    ctx: typer.Context,
    as_json: Json = False,
    model: Model = None,
    server: Server = None,
    threads: Threads = None,
    dtype: Dtype = None,
    online: Online = None,
    lang: Spoken = None,
    port: Port = None,
) -> None:
    from tutor import doctor as checks

    settings = _settings(ctx)
    found = checks.examine(settings)
    typer.echo((checks.as_json if as_json else checks.as_text)(found, spoken(settings.lang)))
    if any(check.state == "wrong" for check in found):
        raise typer.Exit(1)


cli_sources.register(app, _settings)
cli_users.register(app, _settings)
cli_labs.register(app, _settings)


# ---- small things ----------------------------------------------------------------------------
def _open(settings: config.Settings) -> Session:
    status(tr("Loading …", "불러오는 중 …", settings.lang))
    from tutor.session import open_tutor

    session = open_tutor(settings, progress=progress).new_session(settings.lang)
    status("")
    return session


def main(argv: list[str] | None = None) -> None:
    """Run the program; never shows a stack trace for a TutorError.

    Exit status: 0; 1 with a message; 2 for wrong usage; 130 after Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a console without Hangul shows "?"
    arguments = sys.argv[1:] if argv is None else argv
    try:
        app(arguments, prog_name="tutor")
    except TutorError as error:
        typer.echo(error.text(spoken(_flag("--lang", arguments))), err=True)
        sys.exit(1)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("tutor"):
            raise  # a bug of ours
        en = f"The Python package {error.name} is missing. Type: tutor doctor"
        ko = f"파이썬 패키지 {error.name}이(가) 없어요. 이렇게 입력해 보세요: tutor doctor"
        typer.echo(tr(en, ko, _flag("--lang", arguments)), err=True)
        sys.exit(1)


def _flag(name: str, arguments: list[str]) -> str | None:
    """The last value given for flag `name`, before any of it has been parsed."""
    spelled = [a.partition("=")[2] for a in arguments if a.startswith(f"{name}=")]
    apart = [b for a, b in pairwise(arguments) if a == name]
    return (spelled + apart)[-1] if spelled + apart else None
