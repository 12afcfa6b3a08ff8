"""The lint finds each kind of fault, names its line, and passes the corpus that ships."""

import json

import pytest

from tutor.config import Settings
from tutor.corpus import lint

ARTICLE = """---
title: {title}
slug: mark-one
lang: {lang}
years: [1958]
people: [{person}]
tags: [beginnings, neural]
related: {{see_also: [mark-two]}}
sources:
  - id: r58
    kind: primary
    authors: F. Rosenblatt
    title: The Perceptron
    venue: Review
    year: 1958
    doi: 10.1037/h0042519
facts:
  - id: born
    fact: {fact}
    subject: Mark I
    value: "{value}"
    year: 1958
    source: r58
    checked: r58
---
# {title}

{fact} {filler}
"""
SAID = {"en": "Mark I was shown in 1958 with 400 cells.", "ko": "Mark I은 1958년에 세포 400개로 공개되었다."}
EN = ARTICLE.format(title="Mark I", lang="en", person="Rosenblatt", value="1958", fact=SAID["en"], filler="Word " * 500)
KO = ARTICLE.format(
    title="마크 원", lang="ko", person="로젠블랫", value="1958년", fact=SAID["ko"], filler="낱말 " * 500
)
RECORD = {
    "id": "mark-one-en-01",
    "slug": "mark-one",
    "lang": "en",
    "kind": "history",
    "questions": ["When was Mark I shown?"],
    "answer": ["Mark I was shown in 1958 with 400 cells."],
}
TERM = """- id: mark-one
  kind: term
  en: [Mark I]
  ko: [마크 원]
  definition: {en: A machine., ko: 기계다.}
  article: mark-one
"""
CORRECTION = """- id: year
  note: 그때 나왔다
  right:
    en: Mark I was shown in 1958 with 400 cells.
    ko: Mark I은 1958년에 세포 400개로 공개되었다.
  article: mark-one
  source: r58
"""


TURNING_POINTS = "- mark-one/born\n"


@pytest.fixture
def corpus(tmp_path):
    """A corpus of one topic that is sound; the note is a line."""
    for lang, text in (("en", EN), ("ko", KO)):
        (tmp_path / "corpus" / lang).mkdir(parents=True)
        (tmp_path / "corpus" / lang / "mark-one.md").write_text(text.replace("[mark-two]", "[]"), "utf-8")
    (tmp_path / "corpus" / "qa" / "train").mkdir(parents=True)
    (tmp_path / "corpus" / "qa" / "train" / "mark-one.jsonl").write_text(json.dumps(RECORD) + "\n", "utf-8")
    (tmp_path / "corpus" / "glossary.yaml").write_text(TERM, "utf-8")
    (tmp_path / "corpus" / "corrections.yaml").write_text(CORRECTION, "utf-8")
    (tmp_path / "corpus" / "turning_points.yaml").write_text(TURNING_POINTS, "utf-8")
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "note.txt").write_text("퍼셉트론은 그때\n나왔다", "utf-8")
    return Settings(corpus=tmp_path / "corpus", seeds=tmp_path / "seeds")


def found(settings):
    return [(p.path.relative_to(settings.corpus).as_posix(), p.line, p.what) for p in lint.problems(settings)]


def test_a_sound_corpus(corpus):
    assert found(corpus) == []


@pytest.mark.parametrize(
    ("lang", "old", "new", "line", "said"),
    [
        ("en", "tags: [beginnings, neural]", "tags: [neural]", 7, "not one era"),
        ("en", "see_also: []", "see_also: [mark-two]", 8, "'mark-two' is unknown"),
        ("en", "    kind: primary\n", "", 10, "kind None"),
        ("en", "    venue: Review\n", "", 10, "venue is missing"),
        ("en", "doi: 10.1037/h0042519", "doi: h0042519", 10, "doi 'h0042519' is malformed"),
        ("en", "    doi: 10.1037/h0042519\n", "", 10, "arxiv, doi or url is missing"),
        ("en", "doi: 10.1037/h0042519", "url: NOTHING.md", 10, "url 'NOTHING.md' is malformed"),
        ("en", "    year: 1958\n    doi", "    year: soon\n    doi", 10, "the year 'soon' is neither"),
        ("en", "checked: r58", "checked: r59", 18, "checked 'r59' is unknown"),
        ("en", "    checked: r58\n", "", 18, "checked is missing"),
        ("en", "    fact: Mark I was", "    fact: Mark I had been", 18, "no sentence of the text is"),
        ("en", "subject: Mark I", "subject: Mark II", 18, "'Mark II' does not stand in"),
        ("en", "Mark I was shown", "It, or Mark I, was shown", 18, "leans on the sentence before"),
        ("en", "title: Mark I", "title: Mark I: one", 2, "not YAML"),
        ("en", "Word Word", "", 26, "words, not 400 to 1000"),
        ("en", "Word Word Word", "In 1961 word", 28, "the twin lacks the number 1,961"),
        ("en", "Word Word Word", "Word `word` word", 28, "the mark '`'"),
        ("ko", "낱말 낱말 낱말", "낱말 1,962개", 28, "the twin lacks the number 1,962"),
        ("ko", "낱말 낱말 낱말", "낱말 漢字", 28, "'漢' is Han or kana"),
        ("ko", "400개로", "401개로", 18, "its text has the number 401"),
        ("ko", 'value: "1958년"', 'value: "공개"', 18, "its value lacks the number 1,958"),
        ("ko", "id: born", "id: shown", 17, "ids differ"),
        ("ko", "    year: 1958\n    source", "    source", 18, "year None is 1958 in English"),
        ("ko", "people: [로젠블랫]", "people: []", 6, "people are not as many"),
        ("ko", "years: [1958]", "years: [1957]", 5, "years differ"),
    ],
)
def test_a_fault_is_named_by_file_and_line(corpus, lang, old, new, line, said):
    path = corpus.corpus / lang / "mark-one.md"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    assert [(name, at) for name, at, what in found(corpus) if said in what] == [(f"{lang}/mark-one.md", line)]


