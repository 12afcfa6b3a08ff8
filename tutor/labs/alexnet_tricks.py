"""Three tricks of AlexNet, each with and without, on small digits: ReLU, dropout and shifted copies.

A. Krizhevsky, I. Sutskever and G. Hinton, "ImageNet Classification with Deep Convolutional Neural Networks" (2012),
sections 3.1 (and Figure 1), 4.1 and 4.2. Here dense nets; how they are trained is in digit_nets.py.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tutor.labs import trick_pictures
from tutor.labs.charts import Chart, Words, finished
from tutor.labs.digit_nets import SHIFTS, TESTED, Digits, Way, digits, dropout_mask, inputs, shifted, train, wrong
from tutor.labs.net_stack import Stack
from tutor.labs.outcome import Claim, Experiment
from tutor.labs.trick_words import ERROR, SAME_RATE, effect, english, korean, race_english, race_korean, sooner
from tutor.types import Frame, LabResult

NAME = "alexnet_tricks"
TITLE: Words = {
    "en": "AlexNet's tricks: ReLU, dropout, shifted copies",
    "ko": "알렉스넷의 요령: ReLU, 드롭아웃, 옮긴 사본",
}
SUMMARY: Words = {
    "en": "Digit readers are trained with and without one of AlexNet's tricks; you see what it gains, and what not.",
    "ko": "알렉스넷의 요령 하나를 쓰거나 빼고 숫자 읽는 신경망을 학습시켜, 무엇이 나아지는지 보여 줘요.",
}
ASKED = (
    r"alex\s?net|drop[- ]?out|data augment|augmentation|\bre-?lu\b.{0,40}\btanh\b|\btanh\b.{0,40}\bre-?lu\b|overfit|"
    r"알렉스\s?넷|드롭\s?아웃|데이터\s?(증강|늘리)|증강|과적합|과대적합|(렐루|relu).{0,20}(tanh|탄젠트)|(tanh|탄젠트).{0,20}(렐루|relu)"
)
STORY: Words = {"en": "AlexNet ReLU and dropout", "ko": "알렉스넷 ReLU와 드롭아웃"}
METRIC = "error"
METRIC_NAME: Words = {"en": "share of digits wrong", "ko": "틀린 숫자의 비율"}
EPOCH_NAME: Words = {"en": "epoch", "ko": "에폭"}
LABELS: Mapping[str, Words] = {
    "trick": {"en": "Trick", "ko": "요령"},
    "dropout_rate": {"en": "Dropout rate", "ko": "드롭아웃 비율"},
    "training_images": {"en": "Training images", "ko": "학습 이미지"},
    "seed": {"en": "Seed", "ko": "시드"},
    "relu": {"en": "ReLU against tanh", "ko": "ReLU와 tanh"},
    "dropout": {"en": "dropout", "ko": "드롭아웃"},
    "augmentation": {"en": "shifted copies", "ko": "옮긴 사본"},
}

NETS = 10  # with the trick, and as many without, from the same starting weights
RELU_NETS = 5  # of each learning rate
RATES = (0.0003, 0.001, 0.003, 0.01, 0.03)


class Arguments(BaseModel):
    """Train nets on handwritten digits with and without one of AlexNet's tricks: ReLU, dropout or shifted copies."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    trick: Literal["relu", "dropout", "augmentation"] = Field(
        "dropout", description="ReLU against tanh; dropout; or training on copies shifted by a pixel"
    )
    dropout_rate: float = Field(
        0.5, ge=0.05, le=0.9, allow_inf_nan=False, description="share of hidden units switched off; for dropout only"
    )
    training_images: int = Field(200, ge=50, le=1000, description="digits to learn from, another choice for every net")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="seed of the digits' choice, the first weights and the masks")


