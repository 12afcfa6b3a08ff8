"""Which questions are like those that the articles answer: by hand, and the vectors that are shipped."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from tutor.config import BUNDLED_SCOPE
from tutor.errors import ModelError
from tutor.retrieval import encoder, fitted, scope
from tutor.retrieval.scope import Scope


def test_the_ratio_by_hand():
    """The kernel is e to the 20 times the cosine; a density is the mean of its kernels."""
    found = Scope(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))
    assert found.log_ratio(np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])) == pytest.approx([20.0, -4.0, -20.0])
    found = Scope(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 0.0]]))
    assert found.log_ratio(np.array([[1.0, 0.0]])) == pytest.approx([np.log((1 + np.exp(-20)) / 2)])


@pytest.mark.parametrize(
    "question",
    [
        "Who invented the perceptron?",
        "퍼셉트론은 누가 발명했어?",
        "How does dropout help?",
        "LSTM에는 게이트가 몇 개야?",
    ],
)
def test_what_the_articles_answer(question):
    assert scope.scope().log_ratio(encoder.question(question).vector[None]) > 1


@pytest.mark.parametrize(
    "question",
    [
        "제프리 힌턴의 딸은 몇 살이야?",
        "How do I install PyTorch on a Mac?",
        "양자 컴퓨터는 어떻게 계산해?",
    ],
)
def test_what_no_source_answers(question):
    assert scope.scope().log_ratio(encoder.question(question).vector[None]) < -1


@pytest.mark.parametrize("shape", [(3,), (0, 384), (2, 383)])
def test_weights_of_another_shape_are_refused(weights_of, shape):
    copied = weights_of(scope, "BUNDLED_SCOPE")
    save_file({"answered": np.ones((1, 384)), "unanswered": np.ones(shape)}, copied / fitted.WEIGHTS)
    with pytest.raises(ModelError, match="weights are"):
        scope.scope()


def test_they_are_unit_vectors_and_not_large():
    found = scope.scope()
    for vectors in (found.answered, found.unanswered):
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(vectors)), abs=2e-3)
    assert sum(path.stat().st_size for path in BUNDLED_SCOPE.iterdir()) < 12_000_000
