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

REFUSED = 0.03  # share of the questions in the sources that may be refused


def main() -> None:
    settings = config.load()
    config.go_offline()
    index = indexes.opened(settings)
    qa = settings.corpus / "qa"
    asked = [(q.question, q.lang, True) for q in qa_sets.labelled(qa / "dev", index.passages)]
    asked += [(q.question, q.lang, False) for q in qa_sets.outside(qa)]
    chosen = [item for item in asked if qa_sets.half(item[0]) == "A"]
    signals = [index.signals(question, index.search(question, lang=lang)) for question, lang, _ in chosen]
    found = np.array([[getattr(one, name) for name in Signals.__slots__] for one in signals])
    inside = np.array([answered for _, _, answered in chosen])
    fitted = LogisticRegression(C=100.0, class_weight="balanced", max_iter=1000).fit(found, inside)
    chance = fitted.predict_proba(found)[:, 1]
    covered = np.quantile(chance[inside], REFUSED)
    typer.echo(f"WEIGHTS = ({', '.join(f'{weight:.2f}' for weight in fitted.coef_[0])})")
    typer.echo(f"BIAS = {fitted.intercept_[0]:.2f}\nCOVERED = {covered:.2f}")
    recognised = (chance[~inside] < covered).mean()
    typer.echo(f"# {len(chosen)} questions of half A: {recognised:.1%} of those outside are recognised")


if __name__ == "__main__":
    main()
