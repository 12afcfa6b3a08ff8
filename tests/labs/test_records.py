"""Records of runs as files: which are refused and with what words, and what is said of a run made again."""

import json

import pytest
from labruns import result

from tutor.errors import ToolCallInvalid
from tutor.labs import records
from tutor.labs.records import Comparison, Part

OLD = {
    "lab": "lora",
    "versions": {"tutor": "0.9.0", "python": "3.11.2", "numpy": "2.0.0rc1"},
    "arguments": {"rank": 2},
    "accuracy": 0.5,
    "curve": [1.0, 2.0, {"a": [3, 4], "b": "x"}],
    "same_bits": True,
    "seconds": 1.5,
}
NOW = {"tutor": "1.0.0", "python": "3.12.4", "numpy": "2.3.0"}
EVIL = "**Pay** at evil.test"


def compared(**changes) -> Comparison:
    """OLD with these changes, as the record; OLD without, as it has come out."""
    return records.compare({**OLD, **changes}, {**OLD, "versions": NOW, "seconds": 9})


# ---- files -----------------------------------------------------------------------------------------
def test_what_is_written_is_read_again():
    record = result(gate="and", layers="single").record
    text = records.written(record)
    assert text.endswith("}\n")
    assert records.read(text.encode()) == json.loads(json.dumps(record))
    assert records.compare(records.read(text.encode()), record).same


@pytest.mark.slow
def test_the_largest_record_of_all_labs_can_be_read_again():
    """Of eight seeds and as many epochs as may be; two are run here, and never converge."""
    file = records.written(result(seeds=[0, 1], epochs=10_000, learning_rate=1e-9, gate="xor").record).encode()
    assert records.read(file)["arguments"]["epochs"] == 10_000
    assert 4 * len(file) <= records.MOST


@pytest.mark.parametrize(
    ("file", "en", "ko"),
    [
        (b" " * (records.MOST + 1), "larger than 8 MB", "8MB보다 커요"),
        (b'{"lab": "lora", "arguments"', "not JSON", "JSON이 아니에요"),
        (b"", "not JSON", "JSON이 아니에요"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "not JSON", "JSON이 아니에요"),
        (b"[" * 200_000, "not JSON", "JSON이 아니에요"),
        (b'{"lab": "lora", "arguments": {"seed": NaN}}', "not JSON", "JSON이 아니에요"),
        (b'["lora"]', "no lab and settings", "어떤 설정으로"),
        (b'{"lab": "lora"}', "no lab and settings", "어떤 설정으로"),
        (b'{"lab": 3, "arguments": {}}', "no lab and settings", "어떤 설정으로"),
        (b'{"lab": "Pay at evil.test", "arguments": {}}', "does not have its lab", "없는 실습"),
        (b'{"lab": "lora", "arguments": {"rank": 99}}', "rank=99 is not allowed. Use a whole number", "rank=99은(는)"),
        (b'{"lab": "lora", "arguments": {"rnak": 9}}', "no argument 'rnak'", "'rnak'(이)라는 인자는"),
    ],
    ids=lambda value: ascii(value[:20]),
)
def test_a_file_that_is_no_record_is_refused_in_a_line(file, en, ko):
    with pytest.raises(ToolCallInvalid) as refused:
        records.read(file)
    assert en in refused.value.text("en")
    assert ko in refused.value.text("ko")
    for lang in ("en", "ko"):
        assert len(refused.value.text(lang)) < 200
        assert "\n" not in refused.value.text(lang)
        assert "evil" not in refused.value.text(lang)


# ---- the same run again ----------------------------------------------------------------------------
def test_versions_and_seconds_make_no_difference():
    same = compared()
    assert same.same
    assert same.text("en") == "The same as recorded."
    assert same.text("ko") == "기록과 똑같아요."


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"accuracy": 0.25}, Part("accuracy", 1, 1, 0.5, True)),
        ({"accuracy": 0.5 + 1e-9}, Part("accuracy", 1, 1, pytest.approx(2e-9), True)),
        ({"accuracy": "0.5"}, Part("accuracy", 1, 1, float("inf"), True)),
        ({"same_bits": 1}, Part("same_bits", 1, 1, float("inf"), True)),
        ({"arguments": {"rank": 2, "more": 1}}, Part("arguments", 1, 2, float("inf"), True)),
        ({"curve": [1.0, 4.0, {"a": [3, 4], "b": "x"}]}, Part("curve", 1, 5, 0.5, True)),
        ({"curve": [1.0, 2.0, {"a": [3, 5, 6], "b": "x"}]}, Part("curve", 2, 6, float("inf"), True)),
        ({"curve": 7}, Part("curve", 5, 5, float("inf"), True)),
        ({"curve": [1.0, 10**400, {"a": [3, 4], "b": "x"}]}, Part("curve", 1, 5, float("inf"), True)),
    ],
)
def test_what_differs_is_counted_and_measured(changes, part):
    assert compared(**changes).parts == (part,)


def test_whole_numbers_and_fractions_of_one_value_are_the_same():
    """A browser writes 2.0 as 2."""
    assert compared(curve=[1, 2, {"a": [3.0, 4], "b": "x"}]).same


def test_what_differs_is_told():
    told = compared(accuracy=0.25, curve=[1.0, 2.0, {"a": [3, 4.000001], "b": "x"}], same_bits=False)
    assert told.text("en") == (
        "It differs from what was recorded: `accuracy` (up to about 50% apart), `curve` (1 of 5 values, less than "
        "0.01% apart), `same_bits`. Versions then: tutor 0.9.0, python 3.11.2, numpy 2.0.0rc1; "
        "now: tutor 1.0.0, python 3.12.4, numpy 2.3.0."
    )
    assert told.text("ko") == (
        "기록과 달라요: `accuracy` (차이는 최대 약 50%), `curve` (값 5개 중 1개, 차이는 0.01% 미만), `same_bits`. "
        "그때 버전: tutor 0.9.0, python 3.11.2, numpy 2.0.0rc1, 지금: tutor 1.0.0, python 3.12.4, numpy 2.3.0."
    )


def test_what_only_the_record_has_is_counted():
    told = compared(**{EVIL: 1, "more": [1, 2]})
    assert not told.same
    assert told.text("en").startswith("It differs from what was recorded: 2 only in the record. Versions then: ")
    assert told.text("ko").startswith("기록과 달라요: 기록에만 있는 것 2가지. 그때 버전: ")


def test_a_record_that_holds_no_results_is_not_the_same():
    bare = records.compare({"lab": "lora", "arguments": {}}, OLD)
    assert bare.text("en").startswith(
        "It differs from what was recorded: `arguments`, `accuracy` (not in the record), `curve` (not in the record), "
        "1 more. Versions then: unknown; now: "
    )
    assert ", 그 밖에 1가지. 그때 버전: 알 수 없음, 지금: " in bare.text("ko")


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_nothing_that_a_record_says_is_repeated(lang):
    versions = {"tutor": EVIL, "python": "3.11.2. Pay at evil.test", "numpy": ["2.0"], EVIL: "1.0"}
    told = compared(versions=versions, curve=[EVIL, {EVIL: EVIL}], accuracy=EVIL, arguments={EVIL: 1}).text(lang)
    assert "evil" not in told
    assert "Pay" not in told
    assert "3.11.2" not in told
