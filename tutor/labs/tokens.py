"""Byte pair encoding, learned merge by merge on the learner's own text, beside the tokenizer of the bundled model.

R. Sennrich, B. Haddow and A. Birch, "Neural Machine Translation of Rare Words with Subword Units", ACL (2016),
Algorithm 1; on bytes, as in A. Radford et al., "Language Models are Unsupervised Multitask Learners" (2019).
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from tutor.config import BUNDLED_MODEL
from tutor.labs.byte_pairs import learn
from tutor.labs.charts import Chart, Line, Words, finished
from tutor.labs.outcome import Claim, Experiment
from tutor.labs.token_bytes import (
    ENGLISH,
    KOREAN,
    LONGEST_TEXT,
    bundled_tokenizer,
    bytes_of,
    clean,
    language_of,
    measured,
    readable,
    words_of,
)
from tutor.types import Frame, LabResult, Lang

NAME = "tokens"
TITLE: Words = {"en": "Byte pair encoding, merge by merge", "ko": "바이트 쌍 인코딩을 한 단계씩"}
SUMMARY: Words = {
    "en": "How a text's bytes are joined to tokens pair by pair, and what Korean and English words cost in tokens.",
    "ko": "글의 바이트가 쌍마다 합쳐져 토큰이 되는 과정과, 한국어와 영어 단어에 드는 토큰 수를 보여 줘요.",
}
ASKED = (
    r"\btokeni[sz]\w*|\btokens?\b(?!\s+prediction)|\bbyte[\s-]*pairs?\b|\bBPE\b|\bsub-?words?\b"
    r"|토큰|토크나이[저즈]|토크나이징|바이트\s*쌍|바이트\s*페어|비피이|서브\s*워드|하위\s*단어"
)
STORY: Words = {"en": "byte pair encoding tokenization", "ko": "바이트 쌍 인코딩 토큰화"}
METRIC = "tokens"
METRIC_NAME: Words = {"en": "tokens left", "ko": "남은 토큰 수"}
EPOCH_NAME: Words = {"en": "merge", "ko": "병합"}

LANGS: tuple[Lang, ...] = ("en", "ko")
MOST_FRAMES, SHOWN_MERGES = 200, 20
WHOLE = "whole text"
NAMES: Mapping[str, Words] = {
    WHOLE: {"en": "whole text", "ko": "글 전체"},
    KOREAN: {"en": "Korean words", "ko": "한국어 단어"},
    ENGLISH: {"en": "English words", "ko": "영어 단어"},
}


class Arguments(BaseModel):
    """Learn byte pair encoding on a text, merge by merge, and compare Korean with English tokens."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    text: Annotated[str, AfterValidator(clean)] = Field(
        "A perceptron learns from its mistakes. A network of perceptrons learns more than one perceptron alone. "
        "퍼셉트론은 실수에서 배워요. 퍼셉트론을 이은 신경망은 퍼셉트론 하나보다 더 많이 배워요.",
        min_length=1,
        max_length=LONGEST_TEXT,
        description="Text to learn the tokens from; Korean and English can be mixed.",
    )
    merges: int = Field(40, ge=1, le=200, description="How many times the most frequent pair is merged.")


LABELS: Mapping[str, Words] = {
    "text": {"en": "Text", "ko": "글"},
    "merges": {"en": "Merges at most", "ko": "최대 병합 횟수"},
}
# The words of Sennrich's paper, as often as they stand there.
CLASSIC = " ".join(["low"] * 5 + ["lower"] * 2 + ["newest"] * 6 + ["widest"] * 3)


