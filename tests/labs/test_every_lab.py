"""What holds for every lab that is a module with charts: each runs once with its defaults, for real."""

import ast
import json
import math
import re
import threading
from functools import cache

import pytest
from cases import LAB_REQUESTS
from labruns import finish

from tutor.config import ROOT
from tutor.demo_request import lab_for
from tutor.errors import ToolCallInvalid, ToolFailed
from tutor.labs import core, plots
from tutor.labs.terminal import terminal

pytestmark = pytest.mark.slow  # trains for real

LABS = [name for name, lab in core.LABS.items() if lab.asked]


@cache
def ran(name):
    return finish(core.run(name, {}, threading.Event()))


def test_each_has_been_given_its_requests():
    assert set(LAB_REQUESTS) == set(core.LABS)


@pytest.mark.parametrize("name", LABS)
def test_it_is_asked_for_in_both_languages(name):
    assert [lab_for([said]) for said in LAB_REQUESTS[name].values()] == [name, name]


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


@pytest.mark.parametrize("path", sorted((ROOT / "tutor" / "labs").glob("*.py")), ids=lambda path: path.stem)
def test_no_setting_is_held_from_frame_to_frame(path):
    """The page takes each frame in another thread and context, where `with np.errstate` or `no_grad` does not hold."""
    for block in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(block, ast.With):
            assert not any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(block)), block.lineno


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


@pytest.mark.parametrize(
    "path", sorted((ROOT / "corpus").glob("*/*.md")), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_what_an_article_names_is_a_lab(path):
    assert set(re.findall("^lab: (.+)$", path.read_text("utf-8"), re.M)) <= set(core.LABS)


@pytest.mark.parametrize("name", core.LABS)
def test_every_argument_and_choice_has_a_name_in_both_languages(name):
    lab = core.LABS[name]
    enums = [schema.get("enum", ()) for schema in lab.schema.model_json_schema()["properties"].values()]
    choices = {choice for enum in enums for choice in enum if isinstance(choice, str)}
    assert set(lab.labels) == set(lab.schema.model_fields) | choices
    for words in (lab.title, lab.summary, *lab.labels.values()):
        assert words["en"]
        assert words["ko"]
    assert bool(re.search("[가-힣]", lab.summary["ko"]))


@pytest.mark.parametrize("name", LABS)
def test_what_to_try_next_is_another_run_that_can_be_made(name):
    result = ran(name)[1]
    offered = core.LABS[name].next_experiments(result)
    assert 1 <= len(offered) <= 3
    for experiment in offered:
        effective = core.parse(experiment.lab, experiment.arguments).model_dump()
        assert (experiment.lab, effective) != (name, dict(result.arguments))
        assert bool(re.search("[가-힣]", experiment.words["ko"]))
        assert not re.search("[가-힣]", experiment.words["en"])


@pytest.mark.parametrize("name", core.LABS)
def test_it_claims_something(name):
    assert core.LABS[name].claims
    assert all(0 < claim.at_least <= 100 for claim in core.LABS[name].claims)
