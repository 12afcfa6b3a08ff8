"""The bundled model on the project's own questions, as `tutor eval` runs them."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from tutor import config
from tutor.chat.grounding import REFUSAL
from tutor.evals import grading, questions_file, runner
from tutor.session import FOREIGN
from tutor.text import sentences

pytestmark = pytest.mark.slow

QUESTIONS = sorted((config.ROOT / "corpus" / "qa" / "dev").glob("*.jsonl"))
EVERY = {"demo": 3}  # of how many questions of a kind one is asked: the whole takes minutes
OTHERS = 10
LOWEST_PASS_RATE = 0.72


@pytest.fixture(scope="module")
def answered(built_settings, tmp_path_factory):
    """Each question of the sample with the record that the run wrote for it."""
    folder = tmp_path_factory.mktemp("eval")
    lines = [line for path in QUESTIONS for line in path.read_text(encoding="utf-8").splitlines()]
    kinds = Counter()
    chosen = []
    for line in lines:
        kind = json.loads(line)["kind"]
        if kinds[kind] % EVERY.get(kind, OTHERS) == 0:
            chosen.append(line)
        kinds[kind] += 1
    (folder / "questions.jsonl").write_text("\n".join(chosen), encoding="utf-8")
    runner.run(folder / "questions.jsonl", folder / "answers.jsonl", replace(built_settings, threads=1))
    records = [json.loads(line) for line in (folder / "answers.jsonl").read_text(encoding="utf-8").splitlines()]
    return list(zip(questions_file.read(folder / "questions.jsonl"), records, strict=True))


def test_every_demo_request_runs_the_right_demo(answered):
    asked = [(question, record) for question, record in answered if question.kind == "demo"]
    assert len(asked) >= 14
    assert [question.id for question, record in asked if not record["grade"]["tool"]] == []


def test_nothing_goes_wrong(answered):
    assert [(record["id"], record["error"]) for _, record in answered if record["error"]] == []


def test_every_citation_resolves(answered):
    """Each number in the text has its entry, and that is a passage retrieved in the same turn."""
    dangling = []
    for _, record in answered:
        retrieved = {(entry["doc"], tuple(entry["lines"]), entry["text"]) for entry in record["retrieved"]}
        resolved = {e["n"] for e in record["citations"] if (e["doc"], tuple(e["lines"]), e["text"]) in retrieved}
        dangling += [(record["id"], n) for n in grading.cited(record["answer"]) if n not in resolved]
    assert dangling == []


def test_no_sentence_is_without_support(answered):
    """Every sentence is a lab's result, the refusal, or was checked and found in the passage that it cites."""
    unsupported = []
    for _, record in answered:
        text = grading.normalised(record["answer"])
        for lead in FOREIGN.values():  # what stands before the words of a source in the other language
            text = text.replace(grading.normalised(lead.split("{")[0]), "\n\n")
        said = [call["result"] for call in record["tool_calls"]]
        said += [check["sentence"] for check in record["verified"] if check["supported"] and check["by"]]
        for part in sorted((grading.normalised(part) for part in [*said, *REFUSAL.values()]), key=len, reverse=True):
            text = text.replace(part, "\n\n")
        left = [text[a:b] for a, b in sentences(text)]
        unsupported += [(record["id"], sentence) for sentence in left if any(c.isalnum() for c in sentence)]
    assert unsupported == []


def test_the_pass_rate(answered):
    passed = sum(record["grade"]["pass"] for _, record in answered)
    assert passed / len(answered) >= LOWEST_PASS_RATE
