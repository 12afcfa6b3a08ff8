"""tutor-scope: `python -m tutor.training.scope` reads the known questions and writes their vectors.

Of the questions that a sentence of the sources answers, in all their wordings, the mean; who each of the articles'
people is; of the questions that no source answers, each. Some minutes on one core.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from tutor import config
from tutor.corpus import articles, questions
from tutor.retrieval import encoder, fitted
from tutor.training.texts import folder_records
from tutor.types import Document, Lang

WHO: dict[Lang, str] = {"en": "Who is {}?", "ko": "{} 누구야?"}


def people(documents: Sequence[Document]) -> list[str]:
    """Who each person of the articles is, asked in the article's language; each once, sorted by language and name.

    Without these, "Who is ...?" of somebody known by one deed looks like a question about a private life.
    """
    known = sorted({(d.lang, person) for d in documents for person in d.people})
    return [WHO[lang].format(person) for lang, person in known]


def unanswered(folder: Path) -> list[str]:
    """The questions of `folder`/*.jsonl that stand by themselves, each once, in order."""
    return list(dict.fromkeys(record["question"] for record in folder_records(folder) if "after" not in record))


def encoded(texts: Sequence[str]) -> np.ndarray:
    """Their vectors, shape (len(texts), 384); read by length, which saves most of the padding."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    vectors = np.empty((len(texts), encoder.DIMENSIONS), np.float32)
    vectors[order] = encoder.encode([encoder.plain(texts[i]) for i in order])
    return vectors


def means(wordings: Sequence[Sequence[str]]) -> np.ndarray:
    """The unit mean of each sentence's wordings, shape (len(wordings), 384)."""
    vectors = encoded(list(chain(*wordings)))
    starts = np.cumsum([0, *(len(known) for known in wordings[:-1])])
    sums = np.add.reduceat(vectors, starts)
    return sums / np.linalg.norm(sums, axis=1, keepdims=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=config.BUNDLED_SCOPE)
    arguments = parser.parse_args()
    config.go_offline()
    settings = config.load()
    told = means(list(questions.read(settings).values()))
    answered = np.concatenate([told, encoded(people(articles.read(settings)))])
    others = encoded(unanswered(settings.corpus / "qa" / "unanswered"))
    tensors = {"answered": answered.astype(np.float16), "unanswered": others.astype(np.float16)}
    fitted.write(arguments.out, tensors, {"answered": len(answered), "unanswered": len(others)})
    print(f"{len(answered)} that are answered, {len(others)} that are not: {arguments.out}")


if __name__ == "__main__":
    main()
