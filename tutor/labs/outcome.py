"""What a lab is to show, as a check that can fail, and what is worth trying after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tutor.labs.charts import Words


@dataclass(frozen=True, slots=True)
class Claim:
    """With `arguments` and the seeds 0 to 99, the record of a run `holds` for `at_least` of the 100."""

    says: str
    holds: Callable[[Mapping[str, Any]], bool]
    at_least: int
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Experiment:
    """What a learner may try next: the words of the button, and the run behind it."""

    words: Words
    lab: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
