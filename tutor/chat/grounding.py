"""What the model is shown of the sources, and the check of what it says against them.

The check is by rule and strict: it would rather withhold a true sentence than pass an unsupported one. A sentence
passes if one sentence of a passage holds it: all its words, in their order, every number and every name, and no "not"
more or less. What it cannot see: a paraphrase in other words, a translation, an inference, two sentences joined into
one; those are withheld. Measured by `python -m tutor.evals.grounding`: of 262 claims that are subtly wrong none
passes, of 263 right ones 12; when nine words in ten and four in five in order were enough, 7 wrong ones did ("from
German to English" for the reverse).

A score of meaning to let more right ones pass was tried and given up. Of the same 525 claims, out of fold by article,
at a threshold for a precision of 0.97: 58 features of words and of the encoder's vectors passed one right claim or
none (AUC 0.69), most of them below chance alone, since wrong claims keep closer to the passage's words; a cross-encoder
tuned from tutor-embed on 57,668 pairs (translated and shortened sentences, KLUE, BoolQ, PAWS, SQuAD as statements,
negatives by rule; 43 minutes of a core) told its own kind of pairs (AUC 0.81) but not these (0.58). Both see whether a
claim is about the same thing (a claim against another passage: 0 of 150 pass), not whether it says the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tutor.text import normalise, numbers, sentences, terms
from tutor.types import Checked, Citation, Evidence, Excerpt, Hit, Lang, Length, Level, Manner, Passage

SENTENCES_A_PASSAGE = 3  # of an excerpt, where whole passages do not fit

SYSTEM: dict[Lang, str] = {
    "en": (
        "You are a tutor for the history of AI. Answer in English, in {length}, only from the "
        "numbered passages, keeping to their wording. End every sentence with the number of its passage, like [1]. "
        "{level}If the passages do not hold the answer, reply only: {refusal} "
        "If the learner asks to see something run, call the tool."
    ),
    "ko": (
        "당신은 AI의 역사를 가르치는 튜터입니다. 번호가 붙은 글에 있는 내용만으로, "
        "되도록 그 표현 그대로, 한국어로 {length} 답하세요. "
        "모든 문장 끝에 [1]처럼 글의 번호를 붙이세요. {level}글에 답이 없으면 이렇게만 답하세요: {refusal} "
        "실행해서 보여 달라고 하면 도구를 부르세요."
    ),
}
LENGTHS: dict[Length, dict[Lang, str]] = {
    "short": {"en": "one short sentence", "ko": "한 문장으로"},
    "full": {"en": "one to four short sentences", "ko": "한 문장에서 네 문장까지"},
}
LEVELS: dict[Level, dict[Lang, str]] = {
    "newcomer": {
        "en": "The learner is new to the subject: choose what explains itself, and pass over formulas. ",
        "ko": "학습자는 이 주제가 처음입니다: 쉽게 풀이된 내용을 고르고 수식은 건너뛰세요. ",
    },
    "student": {"en": "", "ko": ""},
    "engineer": {
        "en": "The learner is an engineer: choose what is exact and technical. ",
        "ko": "학습자는 엔지니어입니다: 정확하고 기술적인 내용을 고르세요. ",
    },
}
REFUSAL: dict[Lang, str] = {
    "en": "My sources do not hold an answer to that.",
    "ko": "제가 가진 자료에는 그 답이 없어요.",
}


def instructions(lang: Lang, manner: Manner) -> str:
    """What the model is told before all else."""
    length, level = LENGTHS[manner.length][lang], LEVELS[manner.level][lang]
    return SYSTEM[lang].format(length=length, level=level, refusal=REFUSAL[lang])


_MARK = re.compile(r"\s*\[(\d+(?:\s*,\s*\d+)*)\]")
_WORD = re.compile(r"[A-Za-z][\w-]*")  # a Korean particle counts as part of a name that it follows
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|cannot|without)\b|n't\b|지 ?(?:않|못|마)|(?:^|\s)(?:안|못)\s|없|아니|아닌",
    re.I,
)


def excerpts(
    hits: Sequence[Hit], evidence: Sequence[Evidence], budget: int, count: Callable[[str], int]
) -> list[tuple[Excerpt, Passage]]:
    """The passages to show under [1], [2], ..., best evidence first, in at most `budget` tokens as `count` counts.

    Whole passages where they all fit; else of each the sentences among `evidence`, in reading order.
    """
    order = list(dict.fromkeys([*(e.passage for e in evidence), *(h.passage for h in hits)]))
    shown = [(p, p.text) for p in order]
    if sum(count(text) for _, text in shown) > budget:
        shown = _fitting(evidence, budget, count)
    return [(Excerpt(n, p.title, text), p) for n, (p, text) in enumerate(shown, 1)]


def _fitting(evidence: Sequence[Evidence], budget: int, count: Callable[[str], int]) -> list[tuple[Passage, str]]:
    chosen: dict[Passage, list[tuple[int, int]]] = {}
    for e in evidence:
        spans = chosen.setdefault(e.passage, [])
        cost = count(e.text) + (0 if spans else count(e.passage.title))
        if cost <= budget and len(spans) < SENTENCES_A_PASSAGE:
            spans.append(e.span)
            budget -= cost
    return [(p, " ".join(p.text[a:b] for a, b in sorted(spans))) for p, spans in chosen.items() if spans]


def leading(
    evidence: Sequence[Evidence], shown: Sequence[tuple[Excerpt, Passage]], k: int
) -> list[tuple[Evidence, int]]:
    """The best `k` sentences of `evidence` that are shown, best first, each with its number."""
    number = {passage: excerpt.n for excerpt, passage in shown}
    return [(e, number[e.passage]) for e in evidence if e.passage in number][:k]


def marks(sentence: str) -> tuple[str, list[int]]:
    """The sentence without its [n] marks, and the numbers in them."""
    found = [int(n) for m in _MARK.finditer(sentence) for n in m.group(1).split(",")]
    return _MARK.sub("", sentence).strip(), found


def check(sentence: str, passages: Sequence[Passage]) -> tuple[Checked, tuple[int, int] | None]:
    """Whether one of `passages` supports `sentence`; the one it cites is asked first.

    Returns:
        The verdict with the 1-based number of the passage, and the span in it that supports the sentence.
    """
    claim, cited = marks(normalise(sentence))
    numbered = [n for n in cited if 0 < n <= len(passages)]
    for n in dict.fromkeys([*numbered, *range(1, len(passages) + 1)]):
        span = support(claim, passages[n - 1].text)
        if span:
            return Checked(claim, True, n), span
    return Checked(claim, False), None


def support(claim: str, passage: str) -> tuple[int, int] | None:
    """Span of the sentence of `passage` that holds all of `claim`; None if none does."""
    spans = sentences(passage)
    exact = next(((a, b) for a, b in spans if passage[a:b] == claim), None)
    wanted = terms(claim)
    if exact or len(set(wanted)) < 2:
        return exact
    return next(((a, b) for a, b in spans if _holds(passage[a:b], claim, wanted)), None)


def _holds(text: str, claim: str, wanted: list[str]) -> bool:
    held = iter(terms(text))
    if not all(term in held for term in wanted):  # each is looked for behind the one before it
        return False
    if not numbers(claim) <= numbers(text) or bool(_NEGATION.search(claim)) != bool(_NEGATION.search(text)):
        return False
    words = {word.lower() for word in _WORD.findall(text)}
    return not any(w[0].isupper() and w.lower() not in words and terms(w) for w in _WORD.findall(claim))


def refuses(text: str) -> bool:
    """Whether the model's text is its way of saying that the sources hold no answer."""
    return any(marks(text)[0].startswith(r.rstrip(".")) for r in REFUSAL.values())


def citation(n: int, passage: Passage, spans: Sequence[tuple[int, int]]) -> Citation:
    """The citation [n] with the spans used of `passage`, sorted, each once."""
    return Citation(n, passage, tuple(sorted(set(spans))))
