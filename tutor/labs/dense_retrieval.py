"""Where a question lands among the articles: the tutor's own sentence encoder, seen at work.

V. Karpukhin et al., "Dense Passage Retrieval for Open-Domain Question Answering" (2020): question and passage become
vectors, and the nearest passages by inner product are what is found. The vectors are tutor-embed's (384 numbers each).
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tutor import config
from tutor.corpus import articles
from tutor.errors import ToolFailed
from tutor.labs.charts import Chart, Line, Words, finished
from tutor.labs.outcome import Claim, Experiment
from tutor.retrieval import encoder
from tutor.text import sentences, terms
from tutor.types import Document, Frame, LabResult, Lang

NAME = "dense_retrieval"
TITLE: Words = {"en": "Where your question lands", "ko": "질문이 떨어지는 자리"}
SUMMARY: Words = {
    "en": "Your question and every article become vectors of 384 numbers; see which articles lie nearest, and how far "
    "shared words alone would have led.",
    "ko": "질문과 모든 글을 수 384개짜리 벡터로 바꿔서, 어느 글이 가까운지, 같은 낱말만 세면 어떻게 다른지 봐요.",
}
ASKED = (
    r"dense (?:passage )?retriev|retrieval[- ]augmented|\brag\b|(?:vector|semantic) search"
    r"|sentence (?:embedding|encoder)s?|where (?:\w+ ){1,3}question lands|how (?:you|the tutor) (?:find|search)"
    r"|벡터 ?검색|의미 ?검색|밀집 ?검색|검색 ?증강|문장 ?(?:임베딩|벡터|인코더)|질문이 (?:어디|떨어)"
    r"|(?<![A-Za-z])rag(?![A-Za-z])"
)
STORY: Words = {"en": "dense retrieval RAG finds passages by vectors", "ko": "RAG 밀집 검색 벡터로 글 찾기"}
METRIC = "cosine"
METRIC_NAME: Words = {"en": "nearest so far (cosine)", "ko": "지금까지 가장 가까운 글(코사인)"}
EPOCH_NAME: Words = {"en": "articles read", "ko": "읽은 글 수"}

QUESTION: Words = {
    "en": "How can a network remember something for a long time?",
    "ko": "신경망이 오래전에 본 것을 어떻게 기억해?",
}
# Another, which shares hardly a word with the articles that it lands near.
OTHER: Words = {"en": "How do machines tell cats from dogs?", "ko": "기계는 고양이와 개를 어떻게 구별해?"}
LEAD = 6  # sentences of an article that stand for it
BATCH = 4  # articles a frame
NEAREST = 8  # told and drawn


class Arguments(BaseModel):
    """Show where a question lands among the tutor's articles: the nearest by meaning, beside those by shared words."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    question: str = Field(
        QUESTION["en"], min_length=1, max_length=200, description="Question to search with, in Korean or English."
    )
    articles: Literal["en", "ko"] = Field("en", description="Search the English or the Korean articles.")


LABELS: Mapping[str, Words] = {
    "question": {"en": "Question", "ko": "질문"},
    "articles": {"en": "Articles in", "ko": "글의 언어"},
    "en": {"en": "English", "ko": "영어"},
    "ko": {"en": "Korean", "ko": "한국어"},
}


def run(arguments: Arguments) -> Generator[Frame, None, LabResult]:
    """A frame a few articles read.

    Raises:
        ToolFailed: there are too few articles to search.
    """
    started = time.perf_counter()
    read = _articles(arguments.articles)
    leads = [_lead(article) for article in read]
    yield Frame(0, 0, {}, series=NAME)  # the encoder, where it is not loaded yet, takes seconds
    asked = encoder.question(arguments.question).vector
    vectors: list[np.ndarray] = []
    for start in range(0, len(read), BATCH):
        some = zip(read[start : start + BATCH], leads[start : start + BATCH], strict=True)
        vectors += list(encoder.encode([encoder.passage_text(article.title, lead) for article, lead in some]))
        yield Frame(len(vectors), len(vectors), {METRIC: float(max(vector @ asked for vector in vectors))}, series=NAME)
    found = _found(arguments.question, read, leads, np.stack(vectors), asked)
    text: Words = {"en": _english(found), "ko": _korean(found)}
    return finished(NAME, arguments.model_dump(), found, text, time.perf_counter() - started)


