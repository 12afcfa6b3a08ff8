"""The weights of tutor/follow_up.py: `python -m tutor.evals.follow_up_calibration` fits them and prints them.

What leans: the dev follow-ups, against those that ask something new, and against what stands behind some article: the
dev questions (one in three behind its own article, too), what half A of those outside asks, the training questions on
the tutor and small talk, of which the head has read these texts or their like. What is answered: the training
follow-ups, each read by a head that was fitted to other articles'. Ten minutes of two cores.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np
import typer

from tutor import config, follow_up
from tutor.evals import calibration, indexes, qa_sets, questions_file
from tutor.lookup import look_up
from tutor.retrieval.index import Index
from tutor.text import language
from tutor.training import follow_ups
from tutor.training.texts import records
from tutor.types import LANGS

MISSED = 0.04  # share of what leans that may be taken to stand by itself
REFUSED = 0.03  # share of the follow-ups in the sources that may be refused
ALONE = {"history", "concept", "compare", "correct_premise", "typo", "refuse", "seed_note", "smalltalk", "injection"}
TALK = 300  # texts of small talk
SEED = 0


def main() -> None:
    settings = config.load()
    config.go_offline()
    index = indexes.opened(settings)
    qa = settings.corpus / "qa"
    asked = [*dialogues(index, qa), *standing(qa)]
    _print("", leaning(index, asked), np.array([leans for *_, leans in asked]), MISSED)
    behind = follow_ups.follow_ups(qa)
    _print("_ANSWERED", answering(index, behind), np.array([one.answered for one in behind]), REFUSED)


def dialogues(index: Index, qa: Path) -> Iterator[tuple[str, list[str], bool]]:
    """The last question of each, the documents that those before it are answered from, whether it leans on them."""
    for question in questions_file.read(qa / "follow-ups" / "dev.jsonl"):
        *before, last = question.turns
        evidence = look_up(index, " ".join(before), language(before[-1])).evidence[:3]
        yield last, list(dict.fromkeys(e.passage.doc for e in evidence)), question.kind != "history"


def standing(qa: Path) -> Iterator[tuple[str, list[str], bool]]:
    """As `dialogues` does, what leans on nothing, behind articles drawn by chance."""
    rng = random.Random(SEED)
    dev = [q for lang in LANGS for q in questions_file.read(qa / "dev" / f"{lang}.jsonl") if q.kind in ALONE]
    slugs = sorted({slug for question in dev for slug in question.article})
    outside = [q for q in qa_sets.outside(qa) if q.kind != "declining" and qa_sets.half(q.question) == "A"]
    own = [text for r in records(qa / "train" / "tutor.jsonl") if "after" not in r for text in r["questions"]]
    behind = [(q.turns[-1], rng.choice(slugs)) for q in dev]
    behind += [(q.turns[-1], q.article[0]) for q in dev[::3] if q.article]
    behind += [
        (text, rng.choice(slugs)) for text in [q.question for q in outside] + own + follow_ups.small_talk()[:TALK]
    ]
    yield from ((text, [f"{language(text)}/{slug}"], False) for text, slug in behind)


def leaning(index: Index, asked: Sequence[tuple[str, list[str], bool]]) -> np.ndarray:
    """The signals of follow_up.leans for each question that is `asked`, shape (len(asked), 5)."""
    return np.array(
        [
            astuple(follow_up.signals(index, text, told, index.search(text, lang=language(text))))
            for text, told, _ in asked
        ]
    )


def answering(index: Index, behind: Sequence[follow_ups.FollowUp]) -> np.ndarray:
    """The signals of follow_up.answered for each follow-up behind its article, shape (len(behind), 3)."""
    put = follow_ups.out_of_fold(behind)
    signals = []
    for one, logit in zip(behind, put, strict=True):
        told = [f"{one.lang}/{one.slug}"]
        in_scope = index.in_scope(one.text, index.within(told, one.text))
        assert in_scope is not None, one  # questions are known of every article
        signals.append((logit, in_scope, follow_up.belongs(index, one.text, told)))
    return np.array(signals)


def _print(suffix: str, signals: np.ndarray, right: np.ndarray, missed: float) -> None:
    weights, bias, recognised = calibration.fitted(signals, right, missed)
    typer.echo(calibration.constants(suffix, weights, bias))
    typer.echo(
        f"# {right.sum()} of {len(right)}, of which {missed:.0%} are missed; of the others {recognised:.1%} are not"
    )


if __name__ == "__main__":
    main()
