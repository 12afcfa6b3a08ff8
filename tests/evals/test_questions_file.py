"""Reading question files, and what holds for the ones that ship: answerable, graded fairly, told apart."""

import json
from collections import Counter
from typing import get_args

import pytest

from tutor import config
from tutor.chat.grounding import REFUSAL
from tutor.errors import SettingError
from tutor.evals import grading, questions_file
from tutor.evals.questions_file import Kind, Question
from tutor.text import sentences

DEV = [q for lang in ("en", "ko") for q in questions_file.read(config.ROOT / "corpus" / "qa" / "dev" / f"{lang}.jsonl")]
SHIPPED = [*DEV, *questions_file.read(config.ROOT / "corpus" / "qa" / "test" / "held-out.jsonl")]
FACTS = ("history", "concept", "seed_note", "compare", "followup", "correct_premise", "typo")
GOOD = {"id": "a", "lang": "en", "kind": "history", "turns": ["Who?"]}


def write(tmp_path, *lines):
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines), encoding="utf-8")
    return path


def test_a_short_record_takes_the_defaults(tmp_path):
    nulls = {"must": None, "must_any": None, "tool": None, "tool_args": None, "reference": None, "unknown": 1}
    first, second = questions_file.read(write(tmp_path, GOOD | nulls, "", GOOD | {"id": "b"}))
    assert first == Question(**GOOD)
    assert second.id == "b"
    assert (first.must, first.must_any, first.tool, first.expect_citation) == ([], [], None, False)


def test_a_full_record_is_read(tmp_path):
    tool = {"name": "train_perceptron", "gate": "xor", "layers": None}
    full = GOOD | {"tool": tool, "tool_args": {"learning_rate": 1, "seeds": 2, "gates": ["xor", "or"]}}
    (question,) = questions_file.read(write(tmp_path, full))
    assert (question.tool.gate, question.tool.layers) == ("xor", None)
    assert (question.tool_args.learning_rate, question.tool_args.gates) == (1.0, ["xor", "or"])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "not JSON, column 2"),
        ('"text"', "the record"),
        (GOOD | {"lang": "fr"}, "lang: Input should be 'ko', 'en' or 'mixed'"),
        (GOOD | {"kind": "riddle"}, "kind: Input should be"),
        ({k: v for k, v in GOOD.items() if k != "turns"}, "turns: Field required"),
        (GOOD | {"turns": []}, "turns: List should have at least 1 item"),
        (GOOD | {"turns": ["Who?", ""]}, "turns.1: String should have at least 1 character"),
        (GOOD | {"must": ["a", "(b"]}, "must.1: Value error, '(b' is not a regular expression: missing )"),
        (GOOD | {"must_any": ["a"]}, "must_any.0: Input should be a valid list"),
        (GOOD | {"tool": {"gate": "xor"}}, "tool.name: Field required"),
        (GOOD | {"tool": {"name": "t", "gate": "not"}}, "tool.gate: Input should be 'and'"),
        (GOOD | {"tool_args": {"epochs": "ten"}}, "tool_args.epochs: Input should be a valid integer"),
        (GOOD, "id 'a' is already on line 1"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, told):
    with pytest.raises(SettingError) as caught:
        questions_file.read(write(tmp_path, GOOD, line))
    assert caught.value.message.startswith(f"Line 2 of {tmp_path / 'questions.jsonl'} is wrong: {told}")
    assert "2번째 줄" in caught.value.text("ko")


def test_a_line_that_is_not_utf8_is_named(tmp_path):
    path = write(tmp_path, GOOD)
    path.write_bytes(path.read_bytes() + b'\n{"id": "\xbc"}')
    with pytest.raises(SettingError, match=r"Line 2 .* byte 8 is not UTF-8"):
        questions_file.read(path)


def test_a_missing_and_an_empty_file_are_errors(tmp_path):
    with pytest.raises(SettingError, match="cannot be read: No such file"):
        questions_file.read(tmp_path / "none.jsonl")
    with pytest.raises(SettingError, match="holds no question"):
        questions_file.read(write(tmp_path, "", ""))


# ---- the files that ship ---------------------------------------------------------------------------
def test_every_kind_and_language_is_asked():
    kinds = Counter((question.kind, question.lang) for question in DEV)
    assert {kind for kind, lang in kinds if lang == "en"} == set(get_args(Kind))
    assert {kind for kind, lang in kinds if lang == "ko"} == set(get_args(Kind))
    languages = Counter(question.lang for question in DEV)
    assert min(languages["ko"], languages["en"]) >= 200
    assert languages["mixed"] >= 3
    demos = [question.tool for question in DEV if question.kind == "demo"]
    assert {demo.gate for demo in demos} == {"and", "or", "nand", "nor", "xor", "xnor", None}
    assert {demo.layers for demo in demos} == {"single", "multi", "both", None}


def test_ids_are_unique_over_all_files():
    assert [i for i, n in Counter(question.id for question in SHIPPED).items() if n > 1] == []


def _said(question, text):
    return {"answer": text, "tool_calls": []}


@pytest.mark.parametrize("question", SHIPPED, ids=lambda q: q.id)
def test_the_reference_passes(question):
    assert grading.content(question, _said(question, question.reference))


@pytest.fixture(scope="module")
def sources():
    paths = [*config.ROOT.glob("corpus/*/*.md"), *config.ROOT.glob("seeds/*.txt")]
    return " ".join(" ".join(path.read_text(encoding="utf-8").split()) for path in paths)


@pytest.mark.parametrize("question", [q for q in SHIPPED if q.kind in FACTS], ids=lambda q: q.id)
def test_the_reference_stands_in_the_sources(question, sources):
    """So quoting the right sentence passes. English answers about the Korean note are in other words."""
    if question.kind != "seed_note" or question.lang == "ko":
        assert [s for a, b in sentences(question.reference) if (s := question.reference[a:b]) not in sources] == []
    assert question.expect_citation


@pytest.mark.parametrize("question", [q for q in SHIPPED if q.kind in FACTS], ids=lambda q: q.id)
def test_other_answers_do_not_pass(question):
    """A refusal never does, nor the right answers on other articles, but for a few that share a number."""
    others = [q for q in SHIPPED if q.kind in FACTS and q.lang == question.lang and q.reference != question.reference]
    passing = [
        q.id
        for q in others
        if not set(q.article) & set(question.article) and grading.content(question, _said(question, q.reference))
    ]
    assert len(passing) <= 0.02 * len(others), passing
    assert not any(grading.content(question, _said(question, refusal)) for refusal in REFUSAL.values())


def test_the_right_questions_expect_a_refusal_or_a_demo():
    for question in SHIPPED:
        assert question.expect_refusal == (question.kind == "refuse"), question.id
        assert (question.tool is not None) == (question.kind == "demo"), question.id
        assert question.kind != "followup" or len(question.turns) > 1, question.id
