"""Weights that are fitted to the vectors of the encoder: when they are refused, and what they tell."""

import json

import numpy as np
import pytest

from tutor.errors import ModelError
from tutor.retrieval import encoder, fitted, follow_up_head, intents, lab_head, overview_head, scope

WEIGHTS = [
    (intents, "BUNDLED_INTENTS", intents.head),
    (scope, "BUNDLED_SCOPE", scope.scope),
    (follow_up_head, "BUNDLED_FOLLOW_UPS", follow_up_head.head),
    (lab_head, "BUNDLED_LABS", lab_head.head),
    (overview_head, "BUNDLED_OVERVIEWS", overview_head.head),
]
EACH = pytest.mark.parametrize(
    ("module", "name", "load"), WEIGHTS, ids=["intents", "scope", "follow-ups", "labs", "overviews"]
)


@EACH
@pytest.mark.parametrize("file", [fitted.WEIGHTS, fitted.CONFIG])
def test_a_missing_file_is_named(weights_of, module, name, load, file):
    (weights_of(module, name) / file).unlink()
    with pytest.raises(ModelError, match="cannot be used") as caught:
        load()
    assert file in caught.value.message
    assert fitted.RESTORE in caught.value.hint
    assert "가중치" in caught.value.text("ko")


@EACH
@pytest.mark.parametrize("written", ["{", "[]", '{"classes": 3}', "null"])
def test_a_broken_file_is_refused(weights_of, module, name, load, written):
    (weights_of(module, name) / fitted.CONFIG).write_text(written, "utf-8")
    with pytest.raises(ModelError):
        load()


def test_a_broken_answer_of_the_intents_is_refused(weights_of):
    file = weights_of(intents, "BUNDLED_INTENTS") / fitted.CONFIG
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"answers": 3}), "utf-8")
    with pytest.raises(ModelError, match="cannot be used"):
        intents.head()


@EACH
def test_what_belongs_to_another_encoder_is_refused(weights_of, module, name, load):
    file = weights_of(module, name) / fitted.CONFIG
    config = json.loads(file.read_text("utf-8"))
    config["encoder"]["sha256"] = "0" * 64
    file.write_text(json.dumps(config), "utf-8")
    with pytest.raises(ModelError) as caught:
        load()
    assert "000000000000…" in caught.value.message
    assert encoder.identity({})["sha256"][:12] in caught.value.message


@pytest.mark.parametrize(
    ("weight", "bias", "classes"),
    [
        ((2, 3), (2,), ["a"]),  # a class too few
        ((2, 4), (2,), ["a", "b"]),  # a feature too many
        ((2, 3), (1,), ["a", "b"]),
    ],
)
def test_a_linear_classifier_of_another_shape_is_refused(tmp_path, weight, bias, classes):
    tensors = {"weight": np.ones(weight, np.float16), "bias": np.ones(bias, np.float16)}
    fitted.write(tmp_path, tensors, {"classes": classes})
    with pytest.raises(ModelError, match="weights are"):
        fitted.linear(tmp_path, 3)


@pytest.mark.parametrize(
    "told", [{}, {"classes": "ab"}, {"classes": ["b", "a"]}, {"classes": ["a"]}, {"classes": ["a", "b", "c"]}]
)
def test_other_classes_are_refused(tmp_path, told):
    fitted.write(tmp_path, {"weight": np.ones((2, 3), np.float16), "bias": np.ones(2, np.float16)}, told)
    with pytest.raises(ModelError, match="classes are"):
        fitted.linear(tmp_path, 3, ("a", "b"))


@pytest.mark.parametrize(("module", "name", "load"), [WEIGHTS[2], WEIGHTS[4]], ids=["follow-ups", "overviews"])
def test_each_head_knows_its_classes(weights_of, module, name, load):
    file = weights_of(module, name) / fitted.CONFIG
    config = json.loads(file.read_text("utf-8"))
    assert load().classes == tuple(config["classes"])
    file = weights_of(module, name, "turned") / fitted.CONFIG
    file.write_text(json.dumps(config | {"classes": config["classes"][::-1]}), "utf-8")
    with pytest.raises(ModelError, match="classes are"):
        load()


def test_a_linear_classifier_tells_its_classes(tmp_path):
    tensors = {"weight": np.array([[1, 0], [0, 2]], np.float16), "bias": np.array([0, -1], np.float16)}
    fitted.write(tmp_path, tensors, {"classes": ["a", "b"]})
    read = fitted.linear(tmp_path, 2, ("a", "b"))
    assert read.classes == ("a", "b")
    assert read.logits(np.array([3.0, 2.0])).tolist() == [3.0, 3.0]
    assert read.probabilities(np.array([3.0, 2.0])).tolist() == [0.5, 0.5]
    assert fitted.softmax(np.array([[0.0, np.log(3.0)]])) == pytest.approx(np.array([[0.25, 0.75]]))
