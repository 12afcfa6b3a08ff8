"""Quiz items, made by rule from the facts of the articles: a fact's own sentence with a gap, in both languages.

A fact makes an item only where the rules are sure: what stands in the gap is a year, a person, an organisation or a
number, the rest of the sentence does not give it away, and three wrong choices of the same kind are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Literal

from tutor.corpus.glossary import Term
from tutor.quiz import wording
from tutor.quiz.choices import Choices, Gap
from tutor.quiz.twins import LANGS, Twin, Words
from tutor.types import Lang

Kind = Literal["year", "who", "organisation", "number", "short", "predict"]


@dataclass(frozen=True, slots=True)
class Item:
    """A question. `id` is the same in both languages; the sentence of `twin` is the proof.

    `sentence` has a gap ("" for a prediction). `wrong` is empty for a short answer, which is typed: `of` says what it
    is, and `accepted` how a name may be written. A prediction has the `lab` and the `arguments` that show the truth.
    """

    id: str
    kind: Kind
    twin: Twin
    prompt: Words
    sentence: Words
    answer: Words
    wrong: tuple[Words, ...] = ()
    of: Kind | None = None
    accepted: tuple[str, ...] = ()
    lab: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def choices(self, lang: Lang, seed: str) -> list[str]:
        """The choices in an order that only `id` and `seed` decide; none for a short answer."""
        words = sorted([self.answer, *self.wrong], key=lambda choice: choice["en"])
        Random(f"{self.id} {seed}").shuffle(words)
        return [choice[lang] for choice in words] if self.wrong else []


def make(pairs: Sequence[Twin], terms: Iterable[Term], records: Iterable[Mapping[str, Any]]) -> list[Item]:
    """The items that the facts make, always the same; of facts that say the same of one subject only the first.

    `records` are the questions of the corpus (corpus/questions.py): where one in each language asks for what stands in
    the gap, there is a second item, to be answered without choices.
    """
    terms = tuple(terms)
    choices, questions = Choices(pairs, terms), wording.asked(records)
    spellings = {spelling: term.spellings for term in terms for spelling in term.spellings}
    items, said = list[Item](), set[tuple[str, str]]()
    for twin in pairs:
        same = (twin.fact["en"].subject.lower(), twin.fact["en"].value.lower())
        made = (item for gap in choices.gaps(twin) if (item := _item(twin, gap, questions)))
        if same in said or (item := next(made, None)) is None:
            continue
        said.add(same)
        items.append(item)
        items += _short(item, spellings)
    return items


def _item(twin: Twin, gap: Gap, questions: Mapping[str, Sequence[str]]) -> Item | None:
    """The sentence with its gap; None where the gap cannot be cut out in both languages."""
    both_forms = gap.kind != "year" and len({choice["ko"][-1] for choice in (gap.answer, *gap.wrong)}) > 1
    sentence = {
        lang: wording.gapped(twin.fact[lang].text, gap.answer[lang], lang, both_forms=both_forms and lang == "ko")
        for lang in LANGS
    }
    if not all(sentence.values()):
        return None
    prompt = wording.question(twin, gap.kind, gap.answer, questions) or wording.PROMPTS[gap.kind]
    return Item(f"{twin.name}:{gap.kind}", gap.kind, twin, prompt, sentence, gap.answer, gap.wrong)


def _short(item: Item, spellings: Mapping[str, Sequence[str]]) -> list[Item]:
    """The same question without choices, where the corpus asks it."""
    if item.prompt == wording.PROMPTS[item.kind]:
        return []
    accepted = list[str]()
    for lang in LANGS:
        accepted += [item.answer[lang], *spellings.get(item.answer[lang], ())]
    return [
        replace(
            item,
            id=f"{item.twin.name}:short",
            kind="short",
            wrong=(),
            of=item.kind,
            accepted=tuple(dict.fromkeys(accepted)),
        )
    ]
