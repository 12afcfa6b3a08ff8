"""A dense and a convolutional net read handwritten digits: what windows and weight sharing cost and save.

Y. LeCun et al., "Backpropagation Applied to Handwritten Zip Code Recognition", Neural Computation 1(4) (1989);
Y. LeCun et al., "Gradient-based learning applied to document recognition", Proceedings of the IEEE 86(11) (1998).
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tutor.labs import digits
from tutor.labs.charts import Chart, Line, Words, finished
from tutor.labs.outcome import Claim, Experiment
from tutor.types import Frame, LabResult, Lang

if TYPE_CHECKING:
    from torch import Tensor

NAME = "cnn_vs_dense"
TITLE: Words = {"en": "A convolutional net against a dense net", "ko": "합성곱 신경망과 밀집 신경망 견주기"}
SUMMARY: Words = {
    "en": "Two nets learn to read handwritten digits; which still reads them once every digit is moved by a pixel?",
    "ko": "두 신경망이 손글씨 숫자를 배운 뒤, 숫자를 모두 한 픽셀 옮겨도 읽는 쪽은 어디일까요?",
}
ASKED = (
    r"\bcnns?\b|conv ?nets?|convolution|\ble-?net|weight[- ]sharing|shared weights|feature maps?"
    r"|합성\s?곱|컨볼루션|콘볼루션|컨벌루션|씨엔엔|르넷|가중치\s?공유|특징\s?(지도|맵)|cnn"
)
STORY: Words = {"en": "convolution weight sharing against a dense layer", "ko": "합성곱 가중치 공유와 밀집 층 비교"}
METRIC = "loss"
METRIC_NAME: Words = {"en": "training loss", "ko": "학습 손실"}
EPOCH_NAME: Words = {"en": "epoch", "ko": "에폭"}

MARGIN = 2  # empty pixels around the 8 x 8 digit, so that a moved digit stays whole
SIDE = digits.SIDE + 2 * MARGIN  # of a picture
KERNEL = 5  # side of a window, as in 1989
PLACES = SIDE - KERNEL + 1  # of a window along a side; a map has PLACES x PLACES numbers
POOL = 4  # of each 4 x 4 region of a map, the largest number is kept ...
POOLED = (PLACES // POOL) ** 2  # ... which leaves so many
TESTED = 500
BATCH = 32
LEARNING_RATE = 0.01  # of Adam
CLEAR = 0.05  # a difference in accuracy that the text makes something of
Parameters = dict[str, "Tensor"]

NETS: Mapping[str, Words] = {
    "dense": {"en": "dense", "ko": "밀집"},
    "convolutional": {"en": "convolutional", "ko": "합성곱"},
    "unshared": {"en": "windows without sharing", "ko": "공유 없는 창"},
}
_SHARING: Mapping[int, Words] = {
    1: {"en": "the sharing helps", "ko": "공유가 도움이 된 거예요"},
    0: {"en": "here the sharing makes little difference", "ko": "여기서는 공유가 별 차이를 만들지 못했어요"},
    -1: {"en": "here the sharing does harm", "ko": "여기서는 공유가 오히려 해가 됐어요"},
}
_BLANK: Words = {"en": "", "ko": ""}


class Arguments(BaseModel):
    """Train a dense and a convolutional net on real handwritten digits; compare accuracy, size and multiplications."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    epochs: int = Field(6, ge=1, le=30, description="passes over the training digits")
    filters: int = Field(8, ge=2, le=16, description="5 x 5 filters of the convolutional net")
    hidden_units: int = Field(32, ge=4, le=128, description="hidden units of the dense net")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="seed of the split, the first weights and the order")


LABELS: Mapping[str, Words] = {
    "epochs": {"en": "Epochs", "ko": "에폭"},
    "filters": {"en": "Filters (convolutional net)", "ko": "필터 수(합성곱)"},
    "hidden_units": {"en": "Hidden units (dense net)", "ko": "은닉 유닛 수(밀집)"},
    "seed": {"en": "Seed", "ko": "시드"},
}


