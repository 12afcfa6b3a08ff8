"""The forms that set up a run, and the words that a run is asked for with."""

import pytest

from tutor.demo_request import lab_for
from tutor.labs import core, forms


def field(lab, name, lang="en", **given):
    return next(f for f in forms.fields(lab, lang, given) if f["name"] == name)


def test_a_short_range_is_a_slider_and_a_long_one_is_typed():
    assert field("lora", "rank") == {
        "name": "rank",
        "label": core.LABS["lora"].labels["rank"]["en"],
        "value": 2,
        "kind": "slider",
        "low": 1,
        "high": 16,
        "step": 1,
    }
    seed = field("lora", "seed", seed=7)
    assert (seed["kind"], seed["value"], seed["low"], seed["high"]) == ("number", 7, 0, 2**31 - 1)


def test_a_value_between_a_slider_s_steps_is_typed():
    assert field("next_token", "temperature", temperature=0.5)["kind"] == "slider"
    assert field("next_token", "temperature", temperature=0.52)["kind"] == "number"


def test_what_the_lab_decides_for_itself_can_be_left_open():
    assert field("train_perceptron", "epochs")["value"] is None
    assert field("train_perceptron", "epochs")["kind"] == "number"  # a slider always has a value
    assert field("train_perceptron", "activation")["choices"][0] == ["", "–"]
    assert field("train_perceptron", "gate", gate="xor")["choices"][0][0] == "and"


def test_a_choice_keeps_its_type():
    assert [1, "1"] in field("transformer", "heads")["choices"]
    assert ["off", core.LABS["transformer"].labels["off"]["en"]] in field("transformer", "positions")["choices"]


def test_a_list_is_written_with_commas_and_a_long_text_gets_room():
    assert field("train_perceptron", "seeds", seeds=[1, 2])["kind"] == "numbers"
    assert field("tokens", "text")["kind"] == "long text"
    assert field("embeddings", "word")["kind"] == "text"


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("name", core.LABS)
def test_what_a_form_holds_at_first_is_a_run(name, lang):
    given = {"gate": "and"} if name == "train_perceptron" else {}
    shown = {f["name"]: f["value"] for f in forms.fields(name, lang, given) if f["value"] is not None}
    core.parse(name, shown)
    assert all(f["label"] for f in forms.fields(name, lang, given))


def test_a_run_is_asked_for_with_what_is_not_a_default():
    labels = core.LABS["lora"].labels
    title = core.LABS["lora"].title["en"]
    assert (
        forms.request("lora", {"rank": 2, "epochs": 3, "seed": 0}, "en") == f"Run: {title} ({labels['epochs']['en']} 3)"
    )
    assert forms.request("lora", {}, "ko") == f"실습 실행: {core.LABS['lora'].title['ko']}"


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("name", [name for name, lab in core.LABS.items() if lab.asked])
def test_a_later_message_can_lean_on_those_words(name, lang):
    assert lab_for([forms.request(name, {}, lang)]) == name