def _articles(lang: Lang) -> list[Document]:
    read = [articles.document(path) for path in sorted((config.load().corpus / lang).glob("*.md"))]
    if len(read) <= NEAREST:
        raise ToolFailed(
            f"There are only {len(read)} articles in corpus/{lang}, too few to search.",
            f"Put articles into corpus/{lang}.",
            ko=(f"corpus/{lang}에 글이 {len(read)}개뿐이라 찾아볼 수 없어요.", f"corpus/{lang}에 글을 넣어 주세요."),
        )
    return read


def _lead(article: Document) -> list[str]:
    """The first sentences of an article's own text."""
    body = re.sub(r"^#.*$", "", article.body, flags=re.M).strip()
    return [body[a:b] for a, b in sentences(body)[:LEAD]]


def _found(
    question: str, read: Sequence[Document], leads: Sequence[Sequence[str]], vectors: np.ndarray, asked: np.ndarray
) -> dict[str, Any]:
    """Cosines (N,), the count of the question's words that each lead shares, and the map of the two widest axes."""
    cosines = np.round((vectors @ asked).astype(float), 4)
    words = set(terms(question))
    shared = np.array(
        [len(words & set(terms(" ".join([a.title, *lead])))) for a, lead in zip(read, leads, strict=True)]
    )
    middle = vectors.mean(axis=0)
    _, widths, axes = np.linalg.svd(vectors - middle, full_matrices=False)
    best = np.argsort(-cosines, kind="stable")
    return {
        "question": question,
        "titles": [article.title for article in read],
        "slugs": [article.slug for article in read],
        "cosines": cosines.tolist(),
        "words": len(words),
        "shared": shared.tolist(),
        "nearest": best[:NEAREST].tolist(),
        "map": np.round((vectors - middle) @ axes[:2].T, 4).astype(float).tolist(),
        "question_on_map": np.round((asked - middle) @ axes[:2].T, 4).tolist(),
        "kept": round(float((widths[:2] ** 2).sum() / (widths**2).sum()), 4),
    }


def _english(found: Mapping[str, Any]) -> str:
    first, last = found["nearest"][0], found["nearest"][-1]
    cosines, titles, shared = found["cosines"], found["titles"], found["shared"]
    unshared, before, beside = _by_words(found)
    told = (
        f"Of {len(titles)} articles the question lands nearest to “{titles[first]}” (cosine {cosines[first]:.2f}; the "
        f"eighth has {cosines[last]:.2f}, the middle one {np.median(cosines):.2f})."
    )
    if shared[first] == 0:
        words = "Its first sentences share no word with the question: words alone would not have found it."
    elif before + beside == 0:
        words = "It also shares the most words with the question: here words alone lead to the same article."
    else:
        words = f"By shared words alone, {before} would stand before it, and {beside} would be its equal."
    return (
        f"{told} {words} Of the {NEAREST} nearest, {unshared} share no word with the question. The map keeps "
        f"{found['kept']:.0%} of the spread of 384 numbers, so what looks near on it need not be near."
    )


def _korean(found: Mapping[str, Any]) -> str:
    first, last = found["nearest"][0], found["nearest"][-1]
    cosines, titles, shared = found["cosines"], found["titles"], found["shared"]
    unshared, before, beside = _by_words(found)
    told = (
        f"질문은 글 {len(titles)}개 가운데 ‘{titles[first]}’에 가장 가까워요(코사인 {cosines[first]:.2f}, 여덟째 글 "
        f"{cosines[last]:.2f}, 한가운데 글 {np.median(cosines):.2f})."
    )
    if shared[first] == 0:
        words = "그 글의 첫머리에는 질문과 같은 낱말이 하나도 없어서, 낱말만으로는 찾지 못했을 거예요."
    elif before + beside == 0:
        words = "질문과 같은 낱말이 가장 많은 글이기도 해서, 여기서는 낱말만 세어도 같은 글을 찾아요."
    else:
        words = f"같은 낱말만 세면 그 글보다 앞서는 글이 {before}개, 나란한 글이 {beside}개예요."
    return (
        f"{told} {words} 가까운 글 {NEAREST}개 중 {unshared}개는 질문과 같은 낱말이 하나도 없어요. 지도는 수 384개에 "
        f"담긴 차이의 {found['kept']:.0%}만 보여 줘서, 지도에서 가깝다고 정말 가까운 것은 아니에요."
    )


