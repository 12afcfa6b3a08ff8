"""The weights of retrieval/confidence.py: `python -m tutor.evals.calibration` fits them and prints them.

Fitted on half A of the questions that `tutor eval retrieval --only declining` measures, a question's half being decided
by a hash, so half B stays unseen. Both languages together; questions in and not in the sources weigh the same.
"""

from __future__ import annotations

import numpy as np
import typer
from sklearn.linear_model import LogisticRegression

from tutor import config
from tutor.evals import indexes, qa_sets
from tutor.retrieval.confidence import Signals

REFUSED = 0.04  # share of the questions in the sources that may be refused


def main() -> None:
    settings = config.load()
    config.go_offline()
    index = indexes.opened(settings)
    qa = settings.corpus / "qa"
    asked = [(q.question, q.lang, True) for q in qa_sets.labelled(qa / "dev", index.passages)]
    asked += [(q.question, q.lang, False) for q in qa_sets.outside(qa)]
    chosen = [item for item in asked if qa_sets.half(item[0]) == "A"]
    found = [index.signals(question, index.search(question, lang=lang)) for question, lang, _ in chosen]
    inside = np.array([answered for _, _, answered in chosen])
    for suffix, names in (("", Signals.__slots__), ("_OF_SEARCH", Signals.__slots__[:3])):
        whole = np.array([all(getattr(one, name) is not None for name in names) for one in found])
        signals = np.array([[getattr(one, name) for name in names] for one in found])[whole].astype(float)
        weights, bias, recognised = fitted(signals, inside[whole])
        typer.echo(constants(suffix, weights, bias))
        typer.echo(f"# {whole.sum()} questions of half A: {recognised:.1%} of those outside are recognised")


def constants(suffix: str, weights: np.ndarray, bias: float) -> str:
    """As they are written down in the code."""
    return f"WEIGHTS{suffix} = ({', '.join(f'{weight:.2f}' for weight in weights)})\nBIAS{suffix} = {bias:.2f}"


def fitted(signals: np.ndarray, inside: np.ndarray, refused: float = REFUSED) -> tuple[np.ndarray, float, float]:
    """Weights and bias of the regression, with which `refused` of the questions `inside` have a confidence below 0.5.

    Args:
        signals: shape (questions, signals).
        inside: whether the sources answer it, shape (questions,).
        refused: a share, 0 to 1.

    Returns:
        The weights, the bias, and the share of those outside that is recognised.
    """
    model = LogisticRegression(C=100.0, class_weight="balanced", max_iter=1000).fit(signals, inside)
    logits = signals @ model.coef_[0]
    bias = -float(np.quantile(logits[inside], refused))
    return model.coef_[0], bias, float((logits[~inside] + bias < 0).mean())


if __name__ == "__main__":
    main()
