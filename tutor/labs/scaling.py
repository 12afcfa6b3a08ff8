"""Five sizes of one small language model: on log-log paper the loss falls along nearly a straight line.

J. Kaplan et al., "Scaling Laws for Neural Language Models" (2020), equation 1.1: L(N) = (N_c / N)^alpha, with N
parameters and the loss L in nats on text not trained on. The model is in letter_model.py. Unlike Kaplan's, N counts
all parameters, and every model sees equally much text.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tutor.labs.charts import Chart, Line, Words, finished
from tutor.labs.letter_model import parameters, read, train
from tutor.labs.outcome import Claim, Experiment
from tutor.types import Frame, LabResult

NAME = "scaling"
TITLE: Words = {
    "en": "A scaling law from five small language models",
    "ko": "작은 언어 모델 5개로 보는 스케일링 법칙",
}
SUMMARY: Words = {
    "en": "Five sizes of a letter-guessing model: does the loss fall along a line that the small ones foretell?",
    "ko": "글자를 맞히는 모델을 다섯 크기로 학습해, 작은 모델들이 큰 모델의 손실을 내다보게 하는지 봐요.",
}
ASKED = (
    r"scaling[\s-]?laws?|scaling (?:up|curve|exponent|experiment|lab|demo)|power[\s-]?laws?|kaplan"
    r"|(?:model )?size (?:and|vs\.?|versus) (?:the )?loss|bigger models?"
    r"|스케일링|스케일\s*법칙|규모의?\s*법칙|규모\s*확장|거듭제곱\s*법칙|멱\s*법칙|멱함수|카플란|(?:모델|모형)\s*크기|큰\s*모델"
)
STORY: Words = {
    "en": "scaling laws power law loss parameters Kaplan",
    "ko": "스케일링 법칙 손실 매개변수",
}
METRIC = "loss"
METRIC_NAME: Words = {"en": "Training loss (nats a letter)", "ko": "학습 손실(글자당 nat)"}
EPOCH_NAME: Words = {"en": "step", "ko": "스텝"}

HIDDEN = {"small": (4, 10, 25, 64, 160), "medium": (8, 20, 50, 126, 320)}
FRAMES = (15, 15, 25, 45, 90)  # a size; the big ones take the longest
SEEDS = 3


class Arguments(BaseModel):
    """Train language models of five sizes, fit the scaling law of their losses, and foretell the biggest one's."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    sizes: Literal["small", "medium"] = Field(
        "small", description="small: some 600 to 12,000 parameters; medium: some 900 to 23,000, twice the time."
    )
    steps: int = Field(400, ge=20, le=1000, description="Training steps of each model.")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Random seed; each size is trained from it and the next two.")


LABELS: Mapping[str, Words] = {
    "sizes": {"en": "Model sizes", "ko": "모델 크기"},
    "small": {"en": "small (600 to 12,000 parameters)", "ko": "작게(매개변수 600~12,000개)"},
    "medium": {"en": "medium (900 to 23,000 parameters)", "ko": "중간(매개변수 900~23,000개)"},
    "steps": {"en": "Training steps", "ko": "학습 스텝 수"},
    "seed": {"en": "Seed", "ko": "시드"},
}


def fit(sizes: Sequence[float], losses: Sequence[float]) -> tuple[float, float, float]:
    """The power law L = a · N^-alpha nearest to the losses by least squares in log-log: alpha, a, and its R²."""
    x, y = np.log(sizes), np.log(losses)
    slope, intercept = np.polyfit(x, y, 1)
    spread = ((y - y.mean()) ** 2).sum()
    left = ((y - slope * x - intercept) ** 2).sum()
    return float(-slope), float(np.exp(intercept)), float(1 - left / spread) if spread > 0 else 0.0


