"""Questions made by rule: the question word, its particle, the ending, and what may not be asked."""

import gzip
import json
import random

import pytest

from tutor.training import asking, blanks, cloze, korean


def asked(sentence, draws=80):
    """Every question that many draws make of one sentence."""
    return {q for seed in range(draws) for q in asking.candidates(sentence, random.Random(seed))}


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            "1957년 프랑크 로젠블라트는 코넬 항공 연구소에서 퍼셉트론을 발명하였다.",
            {
                "1957년 코넬 항공 연구소에서 퍼셉트론을 발명한 사람은?",
                "프랑크 로젠블라트가 퍼셉트론을 발명한 해는?",
                "1957년 프랑크 로젠블라트가 퍼셉트론을 발명한 곳은?",
                "퍼셉트론 발명자",
                "언제 프랑크 로젠블라트는 코넬 항공 연구소에서 퍼셉트론을 발명하였는가?",
            },
        ),
        (
            "로토스코핑은 애니메이션 이미지와 실사 동영상 이미지를 합성시키는 기법이다.",
            {
                "로토스코핑이란?",
                "로토스코핑은 무엇인가?",
                "애니메이션 이미지와 실사 동영상 이미지를 합성시키는 기법은?",
                "애니메이션 이미지와 실사 동영상 이미지를 합성시키는 기법의 이름은?",
            },
        ),
        (
            "미국 정부는 예산 부족 때문에 기계 번역 연구를 중단했다.",
            {"미국 정부가 기계 번역 연구를 중단한 이유는?", "미국 정부는 왜 기계 번역 연구를 중단했는가?"},
        ),
        ("학회의 첫 모임에는 연구자 20명이 미국에서 참석했다.", {"학회의 첫 모임에는 몇 명이 미국에서 참석했나요?"}),
        (
            "신경망 연구는 컴퓨터의 발전에 커다란 영향을 주었다.",
            {"신경망 연구는 컴퓨터의 발전에 어떤 영향을 주었는가?"},
        ),
        ("스웨덴 정부는 스톡홀름에 새로운 연구소를 세웠다.", {"스웨덴 정부가 새로운 연구소를 세운 곳은?"}),
        (
            "서포트 벡터 머신은 커널 함수를 사용하여 자료를 분류한다.",
            {"서포트 벡터 머신은 어떻게 자료를 분류하는가?", "서포트 벡터 머신이 분류하는 것은?"},
        ),
    ],
)
def test_each_phrase_is_asked_for_with_its_question_word(sentence, expected):
    assert expected <= asked(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "이 방법은 그것을 1957년에 처음 발명하였다.",  # what is meant stands elsewhere
        "자세한 내용은 아래의 공식 문서를 참고하세요.",  # a request
        "누가 퍼셉트론을 코넬 항공 연구소에서 발명했는가?",
        "짧은 문장이다.",
    ],
)
def test_what_cannot_be_asked_by_itself_gives_no_question(sentence):
    assert asked(sentence) == set()


def test_a_conjunction_is_dropped_and_a_predicate_reworded():
    found = asked("그러나 미국의 한 회사는 1958년에 새로운 컴퓨터를 개발했다.", 200)
    assert found
    assert not any("그러나" in q for q in found)
    assert any("제작" in q for q in found)


@pytest.mark.parametrize(
    ("statement", "question", "before_noun"),
    [
        ("퍼셉트론을 발명하였다", "발명하였는가?", "발명한"),
        ("책을 만든다", "만드는가?", "만드는"),
        ("문이 열렸다", "열렸는가?", "열린"),
        ("문제는 어렵습니다", "어려운가?", "어려운"),
        ("널리 알려졌다", "알려졌는가?", "알려진"),
        ("그는 학자이다", "학자인가?", "학자인"),
        ("상을 받았다", "받았는가?", "받은"),
        ("친구를 도왔다", "도왔는가?", "도운"),
        ("노래를 불렀다", "불렀는가?", "부른"),
        ("서울에 산다", "사는가?", "사는"),
        ("도움이 필요합니다", "필요한가?", "필요한"),
    ],
)
def test_endings(statement, question, before_noun):
    form = korean.predicate(korean.words(statement))
    assert korean.asked(form)[0] == question
    assert korean.adnominal(form) == before_noun


@pytest.mark.parametrize(
    ("stem", "past"),
    [("제작하", "제작했"), ("숨지", "숨졌"), ("얻", "얻었"), ("내놓", "내놓았"), ("바꾸", "바꿨"), ("생기", "생겼")],
)
def test_past(stem, past):
    assert korean.past(stem) == past


def test_particles_fit_what_they_follow():
    assert korean.particle("사람", "은/는") == "사람은"
    assert korean.particle("연도", "은/는") == "연도는"
    assert korean.particle("서울", "으로/로") == "서울로"
    assert korean.particle("GPT-3", "이/가") == "GPT-3이"


def test_phrases_and_their_roles():
    found, verb = korean.phrases(korean.words("로젠블라트가 만든 기계가 문자를 인식했다"))
    assert [(p.text, p.role) for p in found] == [("로젠블라트가 만든 기계가", "subject"), ("문자를", "object")]
    assert [w.text for w in verb] == ["인식했다"]
    assert blanks.blank(found[1]) == blanks.Blank(("무엇을",), ("것",))


def test_one_seed_gives_the_same_records_and_the_answer_is_in_place(tmp_path):
    context = (
        "1957년 프랑크 로젠블라트는 코넬 항공 연구소에서 퍼셉트론을 발명하였다. "
        "그 뒤 마빈 민스키는 1969년에 퍼셉트론의 한계를 증명했다."
    )
    for name in cloze.SOURCES:
        rows = [{"context": context}] if name == "kobest_boolq_ko" else []
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    made = list(cloze.questions(tmp_path, 1, 5))
    assert made == list(cloze.questions(tmp_path, 1, 5))
    assert made != list(cloze.questions(tmp_path, 2, 5))
    assert len(made) == 5
    assert all(r.sentences[0].startswith("1957년") and len(r.sentences) == 2 for r in made)
    first = [r for r in made if "1957년" in r.question or "프랑크" in r.question]
    assert all(r.answer == 0 for r in first)
