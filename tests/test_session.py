"""A turn from question to answer: the real index and the real labs, a model that says what the test tells it to."""

import threading
from collections.abc import Iterator

import pytest
import small_corpus

from tutor.chat import grounding
from tutor.corpus import library
from tutor.errors import ModelError, ToolCallInvalid
from tutor.question import LONGEST_QUESTION
from tutor.retrieval.builds import open_index
from tutor.session import Session, Tutor
from tutor.tools import Toolbox
from tutor.types import (
    Answered,
    Failed,
    LabFrame,
    Retrieved,
    TextDelta,
    ToolCall,
    ToolFinished,
    ToolStarted,
    Usage,
)

INVENTED = (
    "Frank Rosenblatt, an American psychologist, invented the perceptron at the Cornell Aeronautical Laboratory in "
    "Buffalo, New York."
)
WHO = "Who invented the perceptron?"


class Scripted:
    """Yields the next of `runs` at each call: text pieces, a ToolCall, or an exception to raise."""

    name, context_tokens, only_quotes = "scripted", 4096, False

    def __init__(self, *runs: list) -> None:
        self.runs, self.prompts = list(runs), []

    def count_tokens(self, text: str) -> int:
        return len(text) // 3 + 1

    def stream(
        self, messages, *, tools=(), call="may", excerpts=(), answers=(), cancel, conversation="", max_tokens=256
    ) -> Iterator:
        self.prompts.append((list(messages), list(tools), list(excerpts)))
        for piece in self.runs.pop(0):
            if isinstance(piece, Exception):
                raise piece
            yield piece
        yield Usage(10, 5)

    def close(self) -> None: ...


@pytest.fixture
def session(built_index):
    def make(*runs: list) -> Session:
        return Session(built_index, Scripted(*runs), Toolbox())

    return make


def turn(session: Session, text: str, cancel: threading.Event | None = None) -> list:
    return list(session.ask(text, cancel or threading.Event()))


def answer(session: Session, text: str):
    last = turn(session, text)[-1]
    assert isinstance(last, Answered), last
    return last.answer


@pytest.mark.parametrize(
    ("lang", "question", "follow_up"),
    [("ko", "LSTM이 뭐야?", "그건 누가 만들었어?"), ("en", "What is an LSTM?", "Who invented it?")],
)
def test_after_a_restart_a_follow_up_leans_on_what_was_asked_before(session, lang, question, follow_up) -> None:
    first, again = session([]), session([])
    again.restore([(question, answer(first, question))])
    assert again.rewrite(follow_up, lang)[0] == [question, follow_up] == first.rewrite(follow_up, lang)[0]
    assert again._history() == first._history()
    assert again._turns == first._turns  # no more is held of a turn than what can be read back
    assert again.undo() == question


def test_a_supported_sentence_is_passed_on_with_its_citation(session) -> None:
    events = turn(session([INVENTED[:40], INVENTED[40:], " [1]"]), WHO)
    assert isinstance(events[0], Retrieved)
    told = events[-1].answer
    assert told.text == f"{INVENTED} [1]"
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == told.text
    assert told.mode == "generated"
    (citation,) = told.citations
    assert citation.passage.doc == "en/perceptron"
    assert [citation.passage.text[a:b] for a, b in citation.spans] == [INVENTED]


def test_what_no_source_supports_is_never_passed_on(session) -> None:
    lie = "Alan Turing invented the perceptron in 1936."
    events = turn(session([lie, " [1] ", INVENTED, " [1]"]), WHO)
    assert events[-1].answer.withheld == 1
    assert not any("Turing" in e.text for e in events if isinstance(e, TextDelta))
    assert events[-1].answer.text == f"{INVENTED} [1]"


def test_a_lab_that_the_words_do_not_name_is_the_model_s_to_choose_from_the_nearest(session) -> None:
    call = ToolCall("memory", {"batches": 20})
    asking = session([call], [])
    told = answer(asking, "긴 문장에서 앞 단어를 잊는 걸 보여줘")
    assert (told.mode, told.tools[0].call) == ("lab", call)
    offered = [tool.name for tool in asking.model.prompts[0][1]]
    assert len(offered) == 4
    assert "memory" in offered
    assert [tool.name for tool in asking.model.prompts[1][1]] == offered  # the same prompt goes on


def test_a_run_set_up_by_hand_is_told_with_its_story_and_can_be_leaned_on(session) -> None:
    asking = session([], [ToolCall("tokens", {"merges": 4})], [])
    events = list(asking.run(ToolCall("tokens", {"merges": 3}), "Run: tokens (merges 3)", "en", threading.Event()))
    kinds = [type(event).__name__ for event in events]
    assert kinds.index("ToolStarted") < kinds.index("LabFrame") < kinds.index("ToolFinished") < kinds.index("Answered")
    told = events[-1].answer
    assert told.mode == "lab"
    assert told.tools[0].arguments["merges"] == 3
    assert told.citations
    assert [tool.name for tool in asking.model.prompts[0][1]] == ["tokens"]
    again = answer(asking, "and now with 4 merges?")
    assert again.tools[0].arguments["merges"] == 4


