"""For every test: one compute thread, no settings from outside, no network; and one index of the real corpus."""

import os
import shutil
import signal
from pathlib import Path

import guard
import pytest
from filelock import FileLock

from tutor import config

FIRST = (
    "test_labs_page.py",
    "test_every_lab.py",
    "test_page.py",
    "test_bundled_model.py",
    "test_accessibility.py",
    "test_cli.py",
    "test_timeline_page.py",
    "test_any_settings.py",
    "test_real_page.py",
    "test_drawing.py",
)

os.environ["OMP_NUM_THREADS"] = "1"  # two threads on contended cores are slower than one
for name in [name for name in os.environ if name.startswith("TUTOR_")]:
    del os.environ[name]
config.go_offline()
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so a shell starts what it runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """What takes minutes first, so that no worker ends alone; of any two neighbours one can do without the index."""
    items.sort(key=lambda item: FIRST.index(item.path.name) if item.path.name in FIRST else len(FIRST))


@pytest.fixture(autouse=True)
def _no_network():
    """Fails the test that tried, also where a library swallowed the refusal."""
    guard.outside.clear()
    yield
    assert not guard.outside


@pytest.fixture(scope="session")
def built_settings(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> config.Settings:
    """Settings whose index and library lie in temporary folders; the index is built once for all workers."""
    from tutor.retrieval.builds import open_index

    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "shared-index"
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            if (config.ROOT / "index" / "manifest.json").exists():  # vectors that are made already are taken over
                shutil.copytree(config.ROOT / "index", shared)
            open_index(config.Settings(index=shared, library=tmp_path_factory.mktemp("no-library")))
    folders = {name: Path(tmp_path_factory.mktemp(name)) for name in ("index", "library")}
    shutil.copytree(shared, folders["index"], dirs_exist_ok=True)
    database = tmp_path_factory.mktemp("database") / "tutor.db"
    return config.Settings(**folders, database=f"sqlite:///{database}")


@pytest.fixture(scope="session")
def built_index(built_settings: config.Settings):
    """The real index of the real corpus."""
    from tutor.retrieval.builds import open_index

    return open_index(built_settings)
