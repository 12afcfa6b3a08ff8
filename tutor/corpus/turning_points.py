"""The turning points of the history, the most telling first: corpus/turning_points.yaml."""

from __future__ import annotations

from pathlib import Path

import yaml

from tutor.config import Settings
from tutor.corpus.front_matter import LOADER
from tutor.errors import CorpusError


def path(settings: Settings) -> Path:
    """Where the list lies."""
    return settings.corpus / "turning_points.yaml"


def read(settings: Settings) -> tuple[str, ...]:
    """The facts, each as "slug/id", in the file's order; none where there is no file.

    Raises:
        CorpusError: the file is not YAML, or no list of such names.
    """
    if not path(settings).exists():
        return ()
    try:
        items = yaml.load(path(settings).read_text("utf-8"), Loader=LOADER)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _broken(settings, f"{type(error).__name__}: {error}") from None
    if not isinstance(items, list) or any(not isinstance(item, str) or item.count("/") != 1 for item in items):
        raise _broken(settings, "it is no list of slug/id")
    return tuple(items)


def _broken(settings: Settings, why: str) -> CorpusError:
    fix = "Write it as corpus/README.md shows."
    return CorpusError(
        f"{path(settings)}, line 1: the turning points cannot be read ({why}).",
        fix,
        ko=(f"{path(settings)}의 전환점 목록을 읽을 수 없어요({why}).", fix),
    )