@pytest.mark.parametrize(
    ("lang", "same", "differs"),
    [("en", "The same as recorded.", "It differs from "), ("ko", "기록과 똑같아요.", "기록과 달라요: ")],
)
def test_a_recorded_run_is_compared_behind_its_own_words(session, lang, same, differs) -> None:
    asking, call = session([], []), ToolCall("tokens", {"merges": 3})
    first = list(asking.run(call, "Run", lang, threading.Event()))[-1].answer
    record = dict(first.tools[0].result.record)
    assert same not in first.text
    for recorded, told in ((record, same), ({**record, "merges": []}, differs)):
        asking.model.runs = [[]]
        answered = list(asking.run(call, "Run", lang, threading.Event(), recorded))[-1].answer
        run, compared, *story = answered.text.split("\n\n")
        assert run == first.tools[0].text
        assert compared.startswith(told)
        assert story == first.text.split("\n\n")[1:]
    assert "`merges`" in compared


@pytest.mark.parametrize("call", [ToolCall("teleport", {}), ToolCall("tokens", {"merges": -1})])
def test_a_run_that_cannot_be_fails_in_plain_words(session, call) -> None:
    asking = session()
    (failed,) = asking.run(call, "Run", "ko", threading.Event())
    assert isinstance(failed, Failed)
    assert "요" in failed.message
    assert asking.undo() is None


def test_where_nothing_is_supported_the_sources_are_quoted(session) -> None:
    told = answer(session(["Alan Turing did. [1]"]), WHO)
    assert told.mode == "quoted"
    assert told.text.startswith(f"{INVENTED} [1]")
    assert all(c.supported for c in told.checked)


@pytest.mark.parametrize(
    ("question", "refusal"),
    [("How do I make kimchi stew?", grounding.REFUSAL["en"]), ("김치찌개는 어떻게 끓여?", grounding.REFUSAL["ko"])],
)
def test_what_the_sources_do_not_hold_is_refused(session, question: str, refusal: str) -> None:
    told = answer(session([INVENTED]), question)
    assert (told.text, told.mode, told.citations) == (refusal, "refused", ())


def test_a_demo_runs_and_its_story_is_told(session) -> None:
    call = ToolCall("train_perceptron", {"gate": "xor", "layers": "single", "epochs": 20})
    why = "A single-layer perceptron fails on XOR because no straight line separates the two classes of XOR."
    events = turn(session([call], [f"{why} [1]"]), "Show me a perceptron failing at XOR")
    kinds = [type(e) for e in events]
    assert kinds.index(ToolStarted) < kinds.index(LabFrame) < kinds.index(ToolFinished) < kinds.index(Answered)
    told = events[-1].answer
    assert told.mode == "lab"
    assert told.text == f"{told.tools[0].text}\n\n{why} [1]"
    assert told.tools[0].arguments["epochs"] == 20
    assert told.tools[0].result.frames == ()  # the page has drawn them; a long conversation must not hold them all
    assert "3/4" in told.tools[0].text


def test_what_was_said_before_a_call_keeps_its_source(session) -> None:
    call = ToolCall("train_perceptron", {"gate": "xor", "layers": "single"})
    asked = "Who invented the perceptron at the Cornell Aeronautical Laboratory in Buffalo? And show me one on XOR."
    told = answer(session([f"{INVENTED} [1] ", call], []), asked)
    (citation,) = told.citations
    assert [citation.passage.text[a:b] for a, b in citation.spans] == [INVENTED]


def test_korean_gets_korean(session) -> None:
    told = answer(session([ToolCall("train_perceptron", {"gate": "and", "layers": "single"})], []), "AND 보여줘")
    assert told.lang == "ko"
    assert "단층" in told.tools[0].text


def test_a_mistaken_call_goes_back_to_the_model_once(session) -> None:
    wrong = ToolCall("train_perceptron", {"gate": "xor", "epochs": -1})
    right = ToolCall("train_perceptron", {"gate": "xor", "layers": "single"})
    made = session([wrong], [right], [])
    assert answer(made, "XOR please").tools[0].call == right
    assert "epochs=-1" in made.model.prompts[1][0][-2].content
    last = turn(session([wrong], [wrong]), "XOR with -1 epochs")[-1]
    assert isinstance(last, Failed)
    assert "-1" in last.message
    assert "10000" in last.message


