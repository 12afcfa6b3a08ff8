"""Misspelt words: which are mended, which are left, and that no question whatever breaks the search."""

import json
import math
import sys

import pytest
import small_corpus
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tutor.corpus.glossary import Term
from tutor.retrieval.builds import open_index
from tutor.retrieval.spelling import Spelling
from tutor.text import LONGEST, sentences


def term(ident: str, en: list[str], ko: list[str], abbreviations: tuple[str, ...] = (), kind: str = "term") -> Term:
    return Term(ident, kind, {"en": tuple(en), "ko": tuple(ko)}, abbreviations, {"en": "x", "ko": "x"}, "perceptron")


GLOSSARY = [
    term("perceptron", ["perceptron"], ["퍼셉트론"]),
    term("rosenblatt", ["Frank Rosenblatt"], ["프랭크 로젠블랫", "로젠블라트"], kind="person"),
    term("backpropagation", ["backpropagation"], ["역전파", "오차 역전파"]),
    term("attention", ["attention"], ["어텐션"]),
    term("transformer", ["Transformer"], ["트랜스포머"]),
    term("chatgpt", ["ChatGPT"], ["챗GPT", "챗지피티"]),
    term("lstm", ["long short-term memory"], ["장단기 기억"], ("LSTM",)),
]
WORDS = {
    **{"which": 30, "with": 90, "the": 99, "what": 40, "year": 20, "many": 30, "invented": 12, "gradient": 9},
    **{"whether": 5, "predict": 4, "contradicts": 2, "speech": 3, "written": 8, "Leon": 1},
    **{"손글씨": 4, "오류율": 7, "매개변수": 5, "학습": 50, "구조": 9},
}
DICTIONARY = ("starbucks", "weather", "pride", "price", "rubber", "everest")
SPELLING = Spelling(WORDS, GLOSSARY, DICTIONARY)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Who inveted teh pereptron?", "Who invented the perceptron?"),
        ("wich yaer", "which year"),
        ("wat", "what"),
        ("how meny", "how many"),
        ("Rosenblat's", "Rosenblatt's"),
        ("Mr. Osenblatt", "Mr. Rosenblatt"),  # the first letter too
        ("backpropogation", "backpropagation"),
        ("attension, gradeint", "attention, gradient"),
        ("chatgtp", "ChatGPT"),
        ("LSMT", "LSTM"),
        ("엘에스티엠은 뭐야?", "LSTM은 뭐야?"),  # its letters, as Korean says them
        ("퍼셉트렁은 뭐야?", "퍼셉트론은 뭐야?"),
        ("어텐숀이란?", "어텐션이란?"),
        ("트렌스포머의 구조", "트랜스포머의 구조"),
        ("쳇지피티는", "챗지피티는"),
        ("오차역전퍄", "오차 역전파"),
        ("로젠불라트가", "로젠블라트가"),
        ("손글시로", "손글씨로"),
        ("ＰＥＲＣＥＰＴＯＮ", "perceptron"),
    ],
)
def test_misspelt_words_are_mended(typed, meant):
    assert SPELLING.mend(typed) == meant


@pytest.mark.parametrize(
    "right",
    [
        *("kimchi", "Starbucks", "Midjourney", "Elon", "GPT-3", "LeNet5", "NBA", "FIFA", ""),
        *("weather", "wheather"),  # nearer to the dictionary's than to whether
        *("Claude Pride", "rubbery", "rewritten", "contradict", "predictor"),
        *("김치찌개", "손흥민은 어느 팀이야", "스타벅스", "미드저니", "춘향전", "학습된대요", "퍼셉트론은", "셉트"),
        *("오차역전파는", "챗지피티가", "backpropagation", "perceptrons", "https://perceptrn.example/tranformer"),
    ],
)
def test_what_is_right_stays(right):
    assert SPELLING.mend(right) == right


def test_with_no_glossary_and_no_words_nothing_is_mended():
    assert Spelling({}, []).mend("Who built the pereptron? 트렌스포머는?") == "Who built the pereptron? 트렌스포머는?"


