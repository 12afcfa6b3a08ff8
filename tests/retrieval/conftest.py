"""A small corpus in a folder of its own, and its index, built once a session with the real encoder."""

import shutil

import pytest
from small_corpus import write

from tutor.config import Settings
from tutor.retrieval.builds import open_index


@pytest.fixture
def settings(tmp_path):
    return write(tmp_path)


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Settings of a finished index, not to be changed."""
    found = write(tmp_path_factory.mktemp("built"))
    open_index(found)
    return found


@pytest.fixture(scope="session")
def index(built):
    return open_index(built)


@pytest.fixture
def copied(built, tmp_path):
    """The finished index and its sources in a folder of the test's own."""
    shutil.copytree(built.corpus.parent, tmp_path / "copy")
    root = tmp_path / "copy"
    return Settings(corpus=root / "corpus", seeds=root / "seeds", index=root / "index")


@pytest.fixture
def weights_of(tmp_path, monkeypatch):
    """Copies the bundled weights that `module` reads from its `name`, and lets it read the copy."""

    def copy(module, name, where="copied"):
        folder = tmp_path / where / name
        shutil.copytree(getattr(module, name), folder)
        monkeypatch.setattr(module, name, folder)
        return folder

    return copy
