"""The bundled LLaMA's probabilities for the next token of a text, changed by temperature and nucleus sampling.

A. Holtzman, J. Buys, L. Du, M. Forbes and Y. Choi, "The Curious Case of Neural Text Degeneration" (2019): top-p.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from tutor.labs import token_bytes
from tutor.labs.charts import Chart, Line, Words, finished
from tutor.labs.outcome import Claim, Experiment
from tutor.labs.token_bytes import LONGEST_TEXT, bytes_of, clean, readable
from tutor.labs.token_sampling import entropy, holding, nucleus, softmax
from tutor.types import Frame, LabResult

NAME = "next_token"
TITLE: Words = {"en": "The next token, and how it is drawn", "ko": "다음 토큰의 확률과 뽑기"}
SUMMARY: Words = {
    "en": "What a small language model expects next, and how temperature and top-p change what is drawn.",
    "ko": "작은 언어 모델이 다음에 올 것으로 보는 토큰과, 온도와 top-p가 뽑기를 어떻게 바꾸는지 보여 줘요.",
}
ASKED = (
    r"\bnext[\s-]*(?:token|word)s?\b|\btoken\s+prob\w*|\btemperatures?\b|\btop[\s-]*p\b|\bnucleus\b|\bsampling\b"
    r"|\bautoregress\w*"
    r"|다음\s*(?:토큰|단어|낱말)|토큰\s*확률|온도|템퍼러처|템퍼리처|톱\s*-?피|탑\s*-?피|뉴클리어스|핵\s*샘플링|샘플링|표본\s*추출|자기\s*회귀"
)
STORY: Words = {"en": "next-token prediction temperature top-p", "ko": "다음 토큰 예측 온도 top-p"}
METRIC = "entropy"
METRIC_NAME: Words = {"en": "entropy (bits)", "ko": "엔트로피(비트)"}
EPOCH_NAME: Words = {"en": "token", "ko": "토큰"}

SHOWN = 10  # tokens in the picture of the probabilities
MOST = 0.9  # share of the probability whose tokens are counted
TEMPERATURES = np.geomspace(0.05, 5, 25)


class Arguments(BaseModel):
    """Show a small LLaMA's probabilities for the next token of a text, and draw some by temperature and top-p."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    text: Annotated[str, AfterValidator(clean)] = Field(
        "A perceptron learns from its mistakes. 퍼셉트론은 실수에서 배워요. A perceptron learns from",
        min_length=1,
        max_length=LONGEST_TEXT,
        description="Beginning of a text, in Korean or English, that the model goes on from.",
    )
    temperature: float = Field(
        1.0, ge=0.05, le=5, allow_inf_nan=False, description="Divides the scores: below 1 sharper, above 1 flatter."
    )
    top_p: float = Field(
        1.0, ge=0.05, le=1, allow_inf_nan=False, description="Draw only from the likeliest tokens with this share."
    )
    tokens: int = Field(12, ge=1, le=40, description="How many tokens are drawn, one after the other.")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Random seed of the draws.")


LABELS: Mapping[str, Words] = {
    "text": {"en": "Beginning of the text", "ko": "글의 시작"},
    "temperature": {"en": "Temperature", "ko": "온도"},
    "top_p": {"en": "Top-p", "ko": "top-p(누적 확률)"},
    "tokens": {"en": "Tokens to draw", "ko": "뽑을 토큰 수"},
    "seed": {"en": "Seed", "ko": "시드"},
}


