"""A small net that reads upright digits learns turned ones: a low-rank update against full fine-tuning.

E. Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2021), equation 3.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tutor.labs import digits
from tutor.labs.charts import Chart, Line, Words, finished
from tutor.labs.low_rank_net import ALPHA, Net, Update, forward, gradients, loss
from tutor.labs.outcome import Claim, Experiment
from tutor.types import Frame, LabResult

NAME = "lora"
TITLE: Words = {
    "en": "LoRA: adapting a net by a low-rank update",
    "ko": "LoRA: 저계수 행렬만 더해 신경망을 새 과제에 맞추기",
}
SUMMARY: Words = {
    "en": "A net that reads upright digits learns turned ones: by tuning all of it, or by a small low-rank update.",
    "ko": "바로 선 숫자를 읽는 신경망에게 돌린 숫자를 가르쳐요. 전체를 조정하거나, 작은 저계수 갱신만 더해요.",
}
ASKED = (
    r"\bq?lora(?![a-z])|low[- ]?rank|fine[- ]?tun|catastrophic forgetting|\bforget(s|ting)\b"
    r"|로라|큐로라|저계수|저랭크|저차원\s?적응|미세\s?조정|파인\s?튜닝|파국적\s?망각"
)
STORY: Words = {"en": "how LoRA works: low-rank matrices", "ko": "LoRA의 원리: 얇은 행렬 두 개와 계수"}
METRIC = "loss"
METRIC_NAME: Words = {"en": "training loss", "ko": "학습 손실"}
EPOCH_NAME: Words = {"en": "epoch", "ko": "에폭"}

_LAYERS = ((64, 64), (64, 64), (64, 10))  # inputs and outputs
TESTED = 500
BATCH = 32
FIRST_EPOCHS = 15  # on the upright digits
RATE = 0.003  # Adam's learning rate for the whole net, ...
LOW_RANK_RATE = 0.01  # ... and for the update, whose B starts at zero
SHOWN = 20  # singular values
CLEAR = 0.01  # a difference in accuracy that the text makes something of

Curve = list[list[float]]  # test accuracy on upright and on turned digits, before and after each epoch

WAYS: Mapping[str, Words] = {
    "before": {"en": "before", "ko": "맞추기 전"},
    "full": {"en": "full fine-tuning", "ko": "전체 미세 조정"},
    "low-rank": {"en": "low-rank update", "ko": "저계수 갱신"},
    "removed": {"en": "update taken away", "ko": "갱신을 뗀 뒤"},
}


class Arguments(BaseModel):
    """Adapt a trained digit net to turned digits by LoRA and by full fine-tuning; compare size and forgetting."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    rank: int = Field(2, ge=1, le=16, description="rank r of the update, the shared width of the matrices A and B")
    epochs: int = Field(15, ge=1, le=40, description="passes over the turned digits")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="seed of the split, the first weights and the order")


LABELS: Mapping[str, Words] = {
    "rank": {"en": "Rank of the update", "ko": "갱신의 계수(랭크)"},
    "epochs": {"en": "Epochs", "ko": "에폭"},
    "seed": {"en": "Seed", "ko": "시드"},
}


def _initialise(rng: np.random.Generator) -> Net:
    return [(rng.uniform(-1, 1, (m, n)).astype("f4") / np.float32(n**0.5), np.zeros(m, "f4")) for n, m in _LAYERS]


def _start_update(rank: int, rng: np.random.Generator) -> Update:
    """A normal, B zero: at first the net behaves as before."""
    return [(rng.normal(0, n**-0.5, (rank, n)).astype("f4"), np.zeros((m, rank), "f4")) for n, m in _LAYERS]


def _accuracy(net: Net, update: Update, x: np.ndarray, y: np.ndarray) -> float:
    right = forward(net, update, x[-TESTED:])[-1].argmax(axis=1) == y[-TESTED:]
    return round(float(right.mean()), 4)


