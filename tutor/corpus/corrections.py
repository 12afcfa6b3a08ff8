"""Where the learner's note and the record differ: corpus/corrections.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from tutor.config import Settings
from tutor.corpus.front_matter import LOADER
from tutor.errors import CorpusError
from tutor.types import Lang


@dataclass(frozen=True, slots=True)
class Correction:
    """`note` is what the note says, word for word; `right` a sentence of the article `article` in each language.

    `source` is the id of that article's source which holds what is right.
    """

    id: str
    note: str
    right: dict[Lang, str]
    article: str
    source: str


def path(settings: Settings) -> Path:
    """Where the corrections lie."""
    return settings.corpus / "corrections.yaml"


def read(settings: Settings) -> tuple[Correction, ...]:
    """The corrections, in the file's order; none where there is no file.

    Raises:
        CorpusError: the file is not YAML, or a record lacks a field.
    """
    if not path(settings).exists():
        return ()
    try:
        items = yaml.load(path(settings).read_text("utf-8"), Loader=LOADER)
        return tuple(
            Correction(
                item["id"],
                item["note"],
                {"en": item["right"]["en"], "ko": item["right"]["ko"]},
                item["article"],
                item["source"],
            )
            for item in items
        )
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError) as error:
        fix = "Write it as corpus/README.md shows."
        raise CorpusError(
            f"{path(settings)}, line 1: a correction cannot be read ({type(error).__name__}: {error}).",
            fix,
            ko=(f"{path(settings)}에 읽을 수 없는 기록이 있어요({type(error).__name__}: {error}).", fix),
        ) from None
