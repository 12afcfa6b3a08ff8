"""`tutor eval` from the file to the summary: real sessions over a few real articles, a model that follows a script."""

import json
from dataclasses import replace

import pytest
from scripted_model import QUESTIONS, ROSENBLATT, SCRIPT, Scripted

from tutor.cli import main
from tutor.evals import runner
from tutor.retrieval.builds import open_index
from tutor.session import Tutor
from tutor.tools import Toolbox

FIELDS = [
    "id",
    "kind",
    "lang",
    "answer",
    "html",
    "citations",
    "retrieved",
    "tool_calls",
    "verified",
    "refused",
    "mode",
    "seconds",
    "first_token_seconds",
    "tokens",
    "error",
    "grade",
]


@pytest.fixture
def tutor(few):
    return Tutor(few, open_index(few), Scripted(SCRIPT), Toolbox())


@pytest.fixture
def files(tmp_path):
    questions = tmp_path / "questions.jsonl"
    questions.write_text("\n".join(q.model_dump_json() for q in QUESTIONS), encoding="utf-8")
    return questions, tmp_path / "answers.jsonl"


@pytest.fixture
def records(tutor, files, monkeypatch, capsys):
    """What a whole run wrote, by id, and what it printed. Only the opening of the tutor is replaced."""
    monkeypatch.setattr(runner, "open_tutor", lambda settings: tutor)
    runner.run(*files, tutor.settings)
    written = [json.loads(line) for line in files[1].read_text(encoding="utf-8").splitlines()]
    return {record["id"]: record for record in written}, capsys.readouterr().out


def test_every_record_is_written_whole_and_in_order(records):
    written, _ = records
    assert list(written) == [question.id for question in QUESTIONS]
    assert all(list(record) == FIELDS for record in written.values())
    passed = {name for name, record in written.items() if record["grade"]["pass"]}
    assert passed == {"who", "units", "demo", "soup"}


def test_an_answer_with_its_citation(records):
    who = records[0]["who"]
    assert who["answer"].startswith(f"{ROSENBLATT} [")
    assert (who["mode"], who["refused"], who["error"], who["tokens"]) == ("generated", False, None, 7)
    assert who["first_token_seconds"] == 0.25
    (citation,) = who["citations"]
    assert list(citation) == ["n", "doc", "title", "lang", "lines", "text"]
    assert (citation["doc"], citation["title"], citation["lang"]) == ("en/perceptron", "The perceptron", "en")
    assert ROSENBLATT in citation["text"]
    assert [entry["n"] for entry in who["retrieved"]] == list(range(1, len(who["retrieved"]) + 1))
    assert {**citation, "n": 0} in [{**entry, "n": 0} for entry in who["retrieved"]]
    assert who["verified"] == [{"sentence": ROSENBLATT, "supported": True, "by": citation["n"]}]
    assert f'data-n="{citation["n"]}"' in who["html"]


def test_the_turns_are_one_conversation_and_the_next_question_another(records, tutor):
    asked = tutor.model.asked
    assert asked[:3] == [QUESTIONS[1].turns[:1], QUESTIONS[1].turns[:1], QUESTIONS[1].turns]
    assert asked[3] == ["XOR를 단층으로 돌려 줘"]
    assert ROSENBLATT not in records[0]["units"]["answer"]


def test_a_demo_with_its_effective_arguments(records):
    (call,) = records[0]["demo"]["tool_calls"]
    assert (call["name"], call["ok"]) == ("train_perceptron", True)
    filled = {"gate": "xor", "layers": "single", "epochs": 20, "learning_rate": 0.1, "seeds": [0]}
    assert {name: call["arguments"][name] for name in filled} == filled
    assert call["result"] in records[0]["demo"]["answer"]
    assert records[0]["demo"]["mode"] == "lab"


def test_a_refusal(records):
    soup = records[0]["soup"]
    assert (soup["mode"], soup["refused"], soup["citations"]) == ("refused", True, [])


def test_what_went_wrong_is_on_the_record(records):
    assert records[0]["crash"]["error"] == "RuntimeError: scripted"
    assert records[0]["empty"]["error"] == records[0]["empty"]["answer"]
    assert records[0]["empty"]["error"].startswith("The question is empty.")
    assert records[0]["empty"]["mode"] is None


def test_what_is_printed(records):
    lines = records[1].splitlines()
    assert lines[0].startswith("7 questions")
    assert lines[1].startswith("1/7 who generated ")
    assert lines[1].endswith(" s: pass")
    assert lines[5].endswith(" s: fail (content)")
    printed = "\n".join(" ".join(line.split()) for line in lines)
    assert "all 4/7 57.1% [25.0%, 84.2%]" in printed
    assert "smalltalk 0/2 0.0% [0.0%, 65.8%]" in printed
    assert "ko 1/2 50.0% [9.5%, 90.5%]" in printed
    assert "spurious demos 1, false refusals 0, errors 2" in printed
    assert "modes: generated 2, lab 2, None 2, refused 1" in printed


def test_an_interrupted_run_keeps_whole_lines(tutor, files, monkeypatch):
    tutor.model.script = SCRIPT | {"XOR를 단층으로 돌려 줘": ValueError("scripted")}
    monkeypatch.setattr(runner, "open_tutor", lambda settings: tutor)
    answer = runner.answer

    def interrupted(new_session, question, lang):
        if question.id == "soup":
            raise KeyboardInterrupt
        return answer(new_session, question, lang)

    monkeypatch.setattr(runner, "answer", interrupted)
    with pytest.raises(KeyboardInterrupt):
        runner.run(*files, tutor.settings)
    text = files[1].read_text(encoding="utf-8")
    assert [json.loads(line)["id"] for line in text.splitlines()] == ["who", "units", "demo"]
    assert text.endswith("}\n")


def _stopped(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["eval", *map(str, arguments), "--model", "/nowhere", "--lang", "en"])
    return ended.value.code, capsys.readouterr().err


def test_a_bad_line_stops_before_anything_opens(files, capsys):
    files[0].write_text('{"id": "a"}\n', encoding="utf-8")
    code, told = _stopped(capsys, files[0], "--out", files[1])
    assert code == 1
    assert told.startswith(f"Line 1 of {files[0]} is wrong: lang: Field required.")
    assert not files[1].exists()


def test_an_answer_file_that_cannot_be_written(files, capsys, tmp_path):
    code, told = _stopped(capsys, files[0], "--out", tmp_path / "none" / "answers.jsonl")
    assert code == 1
    assert "cannot be written" in told
    assert "No such file" in told
    code, told = _stopped(capsys, files[0], "--out", files[0])
    assert (code, "the question file itself" in told) == (1, True)
    assert json.loads(files[0].read_text(encoding="utf-8").splitlines()[0])["id"] == "who"


def test_a_full_disk_is_a_message(tutor, files, monkeypatch):
    monkeypatch.setattr(runner, "open_tutor", lambda settings: tutor)
    with pytest.raises(runner.SettingError, match="No space left on device"):
        runner.run(files[0], type(files[0])("/dev/full"), replace(tutor.settings))
