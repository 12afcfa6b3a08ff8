"""`tutor eval retrieval` on a small corpus with the real encoder, and outside sets of a few paragraphs."""

import gzip
import json
import sys
from types import ModuleType

import numpy as np
import pytest
from small_corpus import write

import tutor.retrieval
from tutor.cli import main
from tutor.evals import answering, declining, encoders, finding, indexes, retrieval_speed
from tutor.evals.declining import Scored
from tutor.evals.qa_sets import READING, Labelled
from tutor.evals.runs import Run
from tutor.text import terms

pytestmark = pytest.mark.slow

QUESTIONS = [
    (
        "en",
        "history",
        "Who invented the perceptron?",
        "perceptron",
        "Frank Rosenblatt invented the perceptron in 1957.",
    ),
    ("en", "concept", "What does an LSTM keep behind gates?", "lstm", "An LSTM keeps a memory cell behind gates."),
    ("ko", "history", "퍼셉트론은 누가 발명했어?", "perceptron", "프랭크 로젠블라트가 1957년에 퍼셉트론을 발명했다."),
    ("ko", "concept", "LSTM에는 뭐가 있어요?", "lstm", "LSTM에는 게이트가 있다."),
]
PARAGRAPHS = {
    "en": ["The Rhine rises in the Alps. It ends in the sea.", "A falcon hunts birds. It nests on cliffs."],
    "ko": ["한강은 서울을 지난다. 강물은 서해로 흐른다.", "매는 새를 사냥한다. 둥지는 절벽에 짓는다."],
}
ASKED = {
    "en": [("Where does the Rhine rise?", 0, 0), ("On what does the falcon nest? On cliffs?", 1, 22)],
    "ko": [("한강은 어디를 지나?", 0, 0), ("매는 둥지를 어디에 짓나요?", 1, 12)],
}


def _lines(path, records):
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """A small corpus with questions, and beside it the outside sets in data/."""
    root = tmp_path_factory.mktemp("measured")
    made = write(root)
    dev = [
        {"id": str(n), "lang": lang, "kind": kind, "turns": [question], "article": [slug], "reference": reference}
        for n, (lang, kind, question, slug, reference) in enumerate(QUESTIONS)
    ]
    soup = {"id": "soup", "lang": "en", "kind": "refuse", "turns": ["Onion soup?"], "expect_refusal": True}
    _lines(made.corpus / "qa" / "dev" / "all.jsonl", [*dev, soup])
    for lang, question in (("en", "How tall is Mount Everest?"), ("ko", "호주의 수도는 어디야?")):
        _lines(made.corpus / "qa" / "outside" / f"{lang}.jsonl", [{"question": question, "kind": "far"}])
    for name, lang in READING.items():
        records = [
            {"context": PARAGRAPHS[lang][n], "question": question, "answers": [{"text": "?", "answer_start": start}]}
            for question, n, start in ASKED[lang]
        ]
        _lines(root / "data" / f"{name}.jsonl.gz", records)
    return made


@pytest.fixture(autouse=True)
def _at_home(settings, monkeypatch):
    for name in ("corpus", "seeds", "index"):
        monkeypatch.setenv(f"TUTOR_{name.upper()}", str(getattr(settings, name)))


@pytest.fixture
def _lexical_ranker(monkeypatch):
    """A ranker that counts the terms in common stands in for the product's."""
    module = ModuleType("tutor.retrieval.ranking")
    module.scores = lambda question, passages: [
        np.array([len({*terms(question)} & {*terms(s)}) for s in told]) for _, told in passages
    ]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(tutor.retrieval, "ranking", module, raising=False)


@pytest.fixture(scope="module")
def measured(settings):
    return Run(settings, settings.corpus.parent / "data")


def _run(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["eval", "retrieval", *arguments, "--lang", "en"])
    printed = capsys.readouterr()
    return ended.value.code, printed.out, printed.err


@pytest.mark.usefixtures("_lexical_ranker")
def test_the_command_prints_and_writes_every_table(settings, tmp_path, capsys):
    out, data = tmp_path / "report.json", settings.corpus.parent / "data"
    sections = "articles,crosslingual,paragraphs,declining,answering"
    status, printed, _ = _run(capsys, "--data", str(data), "--out", str(out), "--only", sections)
    assert status == 0
    report = json.loads(out.read_text(encoding="utf-8"))
    assert list(report["sections"]) == sections.split(",")
    tables = [table for section in report["sections"].values() for table in section["tables"]]
    assert len(tables) == 1 + 1 + 1 + 3 + 2
    assert all(table["title"] in printed for table in tables)
    assert all(table["rows"] for table in tables)
    (first, *_) = report["sections"]["articles"]["tables"][0]["rows"]
    assert (first["lang"], first["kind"], first["n"], first["recall"]) == ("en", "all", 2, "@1")
    assert first["hybrid"] == pytest.approx({"value": 1.0, "low": 0.3424, "high": 1.0, "n": 2}, abs=1e-4)


