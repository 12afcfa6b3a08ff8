"""The questions that retrieval is measured with, read from tiny files."""

import gzip
import json
from collections import Counter

import pytest

from tutor.config import ROOT
from tutor.errors import SettingError
from tutor.evals import qa_sets
from tutor.evals.qa_sets import Labelled, Outside, Reading
from tutor.types import Passage

RIVER = "The Rhine rises in the Alps. It ends in the sea."
HILL = "서울에는 남산이 있다. 높이는 270미터다."
RECORDS = [
    {
        "context": RIVER,
        "question": "Where does it end?",
        "answers": [{"text": "in the sea", "answer_start": 37}],
        "is_impossible": False,
    },
    {"context": RIVER, "question": "How long is it?", "answers": [], "is_impossible": True},
    {"context": HILL, "question": "얼마나 높아?", "answers": [{"text": "270미터", "answer_start": 17}]},
    {
        "context": RIVER,
        "question": "Where does it rise?",
        "answers": [{"text": "the Alps", "answer_start": 19}],
        "is_impossible": False,
    },
]


def write(folder, name, records):
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(lines.encode()))


def test_a_reading_set(tmp_path):
    write(tmp_path, "squad_v2_dev", RECORDS)
    found = qa_sets.reading(tmp_path, "squad_v2_dev")
    assert (found.name, found.lang, found.paragraphs) == ("squad_v2_dev", "en", (RIVER, HILL))
    assert found.questions == (
        Reading("Where does it end?", 0, 37),
        Reading("얼마나 높아?", 1, 17),
        Reading("Where does it rise?", 0, 19),
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file"),
        (b"plain", "gzip"),
        (gzip.compress(b"{}\n", mtime=0), "line 1 lacks one of context, question, answers"),
        (gzip.compress(b"\n[1]\n", mtime=0), "line 2 lacks one of"),
        (gzip.compress('{"question": "가"}'.encode("cp949"), mtime=0), "line 1 is not JSON in UTF-8"),
    ],
)
def test_a_broken_set_is_a_message(tmp_path, content, why):
    if content is not None:
        (tmp_path / "squad_v2_dev.jsonl.gz").write_bytes(content)
    with pytest.raises(SettingError) as told:
        qa_sets.reading(tmp_path, "squad_v2_dev")
    assert why in told.value.text("en")
    assert "squad_v2_dev.jsonl.gz" in told.value.text("ko")


def test_sentences_are_cut_at_end_marks_and_white_space():
    assert [RIVER[a:b] for a, b in qa_sets.cut(RIVER)] == ["The Rhine rises in the Alps.", "It ends in the sea."]
    assert [HILL[a:b] for a, b in qa_sets.cut(HILL)] == ["서울에는 남산이 있다.", "높이는 270미터다."]
    assert qa_sets.cut("In 3.5 years?  Yes! ") == [(0, 13), (15, 19)]
    assert qa_sets.cut("") == []


def test_a_sample_is_always_the_same_and_in_order():
    found = qa_sets.sample(range(100), 10)
    assert found == sorted(set(found)) == qa_sets.sample(range(100), 10)
    assert len(found) == 10
    assert qa_sets.sample("abc", None) == qa_sets.sample("abc", 3) == ["a", "b", "c"]


def test_the_halves():
    """The first bytes of SHA-256 of "a", "b" and "abc" are ca (even), 3e (even) and ba (even); of "d" 18, of "" e3."""
    assert [qa_sets.half(text) for text in ("a", "b", "abc", "")] == ["A", "A", "A", "B"]


def _question(ident, turn, **fields):
    record = {"id": ident, "lang": "en", "kind": "history", "turns": [turn], **fields}
    return json.dumps(record, ensure_ascii=False)


@pytest.fixture
def qa(tmp_path):
    for folder in ("dev", "outside"):
        (tmp_path / folder).mkdir()
    lines = [
        _question("named", "Who?", article=["lstm"], reference="Rosenblatt built  it."),
        _question("held", "누가?", lang="ko", kind="typo", reference="그건 이래요. Rosenblatt built it."),
        _question("nowhere", "Where?", reference="Elsewhere."),
        _question("mixed", "XOR가 뭐야?", lang="mixed", reference="Rosenblatt built it."),
        _question("after", "And?", turns=["Who?", "And?"], reference="Rosenblatt built it."),
        _question("soup", "Soup?", kind="refuse", expect_refusal=True, reference="Not there."),
    ]
    (tmp_path / "dev" / "all.jsonl").write_text("\n".join(lines), encoding="utf-8")
    for lang, question in (("en", "Tea?"), ("ko", "차는요?")):
        record = {"question": question, "kind": "far"}
        (tmp_path / "outside" / f"{lang}.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    return tmp_path


def test_a_question_counts_by_its_articles_or_by_its_reference(qa):
    passage = Passage("en/p#1", "en/p", "p", "P", "", "en", (1, 1), "Rosenblatt\nbuilt it. It learnt.")
    assert qa_sets.labelled(qa / "dev", [passage]) == [
        Labelled("Who?", "en", "history", ("lstm",), ("Rosenblatt built it.",)),
        Labelled("누가?", "ko", "typo", ("p",), ("Rosenblatt built it.",)),
    ]


def test_outside_are_the_files_and_what_is_to_be_declined(qa):
    assert qa_sets.outside(qa) == [
        Outside("Tea?", "en", "far"),
        Outside("차는요?", "ko", "far"),
        Outside("Soup?", "en", "declining"),
    ]


def test_the_project_s_outside_questions():
    """Of every kind in both languages, none twice; their halves are about equal."""
    found = [item for item in qa_sets.outside(ROOT / "corpus" / "qa") if item.kind != "declining"]
    kinds = Counter((item.lang, item.kind) for item in found)
    named = ("far", "near", "detail", "private", "other", "neighbour", "today")
    assert set(kinds) == {(lang, kind) for lang in ("en", "ko") for kind in named}
    assert min(kinds.values()) >= 30
    assert len({item.question for item in found}) == len(found)
    assert 0.4 <= Counter(qa_sets.half(item.question) for item in found)["A"] / len(found) <= 0.6
