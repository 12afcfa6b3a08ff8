"""Word vectors from nothing but the tutor's own articles: words in like company end up close together.

T. Mikolov et al., "Distributed Representations of Words and Phrases and their Compositionality" (2013). The
mechanism is in skip_gram.py.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tutor.labs.charts import Chart, Line, Words, finished
from tutor.labs.outcome import Claim, Experiment
from tutor.labs.skip_gram import (
    RAREST,
    SUBSAMPLE,
    WINDOW,
    cosines,
    count_pairs,
    look_up,
    read,
    subsampled,
    topics,
    train,
    vocabulary,
)
from tutor.labs.word_analogies import analogies, told
from tutor.labs.word_neighbours import measured, placed
from tutor.types import Frame, LabResult, Lang

NAME = "embeddings"
TITLE: Words = {"en": "Word vectors from the tutor's own articles", "ko": "튜터의 글로 배우는 단어 벡터"}
SUMMARY: Words = {
    "en": "From nothing but the tutor's articles, words that keep the same company move close together.",
    "ko": "튜터의 글만 읽고 배워도, 비슷한 말과 함께 쓰이는 낱말끼리 가까이 모여요.",
}
ASKED = (
    r"word\s?2\s?vec|word[\s-]?(?:vector|embedding)s?|embeddings?|skip[\s-]?gram|negative sampling"
    r"|(?:nearest|similar|neighbou?r(?:ing)?) words?|words? neighbou?rs?|word map|map of (?:the )?words"
    r"|워드\s*투\s*벡터?|워드\s*벡터|워드\s*임베딩|단어\s*벡터|낱말\s*벡터|임베딩|단어\s*임베딩|스킵\s*그램|네거티브\s*샘플링"
    r"|(?:비슷|가까운|유사)\S*\s*(?:단어|낱말)|(?:단어|낱말)\S*\s*지도"
)
STORY: Words = {"en": "word2vec word vectors skip-gram", "ko": "word2vec 낱말 벡터 스킵그램"}
METRIC = "loss"
METRIC_NAME: Words = {"en": "Loss per pair of words", "ko": "낱말 쌍마다의 손실"}
EPOCH_NAME: Words = {"en": "epoch", "ko": "에폭"}

ON_MAP = 40
WORD: Words = {"en": "Word", "ko": "낱말"}
DEFAULT: Words = {"en": "perceptron", "ko": "퍼셉트론"}


class Arguments(BaseModel):
    """Train word vectors (word2vec's skip-gram) on the tutor's articles and show a word's nearest neighbours."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    word: str = Field(
        "perceptron",
        min_length=1,
        max_length=40,
        description="Word whose neighbours are shown; one in Hangul is looked up in the Korean articles.",
    )
    language: Literal["en", "ko"] = Field("en", description="Train on the English or the Korean articles.")
    dimensions: int = Field(50, ge=2, le=100, description="Numbers in each word's vector.")
    epochs: int = Field(80, ge=1, le=200, description="Passes over all counted pairs of words.")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Random seed of the vectors before training.")


LABELS: Mapping[str, Words] = {
    "word": {"en": "Word to look at", "ko": "살펴볼 낱말"},
    "language": {"en": "Articles in", "ko": "글의 언어"},
    "en": {"en": "English", "ko": "영어"},
    "ko": {"en": "Korean", "ko": "한국어"},
    "dimensions": {"en": "Numbers a word", "ko": "낱말마다 수의 개수"},
    "epochs": {"en": "Epochs", "ko": "에폭"},
    "seed": {"en": "Seed", "ko": "시드"},
}


def run(arguments: Arguments) -> Generator[Frame, None, LabResult]:
    """Read, count, train. Raises ToolFailed if the articles hold too few words."""
    started = time.perf_counter()
    language: Lang = "ko" if re.search("[가-힣]", arguments.word) else arguments.language
    asked = DEFAULT[language] if arguments.word.lower() in DEFAULT.values() else arguments.word
    read_articles, spelling = yield from read(language)
    texts = [text for article in read_articles for text in article]
    words, frequency = vocabulary(texts, RAREST)
    raw = count_pairs(texts, words, WINDOW)
    counts = subsampled(raw, frequency, SUBSAMPLE)
    before, after, losses = yield from train(counts, arguments.dimensions, arguments.epochs, arguments.seed)
    known, like = look_up(asked, words, spelling)
    shown, frequent = words.index(known or like or words[0]), topics(read_articles, words, ON_MAP)
    found = {
        "language": language,
        "asked": asked,
        "known": known is not None,
        "like": like and spelling[like],
        "articles": len(read_articles),
        "words": len(words),
        "loss": losses,
        **measured(shown, [spelling[w] for w in words], raw, (cosines(before), cosines(after))),
        **placed(shown, [spelling[w] for w in words], after, frequent),
        "analogies": analogies(language, words, spelling, after),
    }
    solved = told(found["analogies"])
    text: Words = {
        "en": _english(found, arguments.epochs, arguments.dimensions) + solved["en"],
        "ko": _korean(found, arguments.epochs, arguments.dimensions) + solved["ko"],
    }
    return finished(NAME, arguments.model_dump(), found, text, time.perf_counter() - started)


