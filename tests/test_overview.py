"""Overviews: what asks for one, of which years and topic, and what is then told, from the real index."""

import math
import threading
import unicodedata

import pytest

from tutor.chat.model import ChatModel
from tutor.chat.model import load as load_model
from tutor.config import Settings
from tutor.overview import TOLD, overview
from tutor.overview_request import ALWAYS, day, period, topic, wanted
from tutor.retrieval.overview_head import Wanted
from tutor.session import OVERVIEW, SHORT, Session
from tutor.tools import Toolbox
from tutor.types import Answered, Manner

ONE = [
    ("give me a timeline of neural networks", "whole"),
    ("AI 역사 한번에 요약해줘", "whole"),
    (unicodedata.normalize("NFD", "AI 역사 한번에 요약해줘"), "whole"),
    ("what happened in the 80s 🤔", "whole"),
    ("60년대 ai", "whole"),
    ("80년대에는 무슨 일이 있었나요?", "whole"),
    ("AI 역사를 요약해 줄래?", "whole"),
    ("How did image recognition evolve?", "topic"),
    ("이미지 인식은 어떻게 발전해 왔어?", "topic"),
    ("How did Korean language models develop?", "topic"),
    ("두 번의 AI 겨울 흐름 정리", "topic"),
    ("What led up to AlexNet?", "lineage"),
    ("챗GPT까지 어떻게 왔어?", "lineage"),
    ("I know nothing about computers. How did AI become what it is today?", "whole"),
    ("힌턴이 뭐 한 사람이에요? 연도별로 알려 주세요", "topic"),
    ("history of chatbots", "topic"),
]
NONE = [
    "Who invented the perceptron?",
    "What year did the first AI winter start?",
    "첫 번째 AI 겨울이 몇 년부터 몇 년까지야?",
    "How did n-gram models work before neural nets came along?",
    "LSTM은 누가 개발했어?",
    "DeiT 학습시키는 데 며칠 걸렸어?",
    "알파고 리하고 알파고 제로는 출발점부터 뭐가 달랐대?",
    "Show me a perceptron learning XOR",
    "hello",
    "노트 요약해 줘",
    "알렉스넷은 어째서 2012년 대회에서 이길 수 있었나요",
    "how come neural nets took off around 2012",
    "history of pizza",
    "2020년 코로나 때 무슨 일이 있었어?",
    "what happened at the moon landing in 1969?",
]


@pytest.mark.parametrize(
    ("question", "years"),
    [
        ("what happened in the 80s", (1980, 1989)),
        ("1980년대엔 무슨 일이 있었어", (1980, 1989)),
        ("the 2010s in brief", (2010, 2019)),
        ("the '20s of this century: AI in the 20s", (2020, 2029)),
        ("what changed between 2017 and 2020", (2017, 2020)),
        ("2012년부터 2020년까지", (2012, 2020)),
        ("in 2023", (2023, 2023)),
        ("since 2017", (2017, math.inf)),
        ("2017년 이후", (2017, math.inf)),
        ("before 1980", (-math.inf, 1979)),
        ("before the 1980s", (-math.inf, 1979)),
        ("1980년대 이전", (-math.inf, 1979)),
        ("처음부터 2017년까지", (-math.inf, 2017)),
        ("from perceptrons to 1969", (-math.inf, 1969)),
        ("70-80년대", (1970, 1989)),
        ("1969년까지", (-math.inf, 1969)),
        ("from the 50s to 1969", (1950, 1969)),
        ("GPT-4 has 1000 tokens, top 10", ALWAYS),
        ("", ALWAYS),
    ],
)
def test_the_years_that_a_question_names(question, years):
    assert period(question) == years


@pytest.mark.parametrize(
    ("told", "when"),
    [
        ("OpenAI released GPT-4 on 14 March 2023.", (3, 14)),
        ("In May 2020 they presented it.", (5, 0)),
        ("메타는 2023년 2월 24일 첫 LLaMA를 발표했다.", (2, 24)),
        ("2013년 1월 구글에서", (1, 0)),
        ("It came out in 1969.", (12, 31)),
    ],
)
def test_the_day_that_a_sentence_dates(told, when):
    assert day(told) == when


