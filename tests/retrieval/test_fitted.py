"""Weights that are fitted to the vectors of the encoder (intents, scope, follow-ups): when they are refused."""

import json

import pytest

from tutor.errors import ModelError
from tutor.retrieval import encoder, fitted, follow_up_head, intents, scope

WEIGHTS = [
    (intents, "BUNDLED_INTENTS", intents.head),
    (scope, "BUNDLED_SCOPE", scope.scope),
    (follow_up_head, "BUNDLED_FOLLOW_UPS", follow_up_head.head),
]
EACH = pytest.mark.parametrize(("module", "name", "load"), WEIGHTS, ids=["intents", "scope", "follow-ups"])


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
