"""The command line: what it prints, what it says to bad input in both languages, and its exit status."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import replace

import checkpoints
import pytest
import small_corpus
from terminal import run

from tutor.console import STDIN_LIMIT, interruptible, spoken, turn
from tutor.errors import TutorError
from tutor.labs import core
from tutor.service import record
from tutor.types import (
    Answer,
    Answered,
    Citation,
    Document,
    Failed,
    Passage,
    Retrieved,
    TextDelta,
    ToolCall,
    ToolFinished,
    ToolResult,
    ToolStarted,
    Writing,
)

HANGUL = re.compile("[가-힣]")
QUESTION = {"en": "Who invented the perceptron?", "ko": "퍼셉트론은 누가 만들었어?"}


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr(sys, "argv", ["tutor"])


def command(*arguments: str, **options) -> subprocess.CompletedProcess:
    """The program in a process of its own."""
    return subprocess.run([sys.executable, "-m", "tutor", *arguments], capture_output=True, **options)


# ---- usage ---------------------------------------------------------------------------------------
def test_help_lists_every_command(capsys):
    status, out, _ = run(capsys, "--help")
    assert status == 0
    listed = re.findall(r"(?m)^  ([a-z]+)  ", out.split("Commands:")[1])
    assert listed == [
        *("serve", "ask", "chat", "mcp", "index", "timeline", "eval", "doctor"),
        *("add", "sources", "remove", "users", "demo"),
    ]


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "AlexNet won ILSVRC 2012 with a top-5 error of"), ("ko", "알렉스넷은 상위 5개 오류율 15.3%로 2012년")],
)
def test_the_timeline_tells_the_years_between(lang, said):
    done = command("timeline", "--from", "2012", "--to", "2013", "--lang", lang)
    lines = done.stdout.decode().splitlines()
    assert {line[:6] for line in lines} == {"2012  ", "2013  "}
    assert any(said in line and line.endswith("  (alexnet)") for line in lines)
    first = json.loads(command("timeline", "--from", "2012", "--lang", lang, "--json").stdout.decode().splitlines()[0])
    assert (first["year"], first["doc"][:3]) == (2012, f"{lang}/")


def test_help_speaks_korean():
    done = command("--help", env={**os.environ, "LC_ALL": "ko_KR.UTF-8", "PYTHONUTF8": "1"})
    assert "질문 하나에 답해요" in done.stdout.decode()


@pytest.mark.parametrize(
    "arguments",
    [["nothing"], ["--nothing"], ["demo", "perceptron", "--epochs", "many"], ["eval", "q.jsonl"], ["index", "extra"]],
    ids=" ".join,
)
def test_wrong_usage_is_status_2(capsys, arguments):
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert "Error: " in err


PERCEPTRON = ["demo", "perceptron"]
BAD = [
    (["demo", "perceptron", "--gate", "nxor"], "nxor", "xnor"),
    (["demo", "perceptron", "--layers", "three"], "three", "multi"),
    ([*PERCEPTRON, "--learning-rate", "0"], "0", "0.1"),
    ([*PERCEPTRON, "--learning-rate", "nan"], "nan", "0.1"),
    ([*PERCEPTRON, "--learning-rate", "1e9"], "1000000000", "0.1"),
    ([*PERCEPTRON, "--epochs", "-1"], "-1", "10000"),
    ([*PERCEPTRON, "--epochs", "1000000000"], "1000000000", "10000"),
    ([*PERCEPTRON, "--seeds", "0,a"], "0,a", "--seeds 0,1"),
    ([*PERCEPTRON, "--seeds", "-3"], "-3", "[0, 1]"),
    ([*PERCEPTRON, "--hidden-units", "65"], "65", "64"),
    ([*PERCEPTRON, "--activation", "softmax"], "softmax", "tanh"),
    (["--port", "99999"], "99999", "65535"),
    (["serve", "--port", "0"], "0", "65535"),
    (["ask", "--dtype", "fp8", "?"], "fp8", "bf16"),
    (["ask", "--threads", "-1", "?"], "-1", "256"),
]


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize(
    ("arguments", "value", "advice"), BAD, ids=lambda a: " ".join(a) if isinstance(a, list) else ""
)
def test_a_bad_value_is_named_with_what_to_type(capsys, monkeypatch, lang, arguments, value, advice):
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8" if lang == "ko" else "en_US.UTF-8")
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (1, "")
    assert value in err
    assert advice in err
    assert bool(HANGUL.search(err)) == (lang == "ko")


@pytest.mark.parametrize(
    ("name", "value"),
    [("TUTOR_THREADS", "many"), ("TUTOR_MODLE", "x"), ("TUTOR_ONLINE", "maybe"), ("TUTOR_LANG", "fr")],
)
def test_a_bad_environment_variable_is_named(capsys, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    status, _, err = run(capsys, "index")
    assert status == 1
    assert name in err
    assert value in err or name == "TUTOR_MODLE"


def test_a_flag_wins_over_the_environment_and_the_later_flag_over_the_earlier(capsys, monkeypatch):
    monkeypatch.setenv("TUTOR_PORT", "70001")
    assert "70002" in run(capsys, "--port", "70002", "serve")[2]
    assert "70003" in run(capsys, "--port", "70002", "serve", "--port", "70003")[2]
    assert "70001" in run(capsys, "serve")[2]


@pytest.mark.parametrize(
    ("flag", "environment", "expected"),
    [
        ("ko", {"LC_ALL": "en_US.UTF-8"}, "ko"),
        ("auto", {"LC_ALL": "ko_KR.UTF-8"}, "ko"),
        (None, {"LC_ALL": "", "LC_MESSAGES": "", "LANG": "ko_KR.UTF-8"}, "ko"),
        (None, {"LC_ALL": "C", "LANG": "ko_KR.UTF-8"}, "en"),
        (None, {"LC_ALL": "ko_KR.UTF-8", "TUTOR_LANG": "en"}, "en"),
        (None, {"LC_ALL": "kok_IN.UTF-8"}, "en"),
    ],
)
def test_the_language_to_speak(monkeypatch, flag, environment, expected):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert spoken(flag) == expected


@pytest.mark.parametrize(
    ("arguments", "korean"), [(["--lang", "ko"], True), (["--lang=ko"], True), (["--lang", "en"], False)]
)
def test_lang_is_heard_also_when_the_settings_are_wrong(capsys, arguments, korean):
    err = run(capsys, "serve", "--port", "0", *arguments)[2]
    assert bool(HANGUL.search(err)) == korean


# ---- the demo ------------------------------------------------------------------------------------
def test_the_demo_trains_and_saves_its_picture(capsys, tmp_path):
    page, image = tmp_path / "run.html", tmp_path / "run.png"
    status, out, _ = run(capsys, *PERCEPTRON, "--gate", "xor", "--layers", "both", "--seeds", "0", "--save", str(page))
    assert status == 0
    assert "3/4" in out  # no line does better on XOR
    assert "4/4" in out  # the net does
    assert "plotly" in page.read_text(encoding="utf-8").lower()
    assert run(capsys, *PERCEPTRON, "--gate", "and", "--layers", "single", "--save", str(image), "--lang", "ko")[0] == 0
    assert image.read_bytes().startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize("name", ["run.gif", "missing/run.png", "missing/run.html"])
def test_a_picture_that_cannot_be_saved_is_an_error_after_the_result(capsys, tmp_path, name):
    path = tmp_path / name
    status, out, err = run(capsys, *PERCEPTRON, "--gate", "and", "--layers", "single", "--save", str(path))
    assert status == 1
    assert "4/4" in out
    assert path.name in err


def test_ctrl_c_ends_the_demo_with_130(capsys):
    threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
    status, _, err = run(
        capsys, *PERCEPTRON, "--gate", "xor", "--layers", "single", "--epochs", "10000", "--seeds", "0,1,2,3,4,5,6,7"
    )
    assert status == 130
    assert "Traceback" not in err


def test_labs_are_listed_with_their_settings(capsys):
    status, out, _ = run(capsys, "demo", "lab", "--lang", "en")
    assert status == 0
    assert "vanishing_gradient: " in out
    assert "    depth=20  " in out


def test_a_lab_is_recorded_and_replayed(capsys, tmp_path):
    record = tmp_path / "run.json"
    status, out, _ = run(
        capsys, "demo", "lab", "vanishing_gradient", "depth=5", "--record", str(record), "--lang", "en"
    )
    assert status == 0
    assert "5 layers" in out
    status, out, _ = run(capsys, "demo", "replay", str(record), "--lang", "en")
    assert (status, out.splitlines()[-1]) == (0, "The same as recorded.")
    changed = json.loads(record.read_text("utf-8"))
    changed["arguments"]["depth"] = 6
    record.write_text(json.dumps(changed), "utf-8")
    status, _, err = run(capsys, "demo", "replay", str(record), "--lang", "en")
    assert status == 1
    assert "differs from what was recorded" in err


def test_a_lab_by_its_name_alone_and_as_json(capsys, tmp_path):
    picture = tmp_path / "run.html"
    status, out, err = run(capsys, "demo", "rlhf", "noise=0.4", "--json", "--save", str(picture), "--lang", "en")
    assert status == 0
    record = json.loads(out)  # nothing else is there
    assert (record["lab"], record["arguments"]["noise"]) == ("rlhf", 0.4)
    assert "Saved: " in err
    assert picture.is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["demo", "levitation"], "levitation"),
        (["demo", "lab", "levitation"], "levitation"),
        (["demo", "lab", "lora", "rank=99"], "rank=99 is not allowed. Use a whole number from 1 to 16."),
        (["demo", "lab", "lora", "rank"], "'rank' is no KEY=VALUE"),
        (["demo", "replay", "missing.json"], "missing.json"),
        (["demo", "lab", "vanishing_gradient", "depth=2", "--record", "missing/run.json"], "cannot be written"),
    ],
)
def test_a_lab_that_cannot_be_run_is_one_message(capsys, arguments, told):
    status, _, err = run(capsys, *arguments, "--lang", "en")
    assert status == 1
    assert told in err
    assert "Traceback" not in err


def test_a_file_that_is_no_record(capsys, tmp_path):
    (tmp_path / "x.json").write_text('{"lab": 3}', "utf-8")
    status, _, err = run(capsys, "demo", "replay", str(tmp_path / "x.json"), "--lang", "ko")
    assert status == 1
    assert "실습 기록이 아니에요" in err


def test_the_second_ctrl_c_is_not_held_back():
    with interruptible() as cancel:
        signal.raise_signal(signal.SIGINT)
        assert cancel.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# ---- a turn --------------------------------------------------------------------------------------
PASSAGE = Passage("en/perceptron#1", "en/perceptron", "perceptron", "The perceptron", "", "en", (12, 14), "In 1958 …")
ANSWER = Answer("Rosenblatt [1].", "en", "generated", (Citation(1, PASSAGE, ((0, 4),)),), tokens=9, seconds=1.23456)


class Shelf:
    """An index that holds one document."""

    def __init__(self, document: Document) -> None:
        self.document = {document.id: document}.__getitem__


class Scripted:
    """A session that plays given events."""

    def __init__(self, *events) -> None:
        self.events = events
        document = Document(
            "en/perceptron", "perceptron", "The perceptron", "en", "corpus/en/perceptron.md", "In 1958 …"
        )
        self.index = Shelf(document)

    def ask(self, text, cancel):
        yield from self.events


def test_a_turn_shows_the_text_and_its_sources(capsys):
    events = [Retrieved(()), Writing(3), TextDelta("Rosenblatt "), TextDelta("[1]."), Answered(ANSWER)]
    assert turn(Scripted(*events), QUESTION["en"], "auto") is ANSWER
    out, err = capsys.readouterr()
    assert out == "Rosenblatt [1].\n\nSources\n[1] The perceptron — corpus/en/perceptron.md:12-14\n"
    assert err == ""


def test_the_question_chooses_the_language_of_what_is_around_the_answer(capsys):
    turn(Scripted(Answered(ANSWER)), QUESTION["ko"], "auto")
    assert "출처" in capsys.readouterr().out


def test_a_quoted_or_stopped_answer_says_so(capsys):
    turn(Scripted(Answered(replace(ANSWER, mode="quoted", stopped=True))), QUESTION["en"], "auto")
    out = capsys.readouterr().out
    assert "in place of the model's own words" in out
    assert "Stopped here" in out


def test_a_failed_turn_is_an_error():
    with pytest.raises(TutorError, match=r"^too long$"):
        turn(Scripted(Failed("too long")), QUESTION["en"], "auto")


def test_a_lab_draws_its_picture_and_says_its_text_once(capsys):
    result = finished(core.run("train_perceptron", {"gate": "and", "layers": "single"}, threading.Event()))
    call = ToolCall("train_perceptron", {"gate": "and"})
    events = [
        ToolStarted(call),
        ToolFinished(ToolResult(call, {}, result.text["en"], True, result)),
        TextDelta(result.text["en"]),
    ]
    turn(Scripted(*events, Answered(Answer(result.text["en"], "en", "lab"))), "Train AND", "auto")
    out, err = capsys.readouterr()
    assert err == "▶ train_perceptron(gate=and)\n"
    assert "●" in out
    assert out.count(result.text["en"]) == 1


def finished(run):
    """The value that a generator returns."""
    while True:
        try:
            next(run)
        except StopIteration as end:
            return end.value


def test_the_record_of_an_answer_is_plain_data():
    call = ToolCall("train_perceptron", {"gate": "xor"})
    answer = Answer(
        "t", "en", "lab", ANSWER.citations, tools=(ToolResult(call, {"gate": "xor", "seeds": [0]}, "3/4", True),)
    )
    assert json.loads(json.dumps(record("q", answer))) == {
        "question": "q",
        "answer": "t",
        "lang": "en",
        "mode": "lab",
        "citations": [
            {
                "n": 1,
                "doc": "en/perceptron",
                "title": "The perceptron",
                "lang": "en",
                "lines": [12, 14],
                "text": "In 1958 …",
            }
        ],
        "tool_calls": [
            {"name": "train_perceptron", "arguments": {"gate": "xor", "seeds": [0]}, "result": "3/4", "ok": True}
        ],
        "withheld": 0,
        "stopped": False,
        "tokens": 0,
        "seconds": 0.0,
        "first_token_seconds": 0.0,
    }


# ---- around the program --------------------------------------------------------------------------
def test_a_port_in_use_is_said_at_once(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, _, err = run(capsys, "serve", "--port", str(port))
    assert status == 1
    assert str(port) in err
    assert f"tutor --port {port + 1 if port < 65535 else 7861}" in err


@pytest.mark.parametrize(("data", "said"), [(b"\xb0\xa1?", "0xb0"), (b"a" * (STDIN_LIMIT + 1), str(STDIN_LIMIT))])
def test_standard_input_that_is_no_question(data, said):
    done = command("ask", "-", input=data)
    assert done.returncode == 1
    assert said in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_a_console_without_hangul_shows_question_marks():
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = command(*PERCEPTRON, "--gate", "and", "--layers", "single", "--lang", "ko", env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"?" in done.stdout


def test_a_closed_pipe_is_no_error():
    process = subprocess.Popen(
        [sys.executable, "-m", "tutor", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait()


def test_a_missing_package_is_named():
    code = "import sys; sys.modules['pydantic'] = None; from tutor.cli import main; main(['demo', 'perceptron'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "The Python package pydantic is missing. Type: tutor doctor\n")


@pytest.mark.parametrize(("lang", "said"), [("en", "is not installed"), ("ko", "설치되어 있지 않아요")])
def test_without_its_extra_the_mcp_server_says_what_to_type(lang, said):
    code = f"import sys; sys.modules['mcp'] = None; from tutor.cli import main; main(['mcp', '--lang', '{lang}'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert "pip install 'ai-history-tutor[mcp]'" in done.stderr


# ---- with a model ---------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def untrained(tmp_path_factory) -> str:
    """A checkpoint whose words no source supports."""
    return str(checkpoints.llama(tmp_path_factory.mktemp("untrained"), context=4096))


@pytest.fixture(scope="module")
def calling(tmp_path_factory) -> str:
    """A checkpoint that calls the perceptron lab, whatever it is told."""
    call = '<tool_call>{"name": "train_perceptron", "arguments": {"gate": "and", "layers": "single"}}</tool_call>'
    return str(checkpoints.replying(tmp_path_factory.mktemp("calling"), call))


@pytest.fixture
def indexed(built_index, built_settings, monkeypatch) -> None:
    monkeypatch.setenv("TUTOR_INDEX", str(built_settings.index))


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_ask_prints_one_json_object(capsys, untrained, indexed, lang):
    status, out, err = run(capsys, "ask", "--json", "--model", untrained, QUESTION[lang])
    assert (status, err) == (0, "")
    answer = json.loads(out)
    assert (answer["question"], answer["lang"]) == (QUESTION[lang], lang)
    assert {f"[{c['n']}]" for c in answer["citations"]} == set(re.findall(r"\[\d+\]", answer["answer"]))
    assert len(answer["answer"]) > 20


@pytest.mark.slow
def test_chat_keeps_going_after_a_bad_line_and_ends_with_the_input(calling, indexed):
    lines = "a" * 1_000_000 + "\n\n" + "Train a perceptron on AND\n직접 보여줘\n"
    done = command("chat", "--model", calling, input=lines, text=True)
    assert done.returncode == 0
    assert "1,000,000" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.count("4/4") == 8  # in the picture and in the text, of one layer and of two, in each run
    assert "Training a perceptron: AND" in done.stdout
    assert "퍼셉트론 학습: AND" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "lang"), [("", "en"), ("   \n", "ko"), ("a" * 1_000_000, "en"), ("\x00\x1b\u202e", "ko")]
)
def test_a_question_that_cannot_be_asked(capsys, monkeypatch, untrained, indexed, question, lang):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(question.encode())))
    status, out, err = run(capsys, "ask", "-", "--lang", lang, "--model", untrained)
    assert (status, out) == (1, "")
    assert bool(HANGUL.search(err)) == (lang == "ko")


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_missing_model_is_named(capsys, indexed, lang):
    status, out, err = run(capsys, "ask", "--model", "no/such/model", "--lang", lang, QUESTION[lang])
    assert (status, out) == (1, "")
    assert "no/such/model" in err
    assert bool(HANGUL.search(err)) == (lang == "ko")


@pytest.mark.slow
def test_two_builds_at_once_leave_one_good_index(tmp_path):
    environment = small_corpus.environment(tmp_path)
    start = [sys.executable, "-m", "tutor", "index", "--rebuild"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(start, env=environment, **pipes) for _ in range(2)]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert said[0] == said[1]
    assert len(list(tmp_path.glob("index/build-*"))) == 1
    assert command("index", env=environment, text=True).stderr == ""  # it is sound: nothing is built
