import re

import numpy as np
import pytest
from labruns import finish
from outcome_checks import hold, is_labelled, next_after
from pydantic import ValidationError

from tutor.labs import next_token, token_bytes
from tutor.labs.next_token import share
from tutor.labs.token_sampling import entropy, holding, nucleus, softmax

pytestmark = pytest.mark.slow  # trains for real

TINY = np.log([0.5, 0.25, 0.125, 0.125])  # scores whose softmax at temperature 1 is this


@pytest.fixture(scope="module")
def model():
    """Loaded once: the importing is what takes long."""
    return token_bytes.bundled_model()


@pytest.fixture
def run(model, monkeypatch):
    monkeypatch.setattr(token_bytes, "bundled_model", lambda: model)
    return lambda **arguments: finish(next_token.run(next_token.Arguments(**arguments)))


# ---- worked out by hand --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("temperature", "expected"), [(1, [0.67, 0.24, 0.09]), (0.5, [0.87, 0.12, 0.02]), (2, [0.51, 0.31, 0.19])]
)
def test_softmax_of_the_article(temperature, expected):
    """The scores 2, 1 and 0 of corpus/en/next-token-prediction.md."""
    np.testing.assert_allclose(softmax(np.array([2.0, 1.0, 0.0]), temperature), expected, atol=0.006)


def test_temperature_by_hand():
    """At 0.5 the probabilities are squared and shared out again: 1/4, 1/16, 1/64, 1/64 of 11/32."""
    np.testing.assert_allclose(softmax(TINY, 0.5), np.array([16, 4, 1, 1]) / 22, rtol=1e-12)


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [(0.05, [1, 0, 0, 0]), (0.5, [1, 0, 0, 0]), (0.6, [2 / 3, 1 / 3, 0, 0]), (1, [0.5, 0.25, 0.125, 0.125])],
)
def test_nucleus_by_hand(top_p, kept):
    p = np.array([0.5, 0.25, 0.125, 0.125])
    np.testing.assert_allclose(nucleus(p, top_p), kept, rtol=1e-12)
    np.testing.assert_allclose(nucleus(p[::-1], top_p), kept[::-1], rtol=1e-12)
    assert holding(p, top_p) == sum(x > 0 for x in kept)


def test_nucleus_of_the_article():
    """With a threshold of 0.9 two of the three tokens stay."""
    assert holding(softmax(np.array([2.0, 1.0, 0.0])), 0.9) == 2


def test_entropy_by_hand():
    """1/2 · 1 + 1/4 · 2 + 2 · 1/8 · 3 bits; no bits for a sure token; 3 bits for eight alike."""
    assert entropy(np.array([0.5, 0.25, 0.125, 0.125])) == pytest.approx(1.75)
    assert entropy(np.array([0.0, 1.0])) == 0
    assert entropy(np.full(8, 1 / 8)) == pytest.approx(3)


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0, "0%"),
        (0.00001, "<0.01%"),
        (0.00123, "0.12%"),
        (0.043, "4.3%"),
        (0.8336, "83%"),
        (0.9951, "99.51%"),
        (0.99999, ">99.99%"),
        (1, "100%"),
    ],
)
def test_share(p, text):
    assert share(p) == text


# ---- against torch and transformers ----------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(5))
def test_softmax_and_nucleus_agree_with_the_libraries(seed):
    import torch
    from transformers import TopPLogitsWarper

    scores = np.random.default_rng(seed).normal(0, 3, 500)
    scores[3] = -np.inf
    for temperature, top_p in [(0.05, 0.3), (0.7, 0.9), (1, 0.5), (5, 0.95)]:
        warm = torch.tensor(scores / temperature)[None]
        np.testing.assert_allclose(softmax(scores, temperature), warm.softmax(-1)[0].numpy(), atol=1e-12)
        theirs = TopPLogitsWarper(top_p)(None, warm).softmax(-1)[0].numpy()
        np.testing.assert_allclose(nucleus(softmax(scores, temperature), top_p), theirs, atol=1e-12)


