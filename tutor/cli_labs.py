"""The commands that run labs in the terminal: demo perceptron, demo lab, demo replay."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from tutor.config import Settings
from tutor.console import interruptible, spoken, status, tr
from tutor.errors import SettingError, ToolFailed

if TYPE_CHECKING:
    from tutor.types import LabResult, Lang


SettingsOf = Callable[[typer.Context], Settings]


def _option(name: str, en: str, ko: str) -> Any:
    return typer.Option(name, help=tr(en, ko))


Spoken = Annotated[str | None, _option("--lang", "ko, en or auto.", "ko, en, auto 중 하나예요.")]
Save = Annotated[Path | None, _option("--save", "run.html or run.png.", "run.html이나 run.png로 저장해요.")]


class _Demos(TyperGroup):
    """`tutor demo memory` is short for `tutor demo lab memory`; which labs there are is not known before one is run."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        return super().resolve_command(ctx, args if args[0] in self.commands else ["lab", *args])


def register(app: typer.Typer, settings_of: SettingsOf) -> None:
    """Give `app` the command demo; `settings_of` reads the settings of one."""
    demo = typer.Typer(
        name="demo",
        cls=_Demos,
        help=tr("Run a demo here in the terminal.", "터미널에서 데모를 실행해요."),
        rich_markup_mode=None,
        no_args_is_help=True,
    )
    app.add_typer(demo)
    _add_perceptron(demo, settings_of)
    _add_lab(demo, settings_of)
    _add_replay(demo, settings_of)


def _add_perceptron(demo: typer.Typer, settings_of: SettingsOf) -> None:
    @demo.command(help=tr("Train a perceptron on a logic gate.", "논리 게이트로 퍼셉트론을 학습시켜요."))
    def perceptron(
        ctx: typer.Context,
        gate: Annotated[str, typer.Option(help="and, or, nand, nor, xor, xnor")] = "xor",
        layers: Annotated[str, typer.Option(help="single, multi, both")] = "both",
        learning_rate: Annotated[float | None, _option("--learning-rate", "Step size.", "학습률.")] = None,
        epochs: Annotated[int | None, _option("--epochs", "At most so many passes.", "최대 에폭 수.")] = None,
        seeds: Annotated[
            str | None, _option("--seeds", "One run each, e.g. 0,1.", "시드마다 한 번씩 돌려요. 예: 0,1")
        ] = None,
        hidden_units: Annotated[int | None, _option("--hidden-units", "Width of the net.", "은닉 유닛 수.")] = None,
        activation: Annotated[str | None, typer.Option(help="step, sigmoid, tanh, relu")] = None,
        save: Annotated[
            Path | None, _option("--save", "run.html or run.png.", "run.html이나 run.png로 저장해요.")
        ] = None,
        lang: Spoken = None,
    ) -> None:
        speak = spoken(settings_of(ctx).lang)
        given = {
            "learning_rate": learning_rate,
            "epochs": epochs,
            "hidden_units": hidden_units,
            "activation": activation,
        }
        arguments: dict[str, Any] = {
            "gate": gate,
            "layers": layers,
            **{name: value for name, value in given.items() if value is not None},
        }
        if seeds is not None:
            arguments["seeds"] = _seeds(seeds)
        run("train_perceptron", arguments, speak, save)


def _add_lab(demo: typer.Typer, settings_of: SettingsOf) -> None:
    @demo.command(
        help=tr("Run a lab; without a name: list them all.", "실습을 돌려요. 이름을 안 적으면 목록을 보여줘요.")
    )
    def lab(
        ctx: typer.Context,
        name: Annotated[str | None, typer.Argument(help=tr("Name of the lab.", "실습 이름."))] = None,
        given: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...")] = None,
        save: Save = None,
        record: Annotated[
            Path | None, _option("--record", "Write the run as JSON.", "실행 기록을 JSON으로 써요.")
        ] = None,
        as_json: Annotated[bool, _option("--json", "Print the record alone.", "기록만 JSON으로 보여줘요.")] = False,
        lang: Spoken = None,
    ) -> None:
        speak = spoken(settings_of(ctx).lang)
        if name is None:
            _list(speak)
            return
        from tutor.labs import records

        result = run(name, dict(_pair(text) for text in given or ()), speak, save, silent=as_json)
        if as_json:
            typer.echo(json.dumps(result.record, ensure_ascii=False))
        if record:
            _write(record, records.written(result.record))


