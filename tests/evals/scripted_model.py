"""Questions, and a model that says for each what a script holds."""

from tutor.evals.questions_file import Question
from tutor.types import ToolCall, Usage

ROSENBLATT = (
    "Frank Rosenblatt, an American psychologist, invented the perceptron at the Cornell Aeronautical Laboratory in "
    "Buffalo, New York."
)
MARK = "The Mark I Perceptron had 512 association units and 8 response units."
CALL = ToolCall("train_perceptron", {"gate": "xor", "layers": "single", "epochs": 20})


class Scripted:
    """Says, for the newest question, what the script holds; calls where that is a call; fails where an exception."""

    name = "scripted"
    context_tokens = 4096
    only_quotes = False

    def __init__(self, script):
        self.script = script
        self.asked = []  # the user's messages of each prompt

    def count_tokens(self, text):
        return len(text) // 3 + 1

    def stream(
        self, messages, *, tools=(), call="may", excerpts=(), answers=(), cancel, conversation="", max_tokens=256
    ):
        self.asked.append([m.content for m in messages if m.role == "user"])
        said = self.script.get(self.asked[-1][-1], "Nothing.")
        if isinstance(said, Exception):
            raise said
        yield said
        yield Usage(prompt_tokens=10, completion_tokens=7, first_token_seconds=0.25)

    def close(self):
        pass


QUESTIONS = [
    Question(
        id="who",
        lang="en",
        kind="history",
        turns=["Who invented the perceptron?"],
        must=["Rosenblatt"],
        expect_citation=True,
    ),
    Question(
        id="units",
        lang="en",
        kind="followup",
        turns=["Who invented the perceptron?", "How many association units did the Mark I Perceptron have?"],
        must=["512"],
        expect_citation=True,
    ),
    Question(
        id="demo",
        lang="ko",
        kind="demo",
        turns=["XOR를 단층으로 돌려 줘"],
        must=["3/4"],
        tool={"name": "train_perceptron", "gate": "xor", "layers": "single"},
        tool_args={"epochs": 20},
    ),
    Question(
        id="soup", lang="en", kind="refuse", turns=["What is the best recipe for onion soup?"], expect_refusal=True
    ),
    Question(id="spurious", lang="en", kind="concept", turns=["What is XOR?"], must=["4/4"]),
    Question(id="crash", lang="en", kind="smalltalk", turns=["What is a perceptron?"]),
    Question(id="empty", lang="ko", kind="smalltalk", turns=[" "]),
]
SCRIPT = {
    "Who invented the perceptron?": f"{ROSENBLATT} [1]",
    "How many association units did the Mark I Perceptron have?": f"{MARK} [1]",
    "XOR를 단층으로 돌려 줘": CALL,
    "What is XOR?": CALL,
    "What is a perceptron?": RuntimeError("scripted"),
}
