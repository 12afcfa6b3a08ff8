"""What the parts of `tutor eval retrieval` share: the index, the questions, the encoders."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tutor.config import Settings
from tutor.evals import encoders, indexes, qa_sets
from tutor.evals.encoders import Embeddings
from tutor.evals.qa_sets import Labelled
from tutor.retrieval.index import Index


@dataclass
class Run:
    """One run: `data` is the folder of the outside sets, `full` asks all of their questions."""

    settings: Settings
    data: Path | None = None
    full: bool = False

    @property
    def qa(self) -> Path:
        return self.settings.corpus / "qa"

    @cached_property
    def index(self) -> Index:
        return indexes.opened(self.settings)

    @cached_property
    def labelled(self) -> list[Labelled]:
        return qa_sets.labelled(self.qa / "dev", self.index.passages)

    @cached_property
    def new(self) -> Embeddings:
        return Embeddings(encoders.new)

    @cached_property
    def old(self) -> Embeddings | None:
        return Embeddings(encoders.old) if encoders.has_old() else None