def convolve(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Feature maps (N, F, S-K+1, S-K+1) of pictures x (N, S, S) by filters w (F, K, K) with biases b (F,).

    a[n,f,i,j] = b[f] + sum over k, m of w[f,k,m] x[n,i+k,j+m]: the same w at every place (i, j), so
    F·K·K weights make F·(S-K+1)² numbers, with K·K multiplications each.
    """
    places = x.shape[-1] - w.shape[-1] + 1
    maps = np.zeros((len(x), len(w), places, places), x.dtype) + b[:, None, None]
    for k, m in np.ndindex(*w.shape[1:]):
        maps += w[:, k, m, None, None] * x[:, None, k : k + places, m : m + places]
    return maps


def multiplications(net: str, arguments: Arguments) -> int:
    """How many a net needs for one picture: one for each connection."""
    if net == "dense":
        return arguments.hidden_units * (SIDE**2 + 10)
    return arguments.filters * (PLACES**2 * KERNEL**2 + POOLED * 10)


def initialise(net: str, arguments: Arguments, rng: np.random.Generator) -> Parameters:
    """w and b of the first layer, v and c of the output; uniform within 1/sqrt(inputs of a unit).

    Sharing is the first number of w's shape: (1, 25, F), one window's weights for all places, or (64, 25, F).
    """
    import torch

    units, inputs = (arguments.hidden_units, SIDE**2) if net == "dense" else (arguments.filters, KERNEL**2)
    places = PLACES**2 if net == "unshared" else 1
    hidden = units if net == "dense" else units * POOLED
    shapes = {"w": (places, inputs, units), "b": (places, 1, units), "v": (hidden, 10), "c": (10,)}
    first = {n: rng.uniform(-1, 1, shapes[n]) / np.sqrt(inputs if n in "wb" else hidden) for n in shapes}
    return {name: torch.tensor(value, dtype=torch.float32, requires_grad=True) for name, value in first.items()}


def scores(net: str, p: Parameters, x: Tensor) -> Tensor:
    """The ten classes' logits (N, 10) for pictures x (N, 12, 12)."""
    import torch
    from torch.nn import functional as fn

    if net == "dense":
        return torch.relu(x.flatten(1) @ p["w"][0] + p["b"][0]) @ p["v"] + p["c"]
    windows = fn.unfold(x[:, None], KERNEL).permute(2, 0, 1)  # (64 places, N, 25)
    maps = (windows @ p["w"] + p["b"]).permute(1, 2, 0).unflatten(2, (PLACES, PLACES))  # (N, F, 8, 8)
    return fn.max_pool2d(torch.relu(maps), POOL).flatten(1) @ p["v"] + p["c"]


def _accuracy(net: str, p: Parameters, x: Tensor, y: Tensor, shift: int) -> float:
    """The share of pictures read rightly, moved by `shift` pixels, over the four directions."""
    moves = [(0, shift), (0, -shift), (shift, 0), (-shift, 0)]
    right = sum(int((scores(net, p, x.roll(move, (1, 2))).argmax(1) == y).sum()) for move in moves)
    return round(right / (len(moves) * len(y)), 4)


def _train(net: str, arguments: Arguments, x: Tensor, y: Tensor) -> Generator[Frame, None, tuple[Parameters, Any]]:
    """One frame an epoch; returns the trained parameters and the record of this net."""
    import torch
    from torch.nn import functional as fn

    rng = np.random.default_rng([arguments.seed, list(NETS).index(net)])
    p = initialise(net, arguments, rng)
    adam = torch.optim.Adam(p.values(), LEARNING_RATE)
    learned, tested, count = slice(None, -TESTED), slice(-TESTED, None), len(x) - TESTED
    for epoch in range(arguments.epochs + 1):
        for batch in np.array_split(rng.permutation(count), count // BATCH) if epoch else []:
            adam.zero_grad()
            fn.cross_entropy(scores(net, p, x[batch]), y[batch]).backward()
            adam.step()
        with torch.no_grad():
            loss = fn.cross_entropy(scores(net, p, x[learned]), y[learned]).item()
            accuracy = _accuracy(net, p, x[tested], y[tested], 0)
        yield Frame(epoch, epoch, {"loss": loss, "accuracy": accuracy}, series=net)
    return p, {
        "parameters": sum(value.numel() for value in p.values()),
        "multiplications": multiplications(net, arguments),
        "accuracy": [_accuracy(net, p, x[tested], y[tested], shift) for shift in range(MARGIN + 1)],
        "loss": round(loss, 6),
    }


def run(arguments: Arguments) -> Generator[Frame, None, LabResult]:
    """Train the three nets, one after the other; the third has the windows of the second, but shares no weights."""
    import torch

    started = time.perf_counter()
    pictures, classes = digits.read(arguments.seed)
    x, y = torch.from_numpy(np.pad(pictures, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)))), torch.from_numpy(classes)
    nets = {}
    for net in NETS:
        p, nets[net] = yield from _train(net, arguments, x, y)
        if net == "convolutional":
            w = p["w"].detach().numpy()[0].T.reshape(-1, KERNEL, KERNEL)  # (F, 5, 5)
            b = p["b"].detach().numpy().ravel()
    shown = x[-1].numpy()
    maps = np.maximum(convolve(np.stack([shown, np.roll(shown, MARGIN, 1)]), w, b), 0)
    liveliest = int(maps[0].max(axis=(1, 2)).argmax())
    found = {
        "nets": nets,
        "filters": w.round(4).tolist(),
        "digit": int(y[-1]),
        "picture": shown.tolist(),
        "liveliest": liveliest + 1,
        "maps": maps[:, liveliest].round(4).tolist(),
        "windowed": arguments.filters * PLACES**2 * KERNEL**2,  # multiplications that make the maps ...
        "unwindowed": arguments.filters * PLACES**2 * SIDE**2,  # ... and those of a dense layer with as many outputs
    }
    seconds = time.perf_counter() - started
    return finished(NAME, arguments.model_dump(), found, {"en": _english(found), "ko": _korean(found)}, seconds)


