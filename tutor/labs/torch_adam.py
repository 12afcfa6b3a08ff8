"""D. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization" (2015), Algorithm 1, on torch's tensors.

The steps are those of torch.optim.Adam, whose first use takes a second or two: it imports torch's compiler.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


class Adam:
    """Moves `parameters` by their gradients, which it takes away; `rate` may be changed between steps."""

    def __init__(self, parameters: Iterable[Tensor], rate: float, betas: tuple[float, float] = (0.9, 0.999)) -> None:
        self.rate, self.betas, self.steps = rate, betas, 0
        # Running means of the gradient and of its square.
        self.kept = [(p, p.detach() * 0, p.detach() * 0) for p in parameters]

    def step(self) -> None:
        import torch

        self.steps += 1
        first, second = self.betas
        root = math.sqrt(1 - second**self.steps)  # both means begin at zero, and so are too small at first
        with torch.no_grad():
            for p, mean, square in self.kept:
                assert p.grad is not None
                mean.lerp_(p.grad, 1 - first)
                square.mul_(second).addcmul_(p.grad, p.grad, value=1 - second)
                p.addcdiv_(mean, (square.sqrt() / root).add_(1e-8), value=-self.rate / (1 - first**self.steps))
                p.grad = None
