"""The terms of the subject in both languages, with all their usual spellings: corpus/glossary.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from tutor.config import Settings
from tutor.corpus.front_matter import LOADER
from tutor.errors import CorpusError
from tutor.types import Lang


@dataclass(frozen=True, slots=True)
class Term:
    """A term, person, organisation, model or data set.

    `names` gives the spellings in each language, the usual one first; `definition` one line in each; `article` is the
    slug of the article that tells most of it.
    """

    id: str
    kind: str
    names: dict[Lang, tuple[str, ...]]
    abbreviations: tuple[str, ...]
    definition: dict[Lang, str]
    article: str

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every way to write it, in either language."""
        return tuple(dict.fromkeys((*self.names["en"], *self.names["ko"], *self.abbreviations)))


KINDS = ("term", "person", "organisation", "model", "data")


def path(settings: Settings) -> Path:
    """Where the glossary lies."""
    return settings.corpus / "glossary.yaml"


def read(settings: Settings) -> tuple[Term, ...]:
    """The terms, in the file's order; none where there is no file.

    Raises:
        CorpusError: the file is not YAML, a term lacks a field, or an id stands twice.
    """
    if not path(settings).exists():
        return ()
    try:
        items = yaml.load(path(settings).read_text("utf-8"), Loader=LOADER)
        terms = tuple(_term(item) for item in items)
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        _broken(settings, f"a term cannot be read ({type(error).__name__}: {error})")
    ids = [term.id for term in terms]
    if twice := next((i for i in ids if ids.count(i) > 1), ""):
        _broken(settings, f"the term {twice!r} stands twice")
    return terms


def _term(item: dict) -> Term:
    ident = item["id"]
    names: dict[Lang, tuple[str, ...]] = {"en": tuple(item["en"]), "ko": tuple(item["ko"])}
    definition: dict[Lang, str] = {"en": item["definition"]["en"], "ko": item["definition"]["ko"]}
    found = Term(ident, item["kind"], names, tuple(item.get("abbr") or ()), definition, item["article"])
    if not all((*names.values(), *definition.values(), found.article)) or found.kind not in KINDS:
        raise ValueError(f"term {ident!r} has an empty field, or its kind {found.kind!r} is none of {', '.join(KINDS)}")
    if not all(isinstance(spelling, str) for spelling in found.spellings):
        raise ValueError(f"term {ident!r} has a spelling that is not text; put it between quotes")
    return found


def _broken(settings: Settings, what: str) -> None:
    fix = "Write it as corpus/README.md shows."
    raise CorpusError(
        f"{path(settings)}, line 1: {what}.", fix, ko=(f"{path(settings)}에 문제가 있어요: {what}.", fix)
    ) from None
