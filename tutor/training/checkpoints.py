"""A run's weights and its optimiser's state in one safetensors file, so that it can go on as if it had not stopped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

WEIGHT, STATE = "model.", "optimiser."


def save(file: Path, weights: Mapping[str, Tensor], optimiser: torch.optim.Optimizer) -> None:
    """Write `file`, replaced whole."""
    tensors = {f"{WEIGHT}{name}": value.detach() for name, value in weights.items()}
    for number, state in optimiser.state_dict()["state"].items():
        tensors |= {f"{STATE}{number}.{name}": value for name, value in state.items()}
    unfinished = file.with_suffix(".tmp")
    save_file({name: value.contiguous() for name, value in tensors.items()}, unfinished)
    unfinished.replace(file)


def load(file: Path, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The weights in `file`; the state of its optimiser goes into `optimiser`."""
    tensors = load_file(file)
    whole = optimiser.state_dict()
    for key, value in tensors.items():
        if key.startswith(STATE):
            _, number, name = key.split(".")
            whole["state"].setdefault(int(number), {})[name] = value
    optimiser.load_state_dict(whole)
    return {key.removeprefix(WEIGHT): value for key, value in tensors.items() if key.startswith(WEIGHT)}
