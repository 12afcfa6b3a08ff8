"""Translating with and without attention: what happens to long sentences, and which words the attention looks at.

D. Bahdanau, K. Cho and Y. Bengio, "Neural Machine Translation by Jointly Learning to Align and Translate" (2015),
against the one vector of I. Sutskever, O. Vinyals and Q. Le (2014). The networks are in recurrent_translator.py.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from tutor.labs.charts import Chart, Line, Words, finished
from tutor.labs.outcome import Claim, Experiment
from tutor.labs.recurrent_translator import decode, net, parameters_of, rival_units, shapes, taught
from tutor.labs.translation_charts import alignment, right_by_length
from tutor.labs.translation_task import (
    ENGLISH,
    KOREAN,
    Parameters,
    aligned,
    percent,
    score,
    steps_of,
    tests,
    train,
)
from tutor.types import Frame, LabResult

if TYPE_CHECKING:
    from torch import Tensor

NAME = "attention"
TITLE: Words = {"en": "Translating with and without attention", "ko": "어텐션이 있는 번역과 없는 번역"}
SUMMARY: Words = {
    "en": "Two small networks learn to translate; the one with attention copes with long sentences, and you see which "
    "word it looks at for each word it writes.",
    "ko": "작은 신경망 둘이 번역을 배워요. 어텐션이 있으면 긴 문장이 어떻게 되는지, 낱말을 쓸 때마다 어느 낱말을 "
    "보는지 볼 수 있어요.",
}
ASKED = (
    r"\battention\b(?![- ]heads?| is all|.{0,40}transformer)|\bseq(uence)?[- ]?(2|to)[- ]?seq|bahdanau|sutskever|"
    r"\bword alignments?\b|encoder[- ](and[- ])?decoder|\b(machine|neural) translat\w*|\btranslat(ion|ing|or)\b|"
    r"어텐션(?! ?헤드|.{0,20}(트랜스포머|transformer))|주의 ?(집중 ?)?(기제|메커니즘)|바다나우|수츠케버|"
    r"인코더[- ·와]*디코더|시퀀스[- ]?투[- ]?시퀀스|(기계|신경망) ?번역|(낱말|단어) ?정렬"
)
STORY: Words = {"en": "attention solved the seq2seq bottleneck", "ko": "seq2seq의 병목을 푼 어텐션"}
METRIC = "loss"
METRIC_NAME: Words = {"en": "training loss", "ko": "학습 손실"}
EPOCH_NAME: Words = {"en": "training step", "ko": "학습 단계"}
LABELS: Mapping[str, Words] = {
    "longest_sentence": {"en": "Longest sentence (words)", "ko": "가장 긴 문장(낱말 수)"},
    "hidden_units": {"en": "Hidden units", "ko": "은닉 유닛"},
    "steps": {"en": "Training steps", "ko": "학습 단계 수"},
    "seed": {"en": "Seed", "ko": "시드"},
}
NETS: Mapping[str, Words] = {
    "one vector": {"en": "one vector", "ko": "벡터 하나"},
    "attention": {"en": "attention", "ko": "어텐션"},
}
SHOWN = 8  # most words of the sentence whose attention is drawn
CLEAR = 0.05  # a difference that the text makes something of
GOOD = 0.9  # the share of sentences from which a length counts as learned


class Arguments(BaseModel):
    """Train a recurrent translator with and one without attention; compare them on ever longer sentences."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    longest_sentence: int = Field(12, ge=6, le=16, description="words of the longest sentences, in training and tests")
    hidden_units: int = Field(32, ge=8, le=64, description="units of each recurrent network with attention")
    steps: int = Field(250, ge=50, le=600, description="training steps, of 32 sentences, for each network")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="seed of the first weights and the sentences")


def run(arguments: Arguments) -> Generator[Frame, None, LabResult]:
    """Both learn from the same sentences; the one vector gets as many units more as attention has parameters more."""
    import torch

    started = time.perf_counter()
    nets: dict[str, Any] = {}
    cases = tests(arguments.longest_sentence, arguments.seed)
    for name in NETS:
        attention = name == "attention"
        units = arguments.hidden_units if attention else rival_units(arguments.hidden_units)
        p = net(units, attention, arguments.seed)
        trained = yield from train(
            name,
            p,
            partial(taught, p),
            arguments.longest_sentence,
            arguments.steps,
            arguments.seed,
        )
        with torch.no_grad():
            scores = [score(decode(p, english)[0].argmax(2), korean)._asdict() for english, korean, _ in cases]
        size = parameters_of(shapes(units, attention))
        nets[name] = {"units": units, "parameters": size, "curve": trained.curve, "scores": scores}
    found = {"nets": nets, **_looked(p, cases)}
    text: Words = {"en": _english(found, arguments.steps), "ko": _korean(found, arguments.steps)}
    return finished(NAME, arguments.model_dump(), found, text, time.perf_counter() - started)


