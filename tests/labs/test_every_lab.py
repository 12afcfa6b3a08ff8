"""What holds for every lab that is a module with charts: each runs once with its defaults, for real."""

import json
import math
import re
import threading
from functools import cache

import pytest
from labruns import finish

from tutor.config import ROOT
from tutor.demo_request import lab_for
from tutor.errors import ToolCallInvalid, ToolFailed
from tutor.labs import core, plots
from tutor.labs.terminal import terminal

LABS = [name for name, lab in core.LABS.items() if lab.asked]
# How learners ask for each, in English and in Korean.
ASKED = {
    "vanishing_gradient": ("Show me how gradients vanish in a deep network", "기울기 소실을 직접 보여 줘"),
    "memory": (
        "Run the experiment where an LSTM remembers longer than an RNN",
        "LSTM이 RNN보다 오래 기억하는지 돌려 봐",
    ),
    "tokens": ("Show me how byte-pair encoding cuts a sentence into tokens", "토큰화 과정을 보여줘"),
    "next_token": ("Show me the probabilities of the next token", "다음 토큰 확률을 보여 줘"),
    "cnn_vs_dense": ("Demo: a CNN against a dense net on digits", "합성곱 신경망이랑 완전연결 신경망을 비교 실험해 줘"),
    "lora": ("Run LoRA on a small network", "로라로 미세 조정하는 걸 보여줘"),
    "embeddings": ("Show me word embeddings and their neighbours", "단어 임베딩을 보여줘"),
    "scaling": ("Run the scaling law experiment", "스케일링 법칙을 실험으로 보여 줘"),
}


@cache
def ran(name):
    return finish(core.run(name, {}, threading.Event()))


def test_each_has_been_given_its_requests():
    assert set(ASKED) == set(LABS)


@pytest.mark.parametrize("name", LABS)
def test_it_is_asked_for_in_both_languages(name):
    assert [lab_for([said]) for said in ASKED[name]] == [name, name]


@pytest.mark.parametrize("name", LABS)
def test_its_frames_are_numbers_and_few(name):
    frames, _ = ran(name)
    lab = core.LABS[name]
    assert 2 <= len(frames) <= 300
    assert any(lab.metric in frame.metrics for frame in frames)
    assert all(math.isfinite(value) for frame in frames for value in frame.metrics.values())


@pytest.mark.parametrize("name", LABS)
def test_its_record_is_plain_json_and_small(name):
    record = ran(name)[1].record
    text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    assert json.loads(text) == record
    assert len(text) < 400_000


@pytest.mark.parametrize("name", LABS)
def test_the_same_arguments_give_the_same_run(name):
    again = finish(core.run(name, ran(name)[1].arguments, threading.Event()))[1].record
    assert {k: v for k, v in again.items() if k != "seconds"} == {
        k: v for k, v in ran(name)[1].record.items() if k != "seconds"
    }


@pytest.mark.parametrize("name", LABS)
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_its_words_and_pictures_are_in_one_language(name, lang, tmp_path):
    frames, result = ran(name)
    assert bool(re.search("[가-힣]", result.text["ko"]))
    charts = core.LABS[name].charts(result)
    assert 1 <= len(charts) <= 4
    for chart in charts:
        assert bool(re.search("[가-힣]", chart.alt["ko"]))
        assert len(chart.alt[lang]) > 20
    drawn = [plots.live_figure(name, frames[:3], result.arguments, lang), *plots.figures(result, lang)]
    assert [figure.layout.title.text for figure in drawn[1:]] == [chart.title[lang] for chart in charts]
    assert all("NaN" not in figure.to_json() for figure in drawn)
    shown = terminal(result, lang)
    assert result.text[lang] in shown
    for suffix in (".html", ".png"):
        plots.save(result, tmp_path / f"run{suffix}", lang)
    assert result.text[lang][:20] in (tmp_path / "run.html").read_text("utf-8")


@pytest.mark.parametrize("name", LABS)
def test_it_stops_at_once(name):
    cancel = threading.Event()
    running = core.run(name, {}, cancel)
    next(running)
    cancel.set()
    with pytest.raises(ToolFailed, match="stopped"):
        next(running)


@pytest.mark.parametrize("name", LABS)
def test_a_wrong_argument_is_named_with_what_is_allowed(name):
    with pytest.raises(ToolCallInvalid) as caught:
        core.parse(name, {"colour": 1})
    assert "colour" in caught.value.message
    for argument, schema in core.LABS[name].schema.model_json_schema()["properties"].items():
        with pytest.raises(ToolCallInvalid) as caught:
            core.parse(name, {argument: [1]})
        assert f"{argument}=[1]" in caught.value.text("en")
        assert f"{argument}=[1]" in caught.value.text("ko")
        for bound, outside in (("maximum", 1), ("minimum", -1)):
            if bound in schema:
                with pytest.raises(ToolCallInvalid) as caught:
                    core.parse(name, {argument: schema[bound] + outside})
                assert f"{schema[bound]:g}" in caught.value.hint


@pytest.mark.parametrize("name", LABS)
def test_the_articles_it_illustrates_name_it(name):
    for lang in ("en", "ko"):
        articles = [
            path for path in (ROOT / "corpus" / lang).glob("*.md") if f"\nlab: {name}\n" in path.read_text("utf-8")
        ]
        assert articles, lang