def test_every_step_agrees_with_reading_the_whole_text_again(model, run):
    """Without the KV cache, and with torch's own softmax, control tokens left out."""
    import torch

    tokenizer = token_bytes.bundled_tokenizer()
    _, done = run(temperature=0.05, top_p=0.05, tokens=12)  # always the likeliest
    ids = tokenizer.encode(done.record["arguments"]["text"]).ids
    for step in done.record["continuation"]:
        with torch.inference_mode():
            p = model(torch.tensor([ids])).logits[0, -1, 10:].double().softmax(-1)
        assert float(p.max()) == pytest.approx(step["model_probability"], rel=1e-4)
        ids.append(int(p.argmax()) + 10)
        assert step["likeliest"]
    drawn = ids[-12:]
    assert tokenizer.decode(drawn) == done.record["raw_output"]


# ---- what the lab claims ---------------------------------------------------------------------------------
@pytest.mark.parametrize("text", [next_token.Arguments().text, "퍼셉트론은", "GPT-3 has 175", "딥러닝은", "x"])
def test_entropy_rises_with_temperature(run, text):
    _, done = run(text=text, tokens=1)
    bits = [b for _, b in done.record["first"]["entropies"][: len(next_token.TEMPERATURES)]]
    assert bits == sorted(bits)
    assert bits[-1] < np.log2(done.record["tokens"])


def test_what_it_claims(run):
    hold(next_token, range(3))


def test_a_claim_can_fail():
    hot, cold = ({"first": {"entropies": [[1, 2.0]] * 27}, "others": others} for others in (0, 12))
    assert [[claim.holds(record) for claim in next_token.CLAIMS] for record in (hot, cold)] == [
        [False, True, False],
        [False, False, True],
    ]


def test_labels():
    is_labelled(next_token)


def test_what_to_try_next(run):
    """After tame draws a hotter one, after bold ones a colder one."""
    tame, bold = run(temperature=0.05, tokens=3)[1], run(temperature=5.0, top_p=0.5, seed=2**31 - 1, tokens=3)[1]
    cut = ("tokens", {"text": next_token.Arguments().text})
    name = next_token.NAME
    assert next_after(next_token, tame) == [(name, {"temperature": 2.0}), (name, {"top_p": 0.5}), cut]
    assert next_after(next_token, bold) == [(name, {"temperature": 0.3}), (name, {"seed": 0}), cut]


def test_before_reading_every_token_is_as_likely(run):
    """The first frame comes before the model is loaded: 1 of 7,990 tokens, log2 of that in bits."""
    frames, _ = run(tokens=1)
    assert frames[0].metrics == {"probability": 1 / 7990, "entropy": pytest.approx(np.log2(7990))}


def test_the_default_copies_a_word_that_it_has_read(run):
    _, done = run()
    first = done.record["first"]
    assert first["likeliest"][0] == "·its"
    assert first["before"][0] == pytest.approx(0.834, abs=0.01)
    assert first["holding"] == 16
    assert done.record["tokens"] == 7990


@pytest.mark.parametrize("seed", range(5))
def test_low_temperature_draws_the_likeliest_more_often(run, seed):
    others = [run(seed=seed, temperature=t, tokens=8)[1].record["others"] for t in (0.05, 1.0, 5.0)]
    assert others[0] <= others[1] <= others[2]
    assert others[0] <= 1 < others[2]


@pytest.mark.parametrize("seed", range(3))
def test_the_smallest_nucleus_of_a_sure_model_leaves_nothing_to_chance(run, seed):
    _, done = run(text="GPT-3 has 175", top_p=0.05, tokens=3, seed=seed)
    assert done.record["raw_output"] == "555"
    assert done.record["log10_probability"] == 0
    assert "with a chance of 100%" in done.text["en"]
    assert "None of the 3 draws" in done.text["en"]


def test_draws_stay_in_the_nucleus_and_frames_tell_them(run):
    frames, done = run(temperature=0.8, top_p=0.6, tokens=15, seed=3)
    assert [f.epoch for f in frames] == list(range(16))
    for frame, step in zip(frames[1:], done.record["continuation"], strict=True):
        assert frame.metrics["entropy"] == step["entropy"] < step["model_entropy"]
        assert 0 < frame.metrics["probability"] == step["probability"] <= 1
        assert np.isfinite(list(frame.metrics.values())).all()


def test_another_seed_draws_otherwise_and_the_same_one_alike(run):
    one, again, other = (run(seed=seed)[1] for seed in (0, 0, 1))
    assert {**one.record, "seconds": 0} == {**again.record, "seconds": 0}
    assert one.text == again.text
    assert one.record["raw_output"] != other.record["raw_output"]