def test_a_broken_call_after_a_demo_does_not_spoil_it(session) -> None:
    call = ToolCall("train_perceptron", {"gate": "and", "layers": "single"})
    assert answer(session([call], [ToolCallInvalid("broken")]), "show me AND").tools[0].ok


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "empty"),
        ("\x00\x07 \u200b", "empty"),
        ("x" * 1_000_000, "1,000,000"),
        ("퍼" * (LONGEST_QUESTION + 1), "2,001"),
        ("\ud83d \udc00", "empty"),
        ("e" + "\u0301\u0323" * 50_000, "100,001"),
    ],
)
def test_a_question_that_cannot_be_asked(session, text: str, part: str) -> None:
    made = session()
    (failed,) = turn(made, text)
    assert isinstance(failed, Failed)
    assert part in failed.message or "비어" in failed.message
    assert made.undo() is None


def test_control_characters_are_dropped_from_a_question(session) -> None:
    made = session([INVENTED])
    assert answer(made, "Who\x1b[31m invented\x00 the perceptron?").text
    assert made.model.prompts[0][0][-1].content == "Who invented the perceptron?"


def test_full_width_letters_and_jamo_typed_apart_are_read(session) -> None:
    made = session([INVENTED])
    assert answer(made, "Ｗｈｏ invented the perceptron? \ud83d\u1111\u1165").text
    assert made.model.prompts[0][0][-1].content == "Who invented the perceptron? 퍼"


def test_a_model_error_is_shown_and_leaves_no_trace(session) -> None:
    made = session([ModelError("The server broke off.", "Try again.", ko=("서버가 끊겼어요.", "다시 해 보세요."))])
    assert turn(made, "퍼셉트론은 누가 만들었어?")[-1] == Failed("서버가 끊겼어요. 다시 해 보세요.")
    assert made.undo() is None


def test_stop_keeps_what_was_checked(session) -> None:
    cancel = threading.Event()
    second = "Frank Rosenblatt first described the perceptron in a laboratory report in January 1957."
    events = []
    for event in session([f"{INVENTED} [1] {second[:9]}", f"{second[9:]} [1] ", "More follows here. "]).ask(
        WHO, cancel
    ):
        events.append(event)
        if isinstance(event, TextDelta):
            cancel.set()
    told = events[-1].answer
    assert told.stopped
    assert told.text == f"{INVENTED} [1]"


def test_closing_in_mid_answer_leaves_no_trace(session) -> None:
    made = session([INVENTED, " [1] ", "More."])
    events = made.ask(WHO, threading.Event())
    next(events)
    events.close()
    assert made.undo() is None


def test_a_follow_up_is_searched_with_the_questions_before_it(session) -> None:
    made = session([INVENTED], [], [], [])
    assert made.rewrite("When did he publish it?", "en")[0] == ["When did he publish it?"]
    answer(made, WHO)
    assert made.rewrite("When did he publish it?", "en")[0] == [WHO, "When did he publish it?"]
    assert made.rewrite("그건 언제야?", "ko")[0] == [WHO, "그건 언제야?"]
    other = "What is the vanishing gradient problem?"
    assert made.rewrite(other, "en")[0] == [other]
    told = answer(made, "Where did that happen?")
    assert told.citations[0].passage.slug == "perceptron"
    assert made.rewrite("And why then?", "en")[0] == [WHO, "Where did that happen?", "And why then?"]
    answer(made, "And why then?")
    assert made.rewrite("Who else?", "en")[0] == ["Where did that happen?", "And why then?", "Who else?"]


def test_a_question_that_goes_back_leans_on_the_topic_before_the_last(session) -> None:
    made = session([INVENTED], [], [], [])
    answer(made, WHO)
    answer(made, "What is dropout?")
    back = "And that machine of the start, in which year was it shown to the press?"
    about, last = made.rewrite(back, "en")
    assert about == [WHO, back]
    assert last.question == WHO
    dropout = answer(made, "What is dropout, once more?")
    assert answer(made, back).citations[0].passage.slug == "perceptron"
    again = session([])
    again.restore([(WHO, answer(session([]), WHO)), (back, dropout)])
    assert again.rewrite(back, "en") == ([back], None)  # asked again, whatever topic would answer it better


def test_a_question_asked_again_leans_on_what_it_did_before(session) -> None:
    made = session([], [], [])
    answer(made, WHO)
    assert made.rewrite(WHO, "en")[0] == made.rewrite(WHO, "ko")[0] == [WHO]
    answer(made, "Where did that happen?")
    assert made.rewrite("Where did that happen?", "en")[0] == [WHO, "Where did that happen?"]


def test_a_follow_up_in_the_other_language_is_answered_from_the_article_in_it(session) -> None:
    made = session([], [])
    answer(made, "Who wrote the BERT paper?")
    said = answer(made, "상도 받았어?")
    assert "최우수 장편 논문상" in said.text
    assert {citation.passage.lang for citation in said.citations} == {"ko"}