def _english(found: Mapping[str, Any]) -> str:
    dense, conv, own = (found["nets"][net] for net in NETS)
    (c0, c), (d0, d), (_, o) = ([f"{a:.1%}" for a in net["accuracy"][:2]] for net in (conv, dense, own))
    gain, shared = (conv["accuracy"][1] - net["accuracy"][1] for net in (dense, own))
    times = conv["multiplications"] / dense["multiplications"]
    still, only = ("still ", "only ") if gain > CLEAR else ("", "")
    helped = _SHARING[(shared > CLEAR) - (shared < -CLEAR)]["en"]
    each = "But each" if conv["parameters"] < dense["parameters"] and times > 1 else "Each"
    return (
        f"The convolutional net reads {c0} of {TESTED} unseen digits with {conv['parameters']:,} parameters, "
        f"the dense net {d0} with {dense['parameters']:,}. Once every digit is moved by one pixel, the convolutional "
        f"net {still}reads {c}, the dense net {only}{d}; the same windows with weights of their own at every place "
        f"read {o}, so {helped}. {each} filter is applied at {PLACES**2} places, so the convolutional net needs "
        f"{conv['multiplications']:,} multiplications for a picture, {times:.1f} times the dense net's "
        f"{dense['multiplications']:,}. So sharing saves weights ({own['parameters']:,} parameters without it) but not "
        f"a single multiplication; those are saved by the small window: {found['windowed']:,} instead of the "
        f"{found['unwindowed']:,} of a dense layer with as many outputs."
    )


