import math

import bm25s
import pytest
from tutor.retrieval.fusion import fuse

from tutor.retrieval import evidence
from tutor.retrieval.lexical import K1, B, Lexical
from tutor.retrieval.lexical_build import Builder
from tutor.types import Hit, Passage

TEXTS = [["cat", "sat"], ["cat", "cat", "mat", "hat"], ["dog", "sat", "mat"]]


@pytest.fixture
def build(tmp_path):
    """Builds an index of term lists, in segments of the given number of texts."""

    def build(texts, segment=1000) -> Lexical:
        builder = Builder(tmp_path / f"bm25-{segment}", segment)
        for terms in texts:
            builder.add(terms)
        return builder.finish()

    return build


def test_bm25_by_hand(build):
    # N = 3, average length 3, k1 = 1.2, b = 0.75. "dog" is in one text: idf = ln(1 + 2.5/1.5); tf = 1, |d| = 3.
    words = build(TEXTS)
    assert words.scores(["dog"]).tolist() == pytest.approx([0, 0, math.log(1 + 2.5 / 1.5) / (1 + 1.2)])
    # "cat" is in two: idf = ln(1 + 1.5/2.5). Text 0: tf 1, |d| 2. Text 1: tf 2, |d| 4.
    idf = math.log(1 + 1.5 / 2.5)
    first = idf * 1 / (1 + 1.2 * (0.25 + 0.75 * 2 / 3))
    second = idf * 2 / (2 + 1.2 * (0.25 + 0.75 * 4 / 3))
    assert words.scores(["cat"]).tolist() == pytest.approx([first, second, 0])


def test_unknown_terms_score_nothing_and_weigh_most(build):
    words = build(TEXTS)
    assert words.scores([]).tolist() == words.scores(["kimchi"]).tolist() == [0, 0, 0]
    assert words.scores(["cat", "kimchi"]).tolist() == words.scores(["cat"]).tolist()
    assert (words.df("cat"), words.df("dog"), words.df("kimchi")) == (2, 1, 0)
    assert words.idf("kimchi") == pytest.approx(math.log(1 + 3.5 / 0.5))
    assert words.idf("kimchi") > words.idf("dog") > words.idf("cat")


QUERIES = (["cat"], ["mat", "sat"], ["dog", "dog", "hat"], ["kimchi", "cat"])


@pytest.mark.parametrize("segment", [1, 2, 3, 1000])
def test_however_the_texts_are_cut_the_scores_are_those_of_bm25s(build, segment):
    whole = bm25s.BM25(method="lucene", k1=K1, b=B)
    whole.index(TEXTS, show_progress=False)
    cut = build(TEXTS, segment)
    for query in QUERIES:
        assert cut.scores(query).tolist() == whole.get_scores(query).tolist()
    assert (cut.size, cut.df("cat"), cut.df("hat")) == (3, 2, 1)


def test_texts_without_terms(build):
    assert build([]).scores(["cat"]).tolist() == []
    assert build([[], ["cat"], []], 1).scores(["cat", "dog"]).tolist() == pytest.approx(
        [0, math.log(1 + 2.5 / 1.5) / (1 + K1 * (0.25 + 0.75 * 3)), 0]
    )


def test_bm25_on_disk(build, tmp_path):
    words = build(TEXTS, 2)
    assert Lexical.load(tmp_path / "bm25-2").scores(["cat", "mat"]).tolist() == words.scores(["cat", "mat"]).tolist()


def test_fusion_by_hand():
    # 7 is first in one ranking and second in the other, 5 the reverse: a tie, so the lower number stands first.
    assert fuse([[7, 5, 9], [5, 7]]) == [
        (5, pytest.approx(1 / 61 + 1 / 62)),
        (7, pytest.approx(1 / 61 + 1 / 62)),
        (9, pytest.approx(1 / 63)),
    ]
    assert fuse([[3], []], k=1) == [(3, 0.5)]
    assert fuse([[], []]) == []


def hit(text, title="Perceptron", section="", ident="en/p#1"):
    return Hit(Passage(ident, "en/p", "p", title, section, "en", (1, 1), text), 0.1)


def rank(question, *hits, k=8):
    def flat(passage):
        return [0.0] * passage.text.count(".")

    return [(e.text, round(e.score, 4)) for e in evidence.rank(question, hits, idf=lambda t: 1.0, cosines=flat, k=k)]


def test_evidence_by_hand():
    # Terms: invent, perceptron. Sentence one has both (2/2); two has neither, but both stand near: one in the
    # title (0.4) and one in the passage (0.1), of 2. Prior 0.15 for the first passage. "who" asks for a name: 0.3.
    found = rank("Who invented the perceptron?", hit("Frank Rosenblatt invented the perceptron. It was big."))
    assert found == [
        ("Frank Rosenblatt invented the perceptron.", 1.0 + 0.15 + 0.3),
        ("It was big.", round((0.4 + 0.1) / 2 + 0.15, 4)),
    ]


def test_evidence_ties_stay_in_reading_order_and_repeats_fall_away():
    found = rank("dragons?", hit("Same words. Other words."), hit("Same words.", ident="en/p#2"), k=3)
    assert found == [("Same words.", 0.15), ("Other words.", 0.15)]


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("When was the machine built?", "The machine was built in 1958."),
        ("퍼셉트론 기계는 언제 나왔어?", "기계는 1958년에 나왔다."),
        ("How many photocells had the machine?", "The machine had 400 photocells."),
        ("Why did the machine fail?", "The machine did fail because it was slow."),
    ],
)
def test_what_is_asked_for_stands_first(question, best):
    text = "The machine was built. The machine had photocells. The machine did fail."
    text += " 기계는 나왔다. 기계는 1958년에 나왔다."
    text += " The machine was built in 1958. The machine had 400 photocells. The machine did fail because it was slow."
    assert rank(question, hit(text))[0][0] == best


def test_coverage_by_hand():
    weight = {"kimchi": 4.0, "perceptron": 1.0, "learn": 2.0}.__getitem__
    passage = hit("The perceptron learns.")
    assert evidence.coverage("How is kimchi learned?", [passage], idf=weight) == pytest.approx(2 / 6)
    # A word of the title counts three times.
    assert evidence.coverage("perceptron kimchi", [passage], idf=weight) == pytest.approx(3 / 7)
    assert evidence.coverage("perceptron kimchi", [passage], idf=weight, nearest=0.5) == pytest.approx(
        (3 / 7 + 0.5) / 2
    )
    assert evidence.coverage("kimchi", [], idf=weight) == 0.0
    assert evidence.coverage("???", [passage], idf=weight, nearest=0.9) == 0.0
