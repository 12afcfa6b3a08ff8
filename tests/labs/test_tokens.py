import json
import re

import pytest
from labruns import finish
from outcome_checks import hold, is_labelled, next_after
from pydantic import ValidationError

from tutor.config import BUNDLED_MODEL
from tutor.labs import tokens
from tutor.labs.byte_pairs import learn, merge
from tutor.labs.token_bytes import bundled_tokenizer, bytes_of, language_of, readable, words_of

CLASSIC = {b"low_": 5, b"lower_": 2, b"newest_": 6, b"widest_": 3}  # _ ends a word


def run(**arguments):
    return finish(tokens.run(tokens.Arguments(**arguments)))


def test_the_classic_example_by_hand():
    """e s: 6 + 3 in newest and widest, so es t, est _; l o: 5 + 2 in low and lower; n e, e w, w est_ in newest: 6."""
    merges = [(pair[0] + b" " + pair[1], count) for pair, count, _ in learn(CLASSIC, 10)]
    assert merges == [
        (b"e s", 9),
        (b"es t", 9),
        (b"est _", 9),
        (b"l o", 7),
        (b"lo w", 7),
        (b"n e", 6),
        (b"ne w", 6),
        (b"new est_", 6),
        (b"low _", 5),
        (b"w i", 3),
    ]


def test_the_classic_words_after_ten_merges():
    *_, (_, _, cuts) = learn(CLASSIC, 10)
    assert list(cuts.values()) == [(b"low_",), (b"low", b"e", b"r", b"_"), (b"newest_",), (b"wi", b"d", b"est_")]


def test_merging_goes_from_the_left():
    assert merge((b"a", b"a", b"a", b"b"), (b"a", b"a")) == (b"aa", b"a", b"b")


def test_learning_ends_when_no_pair_occurs_twice():
    assert [(pair, count) for pair, count, _ in learn({b"abc": 1, b"abd": 1}, 10)] == [((b"a", b"b"), 2)]


