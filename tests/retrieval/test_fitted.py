"""Weights that are fitted to the encoder's vectors, those of the intents and of the scope: when they are refused."""

import json

import pytest

from tutor.errors import ModelError
from tutor.retrieval import encoder, fitted, intents, scope

WEIGHTS = [(intents, "BUNDLED_INTENTS", intents.head), (scope, "BUNDLED_SCOPE", scope.scope)]
BOTH = pytest.mark.parametrize(("module", "name", "load"), WEIGHTS, ids=["intents", "scope"])


@BOTH
@pytest.mark.parametrize("file", [fitted.WEIGHTS, fitted.CONFIG])
def test_a_missing_file_is_named(weights_of, module, name, load, file):
    (weights_of(module, name) / file).unlink()
    with pytest.raises(ModelError, match="cannot be used") as caught:
        load()
    assert file in caught.value.message
    assert fitted.RESTORE in caught.value.hint
    assert "가중치" in caught.value.text("ko")


@BOTH
@pytest.mark.parametrize("written", ["{", "[]", '{"classes": 3}', "null"])
def test_a_broken_file_is_refused(weights_of, module, name, load, written):
    (weights_of(module, name) / fitted.CONFIG).write_text(written, "utf-8")
    with pytest.raises(ModelError):
        load()


@BOTH
def test_what_belongs_to_another_encoder_is_refused(weights_of, module, name, load):
    file = weights_of(module, name) / fitted.CONFIG
    config = json.loads(file.read_text("utf-8"))
    config["encoder"]["sha256"] = "0" * 64
    file.write_text(json.dumps(config), "utf-8")
    with pytest.raises(ModelError) as caught:
        load()
    assert "000000000000…" in caught.value.message
    assert encoder.identity({})["sha256"][:12] in caught.value.message
