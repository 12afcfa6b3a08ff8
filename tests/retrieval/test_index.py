import math
import unicodedata

import numpy as np
import pytest

from tests.cases import TEXTS
from tutor.errors import SearchIndexError
from tutor.retrieval import encoder, ingest
from tutor.retrieval.confidence import COVERED, confidence
from tutor.retrieval.index import WORDS


def test_what_is_in_it(index):
    assert sorted(index.documents) == ["en/lstm", "en/perceptron", "ko/lstm", "ko/perceptron", "seeds/note"]
    assert index.document("ko/lstm").title == "LSTM"
    assert [p.doc for p in index.passages].count("en/perceptron") == 2
    with pytest.raises(SearchIndexError, match="no document 'en/none'"):
        index.document("en/none")


@pytest.mark.parametrize(
    ("question", "lang", "best"),
    [
        ("Who invented the perceptron?", "en", "en/perceptron"),
        ("Why can it not learn XOR?", "en", "en/perceptron"),
        ("machines with a memory", "en", "en/lstm"),
        ("Jurgen Schmidhuber", "en", "en/lstm"),
        ("퍼셉트론은 누가 만들었어?", "ko", "ko/perceptron"),
        ("퍼셉트론을 설명해줘", "ko", "ko/perceptron"),
        ("LSTM은 언제 나왔어?", "ko", "ko/lstm"),
        ("오블완이 뭐야?", "ko", "seeds/note"),
        ("Who is 로젠블라트?", "en", "ko/perceptron"),
    ],
)
def test_the_right_document_stands_first(index, question, lang, best):
    assert index.search(question, lang=lang)[0].passage.doc == best


def test_twins_are_folded(index):
    found = {hit.passage.doc for hit in index.search("perceptron LSTM 1957 XOR", lang="en")}
    assert found <= {"en/perceptron", "en/lstm", "seeds/note"}
    found = {hit.passage.doc for hit in index.search("Perceptron LSTM 1957 XOR", lang="ko")}
    assert found == {"ko/perceptron", "ko/lstm", "seeds/note"}


def test_hits_say_where_their_rank_came_from(index):
    first = index.search("Who invented the perceptron?", lang="en")[0]
    assert (first.bm25_rank, first.dense_rank) == (1, 1)
    assert first.score == pytest.approx(first.cosine + WORDS)  # the best by BM25 has the whole share
    hits = index.search("호흐라이터", lang="ko", k=100)
    assert [hit.passage.doc for hit in hits if hit.bm25_rank] == ["ko/lstm"]
    assert all(hit.score == pytest.approx(hit.cosine) for hit in hits if not hit.bm25_rank)


def test_unicode_forms_find_the_same(index):
    composed = "퍼셉트론은 누가 발명했어?"
    assert index.search(unicodedata.normalize("NFD", composed), lang="ko") == index.search(composed, lang="ko")


@pytest.mark.parametrize(("question", "lang"), TEXTS)
@pytest.mark.parametrize("k", [1, 100])
def test_any_text_may_be_asked(index, question, lang, k):
    hits = index.search(question, lang=lang, k=k)
    assert len(hits) <= k
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    for found in index.evidence(question, hits):
        assert found.text in found.passage.text


def test_nothing_asked_finds_nothing(index):
    assert index.search(" ", lang="en") == index.search("", lang="ko") == []
    assert index.evidence("", []) == []


def test_evidence_and_confidence(index):
    for question, lang, answer in (
        ("Who invented the perceptron?", "en", "Frank Rosenblatt invented the perceptron in 1957."),
        ("퍼셉트론은 왜 XOR를 못 풀어?", "ko", "단층 퍼셉트론은 XOR를 풀 수 없다."),
    ):
        hits = index.search(question, lang=lang)
        assert index.evidence(question, hits)[0].text == answer
        assert index.confidence(question, hits) >= COVERED
    for question, lang in (("How do I cook kimchi stew?", "en"), ("김치찌개는 어떻게 끓여?", "ko")):
        assert index.confidence(question, index.search(question, lang=lang)) < COVERED


def test_confidence_counts_the_words_that_no_source_holds(index):
    hits = index.search("perceptron kimchi", lang="en")
    # idf by hand: ln(1 + (N - df + 0.5) / (df + 0.5)), kimchi in none of the N passages
    n, df = len(index.passages), sum("perceptron" in f"{p.title} {p.text}".lower() for p in index.passages)
    held, strange = (math.log(1 + (n - d + 0.5) / (d + 0.5)) for d in (df, 0))
    found = index.signals("perceptron kimchi", hits)
    assert found.known == pytest.approx(held / (held + strange))
    assert found.nearest == max(hit.cosine for hit in hits)
    assert index.confidence("perceptron kimchi", hits) == confidence(found)
    assert index.confidence("perceptron kimchi", []) == 0.0


def test_the_passages_of_a_document(index):
    found = list(index.passages_of("en/perceptron"))
    assert [p.section for p in found] == ["Perceptron", "Limits"]
    assert found == [p for p in index.passages if p.doc == "en/perceptron"]
    assert list(index.passages_of("en/none")) == []


def test_the_passages_that_hold_words_of_either_language(index):
    assert index.holding("프랭크 로젠블라트가 1957년에")[0].doc == "ko/perceptron"
    assert index.holding("memory cell")[0].doc == "en/lstm"
    assert index.holding("kimchi") == index.holding("") == []


def test_each_passage_has_its_unit_vector(index):
    texts = [ingest.embedded(passage) for passage in index.passages]
    vectors = index.vectors.vectors(np.arange(index.vectors.size))
    assert "퍼셉트론: 한계 [SEP] 단층 퍼셉트론은 XOR를 풀 수 없다. [SEP] 점들을 나누는 직선이 없기 때문이다." in texts
    assert len(texts) == len(vectors) == 7
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(7))
    assert vectors == pytest.approx(encoder.encode(texts), abs=1e-6)


@pytest.mark.parametrize(("query", "lang"), [("A line is what it learns.", "en"), ("직선을 배우는 것", "ko")])
def test_a_passage_is_as_near_as_its_vector(index, query, lang):
    cosines = index.vectors.vectors(np.arange(7)) @ encoder.question(query).vector
    near = {index.passages[n].id: cosine for n, cosine in enumerate(cosines.tolist())}
    for hit in index.search(query, lang=lang, k=7):
        assert hit.cosine == pytest.approx(near[hit.passage.id], abs=1e-6)
    by_words, by_meaning = index.legs(query, lang)
    shown = [n for n, passage in enumerate(index.passages) if passage.lang == lang or passage.slug == "note"]
    assert by_meaning == sorted(shown, key=lambda n: -cosines[n])
    assert {index.passages[n].doc for n in by_words} == {f"{lang}/perceptron"}
