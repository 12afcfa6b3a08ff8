"""The translation of `attention` by attention alone: what its heads look at, and how few steps follow one another.

A. Vaswani et al., "Attention Is All You Need" (2017). Its equations are written out in transformer_translator.py.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tutor.labs import recurrent_translator, transformer_translator
from tutor.labs.charts import Chart, Line, Words, finished
from tutor.labs.outcome import Claim, Experiment
from tutor.labs.transformer_translator import ATTENTIONS, sequential
from tutor.labs.translation_charts import alignment, right_by_length
from tutor.labs.translation_task import ENGLISH, KOREAN, Parameters, aligned, percent, score, tests, train
from tutor.types import Frame, LabResult

if TYPE_CHECKING:
    from torch import Tensor

NAME = "transformer"
TITLE: Words = {"en": "A Transformer: attention without recurrence", "ko": "트랜스포머: 순환 없이 어텐션만으로"}
SUMMARY: Words = {
    "en": "A tiny Transformer learns to translate; you see what each of its heads looks at, and that without positions "
    "it loses the order of the words.",
    "ko": "아주 작은 트랜스포머가 번역을 배워요. 헤드마다 무엇을 보는지, 위치를 알려 주지 않으면 어순을 어떻게 잃는지 "
    "볼 수 있어요.",
}
ASKED = (
    r"\btransformers?\b|self[- ]?attention|multi[- ]?head|attention[- ]heads?|attention is all|vaswani|"
    r"dot[- ]product attention|positional (encoding|embedding)s?|"
    r"트랜스포머|(셀프|자기)[- ]?어텐션|자기 ?주의|멀티[- ]?헤드|다중 ?헤드|어텐션 ?헤드|바스와니|"
    r"위치 ?(인코딩|임베딩|부호화)"
)
STORY: Words = {"en": "Transformer self-attention, multi-head attention", "ko": "트랜스포머의 셀프 어텐션"}
METRIC = "loss"
METRIC_NAME: Words = {"en": "training loss", "ko": "학습 손실"}
EPOCH_NAME: Words = {"en": "training step", "ko": "학습 단계"}
LABELS: Mapping[str, Words] = {
    "heads": {"en": "Heads", "ko": "헤드 수"},
    "layers": {"en": "Layers", "ko": "층 수"},
    "positions": {"en": "Positions", "ko": "위치 정보"},
    "steps": {"en": "Training steps", "ko": "학습 단계 수"},
    "seed": {"en": "Seed", "ko": "시드"},
    "on": {"en": "on", "ko": "켜기"},
    "off": {"en": "off", "ko": "끄기"},
}
NETS: Mapping[str, Words] = {
    "Transformer": {"en": "Transformer", "ko": "트랜스포머"},
    "recurrent": {"en": "recurrent with attention", "ko": "순환 신경망과 어텐션"},
}
_PLACES: Mapping[str, Words] = {
    "encoder": {"en": "encoder", "ko": "인코더"},
    "decoder": {"en": "decoder", "ko": "디코더"},
    "cross": {"en": "decoder to encoder", "ko": "디코더→인코더"},
}
LONGEST = 8  # words
RIVAL_UNITS = 32
GOOD = 0.8  # the share of the longest sentences from which they count as learned


class Arguments(BaseModel):
    """Train a tiny Transformer to translate, beside a recurrent network with attention; look at its heads."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    heads: Literal[1, 2, 4, 8] = Field(4, description="heads of each attention, which share 32 numbers a word")
    layers: int = Field(1, ge=1, le=3, description="layers of the encoder, and of the decoder")
    positions: Literal["on", "off"] = Field("on", description="whether words are told their places")
    steps: int = Field(300, ge=50, le=600, description="training steps, of 32 sentences, for each network")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="seed of the first weights and the sentences")


