"""Every format that a learner may bring: what is read of it, and what is said where it cannot be read."""

import contextlib
import io
import json
import re
import unicodedata
import zipfile

import made
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tutor.corpus import formats, read_docx
from tutor.corpus.extracted import CHARACTERS, LINE, cut
from tutor.corpus.library import document
from tutor.errors import CorpusError, TutorError
from tutor.retrieval.chunking import passages

HANGUL = re.compile("[가-힣]")
KOREAN = "퍼셉트론은 1958년에 로젠블랫이 발표했다."


def lines(name: str, data: bytes) -> list[str]:
    """The lines with something in them."""
    return [line for line in formats.extract(name, data).text.split("\n") if line]


# ---- text ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp949"])
def test_korean_in_every_encoding(encoding):
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    data = mark + unicodedata.normalize("NFD" if "16" in encoding else "NFC", KOREAN).encode(encoding)
    assert formats.extract("a.txt", data).text == KOREAN
    assert document("a.txt", data).lang == "ko"


@pytest.mark.parametrize(
    "data", [b"\x00\x01\x02", b"text\x00text", "très été".encode("latin-1"), b"\x89PNG\r\n\x1a\n" + bytes(range(256))]
)
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.ipynb"])
def test_what_is_no_text_is_refused(name, data):
    with pytest.raises(CorpusError, match=r"UTF-8"):
        formats.extract(name, data)


def test_markdown_keeps_its_lines_and_its_title():
    data = b"---\ntitle: Mine\nlang: ko\nslug: other\ntags: [[a]]\n---\n# Heading\n\nText.\n"
    found = document("a.md", data)
    assert (found.title, found.lang, found.slug, found.id) == ("Mine", "ko", "library/a.md", "library/a.md")
    assert [(p.section, p.text, p.lines) for p in passages(found)] == [("Heading", "Text.", (9, 9))]
    assert document("a.md", b"Text.\n\n## Second\n\nMore.").title == "Second"
    assert document("some notes.md", b"Text.").title == "some notes"
    assert document("some notes.txt", b"# no heading here\nText.").title == "some notes"


def test_a_comment_in_a_code_block_is_no_heading():
    found = document("a.md", b"# Real\n\nText.\n\n```python\n# comment\nx = 1\n```\n\nAfter.\n")
    assert {p.section for p in passages(found)} == {"Real"}
    assert [p.lines for p in passages(found)] == [(3, 10)]


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"---\ntitle: x\n", "not closed"),
        (b"---\ntitle: [\n---\n", "not YAML"),
        (b"---\ndate: 2024-13-45\n---\n", "not YAML"),
        (b"---\n- a\n---\n", "not a list of fields"),
        (b"---\ntitle: " + b"[" * 100_000 + b"\n---\n", "RecursionError"),  # the loader in C would crash
    ],
)
def test_broken_front_matter_is_told(head, said):
    with pytest.raises(CorpusError, match=said) as raised:
        formats.extract("a.md", head + b"Text.")
    assert HANGUL.search(raised.value.text("ko"))


# ---- PDF -----------------------------------------------------------------------------------------
def test_a_pdf_has_pages_paragraphs_and_whole_words():
    first = [
        "My own journal 1",
        "The early years",
        "Frank Rosenblatt described the percep-",
        "tron in 1958, and the newspapers wrote",
        "about it.",
        "A later book showed what a single-",
        "Layer network cannot learn, which was",
    ]
    second = ["My own journal 2", "enough to stop the money for a decade.", "2"]
    third = ["My own journal 3", "퍼셉트론은 1958년에 발표되었다."]
    found = formats.extract("a.pdf", made.pdf([first, second, third], title="On perceptrons"))
    assert found.title == "On perceptrons"
    assert found.text.split("\n") == [
        "The early years",
        "",
        "Frank Rosenblatt described the perceptron",
        "in 1958, and the newspapers wrote",
        "about it.",
        "",
        "A later book showed what a single-",
        "Layer network cannot learn, which was",
        "enough to stop the money for a decade.",
        "",
        "퍼셉트론은 1958년에 발표되었다.",
        "",
    ]
    assert found.places == ((1, "p. 1"), (9, "p. 2"), (11, "p. 3"))


def test_a_passage_of_a_pdf_knows_its_pages_in_both_languages():
    filler = "Nothing of note happened in the laboratory on that long and rainy day."
    pages = [[*([filler] * 8), "The work went on"], ["until the evening came.", *([filler] * 8)], ["The end."]]
    found = passages(document("a.pdf", made.pdf(pages)))
    both = next(p for p in found if "went on until the evening" in p.text)
    assert (both.where("en"), both.where("ko")) == ("pp. 1–2", "1–2쪽")
    assert (found[0].where("en"), found[0].where("ko")) == ("p. 1", "1쪽")