def _learned(found: Mapping[str, Any]) -> bool:
    """Whether the nearest word of most words is one of its company, and far more often than by chance."""
    return found["nearest_is_beside"]["after"] > max(0.5, 2 * found["nearest_is_beside"]["before"])


def _english(found: Mapping[str, Any], epochs: int, dimensions: int) -> str:
    word, near, share, told = found["word"], found["neighbours"], found["nearest_is_beside"], []
    of = f"the {found['articles']} {'English' if found['language'] == 'en' else 'Korean'} articles"
    trained = f"{epochs} epoch{'s' * (epochs > 1)}"
    if not found["known"]:
        other = "the most similar one is" if found["like"] else "nor is one spelt like it, so this is about"
        told.append(
            f"“{found['asked']}” is not among the {found['words']:,} words that stand at least {RAREST} times in {of}; "
            f"{other} “{word}”."
        )
        of = "these articles"
    told.append(
        f"After {trained} on nothing but {of}, the words nearest to “{word}” are {_listed(near, ' (cosine ')}; "
        f"before training they were {', '.join(found['neighbours_before'][:3])}."
    )
    apart = next((n for n in near if not n["beside"]), None)
    if found["known"] and _learned(found):
        told.append(
            f"In the articles “{apart['word']}” never stands beside “{word}”, but {apart['shared']} other "
            f"{'words stand' if apart['shared'] != 1 else 'word stands'} beside both."
            if apart
            else f"All {len(near)} stand beside “{word}” somewhere in the articles."
        )
    verdict = (
        "nobody told the program what a word means, yet learning which words go together put related words close."
        if _learned(found)
        else f"{trained} with {dimensions} numbers a word taught too little, so much of this nearness is chance."
    )
    told.append(
        f"Of all {found['words']:,} words, {share['after']:.0%} now have a nearest word that really stands beside "
        f"them somewhere, {share['before']:.0%} before training: {verdict}"
    )
    return " ".join(told)


def _korean(found: Mapping[str, Any], epochs: int, dimensions: int) -> str:
    word, near, share, told = found["word"], found["neighbours"], found["nearest_is_beside"], []
    of = f"{'영어' if found['language'] == 'en' else '한국어'} 글 {found['articles']}편"
    if not found["known"]:
        other = "가장 비슷한" if found["like"] else "철자가 비슷한 낱말도 없으니 대신"
        told.append(
            f"물어본 낱말(‘{found['asked']}’)은 {of}에 {RAREST}번 이상 나오는 낱말 {found['words']:,}개에 "
            f"들어 있지 않아요. {other} 낱말 ‘{word}’의 결과를 볼게요."
        )
        of = "이 글들"
    told.append(
        f"{of}만 가지고 {epochs}에폭 학습했더니 ‘{word}’에 가장 가까운 낱말은 {_listed(near, '(코사인 ')} 순이고, "
        f"학습 전에는 {', '.join(found['neighbours_before'][:3])} 순이었어요."
    )
    apart = next((n for n in near if not n["beside"]), None)
    if found["known"] and _learned(found):
        told.append(
            f"그중 ‘{apart['word']}’ 하나만 보면, 글에서 ‘{word}’ 곁에 나온 적은 없지만 둘 모두의 곁에 나오는 낱말이 "
            f"{apart['shared']}개 있어요."
            if apart
            else f"이 {len(near)}개는 모두 글 어딘가에서 ‘{word}’ 곁에 나와요."
        )
    verdict = (
        "뜻은 아무도 알려 주지 않았는데, 어떤 낱말이 함께 쓰이는지만 배워도 관련 있는 낱말끼리 가까이 모였어요."
        if _learned(found)
        else f"낱말마다 수 {dimensions}개로 {epochs}에폭 배운 것으로는 모자라서, 우연히 가까운 낱말이 많아요."
    )
    told.append(
        f"전체 낱말 {found['words']:,}개 중 {share['after']:.0%}는 가장 가까운 낱말이 글에서 실제로 곁에 나오는 "
        f"낱말이에요(학습 전 {share['before']:.0%}). {verdict}"
    )
    return " ".join(told)


def _listed(near: Sequence[Mapping[str, Any]], opening: str) -> str:
    """Rosenblatt (cosine 0.73), theorem (0.69)."""
    later = opening.split("(")[0] + "("
    return ", ".join(f"{n['word']}{opening if n is near[0] else later}{n['cosine']:.2f})" for n in near)


def charts(result: LabResult) -> list[Chart]:
    """The word's neighbours, the map of words, and how similar some words are to each other."""
    return [_neighbours(result.record), _map(result.record), _similarity(result.record)]


