"""tutor-labs: `python -m tutor.training.labs --data DIR` fits the head of retrieval/lab_head.py.

A multinomial logistic regression tells the requests of corpus/qa/labs, by lab, from the messages there that look alike
and from everything else: questions of the corpus, of everyday life, bare names, small talk. Ten minutes of a core.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import yaml
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from tutor import config
from tutor.corpus import articles, glossary
from tutor.retrieval import fitted
from tutor.retrieval.lab_head import NONE
from tutor.training import demo_requests, follow_ups, intents
from tutor.training.texts import folder_records, folders
from tutor.types import LANGS

REGULAR = 10.0  # inverse strength of the regularisation
LOOK_ALIKE = "look-alike"
# Shares of the weight of all texts that ask for nothing to be run; the labs share what is left, the grammar aside.
SHARES = {LOOK_ALIKE: 0.2, "question": 0.45, "everyday": 0.05, "small talk": 0.03, "name": 0.03}
GRAMMAR, GRAMMARS_SHARE = "grammar", 0.03  # requests for the perceptron by demo_requests.py
TALK_TEXTS, GRAMMAR_TEXTS = 3000, 1500
SEED = 0
BARE_NAMES: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("bare_names.yaml").read_text("utf-8"))


def requests(qa: Path) -> dict[str, list[str]]:
    """The messages of `qa`/labs by the lab that they ask for, LOOK_ALIKE for none, each once."""
    found: dict[str, dict[str, None]] = {}
    for record in folder_records(qa / "labs"):
        found.setdefault(record["lab"] or LOOK_ALIKE, {}).setdefault(record["question"])
    return {lab: list(texts) for lab, texts in sorted(found.items())}


def names() -> list[str]:
    """Names and topics with no word around them, each once: those of bare_names.yaml, and the corpus's own."""
    settings = config.load()
    people = [person for document in articles.read(settings) for person in document.people]
    surnames = [name.split()[-1] for name in people]
    spelt = [spelling for term in glossary.read(settings) for spelling in term.spellings]
    return list(dict.fromkeys([*chain(*BARE_NAMES.values()), *people, *surnames, *spelt]))


def material(qa: Path, data: Path) -> dict[str, list[str]]:
    """The texts by lab, GRAMMAR, and the keys of SHARES."""
    rng = random.Random(SEED)
    return {
        **requests(qa),
        GRAMMAR: [demo_requests.request(rng, lang)[0] for _ in range(GRAMMAR_TEXTS) for lang in LANGS],
        "question": follow_ups.standing(qa),
        "everyday": follow_ups.everyday(data),
        "small talk": rng.sample(follow_ups.small_talk(), TALK_TEXTS),
        "name": names(),
    }


def shares(groups: Sequence[str]) -> dict[str, float]:
    """The share of the weight of each of `groups`, together 1."""
    labs = [group for group in groups if group not in SHARES and group != GRAMMAR]
    rest = 1.0 - sum(SHARES.values()) - GRAMMARS_SHARE
    return {**SHARES, GRAMMAR: GRAMMARS_SHARE, **{lab: rest / len(labs) for lab in labs}}


def label(group: str) -> str:
    """The class of the texts of `group`."""
    return NONE if group in SHARES else "train_perceptron" if group == GRAMMAR else group


def fit(read: csr_matrix, groups: np.ndarray) -> LogisticRegression:
    """What is to be run, by what was `read`, shape (n, FEATURES), of texts of the `groups`, (n,)."""
    weights = np.zeros(len(groups))
    for name, share in shares(sorted(set(groups.tolist()))).items():
        mine = groups == name
        weights[mine] = share / max(mine.sum(), 1) * len(groups)
    model = LogisticRegression(C=REGULAR, max_iter=300, tol=1e-3)
    return model.fit(read, [label(group) for group in groups.tolist()], sample_weight=weights)


def write(model: LogisticRegression, counts: Mapping[str, int], out: Path) -> None:
    """Write `model`, NONE first, and how many texts of each group it was fitted to."""
    known = list(model.classes_)
    order = [known.index(NONE), *(place for place, name in enumerate(known) if name != NONE)]
    tensors = {"weight": model.coef_[order].astype(np.float16), "bias": model.intercept_[order].astype(np.float16)}
    fitted.write(out, tensors, {"classes": [known[place] for place in order], "texts": dict(counts)})


def main() -> None:
    arguments = folders(__doc__, config.BUNDLED_LABS)
    config.go_offline()
    texts = material(config.ROOT / "corpus" / "qa", arguments.data)
    groups = np.repeat(list(texts), [len(group) for group in texts.values()])
    model = fit(intents.encoded(list(chain(*texts.values()))), groups)
    write(model, {name: len(group) for name, group in texts.items()}, arguments.out)
    print(f"{dict((name, len(group)) for name, group in texts.items())}: {arguments.out}")


if __name__ == "__main__":
    main()
