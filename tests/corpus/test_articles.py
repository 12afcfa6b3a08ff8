import shutil

import pytest

from tutor.config import Settings
from tutor.corpus import articles
from tutor.errors import CorpusError
from tutor.retrieval.builds import open_index
from tutor.types import Fact, Source


def test_documents_come_sorted_with_their_fields(settings):
    documents = articles.read(settings)
    assert [d.id for d in documents] == ["en/lstm", "en/perceptron", "ko/lstm", "ko/perceptron", "seeds/note"]
    perceptron, note = documents[1], documents[4]
    assert (perceptron.slug, perceptron.title, perceptron.lang) == ("perceptron", "Perceptron", "en")
    assert perceptron.path == "corpus/en/perceptron.md"
    assert perceptron.sources == (Source("one", "A paper", "https://example.org/one"),)
    assert perceptron.text.split("\n")[perceptron.body_line - 1] == "# Perceptron"
    assert (note.lang, note.body_line, note.path) == ("ko", 1, "seeds/note.txt")
    assert note.title == "학습자의 노트 (the learner's own note)"
    assert "728x90" in note.text


ALL_FIELDS = """---
title: The machine
years: [1958, 1960]
people: [Frank Rosenblatt]
tags: [beginnings, neural]
related: {successor: [lstm], see_also: []}
lab: train_perceptron
sources:
  - {id: r58, kind: primary, authors: F. Rosenblatt, title: The Perceptron, venue: Review, year: 1958,
     doi: 10.1037/h0042519}
  - {title: A page, arxiv: "1706.03762"}
facts:
  - {id: when, fact: "It  ran in\n 1958.", subject: It, value: "1958", year: 1958, source: r58, checked: source-2}
---
It ran in 1958.
"""


def test_a_learners_own_text_may_have_all_fields(settings):
    (settings.seeds / "machine.md").write_text(ALL_FIELDS.replace("\n 1958", " 1958"), "utf-8")
    document = articles.read(settings)[-2]
    assert (document.id, document.title, document.lang, document.path) == (
        "seeds/machine",
        "The machine",
        "en",
        "seeds/machine.md",
    )
    assert document.years == (1958, 1960)
    assert document.people == ("Frank Rosenblatt",)
    assert document.organisations == ()
    assert document.related == {"successor": ("lstm",), "see_also": ()}
    paper, page = document.sources
    assert paper.label == "F. Rosenblatt, The Perceptron, Review 1958"
    assert (paper.url, paper.primary, page.url) == (
        "https://doi.org/10.1037/h0042519",
        True,
        "https://arxiv.org/abs/1706.03762",
    )
    assert (page.id, page.primary, page.label) == ("source-2", False, "A page")
    (fact,) = document.facts
    assert fact == Fact("when", "It ran in 1958.", "It", "1958", "r58", "source-2", 1958)
    assert document.body == "It ran in 1958.\n"


@pytest.mark.parametrize(
    ("text", "title", "lang"),
    [
        ("---\ntitle: 나의 글\n---\n본문은 이것뿐이다.\n", "나의 글", "ko"),
        ("# My page\n\nNothing but this.\n", "My page", "en"),
        ("Nothing but this.\n", "own", "en"),
        ("---\n---\nNothing but this.\n", "own", "en"),
    ],
)
def test_a_learners_own_text_needs_no_field(settings, text, title, lang):
    (settings.seeds / "own.md").write_text(text, "utf-8")
    document = next(d for d in articles.read(settings) if d.id == "seeds/own")
    assert (document.title, document.lang, document.facts, document.sources) == (title, lang, (), ())
    assert document.body == text.split("---\n")[-1]


def test_line_ends_and_byte_order_mark_do_not_matter(settings):
    plain = articles.read(settings)[1]
    path = settings.corpus / "en" / "perceptron.md"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert articles.read(settings)[1] == plain


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("\n---\n# ", "\n# ", 1, "not closed"),
        ("title: Perceptron", "title: Perceptron: a start", 2, "not YAML: mapping values are not allowed"),
        ("title: Perceptron\n", "years: [soon]\n", 2, "years holds ('soon',)"),
        ("title: Perceptron\n", "related: {before: [lstm]}\n", 2, "related holds"),
        ("slug: perceptron", "slug: lstm", 3, "the slug 'lstm' is not the file's name"),
        ("lang: en", "lang: ko", 4, "the language 'ko' is not the folder's"),
        ('    title: "A paper"\n', "", 6, "a source has no title"),
        ("facts:", "  - {id: one, title: B}\nfacts:", 9, "'one' is named twice"),
        ('  - fact: "A fact"\n    source: one', "  - source: one", 10, "a fact has no text"),
        ("    source: one", "    source: two", 10, "source 'two' is unknown"),
        ("    source: one", "    source: one\n    year: soon", 10, "the fact's year is 'soon'"),
    ],
)
def test_broken_front_matter_names_file_and_line(settings, old, new, line, said):
    path = settings.corpus / "en" / "perceptron.md"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(CorpusError) as error:
        articles.read(settings)
    assert f"{path}, line {line}:" in error.value.message
    assert said in error.value.message
    assert error.value.hint
    assert f"{line}번째 줄" in error.value.text("ko")


def test_a_second_file_with_the_same_slug(settings):
    shutil.copy(settings.corpus / "en" / "lstm.md", settings.corpus / "en" / "lstm-2.md")
    with pytest.raises(CorpusError, match=r"lstm-2\.md, line 3: the slug 'lstm' is not the file's name"):
        articles.read(settings)


def test_two_texts_of_one_name(settings):
    (settings.seeds / "note.md").write_text("Another note.", "utf-8")
    with pytest.raises(CorpusError, match=r"note\.txt, line 1: seeds/note\.md has the same name"):
        articles.read(settings)


def test_no_text_after_the_front_matter(settings):
    path = settings.corpus / "en" / "lstm.md"
    path.write_text(path.read_text("utf-8").split("# LSTM")[0] + "# LSTM\n", "utf-8")
    with pytest.raises(CorpusError, match="no text"):
        articles.read(settings)


@pytest.mark.parametrize("encoding", ["utf-16", "cp949"])
def test_wrong_encoding_names_the_byte(settings, encoding):
    path = settings.corpus / "ko" / "perceptron.md"
    path.write_bytes(path.read_text("utf-8").encode(encoding))
    with pytest.raises(CorpusError, match=r"perceptron\.md, line \d+: the byte 0x[0-9a-f]{2} is not UTF-8"):
        articles.read(settings)


def test_a_source_that_cannot_be_read(settings):
    (settings.corpus / "en" / "folder.md").mkdir()
    for reader in (articles.read, open_index):
        with pytest.raises(CorpusError, match=r"folder\.md, line 1: the file cannot be read"):
            reader(settings)


def test_an_empty_corpus(tmp_path):
    with pytest.raises(CorpusError, match="nothing to search"):
        articles.read(Settings(corpus=tmp_path / "none", seeds=tmp_path / "none"))


def test_the_shipped_sources_are_sound():
    documents = articles.read(Settings())
    english, korean = ({d.slug for d in documents if d.id.startswith(lang)} for lang in ("en/", "ko/"))
    assert english == korean
    assert {"perceptron", "transformer"} <= english
