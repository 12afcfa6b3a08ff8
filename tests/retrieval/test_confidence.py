import math

import pytest

from tutor.retrieval import confidence
from tutor.retrieval.confidence import Signals


def test_confidence_by_hand(monkeypatch):
    monkeypatch.setattr(confidence, "WEIGHTS", (2.0, 1.0))
    monkeypatch.setattr(confidence, "BIAS", -1.5)
    assert confidence.confidence(Signals(0.5, 0.5)) == pytest.approx(0.5)
    assert confidence.confidence(Signals(1.0, 0.5)) == pytest.approx(1 / (1 + math.exp(-1)))


def test_nearer_and_better_known_is_likelier():
    chances = [confidence.confidence(Signals(*s)) for s in ((0.2, 0.2), (0.6, 0.2), (0.6, 0.9))]
    assert chances == sorted(chances)
    assert chances[0] < confidence.COVERED < chances[-1]
