"""tutor-overviews: `python -m tutor.training.overviews --data DIR` fits the head of retrieval/overview_head.py.

A multinomial logistic regression tells the requests for an overview of corpus/qa/overviews, by their kinds, from what
looks alike there and from everything else: questions of the corpus, of everyday life, small talk, bare names, requests
for demos.
Its figures are those of FOLDS parts, each told by a regression fitted to the others. Ten minutes of a core.
"""

from __future__ import annotations

import random
from itertools import chain
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from tutor import config
from tutor.retrieval import fitted
from tutor.retrieval.overview_head import KINDS, NONE
from tutor.training import follow_ups, intents, labs
from tutor.training.texts import folder_records, folders

REGULAR = 10.0  # inverse strength of the regularisation
# Shares of the weight of all texts.
SHARES = {
    "whole": 0.1,
    "topic": 0.1,
    "lineage": 0.1,
    "look-alike": 0.2,
    "question": 0.35,
    "everyday": 0.05,
    "small talk": 0.03,
    "demo": 0.04,
    "name": 0.03,
}
TALK_TEXTS = 3000
FOLDS = 5
SEED = 0


def overviews(qa: Path) -> dict[str, list[str]]:
    """The messages of `qa`/overviews by kind, NONE among them, each once."""
    found: dict[str, dict[str, None]] = {kind: {} for kind in (*KINDS, NONE)}
    for record in folder_records(qa / "overviews"):
        found[record["kind"]].setdefault(record["question"])
    return {kind: list(texts) for kind, texts in found.items()}


def material(qa: Path, data: Path) -> dict[str, list[str]]:
    """The texts by the keys of SHARES."""
    asked = overviews(qa)
    return {
        **{kind: asked[kind] for kind in KINDS},
        "look-alike": asked[NONE],
        "question": follow_ups.standing(qa),
        "everyday": follow_ups.everyday(data),
        "small talk": random.Random(SEED).sample(follow_ups.small_talk(), TALK_TEXTS),
        "demo": [text for lab, texts in labs.requests(qa).items() if lab != labs.LOOK_ALIKE for text in texts],
        "name": labs.names(),
    }


def fit(read: csr_matrix, groups: np.ndarray) -> LogisticRegression:
    """The kind asked for, by what was `read`, shape (n, FEATURES), of texts of the `groups` of SHARES, (n,)."""
    weights = sum((share / max((groups == name).sum(), 1) * (groups == name) for name, share in SHARES.items()), 0.0)
    model = LogisticRegression(C=REGULAR, max_iter=300, tol=1e-3)
    return model.fit(read, labels(groups), sample_weight=weights * len(groups))


def labels(groups: np.ndarray) -> np.ndarray:
    """The kinds of `groups`: 0 for what asks for no overview, else 1 and up in the order of KINDS."""
    return np.array([KINDS.index(group) + 1 if group in KINDS else 0 for group in groups.tolist()])


def out_of_fold(read: csr_matrix, groups: np.ndarray) -> np.ndarray:
    """The probabilities of every text, shape (n, 1 + len(KINDS)), by a regression that was not fitted to it."""
    found = np.zeros((len(groups), 1 + len(KINDS)))
    for fitted_to, left_out in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(read, groups):
        found[left_out] = fit(read[fitted_to], groups[fitted_to]).predict_proba(read[left_out])
    return found


def report(found: np.ndarray, groups: np.ndarray) -> str:
    """How many texts of each group are taken for an overview, and for the right kind of it."""
    taken, chosen = found[:, 1:].sum(1) > 0.5, found[:, 1:].argmax(1) + 1
    right = taken & (chosen == labels(groups))
    rows = []
    for name in SHARES:
        mine = groups == name
        told = f"{name}: {taken[mine].sum()} of {mine.sum()} taken for one"
        rows.append(f"{told}, {right[mine].sum()} for the right kind" if name in KINDS else told)
    return "\n".join(rows)


def write(model: LogisticRegression, counts: dict[str, int], out: Path) -> None:
    """Write `model` and how many texts of each group it was fitted to."""
    tensors = {"weight": model.coef_.astype(np.float16), "bias": model.intercept_.astype(np.float16)}
    fitted.write(out, tensors, {"classes": [NONE, *KINDS], **counts})


def main() -> None:
    given = folders(__doc__, config.BUNDLED_OVERVIEWS)
    config.go_offline()
    texts = material(config.ROOT / "corpus" / "qa", given.data)
    groups = np.repeat(list(texts), [len(group) for group in texts.values()])
    read = intents.encoded(list(chain(*texts.values())))
    print(report(out_of_fold(read, groups), groups), flush=True)
    write(fit(read, groups), {name: len(group) for name, group in texts.items()}, given.out)


if __name__ == "__main__":
    main()