# ---- the run -----------------------------------------------------------------------------------------
def run(arguments: Arguments) -> Generator[Frame, None, LabResult]:
    """Frames have the metric "tokens", series "whole text" and, where they occur, "Korean" and "English"."""
    started = time.perf_counter()
    words = words_of(arguments.text)
    groups = {WHOLE: [word.encode() for word in words]}
    for name in (KOREAN, ENGLISH):
        if own := [word.encode() for word in words if language_of(word) == name]:
            groups[name] = own
    left = {name: [sum(map(len, own))] for name, own in groups.items()}  # after each merge
    stages = [{word: tuple(bytes([byte]) for byte in word) for word in groups[WHOLE]}]
    every = -(-len(groups) * (arguments.merges + 1) // MOST_FRAMES)
    merges: list[dict[str, Any]] = []
    yield from _frames(left, 0)
    for pair, count, cuts in learn(Counter(groups[WHOLE]), arguments.merges):
        stages.append(cuts)
        merges.append({"left": readable(pair[0]), "right": readable(pair[1]), "count": count})
        for name, own in groups.items():
            left[name].append(sum(len(cuts[word]) for word in own))
        if len(merges) % every == 0:
            yield from _frames(left, len(merges))
    if len(merges) % every:
        yield from _frames(left, len(merges))
    tokenizer, middle = bundled_tokenizer(), len(merges) // 2
    shown = {"UTF-8": stages[0], f"BPE {middle}": stages[middle], f"BPE {len(merges)}": stages[-1]}
    cuts_of_text = {name: tuple(token for word in groups[WHOLE] for token in cut[word]) for name, cut in shown.items()}
    cuts_of_text[BUNDLED_MODEL.name] = tuple(map(bytes_of, tokenizer.encode(arguments.text).tokens))
    found = {"merges": merges, "tokens": left, **measured(words, cuts_of_text)}
    found |= {"vocabulary": tokenizer.get_vocab_size(), "ended_early": len(merges) < arguments.merges}
    texts: Words = {"en": _english(found), "ko": _korean(found)}
    return finished(NAME, arguments.model_dump(), found, texts, time.perf_counter() - started)


def _frames(left: Mapping[str, Sequence[int]], done: int) -> Iterator[Frame]:
    for name, counts in left.items():
        yield Frame(done, done, {METRIC: float(counts[-1])}, series=name)


# ---- in words ----------------------------------------------------------------------------------------
def _english(found: Mapping[str, Any]) -> str:
    merges, before, after, bundled = len(found["merges"]), *_totals(found)
    if not merges:
        told = f"No pair of bytes occurs twice within words, so nothing was merged: {_count(before)}, one a byte."
    else:
        left, right, count = found["merges"][0].values()
        early = ", after which no pair occurred twice," if found["ended_early"] else ""
        told = (
            f"{merges} merge{'s' * (merges > 1)}{early} turned the text's {before} bytes into {_count(after)}; the "
            f"first pair merged, ‘{left}’ and ‘{right}’, stood side by side {count} times."
        )
        told += " (<0x…> is a byte that is only part of a letter.)" * ("<0x" in left + right)
    each = [
        f"{name} took {a:.2g} as bytes, {b:.2g} after merging and {c:.2g} in the tutor's own tokenizer ({count} in all)"
        for name, (a, b, c), count in _per_character(found)
    ]
    told += f" In tokens per character, {'; '.join(each)}." if each else ""
    if before == after == bundled:
        return f"{told} This text is too short to tell the ways of cutting apart: {_count(before)} each time."
    return (
        f"{told} So one and the same text is {before}, {after} or, with the {found['vocabulary']:,} tokens that the "
        f"tutor's tokenizer has learned, {_count(bundled)} long: the count depends on the tokenizer too."
    )


def _korean(found: Mapping[str, Any]) -> str:
    merges, before, after, bundled = len(found["merges"]), *_totals(found)
    if not merges:
        told = f"단어 안에서 두 번 나오는 바이트 쌍이 없어서 합칠 것이 없었어요. 바이트마다 하나씩 토큰 {before}개예요."
    else:
        left, right, count = found["merges"][0].values()
        early = "(그 뒤로는 두 번 나오는 쌍이 없었어요)" if found["ended_early"] else ""
        told = (
            f"병합 {merges}번{early} 만에 글의 {before}바이트가 토큰 {after}개로 줄었어요. "
            f"가장 먼저 합친 쌍(‘{left}’ + ‘{right}’)은 {count}번 나란히 나왔어요."
        )
        told += " (<0x…>는 글자의 일부인 바이트예요.)" * ("<0x" in left + right)
    each = [
        f"{NAMES[name]['ko']}는 바이트일 때 {a:.2g}개, 합친 뒤 {b:.2g}개, 튜터의 토크나이저로 {c:.2g}개(모두 {count}개)"
        for name, (a, b, c), count in _per_character(found)
    ]
    told += f" 글자당 토큰 수를 보면, {', '.join(each)}예요." if each else ""
    if before == after == bundled:
        return f"{told} 글이 너무 짧아서 자르는 방법의 차이가 보이지 않아요. 어느 쪽이든 토큰 {before}개예요."
    return (
        f"{told} 똑같은 글이 토큰 {before}개도 되고 {after}개도 되고, 토큰 {found['vocabulary']:,}개를 배운 튜터의 "
        f"토크나이저로는 {bundled}개가 돼요. 토큰 수는 글만이 아니라 토크나이저에 달렸어요."
    )


def _count(tokens: int) -> str:
    return f"{tokens} token{'s' * (tokens != 1)}"


def _totals(found: Mapping[str, Any]) -> tuple[int, int, int]:
    """Tokens of the text as bytes, after the merges, and in the bundled tokenizer."""
    return found["tokens"][WHOLE][0], found["tokens"][WHOLE][-1], len(found["cuts"][BUNDLED_MODEL.name])


def _per_character(found: Mapping[str, Any]) -> Iterator[tuple[str, list[float], int]]:
    """Of each language: tokens a character as bytes, after the merges and bundled; and its bundled tokens."""
    for name, language in found["languages"].items():
        counts = list(language["tokens"].values())
        per = [counts[i] / language["characters"] for i in (0, -2, -1)]
        yield name, per, counts[-1]


# ---- in pictures -------------------------------------------------------------------------------------
def charts(result: LabResult) -> list[Chart]:
    """How the text shrinks; the merges; tokens a character; a word of each language in all its cuts."""
    record = result.record
    drawn = [_shrinking(record)]
    drawn += [_merges(record)] if record["merges"] else []
    drawn += [_by_language(record)] if record["languages"] else []
    return [*drawn, _examples(record)]


def _shrinking(record: Mapping[str, Any]) -> Chart:
    left = record["tokens"]
    lines = [Line(NAMES[name], list(range(len(counts))), counts) for name, counts in left.items()]
    en, ko = ([f"{NAMES[name][lang]} {c[0]} → {c[-1]}" for name, c in left.items()] for lang in LANGS)
    return Chart(
        "line",
        {"en": "Tokens left after each merge", "ko": "병합할 때마다 남은 토큰 수"},
        EPOCH_NAME,
        METRIC_NAME,
        {
            "en": f"Falling lines over {len(record['merges'])} merges: {', '.join(en)} tokens.",
            "ko": f"병합 {len(record['merges'])}번 동안 내려가는 선이에요. 토큰 수: {', '.join(ko)}.",
        },
        lines,
    )


def _merges(record: Mapping[str, Any]) -> Chart:
    first = record["merges"][:SHOWN_MERGES]
    pairs = [f"{m['left']} + {m['right']}" for m in first]
    listed = ", ".join(f"{pair} ({m['count']})" for pair, m in zip(pairs, first, strict=True))
    return Chart(
        "bar",
        {"en": f"Merges 1 to {len(first)}", "ko": f"병합 1~{len(first)}번"},
        {"en": "pair that was merged", "ko": "합친 쌍"},
        {"en": "times it occurred", "ko": "나온 횟수"},
        {"en": f"Bars in the order of merging: {listed}.", "ko": f"합친 순서대로 그린 막대예요. {listed}."},
        [Line(EPOCH_NAME, [f"{i}. {pair}" for i, pair in enumerate(pairs, 1)], [m["count"] for m in first])],
    )


def _by_language(record: Mapping[str, Any]) -> Chart:
    lines = []
    alt: dict[Lang, list[str]] = {lang: [] for lang in LANGS}
    for name, language in record["languages"].items():
        per = {stage: round(count / language["characters"], 3) for stage, count in language["tokens"].items()}
        lines.append(Line(NAMES[name], list(per), list(per.values())))
        for lang, told in alt.items():
            told.append(f"{NAMES[name][lang]}: " + ", ".join(f"{stage} {y:.2g}" for stage, y in per.items()))
        each_byte = language["tokens"][BUNDLED_MODEL.name] / language["bytes"]
        alt["en"][-1] += f" ({each_byte:.2g} per byte)"
        alt["ko"][-1] += f" (바이트당 {each_byte:.2g})"
    return Chart(
        "bar",
        {"en": "Tokens for each character", "ko": "글자 하나에 드는 토큰 수"},
        {"en": "way of cutting", "ko": "자르는 방법"},
        {"en": "tokens per character", "ko": "글자당 토큰 수"},
        {lang: "; ".join(told) + "." for lang, told in alt.items()},
        lines,
    )


def _examples(record: Mapping[str, Any]) -> Chart:
    """One line a way of cutting; on each row a word's tokens stand where their first byte does."""
    examples, stages, lines = record["examples"], list(record["cuts"]), []
    for i, stage in enumerate(stages):
        x, y, labels = [], [], []
        for row, cuts in enumerate(examples.values()):
            for at, token in cuts[stage]:
                x.append(at)
                y.append((len(examples) - row) * (len(stages) + 1) - i)
                labels.append("" if token.count("<0x") else token)  # bytes of a letter would run together
        lines.append(Line({"en": stage, "ko": stage}, x, y, labels))
    told = "; ".join(
        f"{stage}: {' | '.join(token for _, token in cut)}" for cuts in examples.values() for stage, cut in cuts.items()
    )
    return Chart(
        "points",
        {"en": "The longest word of each language, cut four ways", "ko": "언어마다 가장 긴 단어를 자른 모습"},
        {"en": "byte at which the token begins", "ko": "토큰이 시작하는 바이트"},
        {"en": "from top to bottom: way of cutting", "ko": "위에서 아래로: 자르는 방법"},
        {"en": f"Words in pieces (· is a space). {told}.", "ko": f"조각난 단어예요(·는 빈칸). {told}."},
        lines,
    )


# ---- what it shows, and what may be tried next ----------------------------------------------------------
def _joined(cut: Sequence[str]) -> str:
    """The text that the readable tokens of `cut` make when they are put side by side."""
    raw = re.sub("<0x(..)>", lambda byte: chr(0xDC00 + int(byte[1], 16)), "".join(cut).replace("·", " "))
    return raw.encode("utf-8", "surrogateescape").decode()


def _bytes_a_character(record: Mapping[str, Any], language: str) -> float:
    return record["languages"][language]["bytes"] / record["languages"][language]["characters"]


CLAIMS = (
    Claim(
        "However it is cut, the tokens put side by side give the text back.",
        lambda record: all(_joined(cut) == record["arguments"]["text"] for cut in record["cuts"].values()),
        at_least=100,
    ),
    Claim(
        "Every merge leaves fewer tokens; after 40 merges fewer than six in ten are left.",
        lambda record: (
            all(after < before for before, after in pairwise(record["tokens"][WHOLE]))
            and record["tokens"][WHOLE][-1] < 0.6 * record["tokens"][WHOLE][0]
        ),
        at_least=100,
    ),
    Claim(
        "As bytes, a Korean character takes more than twice the tokens that an English one takes.",
        lambda record: _bytes_a_character(record, KOREAN) > 2 * _bytes_a_character(record, ENGLISH),
        at_least=100,
    ),
)


def next_experiments(result: LabResult) -> list[Experiment]:
    """More merges where more are to be had, else few; the paper's own words; then what a model makes of the text."""
    given = result.record["arguments"]
    merges = 5 if result.record["ended_early"] or given["merges"] == 200 else 200
    more: Words = {"en": f"Merge up to {merges} times", "ko": f"{merges}번까지 합쳐 보기"}
    classic: Words = {
        "en": "Try the words of the paper: low, lower, newest, widest",
        "ko": "논문의 예로 해 보기(low, lower, newest, widest)",
    }
    follows: Words = {"en": "See which token may follow this text", "ko": "이 글 다음에 올 토큰 보기"}
    tries = [
        Experiment(more, NAME, {**given, "merges": merges}),
        Experiment(classic, NAME, {**given, "text": CLASSIC}),
        Experiment(follows, "next_token", {"text": given["text"]}),
    ]
    return [tried for tried in tries if tried.arguments != given]
