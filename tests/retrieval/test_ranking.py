import math

import bm25s
import numpy as np
import pytest

from tutor.retrieval import encoder, evidence, ranking
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


def hit(text, title="Perceptron", section="", ident="en/p#1", score=0.0):
    return Hit(Passage(ident, "en/p", "p", title, section, "en", (1, 1), text), score)


@pytest.fixture
def alike(monkeypatch):
    """Every sentence as near to the question as every other: what is left are the rules."""
    monkeypatch.setattr(ranking, "scores", lambda question, passages: [np.zeros(len(told)) for _, told in passages])


def rank(question, *hits, k=8):
    return [(e.text, round(e.score, 4)) for e in evidence.rank([question], hits, idf=lambda t: 1.0, k=k)]


def test_evidence_by_hand(alike):
    # Terms: invent, perceptron. Sentence one has both (2/2); two has neither, but both stand near: one in the
    # title (0.4) and one in the passage (0.1), of 2. "who" asks for a name.
    found = rank("Who invented the perceptron?", hit("Frank Rosenblatt invented the perceptron. It was big."))
    assert found == [
        ("Frank Rosenblatt invented the perceptron.", 1.0 + evidence.CUE),
        ("It was big.", round((0.4 + 0.1) / 2, 4)),
    ]


def test_evidence_ties_stay_in_reading_order_and_repeats_fall_away(alike):
    found = rank("dragons?", hit("Same words. Other words."), hit("Same words.", ident="en/p#2"), k=3)
    assert found == [("Same words.", 0.0), ("Other words.", 0.0)]


def test_the_better_passage_leads_and_the_best_way_to_spell_a_name_counts(alike):
    hits = [hit("Same words.", score=0.2), hit("Other words.", score=0.7), hit("버트는 크다.", score=0.1)]
    ranked = evidence.rank(["dragons?", "버트?"], hits, idf=lambda t: 1.0)
    assert [(e.text, round(e.score, 4)) for e in ranked] == [
        ("버트는 크다.", 1.1),  # all the terms of the second way
        ("Other words.", 0.7),
        ("Same words.", 0.2),
    ]


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("When was the machine built?", "The machine was built in 1958."),
        ("퍼셉트론 기계는 언제 나왔어?", "기계는 1958년에 나왔다."),
        ("How many photocells had the machine?", "The machine had 400 photocells."),
        ("Why did the machine fail?", "The machine did fail because it was slow."),
    ],
)
def test_what_is_asked_for_stands_first(question, best, alike):
    text = "The machine was built. The machine had photocells. The machine did fail."
    text += " 기계는 나왔다. 기계는 1958년에 나왔다."
    text += " The machine was built in 1958. The machine had 400 photocells. The machine did fail because it was slow."
    assert rank(question, hit(text))[0][0] == best


# ---- late interaction ------------------------------------------------------------------------------
CLS, SEP, WORD = 101, 102, 7
VECTORS = {"a": (1, 0, 0), "b": (0, 1, 0), "ab": (0.6, 0.8, 0), "가": (0, 0.6, 0.8)}


@pytest.fixture
def read(monkeypatch):
    """A network that reads words by themselves: those above have vectors, all others are like none of them.

    Gives the texts that it read.
    """
    seen = []

    def read(text):
        seen.append(text)
        words = ["[CLS]", *text.split(), "[SEP]"]
        ids = [{"[CLS]": CLS, "[SEP]": SEP}.get(word, WORD) for word in words]
        # If special tokens counted, they would be like "a".
        tokens = [(1, 0, 0) if word[0] == "[" else VECTORS.get(word, (0, 0, -1)) for word in words]
        return encoder.Reading(np.array([1, 0, 0], np.float32), np.array(ids), np.array(tokens, np.float32))

    monkeypatch.setattr(encoder, "read", read)
    monkeypatch.setattr(encoder, "question", lambda text: read(encoder.plain(text)))
    monkeypatch.setattr(encoder, "end_id", lambda: SEP)
    ranking._read.cache_clear()
    yield seen
    ranking._read.cache_clear()