@pytest.mark.parametrize(
    ("question", "named"),
    [("who inveted teh percptron", "perceptron"), ("퍼셉트렁은 누가 발명했어?", "perceptron")],
)
def test_the_search_is_mended(index, question, named):
    lang = "en" if question.isascii() else "ko"
    assert index.search(question, lang=lang)[0].passage.slug == named


def test_misspelt_questions_of_the_index_are_no_words_of_its_sources(tmp_path):
    """Learners' questions are searched along with the text, and some of them are misspelt on purpose."""
    settings = small_corpus.write(tmp_path)
    answer = "어텐션은 낱말마다 무게를 준다."
    (settings.seeds / "어텐션.txt").write_text(f"{answer} 어텐션은 기계 번역에서 나왔다.", "utf-8")
    asked = settings.corpus / "qa" / "train" / "ko.jsonl"
    asked.parent.mkdir(parents=True)
    asked.write_text(json.dumps({"questions": ["어탠션이 뭐야?"], "answer": [answer]}), "utf-8")
    index = open_index(settings)
    assert "어탠션이 뭐야?" in {q for p in index.passages for qs in p.asked for q in qs}
    hits = index.search("어탠션이 뭐야?", lang="ko")
    assert hits == index.search("어텐션이 뭐야?", lang="ko")
    assert hits[0].passage.doc == "seeds/어텐션"


HOSTILE = {
    "nothing": "",
    "white space": " \t\n\u3000",
    "a million letters": "x" * 1_000_000,
    "a million syllables": "퍼" * 1_000_000,
    "a million words": "perceptron " * 90_000,
    "emoji": "🤖🧠" * 20,
    "NUL": "\x00perceptron\x00",
    "half a pair": "퍼셉트론 \ud83d",
    "punctuation": "?!…—()[]" * 50,
    "stop words": "what is the of it 그 것은 왜",
    "control characters": "".join(map(chr, range(32))) + "\x7f\x9b31m",
    "combining marks": "e" + "\u0301\u0323" * 50_000,
    "right to left": "\u202e\u200fperceptron\u202c",
    "jamo": "ㅋㅋㅋㅋ ㅠㅠ ㄱㄴㄷ",
    "a pattern": "(((((a+)+)+)+)$" * 20,
}


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_query_is_searched_like_any(index, query, lang):
    check(index, query, lang)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        (HOSTILE["NUL"], "perceptron"),
        (HOSTILE["right to left"], "perceptron"),
        ("퍼셉트론 \udc00", "퍼셉트론 "),
        ("ｐｅｒｃｅｐｔｒｏｎ", "perceptron"),
        ("PERCEPTRON", "perceptron"),
    ],
)
def test_what_cannot_be_seen_changes_nothing(index, typed, plain):
    assert index.search(typed, lang="en") == index.search(plain, lang="en")


def check(index, query: str, lang: str) -> None:
    """Searching for `query` gives what a search may give."""
    hits = index.search(query, lang=lang)
    scores = [hit.score for hit in hits]
    assert all(math.isfinite(score) for score in scores)
    assert scores == sorted(scores, reverse=True)
    assert len({hit.passage.id for hit in hits}) == len(hits) <= 6
    for evidence in index.evidence(query, hits):
        assert math.isfinite(evidence.score)
        assert evidence.span in sentences(evidence.passage.text)
    assert 0.0 <= index.confidence(query, hits) <= 1.0 + sys.float_info.epsilon


ANY = st.text(st.characters(), max_size=60)  # with surrogates
WORDLIKE = st.lists(
    st.one_of(ANY, st.sampled_from(["perceptron", "퍼셉트론은", "XOR를", "Who", "LSTM", "\u1111\u1165", "ｘｏｒ"])),
    max_size=6,
).map(" ".join)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=WORDLIKE, lang=st.sampled_from(["en", "ko"]))
def test_any_text_is_searched(index, query, lang):
    check(index, query, lang)


def test_no_more_than_the_longest_is_mended():
    assert SPELLING.mend("x" * 1_000_000) == "x" * LONGEST
