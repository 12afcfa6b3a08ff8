"""Korean sentences taken apart and their endings put on anew: words, phrases, and the forms of a predicate."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from tutor.text import _mecab

Role = Literal["topic", "subject", "object", "adverbial", "clause", "filler"]
_HANGUL, _FINALS = 0xAC00, 28
N, R, B, SS = 4, 8, 17, 20  # final consonants ㄴ, ㄹ, ㅂ, ㅆ
_TABLES = yaml.safe_load(Path(__file__).with_name("cloze_words.yaml").read_text("utf-8"))
TABLES: dict[str, frozenset[str]] = {k: frozenset(v) for k, v in _TABLES.items() if isinstance(v, list)}
PAIRS: dict[str, dict[str, str]] = {k: v for k, v in _TABLES.items() if isinstance(v, dict)}
_TIME = re.compile(r"(?:기원전|서기|약)?\d+(?:년|월|일|세기|년대|시|분)(?:경|말|초)?")
_ASIDE = re.compile(r"\s*\([^()]*\)|\[[^\[\]]*\]|[\"'“”‘’『』《》「」<>〈〉*`]")


@dataclass(frozen=True, slots=True)
class Morpheme:
    text: str
    tags: tuple[str, ...]
    stems: tuple[str, ...]  # dictionary forms, one a tag
    meaning: str


@dataclass(frozen=True, slots=True)
class Word:
    """One word between spaces: "연구소에서" has the body "연구소", the particle "에서" and the tag JKB of that."""

    text: str
    body: str
    particle: str
    tag: str
    morphemes: tuple[Morpheme, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    words: tuple[Word, ...]
    role: Role

    @property
    def head(self) -> Word:
        return self.words[-1]

    @property
    def text(self) -> str:
        return " ".join(w.text for w in self.words)


@dataclass(frozen=True, slots=True)
class Predicate:
    """`before` is what stands before the last stem ("알려져 "), `past` the stem with its past ending ("있었")."""

    before: str
    stem: str
    past: str
    kind: Literal["verb", "adjective", "copula", "being"]


def plain(sentence: str) -> str:
    """`sentence` without what is bracketed, quotation marks, and the full stop."""
    return (
        " ".join(_ASIDE.sub("", _ASIDE.sub("", sentence)).split()).rstrip(" .").removeprefix("예를 들어").lstrip(", ")
    )


def words(sentence: str) -> list[Word]:
    """The words of a plain sentence, without those that only join it to the one before."""
    spans = [(m.start(), m.end()) for m in re.finditer(r"\S+", sentence)]
    groups: list[list[Morpheme]] = [[] for _ in spans]
    at = 0
    for m in _mecab().parse(sentence + ".")[:-1]:  # without a full stop, the last ending reads as a connective
        while at < len(spans) and m.span.start >= spans[at][1]:
            at += 1
        groups[at].append(_morpheme(m))
    found = [_word(sentence[a:b], group) for (a, b), group in zip(spans, groups, strict=True)]
    joins = [w.tags[:1] == ("MAJ",) or w.text in TABLES["joining"] for w in found]
    return [w for i, w in enumerate(found) if not joins[i] or (i and w.text in ("및", "또는", "혹은"))]


def _morpheme(m: object) -> Morpheme:
    feature = m.feature  # type: ignore[attr-defined]
    text, tags = m.surface, tuple(m.pos.split("+"))  # type: ignore[attr-defined]
    stems = (text,)
    if feature.type == "Inflect":
        stems = tuple(part.split("/")[0] for part in feature.expression.split("+"))
    return Morpheme(text, tags, stems, feature.semantic or "")


def _word(text: str, morphemes: list[Morpheme]) -> Word:
    text = text.rstrip(",;")
    kept = [m for m in morphemes if m.tags[0] != "SC" or m.text not in ",;"]
    end = len(kept)
    while end > 1 and kept[end - 1].tags[0][0] == "J" and len(kept[end - 1].tags) == 1:
        end -= 1
    particle = "".join(m.text for m in kept[end:])
    tag = kept[-1].tags[0] if end < len(kept) else ""
    if tag == "JX" and (
        kept[end].tags[0] in ("JKB", "JKG", "JC") or kept[end - 1].tags[-1] == "EC"
    ):  # 에서는, 위해서는
        tag = "JKB"
    return Word(text, text.removesuffix(particle), particle, tag, tuple(kept), tuple(t for m in kept for t in m.tags))


def is_time(word: Word) -> bool:
    return _TIME.fullmatch(word.body) is not None


def phrases(sentence: list[Word]) -> tuple[list[Phrase], list[Word]]:
    """The phrases before the main predicate, and the words of that predicate with what belongs to it."""
    cut = _main(sentence)
    stack: list[Phrase] = []
    current: list[Word] = []
    for i, word in enumerate(sentence[:cut]):
        current.append(word)
        ending = word.tags[-1] if word.tags else ""
        following = sentence[i + 1 :]
        if word.text.removesuffix("는") in TABLES["postposed"] and stack:
            current = [*stack.pop().words, *current]
            stack.append(Phrase(tuple(current), "adverbial"))
        elif ending in ("ETM", "ETN"):
            current = _take(stack, current, following)
            continue
        elif ending == "EC" and word.text.endswith("게"):
            if following[0].tags[-1:] != ("ETM",):
                stack.append(Phrase(tuple(current), "adverbial"))
            else:
                continue
        elif ending == "EC" and following[0].tags[:1] not in (("VX",), ("VV",)):
            stack.append(Phrase(tuple(_take(stack, current, following)), "clause"))
        elif role := _role(word, following[0]):
            if {"ETN", "EC"} & set(word.tags[-2:]):  # 이르기까지, 제외하고는
                current = _take(stack, current, following)
            stack.append(Phrase(tuple(current), role))
        else:
            continue
        current = []
    return stack, [*current, *sentence[cut:]]


def _main(sentence: list[Word]) -> int:
    """Where the main predicate begins: its helping verbs (있다, 않는다) and 할 수 있다, 한 것이다 belong to it."""
    at = len(sentence) - 1
    while at > 0:
        word, before = sentence[at], sentence[at - 1]
        first = word.tags[0] if word.tags else ""
        bound = first == "NNB" and before.tags[-1:] == ("ETM",)
        helping = first == "VX" and "EC" in before.tags[-2:]
        perhaps = "ETN" in before.tags and before.tag != "JKO" and first in ("VX", "VV") and word.text[0] in "하한했합"
        able = before.body in ("수", "적", "필요", "바") and first in ("VV", "VA", "VX", "VCN")
        if not (bound or helping or perhaps or able or (first in ("VV", "VX") and before.tags[-2:] == ("VV", "EC"))):
            break
        at -= 1
    return at


def _role(word: Word, following: Word) -> Role | None:
    """The role of the phrase that `word` ends; None where it goes on."""
    roles: dict[str, Role] = {"JX": "adverbial", "JKS": "subject", "JKO": "object", "JKB": "adverbial"}
    first = word.tags[0] if word.tags else ""
    if word.tag == "JX" and word.particle in ("은", "는", "이란", "란"):
        return "adverbial" if word.body in ("때", "경우", "후", "뒤", "동안") else "topic"
    if word.body == "수":  # 할 수도 있다
        return None
    if word.tag in roles:
        return roles[word.tag]
    if first in ("MAG", "IC"):  # 더 많은, 서로 다른
        return None if following.tags[-1:] == ("ETM",) or following.tags[:1] in (("MAG",), ("MM",)) else "filler"
    return "adverbial" if is_time(word) and not word.tag and not is_time(following) else None


def _take(stack: list[Phrase], current: list[Word], following: list[Word]) -> list[Word]:
    """Move the phrases that a subordinate verb governs from `stack` before `current`."""
    tags = current[-1].tags
    adjective = "VA" in tags or "XSA" in tags
    copula = "VCP" in tags
    other = (
        any(w.tag == "JKS" or w.particle in ("은", "는") for w in following)
        or following[0].body in ("때", "경우", "때문", "후", "동안", "뒤", "이후", "직후")
        or current[-1].text.endswith(("된", "되는", "있는", "없는"))
        or ((adjective or copula) and len(stack) > 1)
    )
    while stack and stack[-1].role not in ("topic", "clause"):
        phrase = stack[-1]
        spare = other or any(p.role in ("topic", "subject") for p in stack[:-1])
        compared = phrase.head.particle in ("와", "과", "보다", "만큼", "처럼") or phrase.role == "subject"
        if (phrase.role == "subject" and not spare) or (adjective and not compared):
            break
        current = [*stack.pop().words, *current]
        if adjective:
            break
    return current


def final(text: str) -> int:
    """The number of the final consonant of `text`, 0 for none; digits and Latin letters as they are read."""
    last = text[-1:]
    if "가" <= last <= "힣":
        return (ord(last) - _HANGUL) % _FINALS
    return {"0": 21, "1": R, "3": 16, "6": 1, "7": R, "8": R, "l": R, "m": 16, "n": N}.get(last.lower(), 0)


def with_final(text: str, consonant: int) -> str:
    """`text` whose last syllable ends in that consonant: 하, ㄴ gives 한."""
    code = ord(text[-1]) - _HANGUL
    return text[:-1] + chr(_HANGUL + code - code % _FINALS + consonant)


def particle(text: str, pair: str) -> str:
    """`text` with the fitting one of two particles, written "이/가" with the one after a consonant first."""
    closed, opened = pair.split("/")
    return text + (closed if final(text) and not (closed == "으로" and final(text) == R) else opened)


def predicate(sentence: list[Word]) -> Predicate | None:
    """What the last word says, taken apart; None unless it is a plain statement of a kind known here."""
    last = sentence[-1].morphemes
    if (
        not last
        or last[-1].tags[-1] != "EF"
        or not last[-1].stems[-1].endswith("다")
        or sentence[-1].text[-2:] == "시다"
    ):
        return None
    pairs = [(s, t, i) for i, m in enumerate(last) for s, t in zip(m.stems, m.tags, strict=False)][:-1]
    tense = [p for p in pairs if p[1] == "EP"]
    stems = [p for p in pairs if p[1] in ("VV", "VA", "VX", "XSV", "XSA", "VCP", "VCN")]
    if not stems or len(tense) > 1 or (tense and tense[0][0][-1] not in "았었였") or len(pairs[-1][0]) == 0:
        return None
    stem, tag, i = stems[-1]
    before = "".join(m.text for m in last[:i])
    if len(last[i].tags) > 2 and last[i].text.endswith("졌"):  # 알려졌다, in one piece
        return Predicate("", before + last[i].text[:-1] + "지", before + last[i].text, "verb")
    if tag == "VV" and not tense and final(stem) == N:  # 만든다, read as 만든 and 다
        stem = with_final(stem, R)
    past = "".join(m.text for m in last[:-1]) if tense else ""
    if (tense and len(last[-1].tags) > 1) or len(last[i].tags) > 2 + (len(last) - 1 == i):
        return None
    return Predicate(before, stem, past, _kind(sentence, before, stem, tag))


def _kind(sentence: list[Word], before: str, stem: str, tag: str) -> Literal["verb", "adjective", "copula", "being"]:
    if tag == "VCP":
        return "copula"
    if stem[-1] in "있없":
        return "being"
    if stem in ("않", "못하") and len(sentence) > 1:  # 크지 않다 goes as 크다 does
        tag = "VA" if {"VA", "XSA"} & set(sentence[-2].tags) else "VV"
    if stem == "하" and tag[0] == "X":  # the tags XSV and XSA are often mixed up
        state = before in TABLES["states"] or (tag == "XSA" and all(w.tag != "JKO" for w in sentence))
        return "adjective" if state else "verb"
    return "verb" if tag in ("VV", "XSV", "VX") else "adjective"


def adnominal(p: Predicate) -> str | None:
    """The form before a noun: 발명한, 쓰이는, 큰, 있는, 학자인."""
    if p.kind == "copula":
        return p.before + ("이었던" if p.past.endswith("이었") else "였던" if p.past else "인")
    if p.past and p.kind in ("adjective", "being"):
        return p.past + "던"
    if not p.past and p.kind in ("verb", "being"):
        return p.before + (with_final(p.stem, 0) if final(p.stem) == R else p.stem) + "는"
    return p.before + past_stem if (past_stem := _with_n(p.stem, p)) else None


def _with_n(stem: str, p: Predicate) -> str | None:
    if not "가" <= stem[-1] <= "힣":
        return None
    end = final(stem)
    if end in (0, R):
        return with_final(stem, N)
    irregular = p.past and not p.past.endswith((stem + "았", stem + "었"))
    if end == B and (irregular or (not p.past and stem[-1] not in "좁넓굽")):
        return with_final(stem, 0) + "운"
    return None if irregular else stem + "은"


def asked(p: Predicate) -> list[str]:
    """The question forms of a statement, the written ones first."""
    if p.past:
        return [p.past + e for e in ("는가?", "나요?", "습니까?", "어?", "나?", "을까?", "는가?")]
    if p.kind == "copula":
        return [p.before + e for e in ("인가?", "인가요?", "입니까?", "일까?")]
    polite = p.before + (with_final(p.stem, B) + "니까?" if final(p.stem) in (0, R) else p.stem + "습니까?")
    if p.kind == "adjective":
        form = _with_n(p.stem, p)
        return [p.before + form + e for e in ("가?", "가요?")] + [polite] if form else []
    stem = p.before + (with_final(p.stem, 0) if final(p.stem) == R else p.stem)
    casual = [stem[:-1] + {"하": "해?", "되": "돼?"}[stem[-1]]] if stem[-1] in "하되" else []
    return [stem + "는가?", stem + "나요?", polite, *casual, stem + "는가?"]


def content(sentence: Iterable[Word]) -> int:
    """How many words say something by themselves."""
    return sum(1 for w in sentence if any(t[:2] in ("NN", "VV", "VA", "XR", "SL", "SN") for t in w.tags))


def past(stem: str) -> str:
    """The stem with its past ending: 얻, 얻었; 숨지, 숨졌; 내놓, 내놓았."""
    if stem.endswith("하"):
        return stem[:-1] + "했"
    code = ord(stem[-1]) - _HANGUL
    vowel, end = code % 588 // _FINALS, code % _FINALS
    if end:
        return stem + ("았" if vowel in (0, 8) else "었")
    contracted = {0: 0, 8: 9, 13: 14, 20: 6, 1: 1, 4: 4, 5: 5}  # ㅏ, ㅗ ㅘ, ㅜ ㅝ, ㅣ ㅕ, ㅐ, ㅓ, ㅔ
    if vowel not in contracted:
        return stem + "었"
    return stem[:-1] + chr(_HANGUL + code - vowel * _FINALS + contracted[vowel] * _FINALS + SS)