def _neighbours(found: Mapping[str, Any]) -> Chart:
    near, names = found["neighbours"], [n["word"] for n in found["neighbours"]]
    before = [n["cosine_before"] for n in near]
    earlier = ", ".join(f"{cosine:.2f}" for cosine in before)
    return Chart(
        "bar",
        {"en": f"Nearest to “{found['word']}”", "ko": f"‘{found['word']}’에 가장 가까운 낱말"},
        WORD,
        {"en": "Cosine with it", "ko": "코사인 유사도"},
        {
            "en": f"Cosines after training: {_listed(near, ' (')}; the same words before it: {earlier}.",
            "ko": f"학습 후 코사인: {_listed(near, '(')}. 같은 낱말의 학습 전 코사인: {earlier}.",
        },
        [
            Line({"en": "after training", "ko": "학습 후"}, names, [n["cosine"] for n in near]),
            Line({"en": "before training", "ko": "학습 전"}, names, before),
        ],
    )


def _map(found: Mapping[str, Any]) -> Chart:
    words, points, word = found["map"]["words"], found["map"]["points"], found["word"]
    near = len(found["neighbours"]) + 1
    groups: list[tuple[Words, slice]] = [
        ({"en": "frequent words", "ko": "자주 나오는 낱말"}, slice(near, None)),
        ({"en": "nearest words", "ko": "가까운 낱말"}, slice(1, near)),
        ({"en": f"“{word}”", "ko": f"‘{word}’"}, slice(0, 1)),
    ]
    variance, place = f"{found['map']['variance']:.0%}", f"({points[0][0]:.2f}, {points[0][1]:.2f})"
    return Chart(
        "points",
        {"en": f"A map of {len(words)} words", "ko": f"낱말 {len(words)}개의 지도"},
        {"en": "First principal component", "ko": "첫째 주성분"},
        {"en": "Second principal component", "ko": "둘째 주성분"},
        {
            "en": f"{len(words)} words as points: “{word}” at {place}, its nearest words {', '.join(words[1:near])}, "
            f"and frequent ones. The two axes keep {variance} of the vectors' variance.",
            "ko": f"점으로 나타낸 낱말 {len(words)}개. ‘{word}’의 자리: {place}. "
            f"가까운 낱말: {', '.join(words[1:near])}. 나머지는 자주 나오는 낱말. 두 축에 담긴 벡터 분산: {variance}.",
        },
        [Line(name, [x for x, _ in points[part]], [y for _, y in points[part]], words[part]) for name, part in groups],
    )


def _similarity(found: Mapping[str, Any]) -> Chart:
    words, cells = found["compared"]["words"], found["compared"]["cosines"]
    near = len(found["neighbours"]) + 1
    inside = f"{np.mean([cells[i][j] for i in range(near) for j in range(i)]):.2f}"
    outside = f"{np.mean([cells[i][j] for i in range(near) for j in range(near, len(words))]):.2f}"
    return Chart(
        "heatmap",
        {"en": "How similar the words are", "ko": "낱말끼리 얼마나 비슷한가"},
        WORD,
        WORD,
        {
            "en": f"Cosines of “{found['word']}”, its nearest words and {len(words) - near} frequent ones far from it: "
            f"{inside} on average among the first {near}, {outside} between them and the far ones.",
            "ko": f"‘{found['word']}’, 가까운 낱말, 자주 나오지만 먼 낱말 {len(words) - near}개의 코사인 유사도. "
            f"앞의 {near}개끼리 평균 {inside}, 먼 낱말과는 평균 {outside}.",
        },
        cells=cells,
        rows=words,
        columns=words,
    )


CLAIMS = (
    Claim(
        "After training, the nearest word of at least three words in four stands beside them in the articles; before, "
        "of at most one in six.",
        lambda record: record["nearest_is_beside"]["after"] >= 0.75 and record["nearest_is_beside"]["before"] <= 1 / 6,
        at_least=99,
    ),
    Claim(
        "Rosenblatt, who made the perceptron, is among the five words nearest to it.",
        lambda record: "Rosenblatt" in [near["word"] for near in record["neighbours"]],
        at_least=95,
    ),
)


def next_experiments(result: LabResult) -> list[Experiment]:
    """Where little was learned, more training; the nearest word's own neighbours; the other language's articles."""
    found, given = result.record, result.record["arguments"]
    other: Lang = "ko" if found["language"] == "en" else "en"
    near = next(n["word"] for n in found["neighbours"] if n["word"].lower() not in DEFAULT.values())
    longer: Words = {"en": "Train for 80 epochs, 50 numbers a word", "ko": "낱말마다 수 50개로 80에폭 학습해 보기"}
    around: Words = {"en": f"Look around “{near}”", "ko": f"‘{near}’ 둘레 보기"}
    articles: Words = {
        "en": f"Learn from the {LABELS[other]['en']} articles",
        "ko": f"{LABELS[other]['ko']} 글로 배워 보기",
    }
    tries = [
        *([] if _learned(found) else [Experiment(longer, NAME, {**given, "dimensions": 50, "epochs": 80})]),
        Experiment(around, NAME, {**given, "word": near, "language": found["language"]}),
        Experiment(articles, NAME, {**given, "word": DEFAULT[other], "language": other}),
    ]
    return [tried for tried in tries if tried.arguments != given]