def _looked(p: Parameters, cases: list[tuple[Tensor, Tensor, Tensor]]) -> dict[str, Any]:
    """How often the attention is on the right word of the longest sentences, and its weights at a shorter one."""
    import torch

    with torch.no_grad():
        english, _, order = cases[-1]
        share = aligned(decode(p, english)[1], english, order)
        english, korean, _ = next(case for case in reversed(cases) if case[0].shape[1] <= SHOWN + 1)
        rows = english.tolist()
        told = max(range(len(rows)), key=lambda i: (len(set(rows[i])), -i))  # of the most different words
        logits, weights = decode(p, english[told : told + 1])
    return {
        "aligned": round(share, 4),
        "chance": round(1 / cases[-1][0].shape[1], 4),
        "sentence": [ENGLISH[i] for i in rows[told]],
        "written": [KOREAN[i] for i in logits[0].argmax(1).tolist()],
        "wanted": [KOREAN[i] for i in korean[told].tolist()],
        "weights": [[round(w, 3) for w in row] for row in weights[0].tolist()],
    }


def _ends(found: Mapping[str, Any]) -> tuple[float, float, float, float]:
    """The share of right sentences: of one vector and attention at the longest, and of both at the shortest."""
    one, attention = (found["nets"][name]["scores"] for name in NETS)
    return one[-1]["sentences"], attention[-1]["sentences"], one[0]["sentences"], attention[0]["sentences"]


def _lesson(found: Mapping[str, Any], steps: int) -> Words:
    """What the two networks' shares at the longest sentences say."""
    one, attention, one_short, _ = _ends(found)
    numbers = 2 * found["nets"]["one vector"]["units"]
    if attention - one > CLEAR and one_short - one > CLEAR:
        return {
            "en": f"So one vector of {numbers} numbers runs out of room as sentences grow; looking back at all words "
            f"for each word anew {'removes' if attention > GOOD else 'widens'} that bottleneck.",
            "ko": f"그러니까 문장이 길어지면 수 {numbers}개짜리 벡터 하나로는 모자라요. 낱말을 쓸 때마다 모든 낱말을 "
            f"다시 보면 그 병목이 {'사라져요' if attention > GOOD else '넓어져요'}.",
        }
    if max(one, attention) < 0.1:
        return {
            "en": f"So {steps} training steps are too few for either to learn sentences this long.",
            "ko": f"그러니까 {steps}단계로는 둘 다 이렇게 긴 문장을 배우기에 모자라요.",
        }
    if min(one, attention) > GOOD:
        return {
            "en": f"So at these lengths one vector of {numbers} numbers is still enough, and attention hardly needed.",
            "ko": f"그러니까 이 길이에서는 수 {numbers}개짜리 벡터 하나로도 아직 충분해서 어텐션이 거의 필요 없어요.",
        }
    ahead = attention - one > CLEAR
    return {
        "en": f"So in this run attention {'is ahead' if ahead else 'does not help'} at the longest sentences.",
        "ko": f"그러니까 이번에는 가장 긴 문장에서 어텐션이 {'앞서요' if ahead else '도움이 안 됐어요'}.",
    }


def _told(found: Mapping[str, Any]) -> dict[str, Any]:
    """What both languages say, as it is said."""
    attention, one = (found["nets"][name] for name in ("attention", "one vector"))
    shares = dict(zip(("one", "attention", "one_short", "attention_short"), map(percent, _ends(found)), strict=True))
    lengths = {"last": attention["scores"][-1]["length"], "first": attention["scores"][0]["length"]}
    sizes = {"size": f"{attention['parameters']:,}", "one_size": f"{one['parameters']:,}"}
    return {**shares, **lengths, **sizes, "aligned": percent(found["aligned"]), "chance": percent(found["chance"])}


def _english(found: Mapping[str, Any], steps: int) -> str:
    yet = "yet" if found["aligned"] > 0.5 else "and"
    return (
        "Of new sentences of {last} words, the network with attention translates {attention} without a mistake, the "
        "one that squeezes the sentence into one vector {one}; of those of {first} words, {attention_short} and "
        "{one_short}. The task turns the order around: “small door of house” becomes “집 의 작은 문” (“house of small "
        f"door”). Both had the same {steps} training steps, and {{size}} and {{one_size}} parameters. Nobody told "
        f"the attention which words belong together, {yet} for {{aligned}} of the nouns and adjectives its largest "
        "weight is on the very word being translated (by chance: {chance}). "
    ).format(**_told(found)) + _lesson(found, steps)["en"]