def test_without_data_the_outside_sets_are_left_out(capsys, settings):
    status, printed, _ = _run(capsys, "--only", "paragraphs")
    assert (status, printed) == (0, "\nparagraphs: left out without --data\n")
    assert len(answering.answering(Run(settings))) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--only", "articles,taste"], "There is no section 'taste'"),
        (["--out", "/nowhere/report.json"], "cannot be written to '/nowhere/report.json': No such file"),
        (["--data", "/nowhere", "--only", "paragraphs"], "'/nowhere/squad_v1_dev_extra.jsonl.gz' cannot be read"),
    ],
)
def test_what_is_wrong_is_a_message(capsys, arguments, told):
    status, _, err = _run(capsys, *arguments)
    assert status == 1
    assert told in err


def test_an_index_of_one_language(settings, measured):
    """Only its articles are there, the note is not; Korean words find nothing in English, shared names do."""
    assert {passage.lang for passage in measured.index.passages} == {"en", "ko"}
    with indexes.of_language(settings, "en") as index:
        assert {passage.doc for passage in index.passages} == {"en/perceptron", "en/lstm"}
        assert indexes.found(index, "LSTM이 뭐야?", "ko", "bm25", 6)[0].passage.doc == "en/lstm"
        assert index.vectors.size == len(index.passages)


def test_ranks_of_the_right_article():
    items = [Labelled(question, "en", "", ("b",), ()) for question in ("first", "third", "never", "nothing")]
    results = {"first": ["b", "a"], "third": ["a", "a", "b"], "never": ["a"], "nothing": []}
    assert finding._ranks(results.__getitem__, items) == [1, 3, 0, None]


def test_a_search_by_meaning_alone(measured):
    """A passage is as near as its nearest sentence; an article in both languages is ranked in the one asked in."""

    def encode(texts):  # how often "learn" and "gate" stand in a text, as a unit vector
        counts = np.array([[t.lower().count("learn"), t.lower().count("gate"), 0.1] for t in texts])
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)

    search = indexes.by_meaning(measured.index.passages, "en", encode)
    assert search("gates")[0].doc == "en/lstm"
    assert {passage.doc for passage in search("learn")[:2]} == {"en/perceptron"}
    assert {passage.lang for passage in search("learn") if not passage.doc.startswith("seeds/")} == {"en"}


def test_at_a_threshold():
    """Below 0.5: one of two outside, and one of three inside; so one of two declined is outside."""
    scored = [Scored("en", "", "A", False, value) for value in (0.4, 0.6)]
    scored += [Scored("en", "", "A", True, value) for value in (0.3, 0.5, 0.9)]
    row = declining.at_threshold(scored, 0.5)
    assert {name: (found.value, found.n) for name, found in row.items()} == {
        "recall": (0.5, 2),
        "precision": (0.5, 2),
        "wrongly declined": (pytest.approx(1 / 3), 3),
    }


@pytest.mark.usefixtures("_lexical_ranker")
def test_the_sentence_that_answers(measured):
    """The Rhine by its own words, the falcon by its cliffs; two sentences each, so chance is a half."""
    _, outside = answering.answering(measured)
    row = outside.rows[0]
    assert (row["set"], row["n"]) == ("squad_v1_dev_extra", 2)
    assert row["ranker"].value == 1.0
    assert row["chance"].value == 0.5


def test_the_encoders_agree_on_what_a_vector_is():
    for encode in (encoders.new, encoders.old):
        vectors = encode(["a line", "직선"])
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-3)


def test_no_text_is_encoded_twice():
    seen = []
    encode = encoders.Embeddings(lambda texts: seen.extend(texts) or np.array([[len(text)] for text in texts]))
    assert encode(["a", "bb", "a"]).tolist() == [[1], [2], [1]]
    assert encode(["ccc", "bb"]).tolist() == [[3], [2]]
    assert seen == ["a", "bb", "ccc"]


def test_queries_on_the_index_and_on_synthetic_ones(settings, measured, monkeypatch):
    monkeypatch.setattr(retrieval_speed, "SYNTHETIC", (20,))
    rows = retrieval_speed.queries(settings)
    shown = [(row["index"], row["lang"], row["passages"], row["queries"]) for row in rows]
    assert shown == [
        ("the articles", "en", len(measured.index.passages), 1),
        ("the articles", "ko", len(measured.index.passages), 1),
        ("synthetic", "en", 20, 1),
        ("synthetic", "ko", 20, 1),
    ]
    assert all(0 < row["p50 ms"] <= row["p95 ms"] for row in rows)


def test_loading_is_measured_in_a_process_of_its_own(measured):
    (row,) = retrieval_speed._measured(measured, "loading", "new")
    assert row["encoder"] == "new"
    assert row["MB of its own"] == pytest.approx(row["MB loaded"] - row["MB after imports"])


def test_a_process_that_fails_is_a_message(measured):
    with pytest.raises(retrieval_speed.SettingError, match="KeyError: 'nothing'"):
        retrieval_speed._measured(measured, "nothing")
