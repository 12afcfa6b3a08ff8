"""Filling blanks against continuing: the same tiny transformer trained like BERT and like GPT on the tutor's articles.

J. Devlin et al., "BERT" (2018); A. Radford et al., "Improving Language Understanding by Generative Pre-Training"
(2018). The network and both ways to train it are in blanks.py.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tutor.labs.blanks import BLANK, WAYS, WINDOW, Parameters, Text, at_blank, attention, read, train
from tutor.labs.charts import Chart, Words, finished
from tutor.labs.masked_charts import LOSS, drawn, rates, seen, shown
from tutor.labs.outcome import Claim, Experiment
from tutor.types import Frame, LabResult, Lang

NAME = "masked"
TITLE: Words = {
    "en": "Filling blanks or continuing: BERT's way and GPT's",
    "ko": "빈칸 채우기와 이어 쓰기: BERT와 GPT의 방식",
}
SUMMARY: Words = {
    "en": "Train one tiny transformer twice, to fill blanks and to continue, and see what each can and cannot do.",
    "ko": "같은 작은 트랜스포머를 빈칸 채우기와 이어 쓰기로 두 번 학습해서 각각 무엇을 할 수 있는지 봐요.",
}
ASKED = (
    r"\bm(?:asked|asking)\b|\bmlm\b|\bbert(?:'s)?\b|bidirectional|fill\w*[\s-]*(?:in\s*)?(?:the|a|an)?\s*blanks?|\bcloze\b"
    r"|(?<![A-Za-z])bert(?![A-Za-z])|(?<![가-힣])버트|마스크|마스킹|빈칸|양방향"
)
STORY: Words = {"en": "BERT fill in the blanks masked language model", "ko": "BERT 빈칸 채우기로 배우다"}
METRIC = "loss"
METRIC_NAME = LOSS
EPOCH_NAME: Words = {"en": "step", "ko": "단계"}
LABELS: Mapping[str, Words] = {
    "language": {"en": "Language of the articles", "ko": "글의 언어"},
    "mask_share": {"en": "Share masked", "ko": "가리는 비율"},
    "steps": {"en": "Steps", "ko": "학습 단계"},
    "seed": {"en": "Seed", "ko": "시드"},
    "en": {"en": "English", "ko": "영어"},
    "ko": {"en": "Korean", "ko": "한국어"},
}

TESTED = 1500  # blanks
ALONG = 300  # of them, along the way
LOOKED = 200  # windows that the attention is averaged over
CLEAR = 0.01  # a difference in accuracy that the text makes something of
EXAMPLES: Mapping[Lang, str] = {"en": "a small network o", "ko": "인공 신경망을 학습시켰다. 그 "}


class Arguments(BaseModel):
    """Train the same tiny transformer to fill masked blanks (BERT) and to continue (GPT), and test both on both."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    language: Literal["en", "ko"] = Field("en", description="Train on the letters of the English or Korean articles.")
    mask_share: float = Field(
        0.15, ge=0.05, le=0.9, allow_inf_nan=False, description="Share of the letters hidden from the masked network."
    )
    steps: int = Field(300, ge=20, le=1500, description="Training steps of each network, of 48 pieces of text.")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Seed of the starting weights and the pieces drawn.")