def run(arguments: Arguments) -> Generator[Frame, None, LabResult]:
    """Train the five sizes one after the other, the smallest first, then fit."""
    started = time.perf_counter()
    texts = read()
    seeds = [arguments.seed + i for i in range(SEEDS)]
    models: list[dict[str, Any]] = []
    for hidden, frames in zip(HIDDEN[arguments.sizes], FRAMES, strict=True):
        losses, curve = yield from train(hidden, arguments.steps, seeds, frames, texts)
        mean = round(float(np.mean(losses)), 4)
        models.append(
            {"hidden": hidden, "parameters": parameters(hidden), "losses": losses, "loss": mean, "curve": curve}
        )
    found = {"models": models, "letters": [len(text) for text in texts], **_fits(models)}
    text: Words = {"en": _english(found, arguments.steps), "ko": _korean(found, arguments.steps)}
    return finished(NAME, arguments.model_dump(), found, text, time.perf_counter() - started)


def _fits(models: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The law of all five sizes, of each seed, and that of the four smaller ones with what it foretells."""
    sizes, losses = [m["parameters"] for m in models], [m["loss"] for m in models]
    alpha, factor, r2 = fit(sizes, losses)
    smaller, smaller_factor, _ = fit(sizes[:-1], losses[:-1])
    foretold = smaller_factor * sizes[-1] ** -smaller
    promised, came = losses[-2] - foretold, losses[-2] - losses[-1]
    return {
        "alpha": round(alpha, 4),
        "factor": round(factor, 4),
        "r2": round(r2, 4),
        "doubling": round(2**-alpha, 4),
        "alphas": [round(fit(sizes, [m["losses"][i] for m in models])[0], 4) for i in range(SEEDS)],
        "smaller": {"alpha": round(smaller, 4), "factor": round(smaller_factor, 4)},
        "foretold": round(foretold, 4),
        "miss": round(losses[-1] / foretold - 1, 4),
        "share_of_drop": round(came / promised, 3) if promised > 0 else None,
    }


def _english(found: Mapping[str, Any], steps: int) -> str:
    models, alphas = found["models"], found["alphas"]
    first, last = models[0], models[-1]
    told = [
        f"Five models of {first['parameters']:,} to {last['parameters']:,} parameters learned for {steps:,} steps each "
        f"to guess the next letter of the tutor's articles; on articles they never saw, the loss falls from "
        f"{first['loss']:.2f} for the smallest to {last['loss']:.2f} for the biggest."
        if last["loss"] < first["loss"]
        else f"After {steps:,} steps the biggest of five models ({last['parameters']:,} parameters) is no better than "
        f"the smallest ({first['parameters']:,}): its loss on unseen articles is {last['loss']:.2f}, not below "
        f"{first['loss']:.2f}."
    ]
    spread = f"{min(alphas):.3f} to {max(alphas):.3f} over {SEEDS} seeds"
    line = f"{_law(found)} (R² {found['r2']:.3f}; exponents {spread})"
    told.append(
        f"On log-log paper the losses lie close to a straight line, {line}: twice the parameters "
        f"multiply the loss by {found['doubling']:.2f}."
        if _straight(found)
        else f"The losses do not lie well on a straight line in log-log: the best one is {line}, so its "
        "exponent tells little."
    )
    told.append(
        f"The line through the four smaller models alone foretold {found['foretold']:.2f} for the biggest, and it "
        f"got {last['loss']:.2f}, {_percent(found)} {'above' if found['miss'] > 0 else 'below'} the line."
    )
    told.append(_lesson_en(found))
    return " ".join(told)


def _lesson_en(found: Mapping[str, Any]) -> str:
    share = found["share_of_drop"]
    if not _straight(found) or share is None:
        return "So in this run small models cannot tell what a big one will reach."
    if 0.75 <= share <= 1.25:
        return (
            f"Of the drop that the line promised, {share:.0%} came: small models told how well a bigger one would do."
        )
    if share > 1.25:
        return f"The loss dropped {share:.1f} times as far as the line promised: small models foretold too little."
    if share <= 0:
        return "No drop came at all where the line promised one: it held only for the smaller sizes."
    return (
        f"Only {share:.0%} of the drop that the line promised came: small models told the direction, but a line may "
        "bend beyond the sizes that were measured."
    )


def _korean(found: Mapping[str, Any], steps: int) -> str:
    models, alphas = found["models"], found["alphas"]
    first, last = models[0], models[-1]
    told = [
        f"매개변수가 {first['parameters']:,}개부터 {last['parameters']:,}개까지인 모델 5개에게 튜터의 글에서 "
        f"다음 글자를 맞히도록 {steps:,}스텝씩 가르쳤더니, 처음 보는 글에서 손실이 {first['loss']:.2f}에서 "
        f"{last['loss']:.2f}까지 내려갔어요."
        if last["loss"] < first["loss"]
        else f"{steps:,}스텝 뒤, 모델 5개 가운데 가장 큰 것(매개변수 {last['parameters']:,}개)이 "
        f"가장 작은 것({first['parameters']:,}개)보다 낫지 않아요. "
        f"처음 보는 글에서 잰 손실: 큰 것 {last['loss']:.2f}, 작은 것 {first['loss']:.2f}."
    ]
    line = f"{_law(found)}(R² {found['r2']:.3f}, 시드 {SEEDS}개의 지수 {min(alphas):.3f}~{max(alphas):.3f})"
    told.append(
        f"로그-로그 그림에서는 거의 한 직선 {line} 위에 놓여서, "
        f"매개변수가 두 배가 되면 손실은 {found['doubling']:.2f}배가 돼요."
        if _straight(found)
        else f"로그-로그 그림에서 직선에 잘 맞지 않아요. 가장 가까운 직선 {line}의 지수는 믿을 만하지 않아요."
    )
    told.append(
        f"작은 모델 4개만으로 그은 직선이 예측한 가장 큰 모델의 손실은 {found['foretold']:.2f} 정도였는데, 실제로는 "
        f"{last['loss']:.2f} 정도로 직선보다 {_percent(found)} {'높았어요' if found['miss'] > 0 else '낮았어요'}."
    )
    told.append(_lesson_ko(found))
    return " ".join(told)


def _lesson_ko(found: Mapping[str, Any]) -> str:
    share = found["share_of_drop"]
    if not _straight(found) or share is None:
        return "그러니 이번 실험에서는 작은 모델로 큰 모델의 손실을 내다볼 수 없어요."
    if 0.75 <= share <= 1.25:
        return (
            f"직선이 예측한 감소의 {share:.0%}만큼 내려갔으니, 작은 모델들이 큰 모델의 성적을 꽤 잘 알려 준 셈이에요."
        )
    if share > 1.25:
        return f"손실이 직선이 예측한 감소의 {share:.1f}배만큼 내려갔으니, 작은 모델들이 너무 적게 예측한 셈이에요."
    if share <= 0:
        return "직선은 더 내려간다고 예측했지만 전혀 내려가지 않았어요. 직선은 작은 크기에서만 맞았어요."
    return f"직선이 예측한 감소의 {share:.0%}만 내려갔어요. 방향은 맞았지만, 재 본 크기를 넘어가면 직선이 휠 수 있어요."


def _straight(found: Mapping[str, Any]) -> bool:
    """Whether a falling line explains nearly all of how the losses differ."""
    return found["alpha"] > 0 and found["r2"] >= 0.95


def _percent(found: Mapping[str, Any]) -> str:
    return f"{abs(found['miss']):.1%}"


def _law(found: Mapping[str, Any]) -> str:
    return f"L ~ N^{-found['alpha']:.3f}".replace("-", "−")


def charts(result: LabResult) -> list[Chart]:
    """The losses over the sizes with the fitted lines, and the training curves; both in log-log."""
    return [_sizes(result.record), _curves(result.record)]


def _sizes(found: Mapping[str, Any]) -> Chart:
    sizes, losses = ([m[key] for m in found["models"]] for key in ("parameters", "loss"))
    points = ", ".join(f"{n:,}: {loss:.2f}" for n, loss in zip(sizes, losses, strict=True))
    smaller = found["smaller"]
    law = f"{_law(found)}, R² {found['r2']:.3f}"
    foretold = f"{found['foretold']:.2f}"
    return Chart(
        "line",
        {"en": "Loss over the size of the model", "ko": "모델 크기와 손실"},
        {"en": "Parameters N", "ko": "매개변수 수 N"},
        {"en": "Loss L on unseen articles (nats a letter)", "ko": "처음 보는 글의 손실 L(글자당 nat)"},
        {
            "en": f"Loss by parameters: {points}. Line through all five: {law}. The line through the four smaller ones "
            f"meets the biggest size at {foretold}.",
            "ko": f"매개변수 수에 따른 손실: {points}. 다섯 점의 직선: {law}. 작은 모델 4개의 직선이 가장 큰 크기에서 "
            f"가리키는 손실: {foretold}.",
        },
        [
            Line({"en": "measured", "ko": "측정"}, sizes, losses),
            Line(
                {"en": "line through the four smaller", "ko": "작은 4개의 직선"},
                sizes,
                [round(smaller["factor"] * n ** -smaller["alpha"], 4) for n in sizes],
            ),
            Line(
                {"en": "line through all five", "ko": "5개 모두의 직선"},
                sizes,
                [round(found["factor"] * n ** -found["alpha"], 4) for n in sizes],
            ),
        ],
        log_x=True,
        log_y=True,
    )


def _curves(found: Mapping[str, Any]) -> Chart:
    models = found["models"]
    last = ", ".join(f"{m['parameters']:,}: {m['curve'][-1][1]:.2f}" for m in models)
    return Chart(
        "line",
        {"en": "Training of the five models", "ko": "모델 5개의 학습"},
        EPOCH_NAME,
        METRIC_NAME,
        {
            "en": f"Training loss at the end, by parameters: {last}.",
            "ko": f"매개변수 수에 따른 마지막 학습 손실: {last}.",
        },
        [
            Line(
                {"en": f"{m['parameters']:,} parameters", "ko": f"매개변수 {m['parameters']:,}개"},
                [step for step, _ in m["curve"]],
                [loss for _, loss in m["curve"]],
            )
            for m in models
        ],
        log_x=True,
        log_y=True,
    )


CLAIMS = (
    Claim(
        "Of the five models each bigger one reaches a lower loss on articles it never saw, so the fitted exponent is "
        "negative.",
        lambda record: record["alpha"] > 0 and all(b["loss"] < a["loss"] for a, b in pairwise(record["models"])),
        at_least=99,
    ),
    Claim(
        "The five losses lie on a straight line in log-log (R² of 0.95 or more).",
        lambda record: _straight(record),
        at_least=95,
    ),
    Claim(
        "The line through the four smaller models foretells the loss of the biggest within 5%.",
        lambda record: abs(record["miss"]) <= 0.05,
        at_least=95,
    ),
)


def next_experiments(result: LabResult) -> list[Experiment]:
    """Where the losses bend, more steps; bigger models; too few steps; last, a model that has learned much longer."""
    given = result.record["arguments"]
    sizes = "medium" if given["sizes"] == "small" else "small"
    longer: Words = {"en": "Train for 1,000 steps", "ko": "1,000스텝 학습해 보기"}
    other: Words = {"en": f"Try the {sizes} sizes", "ko": f"{'중간' if sizes == 'medium' else '작은'} 크기들로 해 보기"}
    shorter: Words = {"en": "Stop after 50 steps", "ko": "50스텝만 학습해 보기"}
    changes: list[tuple[Words, dict[str, Any]]] = [
        (other, {"sizes": sizes}),
        (shorter, {"steps": 50}),
        (longer, {"steps": 1000}),
    ]
    if not _straight(result.record):
        changes.reverse()
    tries = [Experiment(words, NAME, {**given, **change}) for words, change in changes]
    trained: Words = {
        "en": "See what a longer trained model expects next",
        "ko": "더 오래 배운 모델이 내다보는 다음 토큰 보기",
    }
    return [*[tried for tried in tries if tried.arguments != given][:2], Experiment(trained, "next_token")]
