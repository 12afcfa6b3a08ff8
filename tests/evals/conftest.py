"""A small index for the evaluations' own tests."""

import shutil

import pytest

from tutor.config import ROOT, Settings
from tutor.retrieval.builds import open_index


@pytest.fixture(scope="session")
def few(tmp_path_factory):
    """Settings with the project's articles about the perceptron and its neighbours, and their index."""
    root = tmp_path_factory.mktemp("few")
    for lang in ("en", "ko"):
        (root / "corpus" / lang).mkdir(parents=True)
        for slug in ("perceptron", "perceptrons-book-and-xor", "lstm-and-gru"):
            shutil.copy(ROOT / "corpus" / lang / f"{slug}.md", root / "corpus" / lang)
    folders = {name: root / name for name in ("corpus", "seeds", "library", "index")}
    found = Settings(**folders)
    open_index(found)
    return found