def test_a_locked_pdf_is_told_and_one_that_opens_without_a_password_is_read():
    with pytest.raises(CorpusError, match="password"):
        formats.extract("a.pdf", made.pdf([["Text."]], password="secret"))
    assert lines("a.pdf", made.pdf([["Text."]], password="")) == ["Text."]


def test_a_pdf_of_pictures_is_told():
    with pytest.raises(CorpusError, match="text recognition"):
        formats.extract("a.pdf", made.pdf([[], []]))


# ---- HTML ----------------------------------------------------------------------------------------
PAGE = """<!DOCTYPE html><html><head><meta charset="{0}"><title> 나의
 노트 </title><style>p {{}}</style></head><body><nav>menu</nav><h1>제목</h1><script>evil()</script>
<p>첫 <b>문장</b>이에요.<br>둘째 문장이에요.</p><!-- not said --><ul><li><p>하나</p></li><li>둘<ul><li>셋</li></ul></ul>
<div>맨 <div>안쪽</div> 끝</div><table><tr><td>a</td><td>b</td></tr></table></body></html>"""


@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "euc-kr"])
def test_a_page_is_its_text_and_no_scripts(encoding):
    data = PAGE.format(encoding).encode(encoding)
    found = formats.extract("a.html", data)
    assert found.title == "나의 노트"
    assert lines("a.HTM", data) == [
        "# 제목",
        "첫 문장이에요. 둘째 문장이에요.",
        "- 하나",
        "- 둘",
        "- 셋",
        "맨",
        "안쪽",
        "끝",
        "a",
        "b",
    ]


def test_a_page_in_the_encoding_that_it_names():
    data = '<meta charset="shift_jis"><p>日本語'.encode("shift_jis")
    assert lines("a.html", data) == ["日本語"]
    assert document("a.html", b"<h2>Only <i>this</i></h2><p>Text").title == "Only this"


def test_a_page_nested_very_deep_is_read():
    assert lines("a.html", b"<div>" * 50_000 + b"inside") == ["inside"]


# ---- notebooks -----------------------------------------------------------------------------------
def test_a_notebook_is_its_cells_without_outputs():
    data = made.notebook(
        ("markdown", "# 실습\n퍼셉트론을 만든다."), ("code", "# 자료\nx = 1"), ("code", ""), ("markdown", "끝이다.")
    )
    found = document("a.ipynb", data)
    assert found.title == "실습"
    assert found.places == ((1, "cell 1"), (4, "cell 2"), (7, "cell 4"))
    assert "an output" not in found.text
    assert "    # 자료\n    x = 1" in found.text
    told = passages(found)
    assert {p.section for p in told} == {"실습"}
    assert told[0].where("ko") == "1–4번 셀"
    assert told[0].where("en") == "cells 1–4"


@pytest.mark.parametrize(
    "data",
    [
        b"not json",
        b"[1]",
        b"{}",
        b'{"cells": 5, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
        b'{"cells": ' + b"[" * 200_000,
        b'{"cells": [{"cell_type": "markdown"}], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
    ],
)
def test_what_is_no_notebook_is_told(data):
    with pytest.raises(CorpusError, match=r"a\.ipynb"):
        formats.extract("a.ipynb", data)


def test_half_a_surrogate_pair_does_no_harm():
    book = json.loads(made.notebook(("markdown", "x")))
    book["cells"][0]["source"] = "half \ud800 pair"
    formats.extract("a.ipynb", json.dumps(book).encode()).text.encode("utf-8")


# ---- Word ----------------------------------------------------------------------------------------
def test_a_word_document_is_its_headings_paragraphs_and_rows():
    data = made.word(
        ("Title", "나의 글"),
        ("Heading 2", "시작"),
        ("Normal", "첫 문장이다."),
        ("List Bullet", "하나"),
        table=[["해", "일"], ["1958", "퍼셉트론"]],
    )
    assert lines("a.docx", data) == ["# 나의 글", "## 시작", "첫 문장이다.", "- 하나", "해 | 일", "1958 | 퍼셉트론"]
    assert document("a.docx", data).title == "나의 글"
    assert document("a.docx", made.word(("Normal", "Text."), title="Given")).title == "Given"
    assert document("a.docx", made.word(("Normal", "Text."))).title == "a"