def _by_words(found: Mapping[str, Any]) -> tuple[int, int, int]:
    """How many of the nearest share no word, and how many articles share more words than the nearest, or as many."""
    shared, first = found["shared"], found["nearest"][0]
    more, same = (sum(pair) for pair in zip(*[(s > shared[first], s == shared[first]) for s in shared], strict=True))
    return sum(shared[i] == 0 for i in found["nearest"]), more, same - 1


def charts(result: LabResult) -> list[Chart]:
    """The map, and the nearest articles with their cosines and shared words."""
    found = result.record
    near, titles = found["nearest"], found["titles"]
    names = [titles[i] for i in near]
    best, value = names[0], found["cosines"][near[0]]
    others = [place for i, place in enumerate(found["map"]) if i not in near]
    clouds = [
        Line({"en": "other articles", "ko": "다른 글"}, *_columns(others)),
        Line({"en": "nearest articles", "ko": "가까운 글"}, *_columns([found["map"][i] for i in near]), labels=names),
        Line({"en": "the question", "ko": "질문"}, *_columns([found["question_on_map"]]), labels=["?"]),
    ]
    across: Words = {"en": "widest axis", "ko": "가장 넓은 축"}
    up: Words = {"en": "second widest axis", "ko": "둘째로 넓은 축"}
    alt: Words = {
        "en": f"{len(titles)} articles as points, the question among them; nearest: {', '.join(names[:3])}.",
        "ko": f"글 {len(titles)}개가 점으로 찍혀 있고 그 사이에 질문이 있어요. 가장 가까운 글: {', '.join(names[:3])}.",
    }
    bars = [
        Line({"en": "cosine with the question", "ko": "질문과의 코사인"}, names, [found["cosines"][i] for i in near]),
        Line(
            {"en": "share of the question's words in it", "ko": "글에 든 질문 낱말의 비율"},
            names,
            [found["shared"][i] / max(1, found["words"]) for i in near],
        ),
    ]
    bar_alt: Words = {
        "en": f"Bars of the {NEAREST} nearest articles, from {best} with a cosine of {value:.2f} downwards.",
        "ko": f"가까운 글 {NEAREST}개의 막대. {best}의 코사인 {value:.2f}부터 차례로 낮아져요.",
    }
    return [
        Chart("points", {"en": "Articles and your question", "ko": "글과 질문의 자리"}, across, up, alt, clouds),
        Chart(
            "bar",
            {"en": "By meaning and by words", "ko": "뜻으로, 낱말로"},
            {"en": "article", "ko": "글"},
            {"en": "cosine; share", "ko": "코사인, 비율"},
            bar_alt,
            bars,
        ),
    ]


def _columns(places: Sequence[Sequence[float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in places], [y for _, y in places]


def next_experiments(result: LabResult) -> list[Experiment]:
    """The same question in the other language, or another question; then how such vectors come to be."""
    question, lang = result.arguments["question"], result.arguments["articles"]
    other: Lang = "ko" if lang == "en" else "en"
    names: Words = {"en": "Korean", "ko": "한국어"} if other == "ko" else {"en": "English", "ko": "영어"}
    translated: Words = {
        "en": f"Search the {names['en']} articles with the same question",
        "ko": f"같은 질문으로 {names['ko']} 글 찾기",
    }
    found = [Experiment(translated, NAME, {"question": question, "articles": other})]
    if question != OTHER[lang]:
        words: Words = {"en": "Ask about cats and dogs", "ko": "고양이와 개에 대해 묻기"}
        found.append(Experiment(words, NAME, {"question": OTHER[lang], "articles": lang}))
    return [
        *found,
        Experiment({"en": "Train word vectors from nothing", "ko": "낱말 벡터를 처음부터 학습하기"}, "embeddings"),
    ]


def _memory_found(record: Mapping[str, Any]) -> bool:
    return "recurrence" in [record["slugs"][i] for i in record["nearest"][:3]]


CLAIMS = (
    Claim("A question that does not name recurrence has it among its three nearest articles.", _memory_found, 100),
    Claim(
        "So does the same question in Korean, among the English articles.",
        _memory_found,
        100,
        {"question": QUESTION["ko"]},
    ),
)