def _train(
    series: str,
    net: Net,
    update: Update,
    tasks: tuple[np.ndarray, ...],
    y: np.ndarray,
    epochs: int,
    seed: Sequence[int],
) -> Generator[Frame, None, Curve]:
    """Adam, in place, on the last of `tasks`: on the update if there is one (the net is frozen), else on the net."""
    rng, rate = np.random.default_rng(seed), LOW_RANK_RATE if update else RATE
    trained = [array for layer in update or net for array in layer]
    means, squares = ([np.zeros_like(array) for array in trained] for _ in range(2))
    x, classes, curve, step = tasks[-1][:-TESTED], y[:-TESTED], [], 0
    for epoch in range(epochs + 1):
        for batch in np.array_split(rng.permutation(len(x)), len(x) // BATCH) if epoch else []:
            step += 1
            slopes = gradients(net, update, x[batch], classes[batch])
            for array, mean, square, g in zip(trained, means, squares, slopes, strict=True):
                mean += 0.1 * (g - mean)
                square += 0.001 * (g * g - square)
                array -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        curve.append([_accuracy(net, update, task, y) for task in (tasks[0], tasks[-1])])
        metrics = {"loss": loss(forward(net, update, x)[-1], classes)[0], "old": curve[-1][0], "new": curve[-1][1]}
        yield Frame(epoch, epoch, metrics, series=series)
    return curve


def run(arguments: Arguments) -> Generator[Frame, None, LabResult]:
    """Train a net on the upright digits, then adapt a copy of it in full, and itself by a low-rank update."""
    started, seed = time.perf_counter(), arguments.seed
    pictures, y = digits.read(seed)
    upright, turned = pictures.reshape(-1, 64), np.rot90(pictures, 1, (1, 2)).reshape(-1, 64)
    net = _initialise(np.random.default_rng([seed, 1]))
    yield from _train("upright digits", net, [], (upright,), y, FIRST_EPOCHS, [seed, 2])
    frozen = [array.tobytes() for layer in net for array in layer]
    outputs = forward(net, [], upright[-TESTED:])[-1].tobytes()
    copy = [(w.copy(), bias.copy()) for w, bias in net]
    full = yield from _train("full fine-tuning", copy, [], (upright, turned), y, arguments.epochs, [seed, 3])
    update = _start_update(arguments.rank, np.random.default_rng([seed, 4]))
    low = yield from _train("low-rank update", net, update, (upright, turned), y, arguments.epochs, [seed, 3])
    changes = [ALPHA / arguments.rank * b @ a for a, b in update]
    subtracted = [(w + change) - change for (w, _), change in zip(net, changes, strict=True)]
    removed = [_accuracy(net, [], task, y) for task in (upright, turned)]
    same = frozen == [array.tobytes() for layer in net for array in layer]
    spectra = {"full": copy[0][0] - net[0][0], "low-rank": changes[0]}
    found = {
        "rank": arguments.rank,
        "parameters": {
            "full": sum(w.size + b.size for w, b in net),
            "low-rank": sum(a.size + b.size for a, b in update),
        },
        "accuracy": {"before": full[0], "full": full[-1], "low-rank": low[-1], "removed": removed},
        "curves": {"full": full, "low-rank": low},
        "same_bits": same and outputs == forward(net, [], upright[-TESTED:])[-1].tobytes(),
        "weights": sum(w.size for w, _ in net),
        "rounded": sum(int((s != w).sum()) for s, (w, _) in zip(subtracted, net, strict=True)),
        "spectra": {k: np.linalg.svd(v, compute_uv=False)[:SHOWN].round(4).tolist() for k, v in spectra.items()},
        "pictures": [task[i].reshape(8, 8).tolist() for i in (-1, -2) for task in (upright, turned)],
        "digits": [int(y[i]) for i in (-1, -2)],
    }
    text: Words = {"en": _english(found), "ko": _korean(found)}
    return finished(NAME, arguments.model_dump(), found, text, time.perf_counter() - started)


def _english(found: Mapping[str, Any]) -> str:
    (old, new), (old_full, new_full), (old_low, new_low), (back, _) = (found["accuracy"][way] for way in WAYS)
    full, low, gap = found["parameters"]["full"], found["parameters"]["low-rank"], new_full - new_low
    forget = "Both forget: of" if max(old_full, old_low) < old - CLEAR else "Of"
    price = f"and reads {100 * abs(gap):.1f} points {'less' if gap > 0 else 'more'} of the turned digits"
    price = price if abs(gap) > CLEAR else "and reads about as many turned digits"
    way_back = "the old net is back bit for bit" if found["same_bits"] else "the old net is not exactly back"
    return (
        f"A net that reads {old:.1%} of upright digits reads {new:.1%} of digits turned by 90 degrees; full "
        f"fine-tuning of its {full:,} parameters gets that to {new_full:.1%}, a low-rank update (rank "
        f"{found['rank']}) of {low:,} numbers to {new_low:.1%}. {forget} upright digits, the fully tuned net then "
        f"reads {old_full:.1%}, the net with its update {old_low:.1%}. Take the update away and {way_back}, with "
        f"{back:.1%}; had it been added into the weights and subtracted again, {found['rounded']:,} of "
        f"{found['weights']:,} weights would be off by a rounding error. So here the update stores "
        f"{full / low:.1f} times fewer numbers for the new task than a tuned copy of the net, {price}."
    )


def _korean(found: Mapping[str, Any]) -> str:
    (old, new), (old_full, new_full), (old_low, new_low), (back, _) = (found["accuracy"][way] for way in WAYS)
    full, low, gap = found["parameters"]["full"], found["parameters"]["low-rank"], new_full - new_low
    forget = "둘 다 옛 과제는 잊어요. " if max(old_full, old_low) < old - CLEAR else ""
    price = f"돌린 숫자를 맞히는 비율은 {abs(gap):.1%}포인트 {'낮아요' if gap > 0 else '높아요'}"
    price = price if abs(gap) > CLEAR else "돌린 숫자도 거의 똑같이 맞혀요"
    way_back = "옛 신경망이 비트 하나까지 그대로 돌아와서" if found["same_bits"] else "옛 신경망과 똑같지는 않게 되어"
    return (
        f"바로 선 숫자를 {old:.1%} 맞히는 신경망이 90도 돌린 숫자는 {new:.1%} 맞혀요. 매개변수 {full:,}개를 모두 미세 "
        f"조정하면 {new_full:.1%}까지, 수 {low:,}개짜리 저계수 갱신(계수 {found['rank']})만 학습하면 {new_low:.1%}까지 "
        f"올라가요. {forget}그때 바로 선 숫자를 전체 미세 조정한 신경망은 {old_full:.1%}, 갱신을 붙인 신경망은 "
        f"{old_low:.1%} 맞혀요. 갱신을 떼면 {way_back} 다시 {back:.1%} 맞히지만, 갱신을 가중치에 더했다가 도로 뺐다면 "
        f"가중치 {found['weights']:,}개 가운데 {found['rounded']:,}개에 반올림 오차가 남아요. 그러니까 여기서는 새 "
        f"과제를 위해 저장하는 수가 신경망 복사본보다 {full / low:.1f}배 적고, {price}."
    )


def charts(result: LabResult) -> list[Chart]:
    """Accuracy on both tasks, its course, the singular values of the change, and examples of the tasks."""
    return [_tasks(result.record), _course(result.record), _spectra(result.record), _examples(result.record)]


def _tasks(found: Mapping[str, Any]) -> Chart:
    told = {way: "{:.1%}, {:.1%}".format(*found["accuracy"][way]) for way in WAYS}
    en, ko = ("; ".join(f"{name[lang]} {told[way]}" for way, name in WAYS.items()) for lang in ("en", "ko"))
    return Chart(
        "bar",
        {"en": "The old task and the new one", "ko": "옛 과제와 새 과제"},
        {"en": "digits turned by (0°: old task, 90°: new task)", "ko": "숫자를 돌린 각도(0°: 옛 과제, 90°: 새 과제)"},
        {"en": "test accuracy (%)", "ko": "시험 정확도(%)"},
        {
            "en": f"Bars of the test accuracy on upright and on turned digits: {en}.",
            "ko": f"바로 선 숫자와 돌린 숫자의 시험 정확도 막대: {ko}.",
        },
        lines=[Line(WAYS[way], ["0°", "90°"], [100 * a for a in found["accuracy"][way]]) for way in WAYS],
    )


def _course(found: Mapping[str, Any]) -> Chart:
    tasks: list[Words] = [{"en": "old task", "ko": "옛 과제"}, {"en": "new task", "ko": "새 과제"}]
    lines = []
    for way, curve in found["curves"].items():
        for i, task in enumerate(tasks):
            name: Words = {"en": f"{WAYS[way]['en']}, {task['en']}", "ko": f"{WAYS[way]['ko']}, {task['ko']}"}
            lines.append(Line(name, range(len(curve)), [100 * pair[i] for pair in curve]))
    en, ko = (
        "; ".join(f"{line.name[lang]} {line.y[0]:.1f}% → {line.y[-1]:.1f}%" for line in lines) for lang in ("en", "ko")
    )
    title: Words = {"en": "Learning the new task, forgetting the old", "ko": "새 과제를 배우며 옛 과제를 잊기"}
    alt: Words = {"en": f"Curves of the test accuracy: {en}.", "ko": f"시험 정확도 곡선: {ko}."}
    return Chart("line", title, EPOCH_NAME, {"en": "test accuracy (%)", "ko": "시험 정확도(%)"}, alt, lines=lines)


def _spectra(found: Mapping[str, Any]) -> Chart:
    full, low = (found["spectra"][way] for way in ("full", "low-rank"))
    rank, rest = sum(value > 0.001 for value in low), f"{full[found['rank']]:.2f}"
    return Chart(
        "line",
        {"en": "Singular values of the first layer's change", "ko": "첫 층에 생긴 변화의 특잇값"},
        {"en": "number", "ko": "순서"},
        {"en": "singular value", "ko": "특잇값"},
        {
            "en": f"Of the update's first {SHOWN} singular values, {rank} are above 0, the largest {low[0]:.2f}; "
            f"those of full fine-tuning fall from {full[0]:.2f}, and number {found['rank'] + 1} is {rest}.",
            "ko": f"갱신의 처음 특잇값 {SHOWN}개 중 0이 아닌 것은 {rank}개(가장 큰 값 {low[0]:.2f}), "
            f"전체 미세 조정은 {full[0]:.2f}에서 줄어들어 {found['rank'] + 1}번째 값이 {rest}.",
        },
        lines=[Line(WAYS[way], range(1, SHOWN + 1), found["spectra"][way]) for way in found["spectra"]],
    )


def _examples(found: Mapping[str, Any]) -> Chart:
    first, second = found["digits"]
    title: Words = {"en": "Upright digits and turned digits", "ko": "바로 선 숫자와 돌린 숫자"}
    alt: Words = {
        "en": f"A handwritten {first} and a {second}, each upright and turned left by 90 degrees.",
        "ko": f"손으로 쓴 숫자 {first}, {second}. 저마다 바로 선 것과 왼쪽으로 90도 돌린 것.",
    }
    captions: list[Words] = [{"en": f"{d}, {t}°", "ko": f"{d}, {t}°"} for d in found["digits"] for t in (0, 90)]
    blank: Words = {"en": "", "ko": ""}
    return Chart("images", title, blank, blank, alt, images=found["pictures"], captions=captions)


CLAIMS = (
    Claim(
        "A low-rank update of less than a tenth of the parameters raises the share of turned digits read rightly from "
        "under 20% to over 70%.",
        lambda record: (
            10 * record["parameters"]["low-rank"] < record["parameters"]["full"]
            and record["accuracy"]["before"][1] < 0.2
            and record["accuracy"]["low-rank"][1] > 0.7
        ),
        at_least=99,
    ),
    Claim(
        "With the update taken away, the old net is back bit for bit, and reads as many upright digits as before.",
        lambda record: record["same_bits"] and record["accuracy"]["removed"] == record["accuracy"]["before"],
        at_least=100,
    ),
    Claim(
        "Both ways of tuning make the net read at least 20 points fewer upright digits.",
        lambda record: (
            max(record["accuracy"][way][0] for way in ("full", "low-rank")) <= record["accuracy"]["before"][0] - 0.2
        ),
        at_least=99,
    ),
)


def next_experiments(result: LabResult) -> list[Experiment]:
    """Where the update lags behind, a higher rank, else the lowest; longer training; last, tuning by preferences."""
    given, accuracy = result.record["arguments"], result.record["accuracy"]
    behind = accuracy["full"][1] - accuracy["low-rank"][1] > CLEAR
    rank = min(16, 4 * given["rank"]) if behind else 1
    other: Words = {"en": f"Try an update of rank {rank}", "ko": f"계수가 {rank}인 갱신으로 해 보기"}
    longer: Words = {"en": "Train for 40 epochs", "ko": "40에폭 학습해 보기"}
    shorter: Words = {"en": "Train for 3 epochs", "ko": "3에폭만 학습해 보기"}
    changes = ((other, "rank", rank), (longer, "epochs", 40), (shorter, "epochs", 3))
    tries = [Experiment(words, NAME, {**given, key: value}) for words, key, value in changes]
    preferences: Words = {"en": "See a model tuned by people's preferences", "ko": "사람의 선호로 조정하는 모델 보기"}
    return [*[tried for tried in tries if tried.arguments != given][:2], Experiment(preferences, "rlhf")]