def test_a_zip_bomb_is_stopped_by_what_it_declares_and_by_what_it_is(monkeypatch):
    good = made.word(("Normal", "Text."))
    bomb = made.with_part(good, "word/media/image.png", bytes(30 << 20))  # a thousandth of it, packed
    with pytest.raises(CorpusError, match="unpacks to more than 200 MB or 200 times"):
        formats.extract("a.docx", bomb)
    monkeypatch.setattr(read_docx, "RATIO", 10**9)
    monkeypatch.setattr(read_docx, "UNPACKED", 10 << 20)
    with pytest.raises(CorpusError, match="unpacks"):
        formats.extract("a.docx", bomb)
    monkeypatch.setattr(read_docx, "UNPACKED", 200 << 20)
    sized = bomb.replace((30 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little"))  # it says it is small
    assert sized != bomb
    with pytest.raises(CorpusError, match="broken"):
        formats.extract("a.docx", sized)


def test_entities_that_grow_are_refused():
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(10))
    body = f'<?xml version="1.0"?><!DOCTYPE w [{laughs}]><w:document>&l9;</w:document>'
    for encoding in ("utf-8", "utf-16"):
        data = made.with_part(made.word(("Normal", "x")), "word/document.xml", body.encode(encoding))
        with pytest.raises(CorpusError, match="entities"):
            formats.extract("a.docx", data)


def test_a_zip_that_is_no_word_document_is_told():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("a.txt", "text")
    with pytest.raises(CorpusError, match="broken"):
        formats.extract("a.docx", out.getvalue())


# ---- limits --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.hwp", b"x", ".hwp"),
        ("README", b"x", "README"),
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n\t\n", "empty"),
        ("a.md", b"# Only\n## headings\n", "no text"),
        ("a.txt", b"!!! ... ???", "no text"),
        ("a.html", b"<script>x</script>", "no text"),
        ("a.pdf", b"%PDF-1.7 and nothing", "broken"),
        ("a.txt", b"a" * (formats.BYTES + 1), "50 MB is the most"),
        ("a.txt", b"word " * (CHARACTERS // 5 + 1), "5,000,000 characters"),
    ],
)
def test_what_cannot_be_read_is_told_in_both_languages(name, data, said):
    with pytest.raises(CorpusError) as raised:
        formats.extract(name, data)
    assert said in raised.value.text("en")
    assert raised.value.text("ko").startswith(name)
    assert HANGUL.search(raised.value.text("ko"))
    assert "\n" not in raised.value.text("ko")


def test_long_lines_are_broken_and_long_runs_shortened():
    assert lines("a.txt", b"Chapter 1 .............. 5") == ["Chapter 1 ... 5"]
    broken = lines("a.txt", b"word " * 10_000)
    assert all(len(line) <= LINE for line in broken)
    assert " ".join(broken).split() == ["word"] * 10_000
    assert cut("ab cd ef", 5) == ["ab cd", "ef"]
    assert cut("abcdefgh", 3) == ["abc", "def", "gh"]


@pytest.mark.parametrize(
    "text", ["a" * 10_000, "가나다라 " * 2_000, "word, " * 2_000, "1 a. " * 3_000, "- b\n" * 5_000]
)
def test_no_passage_is_longer_than_1500_characters(text):
    found = passages(document("a.txt", text.encode()))
    assert max(len(p.text) for p in found) <= 1500
    kept = "".join("".join(p.text.split()) for p in found)
    assert len(kept) >= 0.5 * len("".join(text.split()))  # list marks are dropped


PARTS = [b"---\n", b"# a\n", b"<p>", b"{", b"[", b'"cells"', b"%PDF-1.4\n", b"PK\x03\x04", b"\xff\xfe", b"1 0 obj<<>>"]
GOOD = [
    made.pdf([["Text."]]),
    made.notebook(("markdown", "x")),
    made.word(("Normal", "x")),
    b"<h1>a</h1><p>b",
    b"Text.",
]


def _damaged(data: bytes, at: int, put: bytes) -> bytes:
    place = at % len(data)
    return data[:place] + put + data[place + len(put) :]


ANY = st.one_of(
    st.binary(max_size=300),
    st.lists(st.one_of(st.sampled_from(PARTS), st.binary(max_size=20)), max_size=20).map(b"".join),
    st.builds(_damaged, st.sampled_from(GOOD), st.integers(0, 10**6), st.binary(min_size=1, max_size=8)),
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(sorted(formats.READERS)), ANY)
@example(".md", b"---\n? [a]\n: b\n---\nx")
def test_any_bytes_are_read_or_refused(suffix, data):
    with contextlib.suppress(TutorError):
        found = document(f"a{suffix}", data)
        found.text.encode("utf-8")
        assert all(len(p.text) <= 1500 for p in passages(found))
