import shutil

import pytest

from tutor.config import Settings
from tutor.errors import CorpusError
from tutor.retrieval import corpus
from tutor.retrieval.index import open_index
from tutor.types import Source


def test_documents_come_sorted_with_their_fields(settings):
    documents = corpus.read(settings)
    assert [d.id for d in documents] == ["en/lstm", "en/perceptron", "ko/lstm", "ko/perceptron", "seeds/note"]
    perceptron, note = documents[1], documents[4]
    assert (perceptron.slug, perceptron.title, perceptron.lang) == ("perceptron", "Perceptron", "en")
    assert perceptron.path == "corpus/en/perceptron.md"
    assert perceptron.sources == (Source("one", "A paper", "https://example.org/one"),)
    assert perceptron.text.split("\n")[perceptron.body_line - 1] == "# Perceptron"
    assert (note.lang, note.body_line, note.path) == ("ko", 1, "seeds/note.txt")
    assert note.title == "학습자의 노트 (the learner's own note)"
    assert "728x90" in note.text


def test_line_ends_and_byte_order_mark_do_not_matter(settings):
    plain = corpus.read(settings)[1]
    path = settings.corpus / "en" / "perceptron.md"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert corpus.read(settings)[1] == plain


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("---\ntitle", "title", 1, "front matter is missing"),
        ("\n---\n# ", "\n# ", 1, "not closed"),
        ("title: Perceptron", "title: Perceptron: a start", 2, "not YAML: mapping values are not allowed here"),
        ("title: Perceptron\n", "", 1, "the field title is missing"),
        ("title: Perceptron\n", "title:\n", 2, "the field title is missing or empty"),
        ("slug: perceptron", "slug: lstm", 3, "the slug 'lstm' is not the file's name"),
        ("lang: en", "lang: ko", 4, "the language 'ko' is not the folder's"),
        ("    url: https://example.org/one\n", "", 6, "a source lacks its id, title or url"),
        ('  - fact: "A fact"\n    source: one', "  - source: one", 10, "a fact has no text"),
        ("    source: one", "    source: two", 10, "source 'two' is unknown"),
    ],
)
def test_broken_front_matter_names_file_and_line(settings, old, new, line, said):
    path = settings.corpus / "en" / "perceptron.md"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(CorpusError) as error:
        corpus.read(settings)
    assert f"{path}, line {line}:" in error.value.message
    assert said in error.value.message
    assert error.value.hint
    assert f"{line}번째 줄" in error.value.text("ko")


def test_a_second_file_with_the_same_slug(settings):
    shutil.copy(settings.corpus / "en" / "lstm.md", settings.corpus / "en" / "lstm-2.md")
    with pytest.raises(CorpusError, match=r"lstm-2\.md, line 3: the slug 'lstm' is not the file's name"):
        corpus.read(settings)


def test_no_text_after_the_front_matter(settings):
    path = settings.corpus / "en" / "lstm.md"
    path.write_text(path.read_text("utf-8").split("# LSTM")[0] + "# LSTM\n", "utf-8")
    with pytest.raises(CorpusError, match="no text"):
        corpus.read(settings)


@pytest.mark.parametrize("encoding", ["utf-16", "cp949"])
def test_wrong_encoding_names_the_byte(settings, encoding):
    path = settings.corpus / "ko" / "perceptron.md"
    path.write_bytes(path.read_text("utf-8").encode(encoding))
    with pytest.raises(CorpusError, match=r"perceptron\.md, line \d+: the byte 0x[0-9a-f]{2} is not UTF-8"):
        corpus.read(settings)


def test_a_source_that_cannot_be_read(settings):
    (settings.corpus / "en" / "folder.md").mkdir()
    for reader in (corpus.read, open_index):
        with pytest.raises(CorpusError, match=r"folder\.md, line 1: the file cannot be read"):
            reader(settings)


def test_an_empty_corpus(tmp_path):
    with pytest.raises(CorpusError, match="nothing to search"):
        corpus.read(Settings(corpus=tmp_path / "none", seeds=tmp_path / "none"))


def test_the_shipped_sources_are_sound():
    documents = corpus.read(Settings())
    english, korean = ({d.slug for d in documents if d.id.startswith(lang)} for lang in ("en/", "ko/"))
    assert english == korean
    assert {"perceptron", "transformer"} <= english
