"""Weights fitted to the encoder's vectors: written, and read with whose.

Read by intents.py, scope.py, follow_up_head.py, lab_head.py and overview_head.py.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from tutor.errors import ModelError
from tutor.retrieval import encoder

WEIGHTS, CONFIG = "model.safetensors", "config.json"
RESTORE = "git checkout -- tutor/models"

_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Linear:
    """A linear classifier: `weight` has the shape (classes, features), `bias` (classes,)."""

    classes: tuple[str, ...]
    weight: np.ndarray
    bias: np.ndarray

    def logits(self, read: np.ndarray) -> np.ndarray:
        """Of each class, for what was `read`, shape (features,)."""
        return self.weight @ read + self.bias

    def probabilities(self, read: np.ndarray) -> np.ndarray:
        """The softmax over the classes, shape (classes,)."""
        return softmax(self.logits(read))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def write(folder: Path, tensors: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> None:
    """Write `tensors` and `config` with the identity of the encoder whose vectors they are for."""
    folder.mkdir(parents=True, exist_ok=True)
    contiguous = {name: np.ascontiguousarray(value) for name, value in tensors.items()}  # its bytes as they lie
    (folder / WEIGHTS).write_bytes(save(contiguous))
    known = encoder.identity({})
    told = {"encoder": {"name": known["name"], "sha256": known["sha256"]}, **config}
    (folder / CONFIG).write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read(folder: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The tensors, float32, and the configuration in `folder`.

    Raises:
        ModelError: a file is missing or broken, or belongs to another encoder.
    """
    try:
        config = json.loads((folder / CONFIG).read_text("utf-8"))
        tensors = {name: value.astype(np.float32) for name, value in load_file(folder / WEIGHTS).items()}
        belongs = config["encoder"]["sha256"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise unusable(folder, str(error), f"읽을 수 없어요({error})") from error
    if belongs != (own := encoder.identity({})["sha256"]):
        why = f"it belongs to the encoder {belongs[:12]}…, and the one here is {own[:12]}…"
        raise unusable(folder, why, f"{belongs[:12]}… 인코더의 것인데, 여기 있는 인코더는 {own[:12]}…이에요")
    return tensors, config


def linear(folder: Path, features: int, expected: tuple[str, ...] = ()) -> Linear:
    """The linear classifier in `folder`, which reads so many `features`, loaded once.

    Its classes must be those `expected`, where any are.

    Raises:
        ModelError: as for `read`, or its classes and weights are others, or do not fit together.
    """
    with _loading:
        return _linear(folder, features, expected)


@cache
def _linear(folder: Path, features: int, expected: tuple[str, ...]) -> Linear:
    tensors, config = read(folder)
    found, classes = shapes(tensors, ("weight", "bias")), config.get("classes")
    if not isinstance(classes, list) or tuple(classes) != (expected or tuple(classes)):
        raise unusable(folder, f"its classes are {classes}", f"나누는 갈래가 달라요({classes})")
    if found != {"weight": (len(classes), features), "bias": (len(classes),)}:
        raise misshapen(folder, found)
    return Linear(tuple(map(str, classes)), tensors["weight"], tensors["bias"])


def shapes(tensors: Mapping[str, np.ndarray], names: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """The shapes of the tensors of these `names`, () for one that is missing."""
    return {name: tensors[name].shape if name in tensors else () for name in names}


def misshapen(folder: Path, found: Mapping[str, tuple[int, ...]]) -> ModelError:
    """That the weights in `folder` are of other shapes than theirs."""
    return unusable(folder, f"its weights are {found}", f"가중치의 모양이 맞지 않아요({found})")


def unusable(folder: Path, why: str, why_ko: str) -> ModelError:
    """That the weights in `folder` cannot be used, and what to type."""
    return ModelError(
        f"The weights in {folder} cannot be used: {why}.",
        f"Take them from the repository again, with the encoder's. Type: {RESTORE}",
        ko=(
            f"{folder}의 가중치를 쓸 수 없어요: {why_ko}.",
            f"저장소에서 인코더의 것과 함께 다시 받으세요. 이렇게 입력하세요: {RESTORE}",
        ),
    )
