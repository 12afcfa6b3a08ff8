"""How a search weighs words and meaning, and folds articles that are there in both languages: by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from tutor.retrieval import encoder, ingest
from tutor.retrieval import index as indexing
from tutor.retrieval.builds import assembled
from tutor.types import Document


def vector(cosine: float) -> np.ndarray:
    """A unit vector of which the first number is `cosine`."""
    return np.array([cosine, np.sqrt(1 - cosine**2), *[0.0] * (encoder.DIMENSIONS - 2)], np.float32)


@pytest.fixture
def searched(tmp_path, monkeypatch):
    """Makes an index of {document: (what it says, its cosine with every question)}.

    en/a:2 is another document of the article a.
    """
    monkeypatch.setattr(indexing, "WORDS", 0.6)
    monkeypatch.setattr(indexing, "MORE", 0.15)
    monkeypatch.setattr(encoder, "questions", lambda texts: [SimpleNamespace(vector=vector(1.0)) for _ in texts])

    def made(told):
        documents = [Document(ident, ident[3:4], "T", ident[:2], "x.md", said) for ident, (said, _) in told.items()]
        cosines = dict(told.values())

        def encode(texts, progress=None):
            return np.array([vector(cosines[text.split(encoder.END, 1)[1]]) for text in texts])

        folder = tmp_path / f"build-{len(list(tmp_path.iterdir()))}"
        ingest.write(folder, documents, len(told), {}, lambda *_: None, encode=encode)
        return assembled(folder)

    return made


def found(index, query, lang, **given):
    return [(hit.passage.doc, round(hit.score, 4)) for hit in index.search(query, lang=lang, **given)]


@pytest.mark.parametrize(
    ("lang", "query", "said"),
    [
        ("en", "gate", ("A gate opens.", "A gate closes.", "A line bends.")),
        ("ko", "게이트", ("게이트가 열린다.", "게이트가 닫힌다.", "직선이 휜다.")),
    ],
)
def test_the_convex_combination_by_hand(searched, lang, query, said):
    ids = [f"{lang}/{slug}" for slug in "abc"]
    index = searched(dict(zip(ids, zip(said, (0.1, 0.3, 0.8), strict=True), strict=True)))
    a, b, c = ids
    # a and b hold the word alike, so both have the whole share of BM25: 0.1 + 0.6, 0.3 + 0.6; c has none: 0.8.
    assert found(index, query, lang) == [(b, 0.9), (c, 0.8), (a, 0.7)]
    assert found(index, query, lang, k=1) == [(b, 0.9)]
    hits = {hit.passage.doc: hit for hit in index.search(query, lang=lang)}
    assert {doc: (hit.bm25_rank, hit.dense_rank) for doc, hit in hits.items()} == {b: (2, 2), c: (None, 1), a: (1, 3)}
    assert {doc: round(hit.cosine, 4) for doc, hit in hits.items()} == {a: 0.1, b: 0.3, c: 0.8}
    assert index.legs(query, lang) == ([0, 1], [2, 1, 0])


def test_ties_stand_by_number(searched):
    index = searched({"en/b": ("A gate opens.", 0.5), "en/a": ("A gate closes.", 0.5)})
    assert found(index, "gate", "en") == [("en/b", 1.1), ("en/a", 1.1)]


def test_what_meaning_alone_does_not_reach_has_its_cosine_too(searched, monkeypatch):
    monkeypatch.setattr(indexing, "POOL", 1)  # by meaning two, by BM25 one
    index = searched({"en/a": ("A gate.", -0.5), "en/b": ("A line.", 0.3), "en/c": ("A cell.", 0.2)})
    assert found(index, "gate", "en") == [("en/b", 0.3), ("en/c", 0.2), ("en/a", 0.1)]


@pytest.mark.parametrize(
    ("english", "korean", "asked_in_english", "asked_in_korean"),
    [
        (0.5, 0.6, {"en/p"}, {"ko/p"}),
        (0.5, 0.64, {"en/p"}, {"ko/p"}),
        (0.5, 0.66, {"en/p", "ko/p"}, {"ko/p"}),
        (0.66, 0.5, {"en/p"}, {"en/p", "ko/p"}),
    ],
)
def test_an_article_in_both_languages_counts_once(searched, english, korean, asked_in_english, asked_in_korean):
    told = {"en/p": ("The XOR gate.", english), "ko/p": ("XOR 게이트.", korean), "en/o": ("An English line.", 0.1)}
    index = searched(told)
    assert {doc for doc, _ in found(index, "XOR", "en")} == asked_in_english | {"en/o"}
    assert {doc for doc, _ in found(index, "XOR", "ko")} == asked_in_korean | {"en/o"}  # it has no twin


def test_the_nearest_passage_of_an_article_folds_its_twin(searched):
    told = {"en/p": ("A gate opens.", 0.2), "ko/p": ("게이트가 열린다.", 0.5)}
    assert len(found(searched(told), "gate", "en")) == 2
    # A second passage of the same article, nearer than the first: now the Korean one is nearer by 0.1 only.
    index = searched(told | {"en/p:2": ("A gate closes.", 0.4)})
    assert [doc for doc, _ in found(index, "gate", "en")] == ["en/p:2", "en/p"]


@pytest.mark.parametrize(("query", "lang", "best"), [("Who is 로젠블라트?", "en", "ko/p"), ("gate는?", "ko", "en/p")])
def test_a_word_that_only_the_other_language_holds_finds_its_passage(searched, query, lang, best):
    index = searched({"en/p": ("A gate opens.", 0.2), "ko/p": ("로젠블라트의 것.", 0.2), "en/q": ("A line.", 0.3)})
    assert found(index, query, lang)[0] == (best, 0.8)


def test_where_the_sources_say_nothing_nothing_is_found(searched):
    assert searched({}).search("gate", lang="en") == []
    assert searched({}).legs("게이트", "ko") == ([], [])