def test_what_an_overview_is_asked_for_with_is_no_topic():
    assert topic("how did image recognition evolve").split() == ["image", "recognition"]
    assert topic("토크나이저 역사 정리").split() == ["토크나이저"]
    assert topic("토큰화의 역사").split() == ["토큰화의"]
    assert topic("지금까지 AI 역사, 한국어로").replace(",", "").split() == ["AI"]
    assert topic("timeline please") == "timeline please"  # nothing else is left


@pytest.mark.slow
@pytest.mark.parametrize(("question", "kind"), ONE)
def test_an_overview_is_asked_for(built_index, question, kind):
    assert wanted(built_index, question) == kind


@pytest.mark.slow
@pytest.mark.parametrize("question", NONE)
def test_no_overview_is_asked_for(built_index, question):
    assert overview(built_index, [question], "ko" if question[0] > "z" else "en") is None


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_whole_is_the_turning_points_in_their_order(built_index, lang):
    found = overview(built_index, ["history of ai" if lang == "en" else "AI 역사 요약"], lang)
    assert [e.passage.slug for e in found.evidence] == [
        "mcculloch-pitts",
        "perceptron",
        "backpropagation",
        "convolutional-networks",
        "seq2seq-and-attention",
        "recurrent-networks",
        "gpt-3",
        "chatgpt",
    ]
    assert {e.passage.lang for e in found.evidence} == {lang}
    assert {e.passage.id for e in found.evidence} <= {hit.passage.id for hit in found.hits}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "lang"), [("what happened in the 80s", "en"), ("80년대엔 무슨 일이 있었어", "ko")]
)
def test_of_a_period_only_its_own_events_are_told(built_index, question, lang):
    found = overview(built_index, [question], lang)
    years = {e.fact.text: e.year for e in built_index.events(lang)}
    told = [years[e.text] for e in found.evidence]
    assert told == sorted(told)
    assert set(told) <= set(range(1980, 1990))
    assert "1986" in " ".join(e.text for e in found.evidence)  # backpropagation
    assert len(told) == TOLD


@pytest.mark.slow
def test_an_event_is_told_once(built_index):
    told = " ".join(e.text for e in overview(built_index, ["what happened in AI in 2022?"], "en").evidence)
    assert told.count("30 November 2022") == 1  # four articles tell of ChatGPT's release
    told = [e.text for e in overview(built_index, ["what happened in the 80s"], "en").evidence]
    assert sum(text.startswith("Kunihiko Fukushima published the") for text in told) == 1  # in other words in another


@pytest.mark.slow
def test_within_a_year_the_months_order(built_index):
    told = [e.text for e in overview(built_index, ["what happened in AI in 2023?"], "en").evidence]
    llama, gpt = (next(i for i, text in enumerate(told) if name in text) for name in ("first LLaMA", "released GPT-4"))
    assert llama < gpt  # 24 February, 14 March


@pytest.mark.slow
def test_of_a_person_it_tells_what_names_them(built_index):
    found = overview(built_index, ["힌튼의 연구를 시간순으로 정리해줘"], "ko")
    assert all("힌턴" in e.text for e in found.evidence)
    assert len({e.passage.slug for e in found.evidence}) > 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "lang", "tag"),
    [
        ("history of language models", "en", "language-models"),
        ("이미지 인식 발전사", "ko", "vision"),
        ("history of reinforcement learning", "en", "reinforcement"),
    ],
)
def test_a_strand_is_told_by_the_tag_of_its_articles(built_index, question, lang, tag):
    found = overview(built_index, [question], lang)
    assert {tag} <= set.intersection(*(set(built_index.document(e.passage.doc).tags) for e in found.evidence))
    assert len({e.passage.slug for e in found.evidence}) > 4


