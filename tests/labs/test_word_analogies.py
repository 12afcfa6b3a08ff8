"""Analogies by hand: words on a line, so that the differences are plain to see."""

import numpy as np

from tutor.labs import word_analogies
from tutor.labs.skip_gram import keys

WRITTEN = ("Widrow", "ADALINE", "Rosenblatt", "perceptron", "other")
SPELLING = {keys(word)[0]: word for word in WRITTEN}


def solved(perceptron, other):
    """Widrow and Rosenblatt are the first two axes, ADALINE is Widrow and the third axis together."""
    vectors = np.array([[1, 0, 0], [1, 0, 1], [0, 1, 0], perceptron, other], dtype=float)
    return word_analogies.analogies("en", list(SPELLING), SPELLING, vectors)


def test_the_difference_leads_to_the_right_word():
    (found,) = solved([0, 1, 0.5], [0, 1, -0.1])
    assert found == {"words": ["Widrow", "ADALINE", "Rosenblatt", "perceptron"], "rank": 1, "rank_alone": 2}


def test_a_word_that_is_nearer_stands_before_it():
    (found,) = solved([0, 1, -0.5], [0, 1, 0.6])
    assert found["rank"] == 2


def test_what_is_told():
    found = [
        {"words": ["a", "b", "c", "d"], "rank": 1, "rank_alone": 3},
        {"words": ["e", "f", "g", "h"], "rank": 9, "rank_alone": 1},
    ]
    words = word_analogies.told(found)
    assert "Of 2 analogies such as “a is to b as c is to d”" in words["en"]
    assert "solves 1; taking the word nearest to the third would solve 1" in words["en"]
    assert "‘a:b = c:d’" in words["ko"]
    assert word_analogies.told([]) == {"en": "", "ko": ""}
