"""The benchmark of the page, run small: a real server and a real Chromium, two turns."""

import json
import sys
from dataclasses import replace

import pytest

from tutor import config
from tutor.errors import SettingError
from tutor.evals import page
from tutor.evals.page import Figure, Talk


def test_the_questions_are_those_of_training_in_both_languages_and_the_same_for_a_seed():
    asked = page.questions(20, 0)
    assert asked == page.questions(20, 0) != page.questions(20, 1)
    train = "".join(path.read_text("utf-8") for path in (config.ROOT / "corpus/qa/train").glob("*.jsonl"))
    assert all(json.dumps(question, ensure_ascii=False) in train for question in asked if question not in page.DEMOS)
    assert [asked[9], asked[19]] == [page.DEMOS[1], page.DEMOS[0]]
    korean = [question for question in asked if any("가" <= letter <= "힣" for letter in question)]
    assert len(korean) == 9  # one of them the demo


def test_what_was_measured_is_told_with_its_goal():
    talk = Talk(signs=[40.0, 60.0], words=[900.0, 1100.0], keys={1: [10.0, 130.0]}, nodes={1: 220})
    talk.memory = [(1, 20.0, 1000.0), (2, 21.5, 1040.0)]
    told = {one.what: one for one in page.figures([(300.0, 2600.0), (500.0, 700.0)], talk, 0)}
    assert told["first contentful paint, median"].value == 0.4
    assert told["page usable, worst of 2"].row()["met"] == "no"  # 2.6 s
    assert told["Enter to the first word, first 2 questions, median"].value == 1.0
    assert told["key to character, turn 1, p95"].value == pytest.approx(124)  # of 10 and 130
    assert told["JS heap, growth to turn 2"].value == pytest.approx(7.5)
    assert told["JS heap, growth to turn 2"].row()["met"] == "no"
    assert told["server, resident, growth to turn 2"].row()["met"] == "yes"  # 4 %
    assert told["requests that leave this machine"].row()["met"] == "yes"
    assert "goal" not in Figure("elements", 220, "").row()


def test_without_a_browser_it_says_what_to_type(monkeypatch):
    monkeypatch.setattr(page, "_NAMES", ())
    monkeypatch.setattr(page, "_PLACES", ())
    with pytest.raises(SettingError, match="apt-get install"):
        page.chromium()
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(SettingError, match="pip install"), page.browsing():
        pass


@pytest.mark.slow
@pytest.mark.browser
def test_two_turns_are_measured_and_written(built_settings, built_index, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(config, "load", lambda **flags: replace(built_settings, **flags))
    out = tmp_path / "page.json"
    monkeypatch.setattr(sys, "argv", ["page", "--turns", "2", "--openings", "1", "--out", str(out)])
    page.main()
    written = json.loads(out.read_text("utf-8"))
    figures = {row["what"]: row for row in written["figures"]}
    assert figures["requests that leave this machine"]["measured"] == 0
    assert written["outside"] == []
    assert written["turns"] == 2
    assert [sample["turn"] for sample in written["memory"]] == [1, 2]
    assert all(sample["heap"] > 1 and sample["server"] > 100 for sample in written["memory"])
    first = figures["first contentful paint, median"]["measured"]
    assert 0 < first <= figures["page usable, median"]["measured"]
    sign = figures["Enter to the first sign, first 2 questions, median"]["measured"]
    assert 0 < sign < figures["Enter to the first word, first 2 questions, median"]["measured"]
    assert figures["key to character, turn 1, median"]["measured"] > 0
    assert figures["elements in the page, turn 1"]["measured"] > 100
    shown = capsys.readouterr().out
    assert all(what in shown for what in figures)
