"""The registry of labs, their common limits and the loop that runs one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from tutor.errors import ToolFailed, UnknownLab
from tutor.labs import (
    adaline,
    alexnet_tricks,
    attention,
    backpropagation,
    cnn_vs_dense,
    dense_retrieval,
    embeddings,
    lora,
    masked,
    memory,
    next_token,
    rlhf,
    scaling,
    tokens,
    train_perceptron,
    transformer,
    vanishing_gradient,
)
from tutor.labs.arguments import PerceptronArguments, parse_perceptron
from tutor.labs.charts import Chart, Words
from tutor.labs.checking import checked
from tutor.labs.outcome import Claim, Experiment
from tutor.types import Frame, LabResult

TIME_LIMIT = 60.0  # seconds of computing; the time a viewer takes over a frame does not count


@dataclass(frozen=True, slots=True)
class Lab:
    """`schema` is what a caller is told of the arguments; `parse` checks them and fills in defaults.

    `summary` says what is to be seen and `labels` what the arguments (and their choices) are called; `claims` are what
    the lab shows, as checks, and `next_experiments` what may be tried after a run. `asked` matches the words by which a
    learner names the lab's subject; `story` finds the article behind it. While it runs, `metric` is drawn over the
    epochs; the pictures of a finished run are its `charts`. `first` is what a first run must be given.
    """

    schema: type[BaseModel]
    parse: Callable[[Mapping[str, Any]], Any]
    run: Callable[[Any], Generator[Frame, None, LabResult]]
    title: Words
    summary: Words
    labels: Mapping[str, Words]
    claims: Sequence[Claim]
    next_experiments: Callable[[LabResult], Sequence[Experiment]]
    story: Words = field(default_factory=dict)
    asked: str = ""
    metric: str = ""
    metric_name: Words = field(default_factory=dict)
    epoch_name: Words = field(default_factory=dict)
    charts: Callable[[LabResult], Sequence[Chart]] = lambda _: ()
    first: Mapping[str, Any] = field(default_factory=dict)


def _of(module: ModuleType) -> Lab:
    """The lab that a module holds."""
    return Lab(
        module.Arguments,
        lambda given: checked(module.Arguments, given),
        module.run,
        module.TITLE,
        module.SUMMARY,
        module.LABELS,
        module.CLAIMS,
        module.next_experiments,
        module.STORY,
        module.ASKED,
        module.METRIC,
        module.METRIC_NAME,
        module.EPOCH_NAME,
        module.charts,
    )


# In the order of the history.
_MODULES: tuple[ModuleType, ...] = (
    adaline,
    backpropagation,
    vanishing_gradient,
    memory,
    cnn_vs_dense,
    alexnet_tricks,
    embeddings,
    attention,
    transformer,
    tokens,
    next_token,
    masked,
    scaling,
    dense_retrieval,
    rlhf,
    lora,
)

LABS: Mapping[str, Lab] = {
    train_perceptron.NAME: Lab(
        PerceptronArguments,
        parse_perceptron,
        train_perceptron.run,
        train_perceptron.TITLE,
        train_perceptron.SUMMARY,
        train_perceptron.LABELS,
        train_perceptron.CLAIMS,
        train_perceptron.next_experiments,
        first={"gate": "xor"},
    ),
    **{module.NAME: _of(module) for module in _MODULES},
}


def warm_up() -> None:
    """Import what labs import when they first run: seconds that are better spent before a learner waits for them."""
    import sklearn.datasets  # noqa: F401
    import torch

    torch.optim.Adam([torch.zeros(1, requires_grad=True)])  # brings in torch's compiler


def parse(name: str, arguments: Mapping[str, Any]) -> Any:
    """The checked arguments of the lab `name`, defaults filled in.

    Raises:
        UnknownLab: there is no such lab.
        ToolCallInvalid: an argument is wrong.
    """
    if name not in LABS:
        known = ", ".join(LABS)
        raise UnknownLab(
            f"There is no lab {name[:60]!r}.",
            f"Known are {known}.",
            ko=(f"{name[:60]!r}(이)라는 실습은 없어요.", f"할 수 있는 실습은 {known}이에요."),
        )
    return LABS[name].parse(arguments)


def run(
    name: str, arguments: Mapping[str, Any], cancel: threading.Event, time_limit: float = TIME_LIMIT
) -> Generator[Frame, None, LabResult]:
    """Run a lab, yielding its frames; the generator's return value is the result, all frames in it.

    Raises:
        UnknownLab, ToolCallInvalid: before the first frame; see `parse`.
        ToolFailed: `cancel` was set, `time_limit` seconds of computing went by, or the numbers ran away.
    """
    checked = parse(name, arguments)
    steps = LABS[name].run(checked)
    frames: list[Frame] = []
    spent = 0.0
    while True:
        _check(cancel, spent, time_limit)
        started = time.perf_counter()
        try:
            frame = next(steps)
        except StopIteration as end:
            return replace(end.value, frames=tuple(frames))
        spent += time.perf_counter() - started
        frames.append(frame)
        yield frame


def _check(cancel: threading.Event, spent: float, time_limit: float) -> None:
    if cancel.is_set():
        raise ToolFailed(
            "The demo was stopped.",
            "Ask for it again to run it.",
            ko=("실습을 멈췄어요.", "다시 보려면 한 번 더 요청해 주세요."),
        )
    if spent > time_limit:
        raise ToolFailed(
            f"The demo took longer than {time_limit:g} seconds and was stopped.",
            "Use fewer epochs or seeds, or a smaller network.",
            ko=(f"실습이 {time_limit:g}초를 넘겨서 멈췄어요.", "에폭이나 시드를 줄이거나 신경망을 작게 해 보세요."),
        )
