"""How a question reads: the gap in a fact's sentence, and the question of the corpus that the sentence answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from tutor.quiz.twins import LANGS, Twin, Words
from tutor.text import language
from tutor.types import Lang

GAP: Final = "____"
PROMPTS: Final[Mapping[str, Words]] = {
    "year": {"en": "Which year belongs in the gap?", "ko": "빈칸에 알맞은 해는 언제일까요?"},
    "who": {"en": "Who belongs in the gap?", "ko": "빈칸에 알맞은 사람은 누구일까요?"},
    "organisation": {"en": "Which organisation belongs in the gap?", "ko": "빈칸에 알맞은 기관은 어디일까요?"},
    "number": {"en": "Which number belongs in the gap?", "ko": "빈칸에 알맞은 수는 얼마일까요?"},
}

# A particle tells how the word before it ends, so behind a gap it is written in both its forms.
_BOTH_FORMS = (
    ("은", "는", "은(는)"),
    ("이", "가", "이(가)"),
    ("을", "를", "을(를)"),
    ("과", "와", "과(와)"),
    ("으로", "로", "(으)로"),
    ("이라는", "라는", "(이)라는"),
    ("이라고", "라고", "(이)라고"),
    ("이며", "며", "(이)며"),
    ("이고", "고", "(이)고"),
    ("이다", "다", "(이)다"),
    ("이었다", "였다", "이었다/였다"),
    ("이었고", "였고", "이었고/였고"),
    ("이었으며", "였으며", "이었으며/였으며"),
    ("이지만", "지만", "(이)지만"),
)
_FORMS = {form: both for one, other, both in _BOTH_FORMS for form in (one, other)}
_ONE_FORM = re.compile(r"(?:의|에|에서|에게|에게서|도|만|부터|까지|보다|처럼|에는|에서는|에도|쯤|이상|가량)(?![가-힣])")
_HANGUL_BEHIND = re.compile(r"[가-힣]+")

# What a question asks for by its words; one that asks for two things at once is left out.
_ASKS: Final[Mapping[str, Mapping[Lang, re.Pattern[str]]]] = {
    "year": {
        "en": re.compile(r"(?:When|In (?:which|what) year)\b(?!.*\band (?:who|where|how|why|by)\b)"),
        "ko": re.compile(r"(?=.*(?:언제|몇 년|어느 해))(?!.*(?:누가|누구|어디|왜|어떻게|며칠|몇 월))"),
    },
    "who": {
        "en": re.compile(r"Who\b(?!.*\ball\b)(?!.*\band (?:when|where|how|why)\b)"),
        "ko": re.compile(r"(?=.*(?:누가|누구))(?!.*(?:언제|어디|왜|어떻게|전부|모두))"),
    },
    "number": {
        "en": re.compile(r"How many\b(?!.*\b(?:and|in a)\b)"),
        "ko": re.compile(r"(?=.*몇)(?!.*(?:누가|언제|와|과|하고))"),
    },
}
_POLITE = re.compile(r"[요까]\?$")
# 나왔어? and 언제야? as the page would say them: 나왔어요? 언제예요?
_PLAIN = (
    (re.compile(r"(?<=[어아해돼줘져워와써])\?$"), "요?"),
    (re.compile(r"이야\?$"), "이에요?"),
    (re.compile(r"(?<=[제구개해])야\?$"), "예요?"),
)


def gapped(text: str, value: str, lang: Lang, *, both_forms: bool) -> str:
    """The sentence with a gap for `value`; "" where it is not there just once, or the words behind it give it away."""
    latin = r"(?:\s?\([^()]*[A-Za-z][^()]*\))?" if lang == "ko" else ""  # 로젠블랫(Frank Rosenblatt)
    ends = r"(?![\w])" if lang == "en" else ""
    places = list(re.finditer(rf"(?<![\w-]){re.escape(value)}{latin}{ends}", text))
    if len(places) != 1:
        return ""
    before, behind = text[: places[0].start()], text[places[0].end() :]
    digits = re.search(r"\d[\d,.]*", value)
    if digits and re.search(rf"(?<!\d){re.escape(digits[0])}(?!\d)", before + behind):  # CIFAR-10 has 10 classes
        return ""
    if lang == "en" and re.search(r"\ban?\s$", before, re.I):
        return ""
    if both_forms and (word := _HANGUL_BEHIND.match(behind)):
        if word[0] in _FORMS:
            behind = _FORMS[word[0]] + behind[word.end() :]
        elif not _ONE_FORM.match(behind):
            return ""
    return f"{before}{GAP}{behind}"


def asked(records: Iterable[Mapping[str, Any]]) -> Mapping[str, tuple[str, ...]]:
    """Sentence -> the questions, as a careful writer asks them, that it answers by itself."""
    found: dict[str, list[str]] = {}
    for record in records:
        if len(record["answer"]) == 1 and record.get("kind") in ("history", "concept"):
            found.setdefault(record["answer"][0], []).extend(q for q in record["questions"] if _careful(q))
    return {sentence: tuple(questions) for sentence, questions in found.items()}


def _careful(question: str) -> bool:
    return question.endswith("?") and not ("a" <= question[0] <= "z" and language(question) == "en")


def _polite(words: str) -> str:
    for ending, polite in _PLAIN:
        words = ending.sub(polite, words)
    return words


def question(twin: Twin, kind: str, answer: Words, questions: Mapping[str, Sequence[str]]) -> Words | None:
    """In each language a question of the corpus that asks for just such an `answer`; None if one is lacking."""
    found: dict[Lang, str] = {}
    for lang in LANGS if kind in _ASKS else ():
        for words in questions.get(twin.fact[lang].text, ()):
            if answer[lang].split()[-1] in words:  # then it asks for somebody else
                continue
            if _ASKS[kind][lang].match(words) and (lang == "en" or _POLITE.search(words := _polite(words))):
                found.setdefault(lang, words)
    return found if len(found) == len(LANGS) else None
