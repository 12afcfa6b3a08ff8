"""For every test: one compute thread, no settings from outside, no network; and one index of the real corpus."""

import ipaddress
import os
import sys
from pathlib import Path

import pytest

from tutor import config

os.environ["OMP_NUM_THREADS"] = "1"  # two threads on contended cores are slower than one
for name in [name for name in os.environ if name.startswith("TUTOR_")]:
    del os.environ[name]
config.go_offline()

LOOKUPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
outside: list[str] = []  # every attempt to look up or reach a host other than this one


def _is_here(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _stay_inside(event: str, arguments: tuple) -> None:
    """Audit hook: sees all of this process, C code of the standard library included, and refuses."""
    if event in LOOKUPS:
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if not _is_here(host):
        outside.append(f"{event} {host}")
        raise OSError(f"a test tried to reach {host!r}")


sys.addaudithook(_stay_inside)


@pytest.fixture(autouse=True)
def _no_network():
    """Fails the test that tried, also where a library swallowed the refusal."""
    outside.clear()
    yield
    assert not outside


@pytest.fixture(scope="session")
def built_settings(tmp_path_factory: pytest.TempPathFactory) -> config.Settings:
    """Settings whose index lies in a temporary folder."""
    return config.Settings(index=Path(tmp_path_factory.mktemp("index")))


@pytest.fixture(scope="session")
def built_index(built_settings: config.Settings):
    """The real index of the real corpus."""
    from tutor.retrieval.index import open_index

    return open_index(built_settings)
