"""For every test: one compute thread, no settings from outside, no network; and one index of the real corpus."""

import os
import shutil
import signal
from pathlib import Path

import guard
import pytest

from tutor import config

os.environ["OMP_NUM_THREADS"] = "1"  # two threads on contended cores are slower than one
for name in [name for name in os.environ if name.startswith("TUTOR_")]:
    del os.environ[name]
config.go_offline()
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so a shell starts what it runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_network():
    """Fails the test that tried, also where a library swallowed the refusal."""
    guard.outside.clear()
    yield
    assert not guard.outside


@pytest.fixture(scope="session")
def built_settings(tmp_path_factory: pytest.TempPathFactory) -> config.Settings:
    """Settings whose index and library lie in temporary folders; vectors that are made already are taken over."""
    folders = {name: Path(tmp_path_factory.mktemp(name)) for name in ("index", "library")}
    if (config.ROOT / "index" / "manifest.json").exists():
        shutil.copytree(config.ROOT / "index", folders["index"], dirs_exist_ok=True)
    return config.Settings(**folders)


@pytest.fixture(scope="session")
def built_index(built_settings: config.Settings):
    """The real index of the real corpus."""
    from tutor.retrieval.builds import open_index

    return open_index(built_settings)