def run(arguments: Arguments) -> Generator[Frame, None, LabResult]:
    """Both learn from the same sentences. The seconds of a training step go into the text, but not into the record."""
    import torch

    started = time.perf_counter()
    cases, ordered = tests(LONGEST, arguments.seed), arguments.positions == "on"
    p = transformer_translator.net(arguments.layers, arguments.seed)
    taught = partial(transformer_translator.taught, p, arguments.heads, ordered)
    own = yield from train("Transformer", p, taught, LONGEST, arguments.steps, arguments.seed)
    q = recurrent_translator.net(RIVAL_UNITS, True, arguments.seed)
    taught = partial(recurrent_translator.taught, q)
    rival = yield from train("recurrent", q, taught, LONGEST, arguments.steps, arguments.seed)
    with torch.no_grad():
        written = [transformer_translator.translate(p, arguments.heads, ordered, english)[0] for english, _, _ in cases]
        others = [recurrent_translator.decode(q, english)[0].argmax(2) for english, _, _ in cases]
        looked = _looked(p, arguments, cases[-1])
    korean = [case[1] for case in cases]
    nets = {
        name: {
            "parameters": sum(value.numel() for value in net.values()),
            "curve": trained.curve,
            "scores": [score(*pair)._asdict() for pair in zip(translated, korean, strict=True)],
        }
        for name, net, trained, translated in (("Transformer", p, own, written), ("recurrent", q, rival, others))
    }
    same = (written[-1].sort(1)[0] == korean[-1].sort(1)[0]).all(1).float().mean().item()
    found = {"nets": nets, "words_right": round(same, 4), **sequential(arguments.layers, LONGEST), **looked}
    ratio = own.seconds / rival.seconds
    text: Words = {"en": _english(found, arguments, ratio), "ko": _korean(found, arguments, ratio)}
    return finished(NAME, arguments.model_dump(), found, text, time.perf_counter() - started)


def _looked(p: Parameters, arguments: Arguments, case: tuple[Tensor, Tensor, Tensor]) -> dict[str, Any]:
    """How often each head's largest weight is on the right word, in the last layer, and the weights at one sentence."""
    english, _, order = case
    last, ordered = arguments.layers - 1, arguments.positions == "on"
    weights = transformer_translator.translate(p, arguments.heads, ordered, english)[1][f"cross{last}"]
    shares = [round(aligned(weights[:, head], english, order), 4) for head in range(arguments.heads)]
    rows = english.tolist()
    told = max(range(len(rows)), key=lambda i: (len(set(rows[i])), -i))  # of the most different words
    written, looked = transformer_translator.translate(p, arguments.heads, ordered, english[told : told + 1])
    return {
        "aligned": shares,
        "chance": round(1 / english.shape[1], 4),
        "sentence": [ENGLISH[i] for i in rows[told]],
        "written": [KOREAN[i] for i in written[0].tolist()],
        "wanted": [KOREAN[i] for i in case[1][told].tolist()],
        "maps": {
            place: [[[round(w, 3) for w in row] for row in head] for head in looked[f"{place}{last}"][0].tolist()]
            for place in ATTENTIONS
        },
    }


def _shares(found: Mapping[str, Any]) -> tuple[float, float]:
    """Of the longest sentences, those that the Transformer and the recurrent network got right."""
    own, rival = (found["nets"][name]["scores"][-1]["sentences"] for name in NETS)
    return own, rival


def _told(found: Mapping[str, Any]) -> dict[str, str]:
    """What both languages say, as it is said."""
    own, rival = (found["nets"][name] for name in NETS)
    return {
        "own": percent(own["scores"][-1]["sentences"]),
        "rival": percent(rival["scores"][-1]["sentences"]),
        "size": f"{own['parameters']:,}",
        "rival_size": f"{rival['parameters']:,}",
        "steps": str(found["transformer_steps"][-1]),
        "rival_steps": str(found["recurrent_steps"][-1]),
        "symbols": str(LONGEST + 1),
        "best": percent(max(found["aligned"])),
        "chance": percent(found["chance"]),
        "words": percent(found["words_right"]),
    }


