import pytest

from tutor.config import Settings
from tutor.corpus import articles
from tutor.retrieval.chunking import passages, plain
from tutor.text import sentences
from tutor.types import Document


def document(text, ident="en/x", lang="en", line=1):
    return Document(ident, "x", "X", lang, "x.md", text, line)


def cut(text, **given):
    return [(p.section, p.lines, p.text) for p in passages(document(text, **given))]


def test_sections_lines_and_markers():
    text = "---\n---\n# X\n\nOne **bold** and\n[two](http://a.b). `Three`.\n\n## Part\n\n- item one\n- item _two_.\n"
    assert cut(text, line=3) == [
        ("X", (5, 6), "One bold and two. Three."),
        ("Part", (10, 11), "item one\n\nitem two."),
    ]


def test_a_list_item_is_a_sentence_of_its_own():
    (passage,) = passages(document("Intro:\n\n1. first\n2. second\n\nEnd."))
    assert [passage.text[a:b] for a, b in sentences(passage.text)] == ["Intro:", "first", "second", "End."]


def test_text_before_any_heading_has_no_section():
    assert cut("Alone.") == [("", (1, 1), "Alone.")]


def test_sentences_stay_whole_and_parts_even():
    # Ten sentences of 99 characters and a stop: 1,000 characters make two passages of five, not 450 + 450 + 100.
    text = " ".join("x" * 98 + f"{i}." for i in range(10))
    assert [len(p.text) for p in passages(document(text))] == [5 * 100 + 4] * 2


def test_korean_passages_are_shorter():
    text = " ".join("가" * 99 + "." for _ in range(5))
    assert len(passages(document(text, lang="ko"))) == 2
    assert len(passages(document(text, lang="en"))) == 1


def test_arithmetic_is_no_emphasis():
    assert (
        plain("> w*x + b * 2 and snake_case stay, *this* and __that__ go")
        == "w*x + b * 2 and snake_case stay, this and that go"
    )


def test_ids_survive_changes_elsewhere():
    before = passages(document("# A\n\nFirst text.\n\n# B\n\nSecond text."))
    after = passages(document("# A\n\nAnother first text, and longer.\n\n# B\n\nSecond text."))
    assert before[1].id == after[1].id
    assert before[0].id != after[0].id
    assert before[1].id.startswith("en/x#")


def test_the_same_text_twice_has_two_ids():
    one, two = passages(document("# A\n\nSame.\n\n# A\n\nSame."))
    assert two.id == one.id + "-2"


BLOG = """728x90

본문 하나.

https://a.example/1

 

카드 제목

카드 설명. 둘째 문장.

a.example

본문 둘. 주소는 https://b.example 이다.

https://c.example/alone

본문 셋은 길다. 카드가 아니다.

728x90
Posted by 누아니
,"""


def test_blog_boilerplate_stays_out():
    assert cut(BLOG, ident="seeds/x", lang="ko") == [
        ("", (3, 3), "본문 하나."),
        ("", (15, 15), "본문 둘. 주소는 https://b.example 이다."),
        ("", (19, 19), "본문 셋은 길다. 카드가 아니다."),
    ]


@pytest.fixture(scope="module")
def shipped():
    return [(d, passages(d)) for d in articles.read(Settings())]


def test_every_passage_is_found_at_its_lines(shipped):
    for doc, found in shipped:
        lines = doc.text.split("\n")
        for passage in found:
            first, last = passage.lines
            assert doc.body_line <= first <= last <= len(lines)
            there = " ".join(" ".join(plain(line) for line in lines[first - 1 : last]).split())
            assert " ".join(passage.text.split()) in there, passage.id


def test_no_sentence_of_an_article_is_lost_or_doubled(shipped):
    for doc, found in shipped:
        if not doc.id.startswith("seeds/"):
            body = [line for line in doc.text.split("\n")[doc.body_line - 1 :] if not line.startswith("#")]
            whole = " ".join(" ".join(plain(line) for line in body).split())
            assert " ".join(" ".join(p.text for p in found).split()) == whole


def test_ids_are_unique(shipped):
    idents = [p.id for _, found in shipped for p in found]
    assert len(idents) == len(set(idents))


def test_the_note_keeps_its_words_and_loses_the_blog(shipped):
    (found,) = [found for doc, found in shipped if doc.id.startswith("seeds/")]
    text = "\n".join(p.text for p in found)
    assert "태초에 Perceptron이 있었다." in text
    assert "마지막에 아래 책도 추천에 넣었는데" in text
    for boilerplate in ("728x90", "Posted by", "tistory", "HDNua", "github", "aladin", "쇼크웨이브", "후기", "완강"):
        assert boilerplate not in text
