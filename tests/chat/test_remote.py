import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests import checkpoints
from tutor.chat.local import LocalModel
from tutor.chat.model import load
from tutor.chat.remote import RemoteModel
from tutor.config import Settings
from tutor.errors import ModelError, SettingError, ToolCallInvalid
from tutor.types import Excerpt, Message, ToolCall, ToolSpec, Usage

ASK = [Message("user", "누가 만들었나요?")]
PARAMETERS = {"type": "object", "properties": {"gate": {"enum": ["xor", "and"]}}}
TOOL = ToolSpec("train_perceptron", "Trains a perceptron.", PARAMETERS, PARAMETERS)
CALL = ToolCall("train_perceptron", {"gate": "xor"})
SPELLED = '<tool_call>{"name": "train_perceptron", "arguments": {"gate": "xor"}}</tool_call>'


class _Server(ThreadingHTTPServer):
    """Answers /v1/models with `models` and each chat request with `status` and then `sent`, piece by piece.

    A piece that is a number is a pause in seconds; `gone` is set when the client hangs up in a pause.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.models = (200, json.dumps({"data": [{"id": "first", "max_model_len": 2048}, {"id": "second"}]}))
        self.status, self.sent = 200, []
        self.requests, self.gone = [], threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        assert self.path == "/v1/models"
        self._begin(self.server.models[0])
        self.wfile.write(self.server.models[1].encode())

    def do_POST(self):
        assert self.path == "/v1/chat/completions"
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.headers, body))
        if not isinstance(self.server.sent[0], float):
            self._begin(self.server.status)
        for piece in self.server.sent:
            if isinstance(piece, float):
                self._pause(piece)
            else:
                self.wfile.write(piece.encode())

    def _begin(self, status):
        self.send_response(status)
        self.end_headers()

    def _pause(self, seconds):
        self.connection.settimeout(seconds)
        try:
            if self.connection.recv(1) == b"":
                self.server.gone.set()
        except ConnectionError:
            self.server.gone.set()
        except TimeoutError:
            pass

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with _Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _event(delta=None, finish=None, **more):
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta or {}, 'finish_reason': finish}], **more})}\n\n"


def _text(*pieces, finish="stop"):
    return [
        _event({"role": "assistant"}),
        *(_event({"content": p}) for p in pieces),
        _event(None, finish),
        "data: [DONE]\n\n",
    ]


def _open(server, **settings):
    return RemoteModel(Settings(server=server.url, **settings))


def _say(model, messages=ASK, **kwargs):
    with closing(model.stream(messages, cancel=threading.Event(), **kwargs)) as answer:
        return list(answer)


# ---- answers ---------------------------------------------------------------------------------------
def test_text_and_usage(server):
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 5}}
    last = f"data: {json.dumps({'choices': [], 'usage': usage})}\n\n"
    server.sent = [": a comment\n\n", *_text("퍼셉", "트론")[:-1], last, "data: [DONE]\n\n"]
    *pieces, done = _say(_open(server))
    assert pieces == ["퍼셉", "트론"]
    assert (done.prompt_tokens, done.completion_tokens, done.reused_tokens, done.stopped) == (7, 3, 5, "end")
    assert done.first_token_seconds > 0


def test_what_is_asked(server):
    server.sent = _text("a", finish="length")
    history = [
        Message("system", "s"),
        *ASK,
        Message("assistant", tool_calls=(CALL,)),
        Message("tool", "3/4", name=CALL.name),
    ]
    model = _open(server, api_key="secret", model="second")
    done = _say(model, history, tools=[TOOL], excerpts=[Excerpt(1, "T", "text")], max_tokens=9)[-1]
    assert done.stopped == "length"
    headers, body = server.requests[0]
    assert headers["Authorization"] == "Bearer secret"
    assert (body["model"], body["max_tokens"], body["stream"], body["temperature"]) == ("second", 9, True, 0)
    assert [m["role"] for m in body["messages"]] == ["system", "user", "assistant", "tool"]
    assert body["messages"][1]["content"] == "[1] T\ntext\n\n누가 만들었나요?"
    assert body["messages"][2]["tool_calls"][0]["function"]["arguments"] == '{"gate": "xor"}'
    assert body["messages"][3]["tool_call_id"] == body["messages"][2]["tool_calls"][0]["id"]
    assert body["tools"][0]["function"]["name"] == "train_perceptron"


def test_the_first_model_and_its_context_are_the_servers(server):
    model = load(Settings(server=server.url.removeprefix("http://") + "/v1/"))
    assert (model.name, model.context_tokens) == ("first", 2048)
    assert model.count_tokens("퍼셉트론") == 4
    assert _open(server, model="second").context_tokens == 4096
    model.close()


def test_the_oldest_turns_are_dropped(server):
    server.sent = _text("a")
    _say(_open(server), [Message("user", "a" * 9000), Message("assistant", "b"), *ASK])
    assert [m["content"] for m in server.requests[0][1]["messages"]] == ["누가 만들었나요?"]


def test_a_call_in_deltas(server):
    deltas = [
        {"tool_calls": [{"index": 0, "id": "x", "function": {"name": "train_perceptron", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"gate"'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ': "xor"}'}}, {"index": 1, "function": {"name": "b"}}]},
    ]
    server.sent = [_event({"content": "Look"}), *map(_event, deltas), _event(None, "tool_calls"), "data: [DONE]\n\n"]
    assert _say(_open(server), tools=[TOOL])[:2] == ["Look", CALL]


def test_a_call_in_the_text(server):
    server.sent = _text("Look ", SPELLED[:5], SPELLED[5:])
    *said, done = _say(_open(server), tools=[TOOL])
    assert said == ["Look ", CALL]
    assert isinstance(done, Usage)
    assert "".join(_say(_open(server))[:-1]) == "Look " + SPELLED  # no tools, no call


@pytest.mark.parametrize(
    ("name", "arguments"), [("train_perceptron", '{"gate": "x'), ("train_perceptron", "[]"), ("rm", "{}")]
)
def test_a_malformed_call_is_invalid(server, name, arguments):
    call = {"tool_calls": [{"index": 0, "function": {"name": name, "arguments": arguments}}]}
    server.sent = [_event(call), _event(None, "length"), "data: [DONE]\n\n"]
    with pytest.raises(ToolCallInvalid):
        _say(_open(server), tools=[TOOL])


# ---- stopping --------------------------------------------------------------------------------------
@pytest.mark.parametrize("sent", [[30.0], [_event({"content": "a"}), 30.0]], ids=["before the headers", "in the text"])
def test_cancel_hangs_up_while_the_server_is_silent(server, sent):
    server.sent = sent
    cancel = threading.Event()
    timer = threading.Timer(0.3, cancel.set)
    timer.start()
    began = time.monotonic()
    *said, done = _open(server).stream(ASK, cancel=cancel)
    assert time.monotonic() - began < 10  # of the 30 that the server is silent
    assert said == ["a"] * (len(sent) - 1)
    assert done.stopped == "cancelled"
    assert server.gone.wait(10)
    timer.join()


def test_closing_the_iterator_hangs_up(server):
    server.sent = [_event({"content": "a"}), 30.0]
    answer = _open(server).stream(ASK, cancel=threading.Event())
    assert next(answer) == "a"
    answer.close()
    assert server.gone.wait(10)


# ---- errors ----------------------------------------------------------------------------------------
def _error(*args, **kwargs) -> str:
    with pytest.raises(ModelError) as caught:
        _say(_open(*args, **kwargs))
    assert caught.value.text("ko") != caught.value.text("en")
    return caught.value.text("en")


def test_no_server():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(ModelError, match=f"No server answers at {url}/v1"):
            RemoteModel(Settings(server=url))


@pytest.mark.parametrize("address", ["ftp://host", "http://", "http://host:port"])
def test_no_address(address):
    with pytest.raises(ModelError, match="is not the address of a server"):
        RemoteModel(Settings(server=address))


def test_a_key_that_is_none(server):
    with pytest.raises(SettingError, match="API key"):
        _open(server, api_key="열쇠")


def test_a_key_that_is_refused(server):
    server.models = (401, "{}")
    assert "does not accept the API key (401)" in _error(server)
    assert "does not accept the API key (401)" in _error(server, model="second")


def test_no_models(server):
    server.models = (200, '{"data": []}')
    assert "names no model" in _error(server)
    server.models = (404, "not here")
    assert "answered 404: not here" in _error(server)
    server.models, server.sent = (500, "{}"), _text("a")
    assert _say(_open(server, model="mine"))[0] == "a"  # a name that is given needs no list


def test_an_unknown_model_lists_the_known_ones(server):
    server.status, server.sent = 404, ['{"error": {"message": "no such model"}}']
    assert "has no model 'third'; it names: first, second." in _error(server, model="third")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"error": {"message": "CUDA"}}', "CUDA"),
        ('{"detail": "boom"}', "boom"),
        ("<html>", "<html>"),
        ("", "Internal"),
    ],
)
def test_a_server_error(server, body, reason):
    server.status, server.sent = 500, [body]
    assert f"answered 500: {reason}" in _error(server)


@pytest.mark.parametrize(
    "sent",
    [
        [_event({"content": "a"})],  # ends without saying so
        [_event({"content": "a"}), "data: {not json\n\n"],
        [_event({"content": "a"}), 'data: {"error": {"message": "out of memory"}}\n\n'],
        ['data: {"choices": [7]}\n\n'],
        ["data: [1]\n\n"],
    ],
)
def test_a_stream_that_breaks_off(server, sent):
    server.sent = sent
    assert "broke off" in _error(server)


# ---- transformers serve ----------------------------------------------------------------------------
def _wait_until_up(process: subprocess.Popen, url: str, log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(f"{url}/health", trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AssertionError(f"the server did not start: {log.read_text()}")


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    """Runs `transformers serve` with a checkpoint; gives its url. All are stopped at the end."""
    processes = []

    def start(folder: Path) -> str:
        cache = tmp_path_factory.mktemp("hub")  # must exist: the list of models is read from it
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = ["-m", "transformers.cli.transformers", "serve", str(folder), "--device", "cpu", "--dtype", "float32"]
        log = cache / "log"
        with log.open("w") as out:
            process = subprocess.Popen(
                [sys.executable, *command, "--port", str(port)],
                env=os.environ | {"HF_HUB_CACHE": str(cache), "HF_HUB_OFFLINE": "1"},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        processes.append(process)
        _wait_until_up(process, f"http://127.0.0.1:{port}", log)
        return f"http://127.0.0.1:{port}"

    yield start
    for process in processes:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.mark.slow
def test_transformers_serve_says_what_the_local_model_says(serving, tmp_path):
    folder = checkpoints.llama(tmp_path, template=checkpoints.PLAIN_TEMPLATE)
    remote = RemoteModel(Settings(server=serving(folder), model=str(folder)))
    local = LocalModel(Settings(model=str(folder), threads=1))
    asked = {"messages": [Message("system", "s"), *ASK], "excerpts": [Excerpt(1, "T", "글")], "max_tokens": 24}
    *said, done = _say(remote, **asked)
    *expected, reference = _say(local, **asked)
    assert "".join(said).replace("\ufffd", "") == "".join(expected)
    assert (done.prompt_tokens, done.completion_tokens) == (reference.prompt_tokens, reference.completion_tokens)
    assert done.stopped == reference.stopped == "length"

    cancel = threading.Event()
    with closing(remote.stream(ASK, cancel=cancel, max_tokens=400)) as answer:
        next(answer)
        cancel.set()
        *_, done = answer
    assert done.stopped == "cancelled"
    assert done.completion_tokens < 400


@pytest.mark.slow
def test_transformers_serve_calls_a_tool(serving, tmp_path):
    folder = checkpoints.replying(tmp_path, SPELLED, longest=100)
    remote = RemoteModel(Settings(server=serving(folder), model=str(folder)))
    assert _say(remote, tools=[TOOL])[0] == CALL