def epochs_for(images: int, trick: str) -> int:
    """So many that all training sets need about the same number of steps; the race needs half as many."""
    steps, most = (6000, 30) if trick == "relu" else (12000, 60)
    return min(most, max(15, steps // images))


def run(arguments: Arguments) -> Generator[Frame, None, LabResult]:
    """Train a stack of nets without the trick, then one with it."""
    started = time.perf_counter()
    found = yield from (_race(arguments) if arguments.trick == "relu" else _overfit(arguments))
    found["epochs"] = epochs_for(arguments.training_images, arguments.trick)
    if arguments.trick == "relu":
        text: Words = {"en": race_english(found), "ko": race_korean(found)}
    else:
        told = (found, arguments.trick, arguments.dropout_rate)
        text = {"en": english(*told), "ko": korean(*told)}
    return finished(NAME, arguments.model_dump(), found, text, time.perf_counter() - started)


def _race(arguments: Arguments) -> Generator[Frame, None, dict[str, Any]]:
    """Epochs until a training error of ERROR, for both functions and every learning rate; None where not reached.

    The median of RELU_NETS nets; the curve is the mean error of those with SAME_RATE. Inputs are the raw grey values
    less their mean, as the paper's were: large enough for tanh to go flat.
    """
    first, images, epochs = (
        arguments.seed * NETS,
        arguments.training_images,
        epochs_for(arguments.training_images, arguments.trick),
    )
    seeds = [first + i for i in range(RELU_NETS) for _ in RATES]
    rates = np.tile(np.array(RATES, dtype=np.float32), RELU_NETS)[:, None, None]
    data = digits(seeds, images)
    found: dict[str, Any] = {"nets": RELU_NETS, "rates": list(RATES), "reached": {}, "curves": {}}
    for function in ("tanh", "relu"):
        way, errors = Way((128, 128), function, divisor=1, rates=rates), []
        x = inputs(data.learned, way.divisor)
        for epoch, nets in train(way, seeds, data, epochs, 1):
            errors.append((wrong(nets, function, x, data.classes) / images).reshape(RELU_NETS, len(RATES)))
            mean = float(errors[-1][:, RATES.index(SAME_RATE)].mean())
            yield Frame(epoch, epoch, {"error": mean}, series=function)
        there = np.stack(errors) <= ERROR  # (epochs + 1, nets, rates)
        median = np.median(np.where(there.any(axis=0), there.argmax(axis=0), np.inf), axis=0)
        found["reached"][function] = [float(m) if np.isfinite(m) else None for m in median]
        found["curves"][function] = [round(float(e[:, RATES.index(SAME_RATE)].mean()), 4) for e in errors]
    return found


def _overfit(arguments: Arguments) -> Generator[Frame, None, dict[str, Any]]:
    """Digits wrong, without and with the trick: of the training set, of the test set, of the test set moved a pixel."""
    first, epochs = arguments.seed * NETS, epochs_for(arguments.training_images, arguments.trick)
    seeds, every = range(first, first + NETS), max(1, epochs // 12)
    data = digits(seeds, arguments.training_images)
    dropped = arguments.dropout_rate if arguments.trick == "dropout" else 0
    ways = {"without": Way((256,)), "with": Way((256,), dropout_rate=dropped, shifts=not dropped)}
    found: dict[str, Any] = {"nets": NETS, "images": arguments.training_images, "curves": {}, "wrong": {}}
    for name, way in ways.items():
        curve: list[list[float]] = []
        for epoch, nets in train(way, seeds, data, epochs, every):
            learned, tested = _both(nets, data, way)
            curve.append([epoch, round(float(learned.mean()) / arguments.training_images, 5)])
            curve[-1].append(round(float(tested.mean()) / TESTED, 5))
            metrics = {"error": curve[-1][2], "training_error": curve[-1][1]}
            yield Frame(epoch, epoch, metrics, series=f"{name} {arguments.trick}")
        places = [inputs(shifted(data.tested, *move), way.divisor) for move in SHIFTS[1:5]]
        moved = np.mean([wrong(nets, way.activation, x, data.tested_classes) for x in places], axis=0)
        found["curves"][name] = curve
        found["wrong"][name] = {"train": learned.tolist(), "test": tested.tolist(), "moved": moved.tolist()}
    rng, shape = np.random.default_rng([first, 3]), (16, 16)
    masks = [(dropout_mask(rng, shape, dropped) > 0).astype(int).tolist() for _ in range(3) if dropped]
    found["pictures"] = masks or [shifted(data.learned[0, 0], *move).tolist() for move in SHIFTS]
    return found


def _both(nets: Stack, data: Digits, way: Way) -> tuple[np.ndarray, np.ndarray]:
    """How many of the learned and of the unseen digits each net gets wrong."""
    learned = wrong(nets, way.activation, inputs(data.learned, way.divisor), data.classes)
    return learned, wrong(nets, way.activation, inputs(data.tested, way.divisor), data.tested_classes)


def charts(result: LabResult) -> list[Chart]:
    """For ReLU the race and the learning rates; else the course, the errors, and masks or copies to look at."""
    found, trick = result.record, result.arguments["trick"]
    if trick == "relu":
        return [trick_pictures.race(found), trick_pictures.rates(found)]
    return [
        trick_pictures.course(found, trick),
        trick_pictures.errors_by_net(found) if trick == "dropout" else trick_pictures.places(found),
        trick_pictures.masks(found) if trick == "dropout" else trick_pictures.copies(found),
    ]


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "At the same small learning rate nets of ReLU units get to 5% training error sooner than nets of tanh units.",
        lambda record: sooner(record)[0] == 1,
        99,
        {"trick": "relu"},
    ),
    Claim(
        "With 200 training digits dropout lowers the mean number of errors on unseen digits.",
        lambda record: bool(np.mean(record["wrong"]["with"]["test"]) < np.mean(record["wrong"]["without"]["test"])),
        95,
    ),
    Claim(
        "Nets trained on shifted copies read digits moved by one pixel that nets trained without them do not.",
        lambda record: effect(record, "moved") == 1,
        99,
        {"trick": "augmentation"},
    ),
)

_OTHER: Mapping[str, tuple[str, Words]] = {
    "relu": ("dropout", {"en": "Try dropout", "ko": "드롭아웃 해 보기"}),
    "dropout": ("augmentation", {"en": "Try training on shifted copies", "ko": "옮긴 사본으로 학습해 보기"}),
    "augmentation": ("relu", {"en": "Race ReLU against tanh", "ko": "ReLU와 tanh 경주시키기"}),
}


def next_experiments(result: LabResult) -> list[Experiment]:
    """Another rate or another number of digits, another trick, or the nets that shifted copies were meant to help."""
    given = dict(result.arguments)
    images, rate = given["training_images"], given["dropout_rate"]
    tried: list[Experiment] = []
    if given["trick"] == "dropout":
        new = 0.9 if effect(result.record, "test") == 1 and rate < 0.9 else 0.2 if rate > 0.2 else 0.5
        words: Words = {"en": f"Try a dropout rate of {new:g}", "ko": f"드롭아웃 비율 {new:g}로 해 보기"}
        tried.append(Experiment(words, NAME, {**given, "dropout_rate": new}))
    else:
        new_images = 1000 if images < 1000 else 200
        words = {"en": f"Try it with {new_images:,} training digits", "ko": f"학습 숫자 {new_images:,}개로 해 보기"}
        tried.append(Experiment(words, NAME, {**given, "training_images": new_images}))
    other, words = _OTHER[given["trick"]]
    tried.append(Experiment(words, NAME, {**given, "trick": other}))
    if given["trick"] == "augmentation":
        convolve: Words = {
            "en": "See how a convolutional net reads moved digits",
            "ko": "합성곱 신경망이 옮긴 숫자를 읽는 법",
        }
        tried.append(Experiment(convolve, "cnn_vs_dense"))
    return tried