def run(arguments: Arguments) -> Generator[Frame, None, LabResult]:
    """Train the masked network, then the other one, and put the same questions to both."""
    import torch

    started = time.perf_counter()
    text = yield from read(arguments.language)
    tested = torch.from_numpy(text.tested)
    windows = tested[torch.linspace(0, len(tested) - WINDOW, TESTED).long()[:, None] + torch.arange(WINDOW)]
    windows = windows[windows[:, BLANK] != text.unknown]
    along = windows[:: max(1, len(windows) // ALONG)]
    nets: dict[str, Any] = {}
    for way in WAYS:
        p, curve = yield from train(way, text, along, arguments.steps, arguments.mask_share, arguments.seed)
        with torch.no_grad():
            nets[way] = {"curve": curve, "learned": curve[-1][1], **_asked(p, way, text, windows)}
            nets[way]["guesses"] = _guesses(p, way, text, EXAMPLES[arguments.language])
            nets[way]["attention"] = _looks(p, way, text, windows[:LOOKED])
    found = {
        "letters": len(text.letters),
        "blanks": len(windows),
        "commonest": round(float((windows[:, BLANK] == windows[:, BLANK].mode().values).double().mean()), 4),
        "example": EXAMPLES[arguments.language],
        "nets": nets,
    }
    texts: Words = {
        "en": _english(found, arguments.language, arguments.steps),
        "ko": _korean(found, arguments.language, arguments.steps),
    }
    return finished(NAME, arguments.model_dump(), found, texts, time.perf_counter() - started)


def _asked(p: Parameters, way: str, text: Text, windows: Any) -> dict[str, Any]:
    """Share right and loss with both sides in view and with the left only; and whether the right side matters at all.

    `changed` is the share of blanks whose guess changes when the right side is that of the next window.
    """
    import torch.nn.functional as fn

    found: dict[str, Any] = {}
    right = windows[:, BLANK]
    for key, both in (("fill", True), ("continue", False)):
        said = at_blank(p, way, windows, text.mask, both)
        accuracy = (said.argmax(1) == right).double().mean().item()
        found[key] = {"accuracy": round(accuracy, 4), "loss": round(fn.cross_entropy(said, right).item(), 4)}
    swapped = windows.clone()
    swapped[:, BLANK + 1 :] = windows.roll(1, 0)[:, BLANK + 1 :]
    guess, other = (at_blank(p, way, w, text.mask, True).argmax(1) for w in (windows, swapped))
    return {**found, "changed": round((guess != other).double().mean().item(), 4)}


def _guesses(p: Parameters, way: str, text: Text, example: str) -> list[list[Any]]:
    """Every known letter with its probability at the example's blank, the likeliest first."""
    import torch

    window = torch.from_numpy(text.encode(example))[None]
    shares = at_blank(p, way, window, text.mask, True)[0, : len(text.letters)].softmax(0)
    order = shares.argsort(descending=True, stable=True).tolist()
    return [[text.letters[i], round(shares[i].item(), 4)] for i in order]


def _looks(p: Parameters, way: str, text: Text, windows: Any) -> list[list[float]]:
    """How much each place (row) looks at each (column), the mean over windows and heads."""
    seen = windows.clone()
    seen[:, BLANK] = text.mask
    weights = attention(p, p["letters"][seen], way == "left to right")[1]
    return np.round(weights.double().mean((0, 1)).numpy(), 4).tolist()


def _leads(found: Mapping[str, Any]) -> tuple[int, int]:
    """1, 0 or -1: whether the masked network is clearly better, about as good or worse; filling, and continuing."""
    masked, other = (found["nets"][way] for way in WAYS)
    gaps = [masked[key]["accuracy"] - other[key]["accuracy"] for key in ("fill", "continue")]
    return (gaps[0] > CLEAR) - (gaps[0] < -CLEAR), (gaps[1] > CLEAR) - (gaps[1] < -CLEAR)


def _english(found: Mapping[str, Any], language: Lang, steps: int) -> str:
    (a, b), (c, d) = rates(found)
    fills, continues = _leads(found)
    right = found["example"][BLANK]
    (letter, sure), (other, less) = (found["nets"][way]["guesses"][0] for way in WAYS)
    per_step = [round(found["nets"][way]["learned"] / steps) for way in WAYS]
    changed = found["nets"]["left to right"]["changed"]
    blind = (
        "no letter right of the blank can change its guess" if not changed else "its guess should not change, but did"
    )
    few = per_step[0] < per_step[1] / 2
    scarce = "the masked network " + ("learned from too few letters" if few else "had too few letters left in view")
    verdict = {
        (1, -1): "seeing both sides pays for filling a blank, and the price is that it writes on worse",
        (1, 0): "seeing both sides pays for filling a blank, and here it cost nothing when continuing",
        (0, -1): "seeing both sides did not pay yet, while the price, that it writes on worse, already shows",
        (-1, -1): f"{scarce} for its view of both sides to pay",
    }.get((fills, continues), "this run does not show the usual trade between filling blanks and continuing")
    return (
        f"With both sides in view, the masked network names {a} of {found['blanks']:,} hidden "
        f"{'letters' if language == 'en' else 'Korean syllables and signs'}, the same network trained left to right "
        f"{b}: {blind}. With only the left in view, as when writing on, the masked one names {c} and the other {d} "
        f"(the commonest alone: {found['commonest']:.0%}). For the blank in “{seen(found)}” (right: "
        f"{right}) the masked one says “{shown(letter)}” ({sure:.0%}), the other “{shown(other)}” ({less:.0%}). A "
        f"masked step learned from {per_step[0]:,} letters, a left-to-right step from {per_step[1]:,}, so {verdict}."
    )


def _korean(found: Mapping[str, Any], language: Lang, steps: int) -> str:
    (a, b), (c, d) = rates(found)
    fills, continues = _leads(found)
    right = found["example"][BLANK]
    (letter, sure), (other, less) = (found["nets"][way]["guesses"][0] for way in WAYS)
    per_step = [round(found["nets"][way]["learned"] / steps) for way in WAYS]
    changed = found["nets"]["left to right"]["changed"]
    blind = (
        "빈칸 오른쪽 글자는 이 신경망의 답을 바꾸지 못해요" if not changed else "답이 바뀌지 않아야 하는데 바뀌었어요"
    )
    scarce = "배운 글자가" if per_step[0] < per_step[1] / 2 else "가리고 남은 글자가"
    verdict = {
        (1, -1): "양쪽을 보면 빈칸은 더 잘 채우지만, 그 대신 이어 쓰기는 더 못해요",
        (1, 0): "양쪽을 보면 빈칸을 더 잘 채우고, 이번에는 이어 쓰기에서도 손해가 없었어요",
        (0, -1): "양쪽을 보는 이득은 아직 없는데, 이어 쓰기를 더 못한다는 손해는 벌써 보여요",
        (-1, -1): f"빈칸 쪽은 {scarce} 너무 적어서 양쪽을 보고도 이득을 얻지 못했어요",
    }.get((fills, continues), "이번 실행에서는 빈칸 채우기와 이어 쓰기의 흔한 엇갈림이 보이지 않아요")
    return (
        f"양쪽이 다 보일 때 빈칸으로 학습한 신경망은 가린 {'영어 글자' if language == 'en' else '글자'} "
        f"{found['blanks']:,}개 가운데 {a}를, 왼쪽부터 학습한 같은 신경망은 {b}를 맞혔어요. 뒤의 것은 왼쪽만 보니까 "
        f"{blind}. 이어 쓸 때처럼 왼쪽만 보이면 빈칸으로 학습한 쪽은 {c}, 왼쪽부터 학습한 쪽은 {d}를 맞혀요"
        f"(가장 흔한 글자만 말하면 {found['commonest']:.0%}). “{seen(found)}”의 빈칸(정답 ‘{right}’)에 넣은 글자: "
        f"앞의 것 ‘{shown(letter)}’({sure:.0%}), 뒤의 것 ‘{shown(other)}’({less:.0%}). 한 단계에 빈칸 쪽은 "
        f"{per_step[0]:,}글자, 왼쪽부터 배운 쪽은 {per_step[1]:,}글자에서 배웠어요. {verdict}."
    )


def charts(result: LabResult) -> list[Chart]:
    """What each gets right, the blank of the example, where each looks, and the loss by letters learned from."""
    return drawn(result.record)


def _fills_better(record: Mapping[str, Any]) -> bool:
    masked, other = (record["nets"][way]["fill"]["accuracy"] for way in WAYS)
    return masked > other


def _continues_worse(record: Mapping[str, Any]) -> bool:
    masked, other = (record["nets"][way]["continue"] for way in WAYS)
    return masked["accuracy"] < other["accuracy"] and masked["loss"] > other["loss"]


CLAIMS: tuple[Claim, ...] = (
    Claim("the masked network fills a blank better than the left-to-right one", _fills_better, 95),
    Claim("the masked network continues worse than the left-to-right one", _continues_worse, 99),
)


def next_experiments(result: LabResult) -> list[Experiment]:
    """Another share of masked letters or more steps, then the other language."""
    given = dict(result.arguments)
    if _fills_better(result.record) and given["mask_share"] != 0.9:
        first = {"mask_share": 0.9}
        words: Words = {"en": "Hide 90% of the letters", "ko": "글자의 90%를 가려 보기"}
    elif given["mask_share"] > 0.5:
        first = {"mask_share": 0.15}
        words = {"en": "Hide only 15% of the letters", "ko": "글자의 15%만 가려 보기"}
    else:
        first = {"steps": 1000 if given["steps"] < 1000 else 300}
        words = {"en": f"Train for {first['steps']:,} steps", "ko": f"{first['steps']:,}단계 학습해 보기"}
    other = "ko" if given["language"] == "en" else "en"
    in_other: Words = {
        "en": f"The same with {'Korean' if other == 'ko' else 'English'} text",
        "ko": f"{'한국어' if other == 'ko' else '영어'} 글로 해 보기",
    }
    return [Experiment(words, NAME, {**given, **first}), Experiment(in_other, NAME, {**given, "language": other})]