@pytest.mark.slow
def test_of_one_article_the_events_are_spread_over_the_years(built_index):
    found = overview(built_index, ["machine translation through the decades"], "en")
    years = {e.fact.text: e.year for e in built_index.events("en")}
    decades = {years[e.text] // 10 for e in found.evidence}
    assert len(decades) > 5
    assert {e.passage.slug for e in found.evidence} == {"machine-translation"}


@pytest.mark.slow
def test_the_way_to_something_ends_with_it_and_begins_before(built_index):
    found = overview(built_index, ["What led up to AlexNet?"], "en")
    told = [e.passage.slug for e in found.evidence]
    assert told[0] == "mcculloch-pitts"
    assert "alexnet" in told[-2:]
    assert not {"transformer", "resnet"} & set(told)


@pytest.mark.slow
def test_the_way_leads_through_articles_that_date_nothing(built_index):
    assert not [e for e in built_index.events("en") if e.document.slug == "llama-2"]  # before Llama 3
    found = overview(built_index, ["What led up to Llama 3?"], "en")
    assert found.evidence[-1].passage.slug == "llama-3"
    assert {"transformer", "recurrent-networks", "gpt-3"} & {e.passage.slug for e in found.evidence}


@pytest.mark.slow
def test_between_two_that_are_named_nothing_earlier_is_told(built_index):
    found = overview(built_index, ["퍼셉트론에서 GPT까지 이어지는 길"], "ko")
    assert found.evidence[0].passage.slug == "perceptron"
    assert found.evidence[-1].passage.slug == "gpt"


@pytest.mark.slow
@pytest.mark.parametrize(
    "question",
    [
        "history of pizza",
        "timeline of the roman empire",
        "what happened in AI in 1702?",
        "what happened in the 2020 pandemic?",
    ],
)
def test_of_what_the_articles_do_not_date_nothing_is_told(built_index, question):
    assert overview(built_index, [question], "en") is None


@pytest.fixture(scope="module")
def bundled_model():
    return load_model(Settings())


@pytest.mark.slow
@pytest.mark.parametrize(("length", "events"), [("full", TOLD), ("short", SHORT)])
def test_it_is_quoted_as_a_list(built_index, bundled_model, length, events):
    session = Session(built_index, bundled_model, Toolbox(), manner=Manner(length=length))
    *_, last = session.ask("history of ai", threading.Event())
    assert isinstance(last, Answered)
    answer = last.answer
    assert answer.mode == "quoted"
    head, *lines = answer.text.split("\n")
    assert head == OVERVIEW["en"]
    assert lines[0] == ""
    assert [line.startswith("- ") and line.endswith("]") for line in lines[1:]] == [True] * events
    assert len(answer.checked) == events
    assert all(c.supported for c in answer.checked)


@pytest.mark.slow
def test_a_model_of_its_own_words_is_not_asked(built_index):
    class Silent:
        """A model that must not be asked."""

        context_tokens, only_quotes = 4096, False

        def count_tokens(self, text: str) -> int:
            return len(text)

        def stream(self, *args: object, **kwargs: object) -> None:
            raise AssertionError("the model was asked")

    silent: ChatModel = Silent()  # type: ignore[assignment]
    *_, last = Session(built_index, silent, Toolbox()).ask("What happened in the 1990s?", threading.Event())
    assert isinstance(last, Answered)
    assert len(last.answer.checked) == TOLD


@pytest.mark.slow
def test_behind_another_question_the_whole_stands_alone(built_index, bundled_model):
    session = Session(built_index, bundled_model, Toolbox())
    list(session.ask("Who invented the perceptron?", threading.Event()))
    assert session.rewrite("what happened in the 80s", "en")[0] == ["what happened in the 80s"]


@pytest.mark.slow
def test_the_probability_decides(monkeypatch, built_index):
    found = {"p": 0.6}
    monkeypatch.setattr("tutor.retrieval.overview_head.wanted", lambda text: Wanted("whole", found["p"]))
    assert wanted(built_index, "the history") == "whole"
    assert wanted(built_index, "the summer of 1984") is None  # years alone must be surer
    assert wanted(built_index, "the pizza") is None
    found["p"] = 0.96
    assert wanted(built_index, "the summer of 1984") == "whole"
    assert wanted(built_index, "the pizza") is None
    found["p"] = 0.4
    assert wanted(built_index, "the history") is None
    assert wanted(built_index, "what happened in 1984?") == "whole"  # needs no classifier