@pytest.mark.parametrize(
    ("old", "new"),
    [("doi: 10.1037/h0042519", "url: README.md"), ("    year: 1958\n    doi", "    year: undated\n    doi")],
)
def test_a_file_of_the_project_and_an_undated_page_are_sources(corpus, old, new):
    for lang in ("en", "ko"):
        path = corpus.corpus / lang / "mark-one.md"
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    assert found(corpus) == []


def test_a_missing_twin(corpus):
    (corpus.corpus / "ko" / "mark-one.md").unlink()
    assert ("en/mark-one.md", 1, "the article has no sound twin in the other language") in found(corpus)


def test_wrong_encoding(corpus):
    path = corpus.corpus / "ko" / "mark-one.md"
    path.write_bytes(path.read_text("utf-8").encode("cp949"))
    assert any(name == "ko/mark-one.md" and line == 2 and "not UTF-8" in what for name, line, what in found(corpus))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answer": ["Mark I was a machine."]}, "no sentence of en/mark-one is"),
        ({"answer": RECORD["answer"] * 5}, "5 sentences"),
        ({"kind": "gossip"}, "the kind 'gossip'"),
        ({"kind": "followup"}, "has `after`"),
        ({"questions": []}, "is missing"),
    ],
)
def test_a_bad_question(corpus, change, said):
    path = corpus.corpus / "qa" / "train" / "mark-one.jsonl"
    path.write_text(json.dumps(RECORD) + "\n" + json.dumps(RECORD | {"id": "x"} | change) + "\n", "utf-8")
    ((name, line, what),) = found(corpus)
    assert (name, line) == ("qa/train/mark-one.jsonl", 2)
    assert said in what


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("glossary.yaml", "article: mark-one", "article: mark-two", "the article 'mark-two' is unknown"),
        ("glossary.yaml", "ko: [마크 원]", "ko: []", "has an empty field"),
        ("glossary.yaml", "kind: term", "kind: thing", "kind 'thing'"),
        ("glossary.yaml", "en: [Mark I]", "en: [1958]", "is not text"),
        ("glossary.yaml", TERM, TERM + TERM, "stands twice"),
        ("glossary.yaml", TERM, TERM + TERM.replace("id: mark-one", "id: x"), "is also a spelling of mark-one"),
        ("corrections.yaml", "note: 그때 나왔다", "note: 나왔었다", "the note does not say"),
        ("corrections.yaml", "en: Mark I was", "en: Mark I is", "no sentence of en/mark-one is"),
        ("corrections.yaml", "source: r58", "source: r59", "'r59' is no source"),
        ("corrections.yaml", "  source: r58\n", "", "cannot be read (KeyError: 'source')"),
        ("turning_points.yaml", "mark-one/born", "mark-one/sold", "'mark-one/sold' is no fact with a year"),
        ("turning_points.yaml", TURNING_POINTS, 2 * TURNING_POINTS, "'mark-one/born' stands twice"),
        ("turning_points.yaml", "- mark-one/born", "born: 1958", "it is no list of slug/id"),
        ("turning_points.yaml", "mark-one/born", "born", "it is no list of slug/id"),
        ("turning_points.yaml", "- mark-one/born", "- [", "cannot be read"),
    ],
)
def test_a_bad_term_or_correction(corpus, file, old, new, said):
    path = corpus.corpus / file
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    problems = found(corpus)
    assert problems
    assert all(name == file and said in what for name, _, what in problems)


def test_the_shipped_corpus_is_sound(capsys):
    assert lint.main([]) == 0, capsys.readouterr().out