def _korean(found: Mapping[str, Any]) -> str:
    dense, conv, own = (found["nets"][net] for net in NETS)
    (c0, c), (d0, d), (_, o) = ([f"{a:.1%}" for a in net["accuracy"][:2]] for net in (conv, dense, own))
    gain, shared = (conv["accuracy"][1] - net["accuracy"][1] for net in (dense, own))
    times = conv["multiplications"] / dense["multiplications"]
    still, only = ("그래도 ", "밖에 못 맞혀요") if gain > CLEAR else ("", "를 맞혀요")
    helped = _SHARING[(shared > CLEAR) - (shared < -CLEAR)]["ko"]
    but = "하지만 " * (conv["parameters"] < dense["parameters"] and times > 1)
    return (
        f"처음 보는 숫자 {TESTED}개 가운데 합성곱 신경망은 매개변수 {conv['parameters']:,}개로 {c0}를, "
        f"밀집 신경망은 {dense['parameters']:,}개로 {d0}를 맞혔어요. 숫자를 모두 한 픽셀씩 옮기면 합성곱 신경망은 "
        f"{still}{c}를, 밀집 신경망은 {d}{only}. 창은 똑같은데 자리마다 가중치를 따로 두면 {o}를 맞히니, {helped}. "
        f"{but}필터마다 {PLACES**2}자리에 쓰이므로 합성곱 신경망은 그림 하나에 {conv['multiplications']:,}번 "
        f"곱하고, 이는 밀집 신경망({dense['multiplications']:,}번)의 {times:.1f}배예요. 그러니까 공유는 가중치를 "
        f"아끼지만(공유가 없으면 매개변수 {own['parameters']:,}개) 곱셈은 한 번도 아끼지 않아요. 곱셈을 아끼는 것은 "
        f"작은 창이에요. 출력 수가 같은 밀집 층은 {found['unwindowed']:,}번, 창은 {found['windowed']:,}번 곱해요."
    )


def charts(result: LabResult) -> list[Chart]:
    """Accuracy over shifts, costs, the learned filters, and a map that moves with its digit."""
    return [_moved(result.record), _costs(result.record), _filters(result.record), _maps(result.record)]


def _listed(found: Mapping[str, Any], key: str, lang: Lang) -> str:
    values = {name[lang]: found["nets"][net][key] for net, name in NETS.items()}
    shares = key == "accuracy"
    return "; ".join(f"{n} " + (", ".join(f"{a:.1%}" for a in v) if shares else f"{v:,}") for n, v in values.items())


def _moved(found: Mapping[str, Any]) -> Chart:
    return Chart(
        "bar",
        {"en": "Digits moved from where they were learned", "ko": "배운 자리에서 옮긴 숫자 읽기"},
        {"en": "moved by (pixels)", "ko": "옮긴 픽셀 수"},
        {"en": "test accuracy (%)", "ko": "시험 정확도(%)"},
        {
            "en": f"Bars of the test accuracy for digits moved by 0, 1, 2 pixels: {_listed(found, 'accuracy', 'en')}.",
            "ko": f"숫자를 0, 1, 2픽셀 옮겼을 때의 시험 정확도 막대: {_listed(found, 'accuracy', 'ko')}.",
        },
        lines=[Line(NETS[net], [*"012"], [round(100 * a, 2) for a in found["nets"][net]["accuracy"]]) for net in NETS],
    )


def _costs(found: Mapping[str, Any]) -> Chart:
    keys = ("parameters", "multiplications")
    weights, products = (_listed(found, key, "en") for key in keys)
    ko_weights, ko_products = (_listed(found, key, "ko") for key in keys)
    return Chart(
        "bar",
        {"en": "Parameters (W) and multiplications (×)", "ko": "매개변수(W)와 곱셈(×)"},
        {"en": "W: parameters, ×: multiplications for one picture", "ko": "W: 매개변수, ×: 그림 하나에 드는 곱셈"},
        {"en": "number (log scale)", "ko": "수(로그 눈금)"},
        {
            "en": f"Bars on a log scale. Parameters: {weights}. Multiplications: {products}.",
            "ko": f"로그 눈금 막대. 매개변수: {ko_weights}. 곱셈: {ko_products}.",
        },
        lines=[Line(NETS[net], ["W", "×"], [found["nets"][net][key] for key in keys]) for net in NETS],
        log_y=True,
    )