# ---- the run ----------------------------------------------------------------------------------------
def run(arguments: Arguments) -> Generator[Frame, None, LabResult]:
    """One frame a drawn token: the entropy of what it was drawn from, and its probability there.

    Before them, one of the even chances that nothing read would leave: loading the model takes a while.

    The text goes in without the control token that began each training text: so the model copies from it more surely.
    The corpus is about as likely either way: English 9.3 bits a token with and without, Korean 10.3 with, 10.9 without.
    Control tokens can't be drawn.
    """
    started = time.perf_counter()
    tokenizer = token_bytes.bundled_tokenizer()
    controls = sorted(tokenizer.get_added_tokens_decoder())
    tokens = tokenizer.get_vocab_size() - len(controls)
    yield Frame(0, 0, {"probability": 1 / tokens, "entropy": math.log2(tokens)}, series="continuation")
    model = token_bytes.bundled_model()
    ids = tokenizer.encode(arguments.text).ids[-(model.config.max_position_embeddings - arguments.tokens) :]
    rng = np.random.default_rng(arguments.seed)
    pieces: list[bytes] = []
    drawn: list[dict[str, Any]] = []
    first: dict[str, Any] = {}
    cache, pending = None, ids
    for n in range(1, arguments.tokens + 1):
        scores, cache = token_bytes.scores_after(model, pending, cache)
        scores[controls] = -np.inf
        p = softmax(scores)
        q = nucleus(softmax(scores, arguments.temperature), arguments.top_p)
        first = first or _first(scores, arguments, tokenizer)
        token = int(rng.choice(len(q), p=q))
        pieces.append(bytes_of(tokenizer.id_to_token(token)))
        step = {"probability": float(q[token]), "entropy": entropy(q)}
        own = {"model_probability": float(p[token]), "model_entropy": entropy(p)}
        drawn.append({"token": readable(pieces[-1]), **step, **own, "likeliest": bool(token == p.argmax())})
        yield Frame(n, n, step, series="continuation")
        pending = [token]
    found = {
        "read": len(ids),
        "tokens": tokens,
        "parameters": int(model.num_parameters()),
        "first": first,
        "continuation": drawn,
        "others": sum(not step["likeliest"] for step in drawn),
        "log10_probability": float(sum(np.log10(step["probability"]) for step in drawn)),
        "raw_output": readable(b"".join(pieces), space=" "),
    }
    asked = arguments.model_dump()
    text: Words = {"en": _english(asked, found), "ko": _korean(asked, found)}
    return finished(NAME, asked, found, text, time.perf_counter() - started)


def _first(scores: np.ndarray, arguments: Arguments, tokenizer: Any) -> dict[str, Any]:
    """The next token of the text itself: the likeliest ones and the entropy, before, after temperature, after top-p."""
    before, tempered = softmax(scores), softmax(scores, arguments.temperature)
    after = nucleus(tempered, arguments.top_p)
    top = np.argsort(-before, kind="stable")[:SHOWN]
    return {
        "likeliest": [readable(bytes_of(tokenizer.id_to_token(int(i)))) for i in top],
        "before": before[top].tolist(),
        "tempered": tempered[top].tolist(),
        "after": after[top].tolist(),
        "entropy": [entropy(before), entropy(tempered), entropy(after)],
        "holding": holding(before, MOST),
        "kept": holding(tempered, arguments.top_p),
        "entropies": [[float(t), entropy(softmax(scores, t))] for t in (*TEMPERATURES, 0.5, 2.0)],
    }


# ---- in words ----------------------------------------------------------------------------------------
def share(p: float) -> str:
    """A probability as a percentage."""
    if p in (0, 1) or 0.1 <= p < 0.99:
        return f"{p:.0%}"
    if p < 0.0001:
        return "<0.01%"
    return f"{100 * p:.2g}%" if p < 0.1 else f"{p:.2%}" if p <= 0.9999 else ">99.99%"


