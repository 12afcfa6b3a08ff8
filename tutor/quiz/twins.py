"""The facts of the articles, each in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, get_args

from tutor.lookup import NOTE_PAGE, OWN_PAGE
from tutor.types import Document, Fact, Lang

Words = Mapping[Lang, str]
LANGS: Final[tuple[Lang, ...]] = get_args(Lang)


@dataclass(frozen=True, slots=True)
class Twin:
    """A fact with its article, in both languages."""

    document: Mapping[Lang, Document]
    fact: Mapping[Lang, Fact]

    @property
    def slug(self) -> str:
        return self.document["en"].slug

    @property
    def name(self) -> str:
        """Its own in the whole corpus: "gpt-3/size"."""
        return f"{self.slug}/{self.fact['en'].id}"

    @property
    def era(self) -> str:
        return self.document["en"].tags[0]

    @property
    def article(self) -> str:
        """The text of the article in both languages."""
        return "\n".join(self.document[lang].body for lang in LANGS)


def twins(documents: Iterable[Document]) -> list[Twin]:
    """The facts of the articles, but not those about the tutor and the learner's note; by article, in its order."""
    found = {document.id: document for document in documents}
    pairs = []
    for ident in sorted(found):
        lang, _, slug = ident.partition("/")
        if lang != "en" or slug in (OWN_PAGE, NOTE_PAGE) or f"ko/{slug}" not in found:
            continue
        both: dict[Lang, Document] = {"en": found[ident], "ko": found[f"ko/{slug}"]}
        korean = {fact.id: fact for fact in both["ko"].facts}
        pairs += [Twin(both, {"en": fact, "ko": korean[fact.id]}) for fact in both["en"].facts if fact.id in korean]
    return pairs
