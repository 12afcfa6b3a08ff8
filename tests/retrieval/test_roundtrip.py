"""Whatever small documents are built into an index, they are read from it and found in it as they were."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor import text
from tutor.retrieval import chunking, encoder, ingest, stores
from tutor.retrieval.keys import Numbered, key, keys
from tutor.retrieval.layout import Layout
from tutor.retrieval.lexical import Lexical
from tutor.retrieval.records import Documents, Records
from tutor.types import Document, Passage

WORDS = {
    "en": ["perceptron", "line", "gate", "memory", "XOR", "1957", "Rosenblatt"],
    "ko": ["퍼셉트론", "직선", "게이트", "기억", "신경망"],
}
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


@st.composite
def some_documents(draw) -> list[Document]:
    documents = []
    for number in range(draw(st.integers(0, 5))):
        lang = draw(st.sampled_from(["en", "ko"]))
        word = st.sampled_from(WORDS[lang])
        sentence = st.lists(word, min_size=1, max_size=6).map(lambda words: " ".join(words) + ".") | ANY_TEXT
        body = "\n\n".join(draw(st.lists(sentence, max_size=12)))
        slug = draw(st.sampled_from("abc")) + str(number // 2)
        title = draw(ANY_TEXT)
        documents.append(Document(f"{lang}/{number}-{slug}", slug, title, lang, f"{slug}.md", body))
    return documents


def encode(texts, progress=None):
    """A stand-in: of each text the same unit vector every time."""
    rows = [np.random.default_rng(key(part)).standard_normal(encoder.DIMENSIONS) for part in texts]
    return np.array([row / np.linalg.norm(row) for row in rows], np.float32).reshape(-1, encoder.DIMENSIONS)


@settings(deadline=None, derandomize=True, max_examples=20)
@given(some_documents())
def test_what_is_built_is_read_and_found(documents):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "build"
        ingest.write(folder, documents, len(documents), {}, lambda *_: None, encode=encode)
        passages, layout = Records(folder / "passages", Passage), Layout(folder)
        wanted = [chunking.passages(document, {}) for document in documents]
        flat = [passage for part in wanted for passage in part]
        assert list(passages) == [passages[n] for n in range(len(passages))] == flat
        found = Documents(Records(folder / "documents", Document))
        assert {ident: found[ident] for ident in found} == {document.id: document for document in documents}
        for number, part in enumerate(wanted):
            assert [passages[n] for n in layout.passages_of(number)] == part
        for lang in ("en", "ko"):
            there = {d.slug for d in documents if d.lang == lang}
            assert layout.own(lang).tolist() == [p.lang == lang or p.slug not in there for p in flat]
        _check_words(Lexical.load(folder / "bm25"), flat)
        _check_vectors(folder, flat, layout)


def _check_words(words, passages):
    lists = [text.terms("\n".join(dict.fromkeys([p.title, p.section, p.text]))) for p in passages]
    assert words.size == len(passages)
    for term in {term for terms in lists for term in terms}:
        holding = [term in terms for terms in lists]
        assert words.df(term) == sum(holding)
        assert (words.scores([term]) > 0).tolist() == holding


def _check_vectors(folder, passages, layout):
    texts = [ingest.embedded(passage) for passage in passages]
    store = stores.load("", folder, len(texts), encoder.DIMENSIONS)
    rows = Numbered.load(folder / "embedded").find(keys(texts))
    assert layout.passages == store.size == len(texts)
    for number, embedded in enumerate(texts):
        assert texts[rows[number]] == embedded
        nearest, cosines = store.search(encode([embedded])[0], 1)
        assert texts[nearest[0]] == embedded
        assert abs(cosines[0] - 1) < 1e-5
    assert all(text.sentences(p.text) for p in passages)