def _english(asked: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    first, draws, t = found["first"], len(found["continuation"]), asked["temperature"]
    token, (before, tempered, after) = first["likeliest"][0], first["entropy"]
    told = (
        f"After this text ‘{token}’ is the likeliest next token with {share(first['before'][0])}; {first['holding']:,} "
        f"of {found['tokens']:,} tokens hold {MOST:.0%} of the probability, and the entropy is {before:.2f} bits. "
    )
    if t == 1:
        low, high = (bits for _, bits in first["entropies"][-2:])
        told += f"Temperature 1 leaves that as it is; 0.5 would make it {low:.2f} bits and 2 {high:.2f} bits"
    else:
        told += f"Temperature {t:g} {'lowered' if tempered < before else 'raised'} the entropy to {tempered:.2f} bits"
        told += f" and made the probability of ‘{token}’ {share(first['tempered'][0])}"
    if asked["top_p"] < 1:
        kept = f"{first['kept']:,} token{'s' * (first['kept'] > 1)}"
        told += f"; top-p {asked['top_p']:g} then kept {kept}, with {after:.2f} bits"
    exponent, others = found["log10_probability"], found["others"]
    chance = share(10**exponent) if exponent > -4 else f"about 1 in 10^{-exponent:.0f}"
    return (
        f"{told}. Raw output of this model of {found['parameters'] / 1e6:.1f} million parameters, trained for one "
        f"narrow job, and no statement of fact: “{found['raw_output']}”. {others or 'None'} of the {draws} draws took "
        f"a token other than the model's likeliest; another seed draws the very same ones with a chance of {chance}."
    )


def _korean(asked: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    first, draws, t = found["first"], len(found["continuation"]), asked["temperature"]
    token, (before, tempered, after) = first["likeliest"][0], first["entropy"]
    told = (
        f"이 글 다음에 올 확률이 가장 높은 토큰은 ‘{token}’, 확률은 {share(first['before'][0])}예요. 토큰 "
        f"{found['tokens']:,}개 가운데 {first['holding']:,}개가 확률의 {MOST:.0%}를 차지하고, "
        f"엔트로피는 {before:.2f}비트예요. "
    )
    if t == 1:
        low, high = (bits for _, bits in first["entropies"][-2:])
        told += f"온도 1은 확률을 그대로 둬요. 온도가 0.5라면 {low:.2f}비트, 2라면 {high:.2f}비트가 돼요."
    else:
        change = "줄었고" if tempered < before else "늘었고"
        told += f"온도 {t:g}에서는 엔트로피가 {tempered:.2f}비트로 {change}, ‘{token}’의 확률은 "
        told += f"{share(first['tempered'][0])}가 됐어요."
    if asked["top_p"] < 1:
        told += f" 이어서 top-p {asked['top_p']:g}에 따라 토큰 {first['kept']:,}개만 남겼더니 {after:.2f}비트예요."
    exponent, others = found["log10_probability"], found["others"]
    chance = f"{share(10**exponent)}예요" if exponent > -4 else f"약 10^{-exponent:.0f}분의 1이에요"
    how = (
        f"{draws}번 가운데 {others}번은 가장 그럴듯한 토큰이 아닌 것이"
        if others
        else f"{draws}번 모두 가장 그럴듯한 토큰이"
    )
    return (
        f"{told} 다음은 좁은 일 하나만 배운 모델(매개변수 약 {round(found['parameters'] / 1e5) * 10}만 개)이 낸 출력 "
        f"그대로이고, 사실을 말한 것이 아니에요: “{found['raw_output']}”. "
        f"{how} 뽑혔고, 다른 시드로 똑같은 토큰들이 나올 확률은 {chance}."
    )


# ---- in pictures -------------------------------------------------------------------------------------
def charts(result: LabResult) -> list[Chart]:
    """The likeliest next tokens; entropy by temperature; the drawn tokens; the entropy along them."""
    record = result.record
    return [_likeliest(record), _by_temperature(record), _drawn(record), _entropies(record)]


def _likeliest(record: Mapping[str, Any]) -> Chart:
    first, asked = record["first"], record["arguments"]
    names = [f"{i}. {token}" for i, token in enumerate(first["likeliest"], 1)]
    heights: list[tuple[Words, str]] = [({"en": "the model's own", "ko": "모델이 준 그대로"}, "before")]
    if asked["temperature"] != 1:
        t = f"{asked['temperature']:g}"
        heights.append(({"en": f"after temperature {t}", "ko": f"온도 {t} 적용 뒤"}, "tempered"))
    if asked["top_p"] < 1:
        heights.append(({"en": f"after top-p {asked['top_p']:g}", "ko": f"top-p {asked['top_p']:g} 적용 뒤"}, "after"))
    lines = [Line(name, names, [100 * p for p in first[key]]) for name, key in heights]
    told = [", ".join(f"{n} {share(p)}" for n, p in zip(names, first[key], strict=True)) for _, key in heights]
    return Chart(
        "bar",
        {"en": f"The {len(names)} likeliest next tokens", "ko": f"다음에 올 확률이 높은 토큰 {len(names)}개"},
        {"en": "token (· is a space)", "ko": "토큰(·는 빈칸)"},
        {"en": "probability (%)", "ko": "확률(%)"},
        _each(lines, told),
        lines,
    )


def _each(lines: Sequence[Line], told: Sequence[str]) -> Words:
    """What is told of each line, behind its name."""
    named = list(zip((line.name for line in lines), told, strict=True))
    return {lang: "; ".join(f"{name[lang]}: {numbers}" for name, numbers in named) + "." for lang in ("en", "ko")}


def _by_temperature(record: Mapping[str, Any]) -> Chart:
    first, used = record["first"], record["arguments"]["temperature"]
    curve, bits = first["entropies"][: len(TEMPERATURES)], first["entropy"][1]
    (coldest, least), (hottest, most) = curve[0], curve[-1]
    return Chart(
        "line",
        {"en": "Entropy of the next token by temperature", "ko": "온도에 따른 다음 토큰의 엔트로피"},
        {"en": "temperature", "ko": "온도"},
        METRIC_NAME,
        {
            "en": f"A rising curve: {least:.2f} bits at temperature {coldest:g}, {most:.2f} at {hottest:g}; "
            f"{bits:.2f} at the temperature used, {used:g}.",
            "ko": f"올라가는 곡선이에요. 온도 {coldest:g}에서 {least:.2f}비트, {hottest:g}에서 {most:.2f}비트이고, "
            f"이번 온도 {used:g}에서는 {bits:.2f}비트예요.",
        },
        [
            Line({"en": "entropy", "ko": "엔트로피"}, [t for t, _ in curve], [bits for _, bits in curve]),
            Line({"en": "temperature used", "ko": "이번 온도"}, [used], [bits]),
        ],
        log_x=True,
    )


def _drawn(record: Mapping[str, Any]) -> Chart:
    draws = record["continuation"]
    steps, chances = list(range(1, len(draws) + 1)), [100 * draw["probability"] for draw in draws]
    listed = ", ".join(f"{draw['token']} {share(draw['probability'])}" for draw in draws)
    return Chart(
        "points",
        {"en": "The tokens drawn (raw output)", "ko": "뽑힌 토큰(모델의 출력 그대로)"},
        EPOCH_NAME,
        {"en": "probability when drawn (%)", "ko": "뽑힐 때의 확률(%)"},
        {"en": f"Raw output, token by token: {listed}.", "ko": f"모델의 출력을 토큰마다 그대로 옮겼어요. {listed}."},
        [Line({"en": "token drawn", "ko": "뽑힌 토큰"}, steps, chances, [draw["token"] for draw in draws])],
    )


def _entropies(record: Mapping[str, Any]) -> Chart:
    draws, asked = record["continuation"], record["arguments"]
    series: list[tuple[Words, str]] = [({"en": "the model's own", "ko": "모델이 준 그대로"}, "model_entropy")]
    if asked["temperature"] != 1 or asked["top_p"] < 1:
        series.append(({"en": "after temperature and top-p", "ko": "온도와 top-p 적용 뒤"}, "entropy"))
    lines = [Line(name, list(range(1, len(draws) + 1)), [draw[key] for draw in draws]) for name, key in series]
    return Chart(
        "line",
        {"en": "Entropy at each token", "ko": "토큰마다의 엔트로피"},
        EPOCH_NAME,
        METRIC_NAME,
        _each(lines, [", ".join(f"{bits:.2f}" for bits in line.y) for line in lines]),
        lines,
    )


# ---- what it shows, and what may be tried next ----------------------------------------------------------
CLAIMS = (
    Claim(
        "The lower the temperature, the lower the entropy of the next token, at each of 25 temperatures.",
        lambda record: all(a[1] < b[1] for a, b in pairwise(record["first"]["entropies"][: len(TEMPERATURES)])),
        at_least=100,
    ),
    Claim(
        "At temperature 0.05, at least 11 of 12 draws take the model's likeliest token.",
        lambda record: record["others"] <= 1,
        at_least=95,
        arguments={"temperature": 0.05},
    ),
    Claim(
        "At temperature 2, at least 6 of 12 draws take another token than the model's likeliest.",
        lambda record: record["others"] >= 6,
        at_least=95,
        arguments={"temperature": 2.0},
    ),
)


def next_experiments(result: LabResult) -> list[Experiment]:
    """A colder draw after a bold one and a hotter one after a tame one; a smaller nucleus; other draws; the tokens."""
    record, given = result.record, result.record["arguments"]
    t = 2.0 if 2 * record["others"] < len(record["continuation"]) else 0.3
    seed = (given["seed"] + 1) % 2**31
    hotter: Words = {"en": f"Draw at temperature {t:g}", "ko": f"온도 {t:g}에서 뽑아 보기"}
    likely: Words = {
        "en": "Draw only from the likeliest half (top-p 0.5)",
        "ko": "확률의 절반인 앞쪽에서만 뽑기(top-p 0.5)",
    }
    again: Words = {"en": f"Draw again with seed {seed}", "ko": f"시드 {seed}로 다시 뽑기"}
    changes: list[tuple[Words, dict[str, Any]]] = [
        (hotter, {"temperature": t}),
        (likely, {"top_p": 0.5}),
        (again, {"seed": seed}),
    ]
    tries = [Experiment(words, NAME, {**given, **change}) for words, change in changes]
    cut: Words = {"en": "See how this text is cut into tokens", "ko": "이 글이 토큰으로 잘리는 모습 보기"}
    return [
        *[tried for tried in tries if tried.arguments != given][:2],
        Experiment(cut, "tokens", {"text": given["text"]}),
    ]