def test_a_follow_up_leans_on_the_question_in_a_message_not_on_the_rest(session) -> None:
    made = session([INVENTED])
    message = f"My grandmother's lasagne is in the oven. {WHO}"
    said = answer(made, message)
    assert made.rewrite("When did he publish it?", "en")[0] == [WHO, "When did he publish it?"]
    again = session([])
    again.restore([(message, said)])
    assert again.rewrite("When did he publish it?", "en")[0] == [WHO, "When did he publish it?"]


@pytest.mark.parametrize(
    ("lang", "question", "leans"),
    [
        ("en", "And the machine?", True),
        ("en", "What about the laboratory?", True),
        ("en", "Why?", True),
        ("en", "What should I have for lunch?", False),
        ("en", "According to the note, who founded Starbucks?", False),
        ("en", "Who founded Starbucks according to this note?", False),
        ("en", "What does the note say of him?", True),
        ("ko", "만든 사람은?", True),
        ("ko", "거기는 어느 도시야?", True),
        ("ko", "몇 년이었어?", True),
        ("ko", "퍼셉트론 그걸 누가 발명했어요?", True),
        ("ko", "그래서 퍼셉트론은 누가 발명했어요?", True),
        ("ko", "그중에 퍼셉트론은 누가 발명했어요?", True),
        ("ko", "그래픽 카드 값을 알려 줄래?", False),
        ("ko", "아날로그보다 디지털이 왜 나아?", False),
        ("ko", "그림책은 몇 살부터 읽어 주면 좋아?", False),
        ("ko", "점심 뭐 먹지?", False),
        ("ko", "노트에서 스타벅스를 누가 세웠대?", False),
    ],
)
def test_what_leans_on_the_question_before_it(session, lang, question, leans) -> None:
    made = session([INVENTED])
    answer(made, WHO)
    assert made.rewrite(question, lang)[0] == ([WHO, question] if leans else [question])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Thanks a lot, that helped", "You are welcome, and please ask me another question whenever you like. [1]"),
        ("감사합니다 😊", "천만에요, 궁금한 것이 생기면 언제든지 또 물어보세요. [1]"),
        ("다음에 또 올게", "안녕히 가세요, AI의 역사를 즐겁게 살펴보시길 바라요. [1]"),
    ],
)
def test_small_talk_is_answered_by_its_own_words_from_the_tutors_page(session, text: str, told: str) -> None:
    made = session([INVENTED], [])
    answer(made, WHO)
    assert made.rewrite(text, made.language(text))[0] == [text]  # "that" points back and asks nothing
    said = answer(made, text)
    assert said.text == told
    assert [citation.passage.slug for citation in said.citations] == ["tutor"]


def test_an_answer_about_the_tutor_has_all_its_sentences_in_order(session) -> None:
    said = answer(session([]), "Are you ChatGPT?")
    assert [c.sentence for c in said.checked] == [
        "I am not ChatGPT, and no AI company runs me.",
        "I am a small program with a small language model of the LLaMA family, trained from scratch by this project.",
    ]


def test_a_question_that_no_source_covers_does_not_reach_the_model(session) -> None:
    made = session()
    assert answer(made, "How do I make kimchi stew?").mode == "refused"
    assert made.model.prompts == []


def test_undo_and_reset(session) -> None:
    made = session([INVENTED], [INVENTED])
    answer(made, WHO)
    assert made.undo() == WHO
    answer(made, WHO)
    made.reset()
    assert made.undo() is None
    assert [m.role for m in made.model.prompts[1][0]] == ["system", "user"]


def test_a_bare_name_is_answered_in_the_language_of_the_conversation(session) -> None:
    made = session([], [], [])
    answer(made, "퍼셉트론은 누가 만들었어?")
    assert answer(made, "LSTM?").lang == "ko"
    assert answer(made, "Who invented the LSTM then?").lang == "en"


def test_a_turn_ends_with_the_sources_it_began_with_and_the_next_one_has_the_new(tmp_path) -> None:
    settings = small_corpus.write(tmp_path)
    tutor = Tutor(settings, open_index(settings), Scripted(["Nothing."], ["Nothing."]), Toolbox())
    session, old = tutor.new_session(), tutor.index
    running = session.ask("Which year had the Kraken network?", threading.Event())
    next(running)
    (tmp_path / "kraken.md").write_text("The Kraken network was made in 2031.", "utf-8")
    assert [outcome.state for outcome in library.add(settings, [tmp_path / "kraken.md"])] == ["added"]
    tutor.refresh()
    assert session.index is old
    assert "2031" not in list(running)[-1].answer.text
    said = answer(session, "Which year had the Kraken network?")
    assert session.index is tutor.index
    assert said.text.startswith("The Kraken network was made in 2031. [1]")
    assert said.citations[0].passage.doc == "library/kraken.md"