def _filters(found: Mapping[str, Any]) -> Chart:
    weights, n = np.array(found["filters"]), len(found["filters"])
    span, ko_span = f"{weights.min():.2f} to {weights.max():.2f}", f"{weights.min():.2f}에서 {weights.max():.2f}"
    alt: Words = {
        "en": f"The {n} learned filters of 5 by 5 weights from {span}, each used at {PLACES**2} places.",
        "ko": f"학습된 5×5 필터 {n}개. 가중치는 {ko_span}까지이고, 필터마다 {PLACES**2}자리에 쓰여요.",
    }
    captions: list[Words] = [{"en": f"filter {i + 1}", "ko": f"{i + 1}번 필터"} for i in range(n)]
    title: Words = {"en": "The learned filters", "ko": "학습된 필터"}
    return Chart("images", title, _BLANK, _BLANK, alt, images=found["filters"], captions=captions)


def _maps(found: Mapping[str, Any]) -> Chart:
    first, second = (np.array(values) for values in found["maps"])
    same = np.array_equal(first[:, :-MARGIN], second[:, MARGIN:])
    digit, name = found["digit"], found["liveliest"]
    alt: Words = {
        "en": f"A digit {digit}, what filter {name} finds in it, and both again with the digit 2 pixels further "
        f"right: the overlapping parts of the two maps are {'the same numbers' if same else 'not the same'}.",
        "ko": f"숫자 {digit}, {name}번 필터가 거기서 찾은 것, 그리고 오른쪽으로 2픽셀 옮긴 뒤의 둘: "
        f"두 특징 지도의 겹치는 부분은 {'같은 수들이에요' if same else '서로 달라요'}.",
    }
    images = [found["picture"], found["maps"][0], np.roll(found["picture"], MARGIN, 1).tolist(), found["maps"][1]]
    told = [(f"digit {digit}", f"숫자 {digit}"), (f"map of filter {name}", f"{name}번 필터의 지도")]
    told += [("moved by 2", "2픽셀 옮김"), ("its map", "옮긴 뒤의 지도")]
    captions: list[Words] = [{"en": en, "ko": ko} for en, ko in told]
    title: Words = {"en": "Move the digit, and its map moves along", "ko": "숫자를 옮기면 특징 지도도 따라 움직여요"}
    return Chart("images", title, _BLANK, _BLANK, alt, images=images, captions=captions)


def _gain(record: Mapping[str, Any], net: str) -> float:
    """How much more of the digits moved by one pixel the convolutional net reads than `net`."""
    return record["nets"]["convolutional"]["accuracy"][1] - record["nets"][net]["accuracy"][1]


CLAIMS = (
    Claim(
        "With less than an eighth of the dense net's parameters, the convolutional net reads at least 10 points more "
        "of the digits that are moved by one pixel.",
        lambda record: (
            8 * record["nets"]["convolutional"]["parameters"] < record["nets"]["dense"]["parameters"]
            and _gain(record, "dense") >= 0.1
        ),
        at_least=99,
    ),
    Claim(
        "Of the digits moved by one pixel, shared windows read at least 10 points more than windows without sharing.",
        lambda record: _gain(record, "unshared") >= 0.1,
        at_least=99,
    ),
)


def next_experiments(result: LabResult) -> list[Experiment]:
    """What may help the net that came off worse with moved digits, and fewer filters; last, AlexNet's tricks."""
    given = result.record["arguments"]
    bigger: Words = {"en": "Give the dense net 128 hidden units", "ko": "밀집 신경망에 은닉 유닛을 128개 주기"}
    fewer: Words = {"en": "Use only 2 filters", "ko": "필터 2개만 쓰기"}
    longer: Words = {"en": "Train for 20 epochs", "ko": "20에폭 학습해 보기"}
    changes = ((bigger, "hidden_units", 128), (fewer, "filters", 2), (longer, "epochs", 20))
    tries = [Experiment(words, NAME, {**given, key: value}) for words, key, value in changes]
    if _gain(result.record, "dense") <= CLEAR:  # the convolutional net has not learned enough to show it
        tries.reverse()
    tricks: Words = {"en": "See which tricks made AlexNet learn", "ko": "AlexNet을 가르친 요령 보기"}
    return [*[tried for tried in tries if tried.arguments != given][:2], Experiment(tricks, "alexnet_tricks")]
