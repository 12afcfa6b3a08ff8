import numpy as np
import pytest
import torch

from tutor.labs import translation_task as task

pytestmark = pytest.mark.slow  # trains for real


def said(words, vocabulary):
    return " ".join(vocabulary[i] for i in words)


def translated(english):
    """By the rule in words: phrases from last to first, each word for word, "의" between them."""
    phrases = english.removesuffix(" .").split(" of ")
    dictionary = task.NOUNS | task.ADJECTIVES
    return " 의 ".join(" ".join(dictionary[word] for word in phrase.split()) for phrase in reversed(phrases)) + " ."


@pytest.mark.parametrize("words", range(2, 21))
def test_sentences_follow_the_rule(words):
    english, korean, order = task.sentences(words, 100, np.random.default_rng(words))
    assert english.shape == korean.shape == order.shape == (100, words + 1)
    for source, target, places in zip(english, korean, order, strict=True):
        assert translated(said(source, task.ENGLISH)) == said(target, task.KOREAN)
        assert sorted(places) == list(range(words + 1))
        assert list(source[places]) == list(target)


def test_sentences_use_every_word():
    english, _, _ = task.sentences(12, 100, np.random.default_rng(0))
    assert set(english.ravel()) == set(range(task.SYMBOLS))
    assert len(task.ENGLISH) == len(task.KOREAN) == task.SYMBOLS


def test_lengths():
    assert task.lengths(8) == [4, 6, 8]
    assert task.lengths(7) == [3, 5, 7]


def test_the_decoder_is_given_the_words_before():
    assert task.shifted(torch.tensor([[3, 4, 5]])).tolist() == [[task.START, 3, 4]]


def test_the_learning_rate_rises_stays_and_falls():
    rates = [task.rate(step, 100) / task.LEARNING_RATE for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[9:67] == [1.0] * 58
    assert rates[-1] == pytest.approx(0.03)


def test_score_by_hand():
    korean = torch.tensor([[0, 1, 11], [2, 3, 11]])
    written = torch.tensor([[0, 1, 11], [2, 4, 11]])
    assert task.score(written, korean) == task.Score(2, 0.75, 0.5)


def test_a_missing_full_stop_makes_the_sentence_wrong():
    assert task.score(torch.tensor([[0, 1, 4]]), torch.tensor([[0, 1, 11]])) == task.Score(2, 1.0, 0.0)


def test_aligned_by_hand():
    """ "king of dog ." to "dog of king .": looks at dog, dog, of, dog; what is seen at "of" and "." does not count."""
    english, order = torch.tensor([[0, task.OF, 4, task.END]]), torch.tensor([[2, 1, 0, 3]])
    weights = torch.eye(4)[torch.tensor([[2, 2, 1, 2]])]
    assert task.aligned(weights, english, order) == 0.5


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "0%"), (0.004, "0.4%"), (0.345, "34%"), (0.984, "98%"), (0.9951, "99.5%"), (0.9999, "99.9%"), (1.0, "100%")],
)
def test_percent(share, said):
    assert task.percent(share) == said


def test_starting_weights_are_the_seeds():
    shapes = {"words_read": (12, 4), "W": (3, 4), "W_bias": (3,)}
    one, same, other = (task.initialise(shapes, seed) for seed in (1, 1, 2))
    assert all(torch.equal(one[name], same[name]) for name in shapes)
    assert not torch.equal(one["W"], other["W"])
    assert one["W"].abs().max() <= 0.5
    assert not one["W_bias"].any()