def _add_replay(demo: typer.Typer, settings_of: SettingsOf) -> None:
    @demo.command(help=tr("Run a recorded lab again, and compare.", "기록한 실습을 다시 돌려 비교해요."))
    def replay(
        ctx: typer.Context,
        path: Annotated[Path, typer.Argument(help=tr("What --record wrote.", "--record로 쓴 파일."))],
        save: Save = None,
        lang: Spoken = None,
    ) -> None:
        speak = spoken(settings_of(ctx).lang)
        from tutor.labs import records

        old = records.read(_read(path))
        compared = records.compare(old, run(old["lab"], old["arguments"], speak, save).record)
        typer.echo(compared.text(speak), err=not compared.same)
        if not compared.same:
            raise typer.Exit(1)


def _list(lang: Lang) -> None:
    from tutor.labs import core

    for name, found in core.LABS.items():
        typer.echo(f"{name}: {found.title[lang]}")
        for argument, schema in found.schema.model_json_schema()["properties"].items():
            typer.echo(f"    {argument}={schema.get('default', '')}  {schema.get('description', '')}".rstrip())


def _pair(text: str) -> tuple[str, Any]:
    """ "epochs=20" -> ("epochs", 20); what is no JSON value is text."""
    name, sign, value = text.partition("=")
    if not sign:
        raise SettingError(
            f"{text!r} is no KEY=VALUE.",
            "Type for example: tutor demo lora rank=4",
            ko=(
                f"{text!r}은(는) KEY=VALUE 꼴이 아니에요.",
                "예를 들어 이렇게 적어 주세요: tutor demo lora rank=4",
            ),
        )
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingError(
            f"The file {str(path)!r} cannot be read: {error.strerror}.",
            "Give a file that `tutor demo NAME --record FILE` wrote.",
            ko=(
                f"{str(path)!r} 파일을 읽을 수 없어요: {error.strerror}.",
                "`tutor demo NAME --record FILE`로 쓴 파일을 주세요.",
            ),
        ) from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise SettingError(
            f"The file {str(path)!r} cannot be written: {error.strerror}.",
            "Give a path in a folder that exists and may be written to.",
            ko=(f"{str(path)!r} 파일을 쓸 수 없어요: {error.strerror}.", "쓸 수 있는 폴더의 경로를 써 주세요."),
        ) from None


def _seeds(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise SettingError(
            f"--seeds {text!r} is not a list of whole numbers.",
            "Type for example: --seeds 0,1",
            ko=(f"--seeds {text!r}는 정수 목록이 아니에요.", "예를 들어 이렇게 적어 주세요: --seeds 0,1"),
        ) from None


def run(name: str, arguments: dict[str, Any], lang: Lang, save: Path | None, *, silent: bool = False) -> LabResult:
    """Run a lab to its end, show its pictures and result unless `silent`, and save the pictures where asked."""
    from tutor.labs import core
    from tutor.labs.terminal import terminal

    with interruptible() as cancel:
        running = core.run(name, arguments, cancel)
        while True:
            try:
                frame = next(running)
            except StopIteration as end:
                result = end.value
                break
            except ToolFailed as error:
                status("")
                typer.echo(error.text(lang), err=True)
                raise typer.Exit(130 if cancel.is_set() else 1) from None
            status(f"{frame.series} {tr('epoch', '에폭', lang)} {frame.epoch}")
    status("")
    if not silent:
        typer.echo(terminal(result, lang))
    if save:
        from tutor.labs import plots

        plots.save(result, save, lang)
        typer.echo(tr(f"Saved: {save}", f"저장했어요: {save}", lang), err=silent)
    return result