def _korean(found: Mapping[str, Any], steps: int) -> str:
    yet = "알려 주지 않았는데도" if found["aligned"] > 0.5 else "알려 주지 않았고"
    return (
        "낱말 {last}개짜리 새 문장을 어텐션이 있는 신경망은 {attention}, 문장을 벡터 하나에 욱여넣는 신경망은 {one} "
        "실수 없이 번역했어요. 낱말 {first}개짜리는 {attention_short}와 {one_short}예요. “small door of house”가 “집 "
        f"의 작은 문”이 되듯 차례가 거꾸로 되는 과제예요. 둘 다 똑같이 {steps}단계를 배웠고, 매개변수는 {{size}}개와 "
        f"{{one_size}}개예요. 어떤 낱말끼리 짝인지 {yet}, 명사와 형용사의 {{aligned}}에서 어텐션 가중치가 가장 큰 곳이 "
        "바로 옮기려는 그 낱말이에요(우연이라면 {chance}). "
    ).format(**_told(found)) + _lesson(found, steps)["ko"]


def charts(result: LabResult) -> list[Chart]:
    """Right sentences by length, the attention over one sentence, and the loss in training."""
    found = result.record
    title: Words = {"en": "Where the attention looks", "ko": "어텐션이 보는 곳"}
    return [right_by_length(NETS, found["nets"]), alignment(title, found, found["weights"]), _curves(found)]


def _curves(found: Mapping[str, Any]) -> Chart:
    curves = {name: found["nets"][name]["curve"] for name in NETS}
    steps = steps_of(curves["attention"], found["arguments"]["steps"])
    told = [f"{curve[0]:.2f} → {curve[-1]:.2f}" for curve in curves.values()]
    return Chart(
        "line",
        {"en": "Training", "ko": "학습 과정"},
        EPOCH_NAME,
        METRIC_NAME,
        {
            "en": f"The loss over {steps[-1]} training steps: with one vector {told[0]}; with attention {told[1]}.",
            "ko": f"학습 {steps[-1]}단계 동안의 손실: 벡터 하나 {told[0]}; 어텐션 {told[1]}.",
        },
        lines=[Line(NETS[name], steps, curve) for name, curve in curves.items()],
    )


def _wins(record: Mapping[str, Any]) -> bool:
    one, attention, _, _ = _ends(record)
    return attention - one > 0.5


def _one_vector_runs_out(record: Mapping[str, Any]) -> bool:
    one, _, one_short, _ = _ends(record)
    return one_short - one > 0.5


_QUICK = {"longest_sentence": 10, "steps": 200}
CLAIMS: tuple[Claim, ...] = (
    Claim("At the longest sentences attention is more than 50 points ahead of one vector.", _wins, 99, _QUICK),
    Claim("One vector does for the shortest sentences, not for the longest.", _one_vector_runs_out, 99, _QUICK),
    Claim("Untold, attention looks at the word that it translates.", lambda r: r["aligned"] > 0.5, 99, _QUICK),
)


def next_experiments(result: LabResult) -> list[Experiment]:
    """More training where attention fell short, else sentences of another length; a larger vector; the Transformer."""
    arguments = dict(result.arguments)
    one, attention, _, _ = _ends(result.record)
    steps, units = min(2 * arguments["steps"], 600), min(2 * arguments["hidden_units"], 64)
    longest = 16 if one > GOOD else 6
    found: list[Experiment] = []

    def offer(changed: dict[str, int], en: str, ko: str) -> None:
        if arguments | changed != arguments:
            found.append(Experiment({"en": en, "ko": ko}, NAME, arguments | changed))

    if attention < GOOD:
        offer({"steps": steps}, f"Train for {steps} steps", f"{steps}단계 학습해 보기")
    else:
        offer(
            {"longest_sentence": longest}, f"Try sentences of up to {longest} words", f"낱말 {longest}개까지로 해 보기"
        )
    offer({"hidden_units": units}, f"Give both {units} units: a larger vector", f"유닛 {units}개로 벡터를 키워 보기")
    leave: Words = {"en": "Drop the recurrence: the Transformer", "ko": "순환을 없애 보기: 트랜스포머"}
    return [*found, Experiment(leave, "transformer")]
