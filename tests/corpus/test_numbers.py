"""Every pair says the same in the two languages; values worked out by hand."""

from decimal import Decimal

import pytest

from tutor.corpus import numbers


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("60 million parameters", "매개변수 6,000만 개"),
        ("117 million parameters on 12 June 2017", "2017년 6월 12일, 매개변수 1억 1,700만 개"),
        ("2.5 trillion words in 1.5 billion lines", "단어 2조 5,000억 개, 줄 15억 개"),
        ("25,000 pictures, 30 million clicks", "사진 2만 5,000장, 클릭 3천만 번"),
        ("only GPT-3 with 175B", "GPT-3만 175B"),
        ("two cards for twenty-one days in March", "카드 2장, 3월에 21일"),
        ("about two hundred thousand of the first 3", "처음 3개 가운데 약 20만"),
        ("10 layers", "열 개의 층"),
        ("half of them, 4 times", "절반, 네 번"),
    ],
)
def test_twins_agree(english, korean):
    ours, theirs = numbers.read(korean, "ko"), numbers.read(english, "en")
    assert ours.lacking(theirs) == []
    assert theirs.lacking(ours) == []


@pytest.mark.parametrize(
    ("english", "korean", "lacking"),
    [
        ("60 million", "6,000개", [6000]),
        ("in 1958", "1957년", [1957]),
        ("15.3%", "15.4%", [Decimal("15.4")]),
        ("GPT-2", "GPT-3", [3]),
        ("1.5 billion", "1억 5,000만", [150_000_000]),
    ],
)
def test_twins_that_differ(english, korean, lacking):
    assert numbers.read(korean, "ko").lacking(numbers.read(english, "en")) == lacking
    assert len(numbers.read(english, "en").lacking(numbers.read(korean, "ko"))) == 1


def test_jamo_typed_apart_are_read_alike():
    assert numbers.read("6,000만 개", "ko").stated == {Decimal(60_000_000)}