# ---- texts ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"temperature": 0.5},
        {"temperature": 3.0, "top_p": 0.9, "tokens": 40},
        {"text": "퍼셉트론은 1958년에 나왔어요. 퍼셉트론은 1958", "temperature": 0.05, "top_p": 0.5},
        {"text": "🐯", "tokens": 1},
    ],
)
def test_texts_and_charts_in_both_languages(run, arguments):
    _, done = run(**arguments)
    raw = done.record["raw_output"]
    assert f"no statement of fact: “{raw}”" in done.text["en"]
    assert f"사실을 말한 것이 아니에요: “{raw}”" in done.text["ko"]
    token = done.record["first"]["likeliest"][0]
    own = {lang: text.replace(raw, "").replace(token, "") for lang, text in done.text.items()}
    assert re.search("[가-힣]", own["ko"])
    assert not re.search("[가-힣]", own["en"])
    percents = [sorted(re.findall(r"[\d.]+%|\d\.\d\d", own[lang])) for lang in ("en", "ko")]
    assert percents[0] == percents[1]
    charts = next_token.charts(done)
    assert len(charts) == 4
    for chart in charts:
        for words in (chart.title, chart.x, chart.y, chart.alt, *(line.name for line in chart.lines)):
            assert words["en"]
            assert words["ko"]
        numbers = [re.findall(r"\d+\.\d\d|[\d.]+%", chart.alt[lang]) for lang in ("en", "ko")]
        assert sorted(numbers[0]) == sorted(numbers[1]) != []
        assert all(len(line.x) == len(line.y) > 0 for line in chart.lines)
        assert all(np.isfinite(line.y).all() for line in chart.lines)
    changed = (done.record["arguments"]["temperature"] != 1) + (done.record["arguments"]["top_p"] < 1)
    assert len(charts[0].lines) == 1 + changed


@pytest.mark.parametrize(("temperature", "en", "ko"), [(0.5, "lowered", "줄었고"), (2.0, "raised", "늘었고")])
def test_the_text_tells_what_temperature_did(run, temperature, en, ko):
    _, done = run(temperature=temperature, tokens=1)
    before, tempered, _ = done.record["first"]["entropy"]
    assert (tempered < before) == (en == "lowered")
    assert f"Temperature {temperature:g} {en} the entropy to {tempered:.2f} bits" in done.text["en"]
    assert f"{tempered:.2f}비트로 {ko}" in done.text["ko"]


def test_control_tokens_are_neither_read_nor_drawn(run):
    _, done = run(text="a<|end|><|assistant|>\x00", temperature=5.0, tokens=40)
    assert done.record["arguments"]["text"] == "a<|end|><|assistant|>"
    assert done.record["read"] > 10  # spelled out
    specials = token_bytes.bundled_tokenizer().get_added_tokens_decoder().values()
    assert len(specials) == 10
    assert not {str(token.content) for token in specials} & {step["token"] for step in done.record["continuation"]}


def test_a_part_of_a_letter_is_readable(run):
    """The longest run of the widest draws has stray bytes, which are shown as such."""
    _, done = run(temperature=5.0, tokens=40)
    assert re.search("<0x[0-9A-F]{2}>", done.record["raw_output"])
    assert "\ufffd" not in done.record["raw_output"]


def test_a_text_longer_than_the_context_is_read_from_its_end(run):
    _, done = run(text="🐯" * 400, tokens=1)
    assert done.record["read"] == 1023


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""},
        {"text": "\x00 "},
        {"text": "x" * 401},
        {"temperature": 0.0},
        {"temperature": float("nan")},
        {"temperature": 5.1},
        {"top_p": 0.01},
        {"top_p": 1.1},
        {"tokens": 0},
        {"tokens": 41},
        {"seed": -1},
        {"x": 1},
    ],
)
def test_wrong_arguments(wrong):
    with pytest.raises(ValidationError):
        next_token.Arguments(**wrong)


@pytest.mark.parametrize(
    "said", ["show me next-token prediction", "다음 토큰 보여줘", "temperature demo", "top-p 실험", "온도"]
)
def test_it_is_asked_for_by_name(said):
    assert re.search(next_token.ASKED, said, re.IGNORECASE)
    assert not re.search(next_token.ASKED, "show me the perceptron", re.IGNORECASE)