def test_the_merges_agree_with_those_of_the_tokenizers_package():
    """The library breaks ties otherwise, so on words whose counts are all different."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    times = {"aaab": 1, "cd": 40, "cde": 20, "fg": 9, "hif": 5}
    theirs = Tokenizer(models.BPE())
    theirs.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.BpeTrainer(vocab_size=12, min_frequency=2, show_progress=False)
    theirs.train_from_iterator([" ".join([word] * n) for word, n in times.items()], trainer)
    merges = [tuple(pair) for pair in json.loads(theirs.to_str())["model"]["merges"]]
    ours = [pair for pair, _, _ in learn({word.encode(): n for word, n in times.items()}, len(merges))]
    assert [(a.decode(), b.decode()) for a, b in ours] == merges == [("c", "d"), ("cd", "e"), ("f", "g")]


@pytest.mark.parametrize(
    "text", ["It's BERT는 2018년에 나왔어요!!\n\n  _x_ ½ café ㅋㅋ 🐯", " ", "a", "한국어English123"]
)
def test_words_lose_nothing(text):
    assert "".join(words_of(text)) == text


def test_words_and_their_languages():
    words = words_of("BERT는 2018년, it's")
    assert words == ["BERT", "는", " 2018", "년", ",", " it", "'s"]
    assert [language_of(word) for word in words] == ["English", "Korean", "", "Korean", "", "English", "English"]


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        (b" the", "·the"),
        ("한".encode(), "한"),
        ("한".encode()[:1], "<0xED>"),
        ("한".encode()[1:] + b"a", "<0x95><0x9C>a"),
        (b"\n", "<0x0A>"),
        ("\u200b".encode(), "<0xE2><0x80><0x8B>"),
    ],
)
def test_readable(token, shown):
    assert readable(token) == shown


def test_bytes_of_every_token_agree_with_the_tokenizer():
    """All 8,000, but for the control tokens; what the library decodes has a mark where bytes are no letter."""
    tokenizer = bundled_tokenizer()
    for i in range(10, tokenizer.get_vocab_size()):
        assert bytes_of(tokenizer.id_to_token(i)).decode(errors="replace") == tokenizer.decode([i])


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"text": "low lower lowest newest widest"},
        {"text": "인공지능은 배워요. 인공지능은 커요.", "merges": 3},
        {"text": "1"},
    ],
)
def test_every_cut_is_the_text(arguments):
    _, done = run(**arguments)
    text = done.record["arguments"]["text"].replace(" ", "·")
    for cut in done.record["cuts"].values():
        joined = "".join(cut)
        stray = b"".join(bytes.fromhex(m) for m in re.findall("<0x(..)>", joined))
        assert joined == text or len(stray) > 0
        spelled = re.sub("<0x(..)>", lambda m: chr(0xDC00 + int(m[1], 16)), joined)
        assert spelled.encode("utf-8", "surrogateescape").decode() == text


def test_what_it_claims():
    hold(tokens, range(1))


def test_a_claim_can_fail():
    record = run()[1].record
    languages = dict.fromkeys(("Korean", "English"), record["languages"]["English"])
    wrong = {**record, "cuts": {"UTF-8": ["x"]}, "tokens": {"whole text": [9, 9]}, "languages": languages}
    assert [claim.holds(wrong) for claim in tokens.CLAIMS] == [False, False, False]


def test_labels():
    is_labelled(tokens)


def test_what_to_try_next():
    default = run()[1]
    text = default.record["arguments"]["text"]
    after = [("tokens", {"merges": 200}), ("tokens", {"text": tokens.CLASSIC}), ("next_token", {"text": text})]
    assert next_after(tokens, default) == after
    assert next_after(tokens, run(text="low lower", merges=200)[1])[0] == ("tokens", {"merges": 5})
    assert next_after(tokens, run(text=tokens.CLASSIC, merges=5)[1])[0] == ("tokens", {"merges": 200})


def test_counts_of_the_default():
    frames, done = run()
    record = done.record
    left = record["tokens"]
    assert left["whole text"][0] == len(record["arguments"]["text"].encode()) == len(record["cuts"]["UTF-8"])
    assert len(record["merges"]) == 40 == len(left["whole text"]) - 1
    assert all(a > b for a, b in zip(left["whole text"], left["whole text"][1:], strict=False))
    assert left["whole text"][-1] == len(record["cuts"]["BPE 40"])
    for name, language in record["languages"].items():
        assert (left[name][0], left[name][20], left[name][-1]) == tuple(language["tokens"].values())[:3]
        assert language["bytes"] == left[name][0]
    assert [f.metrics["tokens"] for f in frames if f.series == "Korean"] == left["Korean"]
    assert record["cuts"][BUNDLED_MODEL.name][:4] == ["A", "·perceptron", "·learn", "s"]


def test_korean_costs_more_bytes_a_character_than_english():
    for text in ("deep learning 딥러닝", "The cat sat. 고양이가 앉았어요.", tokens.Arguments().text):
        _, done = run(text=text)
        korean, english = (done.record["languages"][name] for name in ("Korean", "English"))
        assert korean["bytes"] / korean["characters"] > 2 > english["bytes"] / english["characters"] == 1


@pytest.mark.parametrize("text", ["a", "ab cd", "!!", "가", "퍼셉트론 perceptron", "<|end|> x <|end|>", "🐯🐯"])
def test_any_text_has_texts_and_charts(text):
    frames, done = run(text=text, merges=200)
    assert frames
    _check(done)
    totals = [done.record["tokens"]["whole text"][i] for i in (0, -1)]
    for lang in ("en", "ko"):
        assert set(map(str, totals)) <= set(re.findall(r"\d+", done.text[lang]))


def _check(done):
    assert re.search("[가-힣]", done.text["ko"])
    assert not re.search("[가-힣]", re.sub("‘[^’]*’", "", done.text["en"]))
    for chart in tokens.charts(done):
        for words in (chart.title, chart.x, chart.y, chart.alt, *(line.name for line in chart.lines)):
            assert words["en"]
            assert words["ko"]
        assert {*re.findall(r"\d+\.\d+", chart.alt["en"])} == {*re.findall(r"\d+\.\d+", chart.alt["ko"])}
        for line in chart.lines:
            assert len(line.x) == len(line.y) > 0
            assert chart.kind != "bar" or len(set(line.x)) == len(line.x)


def test_both_languages_say_the_same_numbers():
    _, done = run()
    numbers = [sorted(re.findall(r"\d[\d.,]*\d|\d", done.text[lang])) for lang in ("en", "ko")]
    assert numbers[0] == numbers[1]
    _check(done)
    assert len(tokens.charts(done)) == 4


def test_few_frames_and_the_last_state_for_the_most_merges():
    text = ("perceptron learning 퍼셉트론 학습 neural network 신경망 " * 10)[:200] + "".join(
        map(chr, range(0xAC00, 0xAC00 + 200))
    )
    frames, done = run(text=text, merges=200)
    assert len(frames) <= 203
    assert frames[-1].epoch == len(done.record["merges"])
    assert len(json.dumps(done.record)) < 300_000


def test_control_tokens_are_plain_text():
    _, done = run(text="a<|end|>b")
    assert done.record["cuts"][BUNDLED_MODEL.name] == ["a", "<", "|", "end", "|", ">", "b"]
    _, cleaned = run(text=" x\x00\u200by ")
    assert cleaned.record["arguments"]["text"] == "xy"


def test_same_arguments_same_result():
    one, two = run()[1], run()[1]
    assert {**one.record, "seconds": 0} == {**two.record, "seconds": 0}
    assert one.text == two.text


@pytest.mark.parametrize(
    "wrong",
    [{"text": ""}, {"text": " \n"}, {"text": "x" * 401}, {"merges": 0}, {"merges": 201}, {"merges": 2.0}, {"x": 1}],
)
def test_wrong_arguments(wrong):
    with pytest.raises(ValidationError):
        tokens.Arguments(**wrong)


@pytest.mark.parametrize(
    "said", ["show me BPE", "토큰화 보여줘", "run the tokenizer lab", "바이트 쌍 인코딩 실험", "subword demo"]
)
def test_it_is_asked_for_by_name(said):
    assert re.search(tokens.ASKED, said, re.IGNORECASE)
    assert not re.search(tokens.ASKED, "show me the perceptron", re.IGNORECASE)