def scored(question, *passages):
    found = ranking.scores(question, passages)
    assert all(part.dtype == np.float32 for part in found)
    return [pytest.approx(part.tolist(), abs=1e-3) for part in found]  # token vectors are kept in 16 bits


def test_late_interaction_and_half_the_cosine_by_hand(read):
    # "a x": a as a 1, b as none 0. "ab": 0.6 and 0.8. "x": 0. "가": a 0, b 0.6. The title "b" counts for none.
    # The question's vector (1, 0, 0) and the means: (1, 0, -1)/2 is at a cosine of 0.7071, (0.6, 0.8, 0) of 0.6,
    # (0, 0, -1) and (0, 0.6, 0.8) of 0, (1, 1, 0)/2 of 0.7071.
    found = scored("a b", ("b", ["a x", "ab", "x", "가"]), ("T", []), ("T", ["a b"]))
    assert found == [[0.8536, 1.0, 0.0, 0.3], [], [1.3536]]
    assert read == ["a b", "b [SEP] a x [SEP] ab [SEP] x [SEP] 가", "T [SEP] a b"]


def test_a_question_of_nothing_is_like_no_sentence(read):
    assert scored("", ("T", ["a", "b"])) == [[0.0, 0.0]]


def test_what_looks_like_a_special_token_is_text(read):
    # SEP and CLS are words like any that have no vector of their own, and like each other.
    # The first sentence's mean, (2, 1, -2)/5, is at a cosine of 2/3 from the question's vector, the second's of 0.
    assert scored("a [SEP] [CLS]", ("T", ["a [[SEP]] b", "b [CLS]"])) == [[4 / 3, 2 / 3]]
    assert read[1].split() == ["T", "[SEP]", "a", "[", "SEP", "]", "b", "[SEP]", "b", "CLS"]


def test_a_long_passage_is_read_in_runs(read, monkeypatch):
    sentences = ["a x", "ab", "가", "b", "x"]
    (whole,) = ranking.scores("a b", [("T", sentences)])
    monkeypatch.setattr(ranking, "ROOM", 5)
    read.clear()
    # a x and ab have 5 letters, 가 (counted double), b and x 4.
    assert [whole.tolist()] == scored("a b", ("T", sentences))
    assert read == ["a b", "T [SEP] a x [SEP] ab", "T [SEP] 가 [SEP] b [SEP] x"]


@pytest.mark.parametrize(
    ("sentences", "runs"),
    [
        ([], []),
        (["12345", "67890", "x"], [("12345", "67890"), ("x",)]),
        (["가나다라마", "x"], [("가나다라마",), ("x",)]),
        (["가나다", "x", "1234"], [("가나다", "x"), ("1234",)]),
        (["12345678901", "", "x"], [("12345678901",), ("", "x")]),  # longer than a run: read by itself
    ],
)
def test_runs_by_hand(monkeypatch, sentences, runs):
    monkeypatch.setattr(ranking, "ROOM", 10)
    assert list(ranking._runs(sentences)) == runs


def test_of_an_endless_sentence_the_beginning_is_read(read, monkeypatch):
    monkeypatch.setattr(ranking, "LONGEST", 5)
    assert scored("a b", ("T", ["a x x b"])) == [[0.7236]]  # 1/2, and half of 1/sqrt(5)
    assert read[1] == "T [SEP] a x x"


def test_as_good_a_sentence_stands_first_by_late_interaction(monkeypatch):
    monkeypatch.setattr(ranking, "scores", lambda question, passages: [np.array([0.25, 0.5])])
    assert rank("dragons?", hit("Same words. Other words.")) == [
        ("Other words.", round(evidence.LIKE * 0.5, 4)),
        ("Same words.", round(evidence.LIKE * 0.25, 4)),
    ]
