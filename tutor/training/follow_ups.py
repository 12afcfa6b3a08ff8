"""tutor-follow-ups: `python -m tutor.training.follow_ups --data DIR` fits the head of retrieval/follow_up_head.py.

Two logistic regressions. One tells follow-ups, of corpus/qa/train and of corpus/qa/unanswered, from what stands by
itself: the questions there, those of everyday life in public sets, and small talk by the intents' grammar. The other
tells the follow-ups that a sentence answers from those that none does. Four minutes of two cores.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from tutor import config
from tutor.retrieval import fitted
from tutor.retrieval.intents import OTHER
from tutor.training import intents, scope
from tutor.training.texts import folder_records, folders
from tutor.types import Lang

REGULAR = 10.0  # inverse strength of the regularisation; 1 to 30 tell them apart nearly as well
# Shares of the weight of all texts, for telling what leans.
SHARES = {"follow-up": 0.5, "question": 0.3, "everyday": 0.1, "small talk": 0.1}
TALK_TEXTS = 6000  # of small talk
PUBLIC = ("queries_en", "squad_train", "paraphrase_ko", "parallel_ko_en")  # sets of intents.EVERYTHING that ask
EVERYDAY = 2500  # texts of each of them
FOLDS = 8  # of the articles
SEED = 0


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question behind another one, of an article, and whether a sentence of it answers."""

    text: str
    slug: str
    lang: Lang
    answered: bool


def follow_ups(qa: Path) -> list[FollowUp]:
    """Those of `qa`/train and `qa`/unanswered, in all their wordings, each once."""
    found = [
        FollowUp(text, record["slug"], record["lang"], True)
        for record in folder_records(qa / "train")
        if "after" in record
        for text in record["questions"]
    ]
    found += [
        FollowUp(record["question"], record["slug"], record["lang"], False)
        for record in folder_records(qa / "unanswered")
        if "after" in record
    ]
    return list(dict.fromkeys(found))


def standing(qa: Path) -> list[str]:
    """The questions there that stand by themselves, each once."""
    answered = [
        text for record in folder_records(qa / "train") if "after" not in record for text in record["questions"]
    ]
    return list(dict.fromkeys([*answered, *scope.unanswered(qa / "unanswered")]))


def small_talk() -> list[str]:
    """TALK_TEXTS of the intents' grammar."""
    said = {one.text for one in intents.grammar(random.Random(SEED)) if one.label != OTHER}
    return random.Random(SEED).sample(sorted(said), TALK_TEXTS)


def everyday(data: Path) -> list[str]:
    """EVERYDAY questions of each of PUBLIC in the folder `data`."""
    sets = (intents.public(data, name) for name in PUBLIC)
    return [text for texts in sets for text in random.Random(SEED).sample(texts, min(EVERYDAY, len(texts)))]


def told_apart(read: csr_matrix, answered: np.ndarray) -> LogisticRegression:
    """Follow-ups that are `answered`, shape (n,), from the others, by what was `read` of them, (n, FEATURES)."""
    return LogisticRegression(C=REGULAR, max_iter=3000, class_weight="balanced").fit(read, answered)


def out_of_fold(behind: Sequence[FollowUp]) -> np.ndarray:
    """The logits that follow-ups are answered, each by a regression fitted to those of other articles, shape (n,)."""
    read, answered = intents.encoded([one.text for one in behind]), np.array([one.answered for one in behind])
    found = np.zeros(len(behind))
    for fitted_to, left_out in GroupKFold(FOLDS).split(read, groups=[one.slug for one in behind]):
        model = told_apart(read[fitted_to], answered[fitted_to])
        found[left_out] = model.decision_function(read[left_out])
    return found


def leaning(read: csr_matrix, kinds: np.ndarray) -> LogisticRegression:
    """What leans from what stands, by what was `read`, shape (n, FEATURES), of texts of the `kinds` of SHARES, (n,)."""
    weights = sum((share / (kinds == kind).sum() * (kinds == kind) for kind, share in SHARES.items()), np.zeros(1))
    model = LogisticRegression(C=REGULAR, max_iter=3000)
    return model.fit(read, kinds == "follow-up", sample_weight=weights * len(kinds))


def main() -> None:
    arguments = folders(__doc__, config.BUNDLED_FOLLOW_UPS)
    config.go_offline()
    qa = config.ROOT / "corpus" / "qa"
    behind, others = follow_ups(qa), (standing(qa), everyday(arguments.data), small_talk())
    kinds = np.repeat(list(SHARES), [len(behind), *map(len, others)])
    read = intents.encoded([*(one.text for one in behind), *chain(*others)])
    answered = np.array([one.answered for one in behind])
    models = (leaning(read, kinds), told_apart(read[: len(behind)], answered))
    tensors = {
        "weight": np.concatenate([model.coef_ for model in models]).astype(np.float16),
        "bias": np.concatenate([model.intercept_ for model in models]).astype(np.float16),
    }
    told = {"classes": ["leaning", "answered"]}
    counts = {"answered": int(answered.sum()), "unanswered": int((~answered).sum())}
    counts |= dict(zip(("standing", "everyday", "small_talk"), map(len, others), strict=True))
    fitted.write(arguments.out, tensors, told | counts)
    print(f"{counts}: {arguments.out}")


if __name__ == "__main__":
    main()
