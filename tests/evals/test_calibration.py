"""The regression of the confidence, on signals of which one alone tells."""

import numpy as np

from tutor.evals import calibration


def test_the_share_to_be_refused_lies_below_the_bias():
    """Of 100 questions inside the logits are 0.01 w apart: with 4 % of them below 0, 4 are."""
    inside = np.array([True] * 100 + [False] * 100)
    signals = np.array([[1 + i / 100, 0.5] for i in range(100)] + [[i / 100, 0.5] for i in range(100)])
    weights, bias, recognised = calibration.fitted(signals, inside)
    logits = signals @ weights + bias
    assert weights[0] > 0
    assert (logits[inside] < 0).sum() == 100 * calibration.REFUSED
    assert recognised == (logits[~inside] < 0).mean() == 1.0
