"""How well retrieval finds the article and the sentence: `python -m tutor.evals.retrieval`.

The questions are those for measuring (corpus/qa/dev): those of corpus/qa/train stand in the index. A question counts
by the articles that its record names, or where it names none by the one that its reference stands in.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tutor import config
from tutor.evals import questions_file
from tutor.lookup import OWN_PAGE
from tutor.retrieval import encoder, fusion
from tutor.retrieval.builds import open_index
from tutor.retrieval.evidence import COVERED
from tutor.retrieval.index import Index
from tutor.text import sentences
from tutor.types import Hit, Lang

QUESTIONS = config.ROOT / "corpus" / "qa" / "dev"
LEGS = ("bm25", "dense", "hybrid")

# Questions that the sources do not answer.
OUTSIDE: dict[Lang, tuple[str, ...]] = {
    "en": (
        "Who won the 2022 FIFA World Cup?",
        "How do I make kimchi at home?",
        "What is the capital of Australia?",
        "Solve the integral of x squared from 0 to 3.",
        "Who founded Starbucks?",
        "What is quantum computing?",
        "How many parameters does Gemini Ultra have?",
        "When will the next Claude be released?",
        "What is Midjourney's business model?",
        "How does a nuclear reactor work?",
        "Who wrote Pride and Prejudice?",
        "What is the best phone to buy this year?",
        "How tall is Mount Everest?",
        "Who invented the telephone?",
        "What is blockchain mining?",
        "How does a diesel engine work?",
        "When did Deep Blue beat Kasparov?",
        "What is the recipe for banana bread?",
        "How do I center a div in CSS?",
        "Who is the president of France?",
    ),
    "ko": (
        "2002년 월드컵 4강에 든 나라는?",
        "김치찌개 맛있게 끓이는 법 알려줘",
        "호주의 수도는 어디야?",
        "이차방정식 근의 공식이 뭐야?",
        "스타벅스는 누가 창업했어?",
        "양자 컴퓨터는 어떻게 작동해?",
        "제미나이 울트라의 매개변수는 몇 개야?",
        "다음 클로드는 언제 나와?",
        "미드저니 구독료는 얼마야?",
        "원자력 발전소의 원리를 설명해줘",
        "춘향전은 누가 썼어?",
        "올해 가장 좋은 휴대폰은 뭐야?",
        "한라산의 높이는 얼마야?",
        "전화기는 누가 발명했어?",
        "비트코인 채굴이 뭐야?",
        "디젤 엔진은 어떻게 움직여?",
        "손흥민은 어느 팀에서 뛰어?",
        "부산에서 서울까지 기차로 얼마나 걸려?",
        "설악산에는 언제 단풍이 들어?",
        "파이썬으로 엑셀 파일 읽는 법",
    ),
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question, the slugs of the articles that answer it, and the sentences that do."""

    question: str
    lang: Lang
    slugs: tuple[str, ...]
    answer: tuple[str, ...]


@dataclass
class Tally:
    """Per question: rank of the first passage of a right article (0: none), rank of an answer sentence, seconds."""

    article: list[int] = field(default_factory=list)
    sentence: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def row(self) -> str:
        article, sentence = np.array(self.article), np.array(self.sentence)
        shares = [_within(article, 1), _within(article, 5), _within(sentence, 1), _within(sentence, 3)]
        p50, p95 = np.percentile(np.array(self.seconds) * 1000, [50, 95])
        return "  ".join(f"{share:6.1%}" for share in shares) + f"  {p50:6.1f}  {p95:6.1f}"


def labelled(path: Path, index: Index) -> Iterator[Labelled]:
    """The single-turn questions of an evaluation file that the articles answer."""
    for question in questions_file.read(path):
        if len(question.turns) > 1 or question.lang == "mixed" or not question.reference:
            continue
        reference = _squash(question.reference)
        holding = [
            (p.slug, sentence)
            for p in index.passages
            for sentence in (_squash(p.text[a:b]) for a, b in sentences(p.text))
            if sentence in reference
        ]
        slugs = tuple(question.article) or tuple(dict.fromkeys(slug for slug, _ in holding))
        if slugs and slugs[0] != OWN_PAGE:
            yield Labelled(question.turns[0], question.lang, slugs, tuple(sentence for _, sentence in holding))


def hits(index: Index, question: str, lang: Lang, leg: str, k: int = 6) -> list[Hit]:
    """What one leg alone, or the whole search ("hybrid"), finds."""
    if leg == "hybrid":
        return index.search(question, lang=lang, k=k)
    ranking = index.legs(question, lang)[LEGS.index(leg)]
    return [Hit(index.passages[number], score) for number, score in fusion.fuse([ranking])[:k]]


def measure(index: Index, questions: list[Labelled], leg: str) -> Tally:
    """Rank of the right article among the passages found, and of an answer among the sentences."""
    tally = Tally()
    for item in questions:
        start = time.perf_counter()
        found = hits(index, item.question, item.lang, leg)
        ranked = index.evidence(item.question, found)
        tally.seconds.append(time.perf_counter() - start)
        tally.article.append(next((rank for rank, hit in enumerate(found, 1) if hit.passage.slug in item.slugs), 0))
        right = [i for i, e in enumerate(ranked, 1) if _squash(e.text) in item.answer]
        tally.sentence.append(right[0] if right else 0)
    return tally


def _within(ranks: np.ndarray, k: int) -> float:
    return float(((ranks > 0) & (ranks <= k)).mean())


def _squash(text: str) -> str:
    return " ".join(text.split())


def main() -> None:
    settings = config.load()
    index = open_index(settings)
    index.search("warm up", lang="en")
    questions = [q for path in sorted(QUESTIONS.glob("*.jsonl")) for q in labelled(path, index)]
    print(f"{len(index.passages)} passages, {len(questions)} questions that the articles answer")
    print(f"{'':20}  art@1   art@5   sent@1  sent@3  p50 ms  p95 ms")
    for lang in ("en", "ko"):
        mine = [item for item in questions if item.lang == lang]
        for leg in LEGS if lang in encoder.LANGS else ("bm25", "hybrid"):
            print(f"{lang} {len(mine):4} {leg:10} {measure(index, mine, leg).row()}")
    print("confidence threshold: share of labelled questions kept, share of outside questions turned away")
    for lang, outside in OUTSIDE.items():
        inside = [item.question for item in questions if item.lang == lang]
        scores = [np.array([index.confidence(q, index.search(q, lang=lang)) for q in qs]) for qs in (inside, outside)]
        for at in (0.45, 0.5, COVERED, 0.55, 0.6):
            print(f"{lang} {at:.2f}  {(scores[0] >= at).mean():6.1%}  {(scores[1] < at).mean():6.1%}")


if __name__ == "__main__":
    main()
