"""Questions that a Korean statement answers: one phrase asked for in its place, described by the rest, or defined."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from itertools import pairwise, product

from tutor.training import blanks, korean
from tutor.training.korean import PAIRS, TABLES, Phrase, Predicate, Word

_LOOSE = (("JX",), ("JKS",), ("JKO",), ("JKB",), ("JKG",), ("JC",))  # a particle whose noun was markup


@dataclass(frozen=True, slots=True)
class Clause:
    """The main clause of a sentence: its phrases, the words of its predicate, and the forms of that."""

    phrases: list[Phrase]
    verb: list[Word]
    form: Predicate


def clause(sentence: str, topic: Phrase | None = None) -> Clause | None:
    """The main clause of a statement, None for what is none; where it names no subject, `topic` is put before it."""
    plain = korean.plain(sentence)
    if not 20 <= len(plain) <= 200 or re.search(r"[:$=\\{}|…?!_/~^#&]|https?|\.[A-Z가-힣]", plain):
        return None
    words = korean.words(plain)
    if len(words) < 4 or any(w.tags[:1] in ((), *_LOOSE) for w in words) or not (form := korean.predicate(words)):
        return None
    phrases, verb = korean.phrases(words)
    phrases = _last(phrases)
    if form.before + form.stem in TABLES["meta"] or sum(p.role == "topic" for p in phrases) > 1:
        return None
    if _unclear(phrases, verb):
        return None
    if topic and not any(p.role in ("topic", "subject") for p in phrases):
        phrases = [topic, *phrases]
    return Clause(phrases, verb, form)


def _last(phrases: list[Phrase]) -> list[Phrase]:
    """The phrases of the last clause where that has a topic of its own; "나도" is one where there is no other."""
    for i in range(len(phrases) - 1, 0, -1):
        if phrases[i].role == "topic" and any(p.role == "clause" for p in phrases[:i]):
            return phrases[i:]
    if any(p.role in ("topic", "subject") for p in phrases):
        return phrases
    return [Phrase(p.words, "topic") if p.head.particle == "도" else p for p in phrases]


def _unclear(phrases: list[Phrase], verb: list[Word]) -> bool:
    """Whether the only subject may as well be that of a relative clause: "모델이 사용할 자료를 바꿀 수 있다"."""
    named = [i for i, p in enumerate(phrases) if p.role in ("topic", "subject")]
    if len(named) != 1 or phrases[named[0]].role == "topic":
        return False
    rest = [w for p in phrases[named[0] + 1 :] if p.role != "clause" for w in p.words] + verb
    return any(a.tags[-1:] == ("ETM",) and b.tags[:1] != ("NNB",) for a, b in pairwise(rest))


def candidates(sentence: str, rng: random.Random, topic: Phrase | None = None) -> list[str]:
    """Questions that `sentence` answers, at most two for each of its phrases."""
    parsed = clause(sentence, topic)
    if not parsed or blanks.points(parsed.verb[:-1]):
        return []
    if parsed.form.kind == "copula":
        nouns = [m.text for m in parsed.verb[-1].morphemes if m.tags[0] in ("NNG", "NNP", "NNB", "XSN", "SL", "NR")]
        return _definition(parsed, rng) if nouns and nouns[-1] not in TABLES["no_head"] else []
    found = []
    for (i, phrase), described in product(enumerate(parsed.phrases), (False, True)):
        gap = blanks.blank(phrase) if phrase is not topic else None
        kept = _keep(parsed, i, rng) if gap else None
        if gap and kept and (question := _ask(parsed, phrase, kept, gap, described, rng)):
            found.append(question)
    return found


def _keep(parsed: Clause, answer: int, rng: random.Random) -> list[Phrase] | None:
    """The phrases, the answer among them, that go into the question; None where too little is left to search by."""
    chances = {"topic": 1.0, "subject": 1.0, "object": 1.0, "adverbial": 0.75, "filler": 0.6, "clause": 0.3}
    kept = []
    for i, phrase in enumerate(parsed.phrases):
        quoted = phrase.role == "clause" and phrase.head.text.endswith(
            ("도록", "다고", "라고", "자고", "지", "게", "기로")
        )
        needed = quoted or phrase.text in ("안", "못")
        long = phrase.role == "clause" and len(phrase.words) > 5 and not quoted
        if i == answer:
            kept.append(phrase)
        elif needed or rng.random() < chances[phrase.role] * (not long):
            if not blanks.points(phrase.words):
                kept.append(_shorter(phrase, rng))
            elif quoted or phrase.role in ("topic", "subject", "object"):
                return None
    return kept if _enough(parsed, parsed.phrases[answer], kept) else None


def _enough(parsed: Clause, answer: Phrase, kept: list[Phrase]) -> bool:
    """Whether a question from the phrases `kept` but `answer` says enough to be searched by."""
    rest = korean.content([w for p in kept if p is not answer for w in p.words])
    everything = korean.content([w for p in parsed.phrases for w in p.words])
    subject = any(p.role in ("topic", "subject") for p in kept)
    return rest >= max(2 if subject else 3, 0.3 * everything)


def _shorter(phrase: Phrase, rng: random.Random) -> Phrase:
    """Sometimes without the relative clause before its last nouns."""
    cuts = [i for i, w in enumerate(phrase.words[:-1]) if w.tags[-1] == "ETM"]
    rest = phrase.words[cuts[-1] + 1 :] if cuts else ()
    if (
        rest
        and phrase.role != "clause"
        and rest[0].tags[0] in ("NNG", "NNP", "SL")
        and len(rest[0].body) > 1
        and rng.random() < 0.3
    ):
        return Phrase(rest, phrase.role)
    return phrase


def _ask(
    parsed: Clause, answer: Phrase, kept: list[Phrase], gap: blanks.Blank, described: bool, rng: random.Random
) -> str | None:
    """The question for `answer`: `described` by the rest (…을 발명한 사람은?), or with a question word in its place."""
    others = [p for p in kept if p is not answer]
    form = _reworded(parsed.form, rng)
    before = [w.text for w in parsed.verb[:-1]]
    if described:
        if rng.random() < 0.25 and (terse := _keywords(parsed, others, gap, rng)):
            return terse
        doubled = answer.role == "subject" and any(p.role in ("topic", "subject") for p in others)  # 토끼는 귀가 길다
        lasting = answer.role == "subject" and form.kind in ("being", "adjective")
        if doubled or lasting or not gap.heads or not (verb := korean.adnominal(form)):
            return None
        texts = [_as_subject(p) if p.role == "topic" else p.text for p in others]
        return _polished([*texts, *before, verb, _closing(rng.choice(gap.heads), rng)], rng)
    if not gap.inside or not (forms := korean.asked(form)):
        return None
    texts = [rng.choice(gap.inside) if p is answer else p.text for p in kept]
    if rng.random() < 0.4:  # the question word stands before the verb, the place for what matters
        texts.append(texts.pop(kept.index(answer)))
    elif len(texts) > 2 and kept[-1].role != "clause" and kept[-2].role == "adverbial" and rng.random() < 0.2:
        texts[-1], texts[-2] = texts[-2], texts[-1]
    return _polished([*texts, *before, rng.choice(forms)], rng)


def _as_subject(phrase: Phrase) -> str:
    """ "문제가" for "문제는"."""
    bare = phrase.text.removesuffix(phrase.head.particle)
    return korean.particle(bare, "이/가") if phrase.head.particle in ("은", "는") else phrase.text


def _closing(head: str, rng: random.Random) -> str:
    """The noun asked for, with what ends the question."""
    who = {
        "사람": "누구",
        "인물": "누구",
        "곳": "어디",
        "장소": "어디",
        "해": "언제",
        "때": "언제",
        "날": "언제",
        "시기": "언제",
        "연도": "언제",
    }
    word = who.get(head, "무엇")
    asked = (f"{word}인가?", f"{word}인가요?", f"{word}입니까?", "뭐야?" if word == "무엇" else f"{word}야?")
    return korean.particle(head, "은/는") + ("?" if rng.random() < 0.55 else " " + rng.choice(asked))


def _keywords(parsed: Clause, others: list[Phrase], gap: blanks.Blank, rng: random.Random) -> str | None:
    """ "퍼셉트론 발명자", the way people type into a search box."""
    action = parsed.form.before
    things = [p for p in others if p.role in ("object", "topic", "subject")]
    if len(action) < 2 or len(parsed.verb) > 1 or parsed.form.stem not in ("하", "되") or not gap.heads or not things:
        return None
    thing = next((p for p in things if p.role == "object"), things[0])
    bare = thing.text.removesuffix(thing.head.particle)
    if not 3 <= len(bare) <= 25:
        return None
    if gap.heads[0] == "사람":
        return f"{bare} {PAIRS['agents'][action]}" if action in PAIRS["agents"] and parsed.form.stem == "하" else None
    words = {
        "해": ("연도", "시기", "연도"),
        "날": ("날짜", "시기"),
        "때": ("시기",),
        "곳": ("장소",),
        "이유": ("이유", "원인"),
    }
    ending = words.get(gap.heads[0])
    return f"{bare} {action} {rng.choice(ending)}" if ending else None


def _reworded(form: Predicate, rng: random.Random) -> Predicate:
    """Sometimes the predicate in other words that mean the same."""
    other = PAIRS["synonyms"].get(form.before + form.stem)
    if not other or form.kind != "verb" or rng.random() > 0.35:
        return form
    return Predicate("", other, korean.past(other) if form.past else "", "verb")


def _polished(parts: list[str], rng: random.Random) -> str:
    said = " ".join(p.replace(",", "") for p in parts if p).split(" ")
    return " ".join(PAIRS["words"][w] if w in PAIRS["words"] and rng.random() < 0.3 else w for w in said)


def _definition(parsed: Clause, rng: random.Random) -> list[str]:
    """Questions from "A는 B이다": what A is, and what it is that is B."""
    first = next((p for p in parsed.phrases[:1] if p.role == "topic"), None)
    noun = parsed.form.before
    if not first or len(noun) < 2 or any(p.role == "clause" for p in parsed.phrases):
        return []
    name = first.text.removesuffix(first.head.particle)
    whole = tuple(parsed.verb)
    asked = "누구" if blanks.is_person(whole, noun) else "어디" if blanks.is_place(whole, noun) else "무엇"
    found = []
    rest = [p for p in parsed.phrases if p is not first and p.role not in ("filler", "clause")]
    described = " ".join([*(p.text for p in rest), *(w.text for w in parsed.verb[:-1]), noun])
    if not blanks.points(first.words) and len(name) > 1:
        word = "몇" if blanks.counted(described) else asked
        found.append(_what_is(name, described, word, rng))
    contents = korean.content([w for p in rest for w in p.words] + parsed.verb)
    if contents >= 3 and not any(blanks.points(p.words) for p in rest) and not blanks.counted(described):
        ends = (f"{asked}인가?", f"{asked}인가요?", f"{asked}입니까?", f"{asked}야?" if asked != "무엇" else "뭐야?")
        tail = "?" if rng.random() < 0.35 else " " + rng.choice(ends)
        if rng.random() < 0.25 and asked != "어디":
            described, tail = described + "의 이름", rng.choice(("?", " 무엇인가?", " 뭐야?"))
        found.append(_polished([korean.particle(described, "은/는") + tail], rng))
    return found


def _what_is(name: str, described: str, word: str, rng: random.Random) -> str:
    """The question for what `name` is; `word` is the question word that suits the description."""
    if word == "몇":
        return korean.particle(name, "은/는") + " " + rng.choice(("얼마인가?", "얼마인가요?", "얼마나 되는가?"))
    if word == "무엇" and rng.random() < 0.3:
        return korean.particle(name, "이란/란") + rng.choice(("?", " 무엇인가?", " 무엇인가요?"))
    pronoun = {"무엇": ("무엇인가?", "무엇인가요?", "뭐야?", "무엇입니까?", "어떤 것인가?")}
    ends = pronoun.get(word, (f"{word}인가?", f"{word}인가요?", f"{word}야?", f"{word}입니까?"))
    return korean.particle(name, "은/는") + " " + rng.choice(ends)
