"""A tutor without a model or an index: its sessions follow a script of real events, and run the real lab."""

import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from tutor.config import Settings
from tutor.errors import QuestionError
from tutor.labs import core
from tutor.text import language
from tutor.turn import without_frames
from tutor.types import (
    Answer,
    Answered,
    Checked,
    Citation,
    Document,
    Event,
    Failed,
    Hit,
    LabFrame,
    Manner,
    Passage,
    Retrieved,
    Source,
    TextDelta,
    ToolCall,
    ToolFinished,
    ToolResult,
    ToolStarted,
    Writing,
)

TEXTS = {
    "en": (
        "Frank Rosenblatt described the perceptron in 1958. ",
        "The New York Times reported on it that year.",
        "Who described it",
        "Perceptron",
    ),
    "ko": (
        "프랭크 로젠블랫은 1958년에 퍼셉트론을 발표했다. ",
        "그해 뉴욕 타임스가 이를 보도했다.",
        "누가 만들었나",
        "퍼셉트론",
    ),
}
EVIL = "<img src=http://evil.test/x.png onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


def document(lang: str) -> Document:
    """Six lines of front matter; the two sentences of the passage are line 11."""
    first, second, section, title = TEXTS[lang]
    front = f"---\ntitle: t\nslug: s\nlang: {lang}\nsources: []\n---\n\n# {title}\n\n"
    text = f"{front}## {section}\n{first}{second}\n\nLater.\n\n- **one**\n- `two`"
    good = Source("r58", "Rosenblatt (1958) <b>", "https://doi.org/10.1037/h0042519")
    bad = Source("x", "Bad", "javascript:alert(1)")
    path = f"corpus/{lang}/perceptron.md"
    return Document(f"{lang}/perceptron", "perceptron", title, lang, path, text, 7, sources=(good, bad))


def citation(lang: str) -> Citation:
    first, second, section, title = TEXTS[lang]
    doc = f"{lang}/perceptron"
    passage = Passage(f"{doc}#0", doc, "perceptron", title, section, lang, (11, 11), first + second)
    return Citation(1, passage, ((0, len(first.strip())),))


class ScriptedSession:
    """Asked for a demo it runs one; asked to count it writes until stopped; else it quotes one sentence."""

    def __init__(self, lang: str = "auto", pause: float = 0.0, go_on: threading.Event | None = None) -> None:
        self.lang, self.pause, self.go_on = lang, pause, go_on
        self.history: list[str] = []
        self.manner = Manner()

    def language(self, text: str) -> str:
        return language(text) if self.manner.lang == "auto" else self.manner.lang

    def ask(self, text: str, cancel: threading.Event) -> Iterator[Event]:
        lang = language(text)
        if not text.strip() or len(text) > 2000:
            error = QuestionError("The question is empty or too long.", ko=("질문이 비었거나 너무 길어요.", ""))
            yield Failed(error.text(lang))
            return
        if text == "crash":
            raise RuntimeError("scripted")
        self.history.append(text)
        cite = citation(lang)
        yield Retrieved((Hit(cite.passage, 1.0, 1, 1),))
        if "XOR" in text:
            call = ToolCall("train_perceptron", {"gate": "xor", "layers": "both"})
            answer = yield from self._demo(text, cancel, call, lang)
        elif "count" in text:
            answer = yield from self._count(cancel)
        else:
            answer = yield from self._quote(text)
        yield Answered(answer)

    def run(self, call: ToolCall, text: str, lang: str, cancel: threading.Event, recorded=None) -> Iterator[Event]:
        self.recorded = recorded
        self.history.append(text)
        yield Answered((yield from self._demo(text, cancel, call, lang)))

    def _quote(self, text: str) -> Iterator[Event]:
        lang = language(text)
        cite = citation(lang)
        told = EVIL if "evil" in text else ""
        said = f"{TEXTS[lang][0].strip()} [1] {told}".strip()
        for tokens in range(1, 6):
            yield Writing(tokens)
            time.sleep(self.pause)
        yield TextDelta(said)
        return Answer(said, lang, "generated", (cite,), (Checked(said, True, 1),), withheld=1, tokens=5)

    def _count(self, cancel: threading.Event) -> Iterator[Event]:
        said = ""
        for number in range(1, 2000):
            if cancel.is_set():
                break
            said += f"{number} "
            yield Writing(number)
            yield TextDelta(f"{number} ")
            time.sleep(self.pause)
        return Answer(said.strip(), "en", "generated", stopped=cancel.is_set())

    def _demo(self, text: str, cancel: threading.Event, call: ToolCall, lang: str) -> Iterator[Event]:
        yield ToolStarted(call)
        steps = core.run(call.name, call.arguments, cancel)
        while True:
            try:
                yield LabFrame(frame := next(steps))
                time.sleep(self.pause / 2)
                if self.go_on and frame.epoch >= 20:
                    assert self.go_on.wait(120)
            except StopIteration as end:
                result = end.value
                break
        done = ToolResult(call, result.arguments, result.text[lang], True, result)
        yield ToolFinished(done)
        return Answer(result.text[lang], lang, "lab", tools=(without_frames(done),))

    def restore(self, told) -> None:
        self.history = [question for question, _ in told]

    def undo(self) -> str | None:
        return self.history.pop() if self.history else None

    def reset(self) -> None:
        self.history.clear()


class ScriptedTutor:
    """What the page needs of a tutor: sessions, and an index that knows documents."""

    def __init__(self, pause: float = 0.0) -> None:
        self.pause = pause
        self.go_on = threading.Event()  # cleared by a test: demos wait for it at their 20th epoch
        self.go_on.set()
        self.sessions: list[ScriptedSession] = []
        documents = {found.id: found for found in (document("en"), document("ko"))}
        self.index = SimpleNamespace(
            document=documents.__getitem__, documents=tuple(documents), passages=(), corrections=()
        )
        self.model = SimpleNamespace(name="scripted", only_quotes=False)
        folder = tempfile.mkdtemp()
        weakref.finalize(self, shutil.rmtree, folder)
        database = f"sqlite:///{folder}/tutor.db"
        self.settings = Settings(library=Path(__file__).parent / "no-library", database=database)

    def new_session(self, lang: str = "auto") -> ScriptedSession:
        self.sessions.append(ScriptedSession(lang, self.pause, self.go_on))
        return self.sessions[-1]