def _english(found: Mapping[str, Any], arguments: Arguments, ratio: float) -> str:
    head = f"The best of its {arguments.heads} heads has" if arguments.heads > 1 else "Its one head has"
    lone = "" if arguments.positions == "on" else ", told no positions,"
    return (
        f"Without recurrence the Transformer{lone} translates {{own}} of new sentences of {LONGEST} words without a "
        f"mistake, the recurrent network with attention {{rival}}, each after {arguments.steps} training steps, with "
        "{size} and {rival_size} parameters. Where training takes the recurrent network {rival_steps} steps one after "
        "the other, one for each of {symbols} symbols read and {symbols} written, the Transformer looks at all of them "
        f"at once, in {{steps}} attentions however long the sentence; here a training step took it {ratio:.1f} times "
        f"as long (writing by itself, it still goes word by word). {head} the largest weight on the word being "
        "translated for {best} of the nouns and adjectives (by chance: {chance}). " + _lesson(found, arguments)["en"]
    ).format(**_told(found))


def _korean(found: Mapping[str, Any], arguments: Arguments, ratio: float) -> str:
    head = f"헤드 {arguments.heads}개 가운데 가장 잘 맞는 것은" if arguments.heads > 1 else "하나뿐인 헤드는"
    lone = "" if arguments.positions == "on" else "위치를 알려 주지 않으면 "
    return (
        f"순환이 없는 트랜스포머는 {lone}낱말 {LONGEST}개짜리 새 문장을 {{own}}, 어텐션이 있는 순환 신경망은 {{rival}} "
        f"실수 없이 번역했어요. 둘 다 {arguments.steps}단계를 배웠고 매개변수는 {{size}}개와 {{rival_size}}개예요. "
        "순환 신경망은 학습할 때 읽는 기호 {symbols}개와 쓰는 기호 {symbols}개를 하나씩 {rival_steps}단계로 거치지만, "
        "트랜스포머는 문장이 아무리 길어도 어텐션 {steps}번으로 모두 한꺼번에 봐요. 여기서 재 보니 학습 한 단계에 순환 "
        f"신경망의 {ratio:.1f}배가 걸렸어요(스스로 쓸 때는 여전히 한 낱말씩 써요). {head} 명사와 형용사의 {{best}}에서 "
        "지금 옮기는 낱말에 가장 큰 가중치를 둬요(우연이라면 {chance}). " + _lesson(found, arguments)["ko"]
    ).format(**_told(found))


def _lesson(found: Mapping[str, Any], arguments: Arguments) -> Words:
    """What the Transformer's share says, as a pattern for `_told`."""
    own, rival = _shares(found)
    if own >= GOOD:
        by = "Attention alone" if arguments.positions == "on" else "Even without positions, attention alone"
        by_ko = "어텐션만으로도" if arguments.positions == "on" else "위치 정보 없이 어텐션만으로도"
        return {
            "en": f"{by} can carry a translation: what passed from step to step before is looked up directly here.",
            "ko": f"{by_ko} 번역할 수 있어요. 한 단계씩 건네던 정보를 여기서는 곧바로 찾아봐요.",
        }
    if arguments.positions == "off":
        return {
            "en": "Leaving the order aside, the words are all there in {words} of the sentences: attention by itself "
            "sees a bag of words, and their order must be added as positions.",
            "ko": "어순을 따지지 않으면 문장의 {words}에서 낱말은 모두 맞아요. 어텐션 자체는 낱말 꾸러미만 보므로, "
            "차례는 위치 정보로 더해 줘야 해요.",
        }
    least = "nor has the recurrent network" if rival < GOOD else "the recurrent network has"
    least_ko = "순환 신경망도 마찬가지예요" if rival < GOOD else "순환 신경망은 배웠어요"
    return {
        "en": f"It has not learned the longest sentences in these steps; {least}.",
        "ko": f"이 단계 수로는 가장 긴 문장을 아직 못 배웠고, {least_ko}.",
    }


def charts(result: LabResult) -> list[Chart]:
    """Right sentences by length, the best head at one sentence, all heads there, and the steps one after another."""
    found = result.record
    return [right_by_length(NETS, found["nets"]), _best_head(found), _heads(found), _steps(found)]


def _best_head(found: Mapping[str, Any]) -> Chart:
    best = found["aligned"].index(max(found["aligned"]))
    title: Words = {"en": f"Where head {best + 1} looks while writing", "ko": f"쓰면서 {best + 1}번 헤드가 보는 곳"}
    return alignment(title, found, found["maps"]["cross"][best])


