"""The check against the sources, on sentences whose verdict a reader can see."""

import pytest

from tutor.chat import grounding
from tutor.types import Evidence, Hit, Passage

EN = Passage(
    "en/p#1", "en/p", "p", "The perceptron", "", "en", (1, 3),
    "Frank Rosenblatt published the perceptron in Psychological Review in 1958. Marvin Minsky and Seymour Papert "
    "proved its limits in 1969. A perceptron cannot learn XOR.",
)  # fmt: skip
KO = Passage(
    "ko/p#1", "ko/p", "p", "퍼셉트론", "", "ko", (1, 2),
    "프랭크 로젠블라트는 1958년에 퍼셉트론을 발표했다. 단층 퍼셉트론은 XOR를 풀지 못한다.",
)  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "by"),
    [
        ("A perceptron cannot learn XOR. [1]", 1),  # word for word
        ("단층 퍼셉트론은 XOR를 풀지 못한다. [2]", 2),
        ("Rosenblatt published the perceptron in 1958.", 1),  # shortened
        ("The perceptron was published by Rosenblatt in 1957. [1]", None),  # a wrong year
        ("Rosenblatt published the perceptron in Nature in 1958. [1]", None),  # a name from nowhere
        ("A perceptron can learn XOR. [1]", None),  # the "not" is gone
        ("단층 퍼셉트론은 XOR를 풀 수 있다. [2]", None),
        ("Seymour Papert published the perceptron in Psychological Review in 1958. [1]", None),  # another's work
        ("Marvin Minsky proved in 1969 the limits of Seymour Papert. [1]", None),  # the same words turned about
        ("퍼셉트론은 1969년에 프랭크 로젠블라트가 발표했다. [2]", None),
        ("A perceptron cannot learn XOR. [7]", 1),  # a mark that leads nowhere is put right
        ("단층 퍼셉트론은 XOR를 풀지 못한다. [1]", 2),  # a mark on the wrong passage too
        ("Frank Rosenblatt published the perceptron in Psychological Review in Psychological Review. [1]", None),
        ("Yes. [1]", None),
        ("", None),
    ],
)
def test_check(claim: str, by: int | None) -> None:
    checked, span = grounding.check(claim, [EN, KO])
    assert (checked.supported, checked.by) == (by is not None, by)
    assert (span is None) == (by is None)


def test_the_span_is_the_sentence_that_supports() -> None:
    _, span = grounding.check("A perceptron cannot learn XOR. [1]", [EN])
    assert span is not None
    assert EN.text[slice(*span)] == "A perceptron cannot learn XOR."


def test_marks() -> None:
    assert grounding.marks("Two sources say so. [1, 3][2]") == ("Two sources say so.", [1, 3, 2])
    assert grounding.marks("[MASK] is not a mark.") == ("[MASK] is not a mark.", [])


def _words(text: str) -> int:
    return len(text.split())


def test_whole_passages_where_they_fit() -> None:
    shown = grounding.excerpts([Hit(EN, 1.0), Hit(KO, 0.5)], [], budget=100, count=_words)
    assert [(e.n, e.title, e.text) for e, _ in shown] == [(1, "The perceptron", EN.text), (2, "퍼셉트론", KO.text)]


def test_only_the_evidence_where_they_do_not() -> None:
    at = EN.text.index("A perceptron cannot")
    evidence = [Evidence(EN, (at, len(EN.text)), 2.0), Evidence(KO, (0, KO.text.index(" 단층")), 1.0)]
    shown = grounding.excerpts([Hit(EN, 1.0), Hit(KO, 0.5)], evidence, budget=13, count=_words)
    # 5 words and 2 of the title leave 6: the 5 of the Korean sentence and 1 of its title
    assert [e.text for e, _ in shown] == [
        "A perceptron cannot learn XOR.",
        "프랭크 로젠블라트는 1958년에 퍼셉트론을 발표했다.",
    ]
    assert [e.text for e, _ in grounding.excerpts([Hit(EN, 1.0)], evidence, budget=7, count=_words)] == [
        "A perceptron cannot learn XOR."
    ]


@pytest.mark.parametrize(
    "text", ["My sources do not hold an answer to that.", "제가 가진 자료에는 그 답이 없어요. [1]"]
)
def test_refusals_are_known(text: str) -> None:
    assert grounding.refuses(text)
    assert not grounding.refuses(EN.text)