def _heads(found: Mapping[str, Any]) -> Chart:
    maps = [(place, head, cells) for place, heads in found["maps"].items() for head, cells in enumerate(heads, 1)]
    captions: list[Words] = [
        {"en": f"{_PLACES[place]['en']}, {head}", "ko": f"{_PLACES[place]['ko']}, {head}"} for place, head, _ in maps
    ]
    each, told = len(found["aligned"]), ", ".join(map(percent, found["aligned"]))
    blank: Words = {"en": "", "ko": ""}
    return Chart(
        "images",
        {"en": "All heads of the last layer", "ko": "마지막 층의 모든 헤드"},
        blank,
        blank,
        {
            "en": f"Small heat maps of {each} head{'s' * (each > 1)} for each of {len(ATTENTIONS)} attentions: encoder "
            "to itself, decoder to what is written (nothing right of the diagonal), decoder to encoder. Share of nouns "
            f"and adjectives at which a head of the last looks most at the word being translated: {told}.",
            "ko": f"어텐션 {len(ATTENTIONS)}가지의 헤드 {each}개씩을 그린 작은 히트맵: 인코더 자신, 쓴 낱말을 보는 "
            "디코더(대각선 오른쪽은 비어 있음), 인코더를 보는 디코더. 마지막 것의 헤드마다 지금 옮기는 낱말을 가장 "
            f"많이 본 명사와 형용사의 비율: {told}.",
        },
        images=[cells for _, _, cells in maps],
        captions=captions,
    )


def _steps(found: Mapping[str, Any]) -> Chart:
    x, own, rival = found["lengths"], found["transformer_steps"], found["recurrent_steps"]
    return Chart(
        "line",
        {"en": "Steps that must wait for one another in training", "ko": "학습에서 차례로 기다려야 하는 단계"},
        {"en": "words in the sentence", "ko": "문장의 낱말 수"},
        {"en": "steps", "ko": "단계 수"},
        {
            "en": f"From {x[0]} to {x[-1]} words, the recurrent network's steps grow from {rival[0]} to {rival[-1]}; "
            f"the Transformer's stay at {own[0]}.",
            "ko": f"낱말이 {x[0]}개에서 {x[-1]}개로 늘면 순환 신경망의 단계는 {rival[0]}에서 {rival[-1]}로 늘고, "
            f"트랜스포머는 {own[0]} 그대로예요.",
        },
        lines=[Line(NETS["Transformer"], x, own), Line(NETS["recurrent"], x, rival)],
    )


CLAIMS: tuple[Claim, ...] = (
    Claim("By attention alone most of the longest sentences are right.", lambda r: _shares(r)[0] > 0.7, 99),
    Claim(
        "Without positions the words are far more often right than their order.",
        lambda r: _shares(r)[0] < 0.2 < r["words_right"] - _shares(r)[0],
        95,
        {"positions": "off"},
    ),
    Claim("Untold, a head looks at the word being translated.", lambda r: max(r["aligned"]) > 4 * r["chance"], 99),
)


def next_experiments(result: LabResult) -> list[Experiment]:
    """Without positions, or with them again; one head, or eight; more training where that is short."""
    arguments = dict(result.arguments)
    ordered, heads, steps = arguments["positions"] == "on", arguments["heads"], min(2 * arguments["steps"], 600)
    if ordered and _shares(result.record)[0] < GOOD and steps > arguments["steps"]:
        words: Words = {"en": f"Train for {steps} steps", "ko": f"{steps}단계 학습해 보기"}
        first = Experiment(words, NAME, arguments | {"steps": steps})
    else:
        words = {"en": "Leave out the positions", "ko": "위치 정보를 빼 보기"}
        if not ordered:
            words = {"en": "Tell the words their places", "ko": "위치 정보를 넣어 보기"}
        first = Experiment(words, NAME, arguments | {"positions": "off" if ordered else "on"})
    other = 1 if heads > 1 else 4
    words = {"en": "Do with one head", "ko": "헤드 하나로 해 보기"}
    if other > 1:
        words = {"en": f"Give it {other} heads", "ko": f"헤드 {other}개로 해 보기"}
    second = Experiment(words, NAME, arguments | {"heads": other})
    return [first, second, Experiment({"en": "See the attention of 2015", "ko": "2015년의 어텐션 보기"}, "attention")]
