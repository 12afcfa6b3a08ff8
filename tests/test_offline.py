"""Nothing is looked up, nothing outside is reached: the guard of every test, and the program under it."""

import socket
import subprocess
import sys
from pathlib import Path

import guard
import pytest
import small_corpus

from tutor.config import OFFLINE

# Runs the program under the guard; tells at the end what it tried to reach.
GUARDED = """
import atexit, sys
sys.path.insert(0, sys.argv.pop(1))
import guard
atexit.register(lambda: print("OUTSIDE", guard.outside, file=sys.stderr))
from tutor.cli import main
main()
"""


def guarded(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess:
    # To go offline must be the program's own doing, not inherited from this process.
    environment = {name: value for name, value in environment.items() if name not in OFFLINE}
    start = [sys.executable, "-c", GUARDED, str(Path(__file__).parent), *arguments]
    return subprocess.run(start, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    "reach",
    [
        lambda: socket.getaddrinfo("example.org", 443),
        lambda: socket.gethostbyname("example.org"),
        lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("192.0.2.1", 53)),
    ],
    ids=["getaddrinfo", "gethostbyname", "connect", "sendto"],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_guard_refuses_and_remembers(reach):
    with pytest.raises(OSError, match="a test tried to reach"):
        reach()
    assert len(guard.outside) == 1
    guard.outside.clear()


def test_the_guard_lets_this_machine_through():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        assert socket.getaddrinfo("localhost", 80)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The settings of an index that was built under the guard, and how that went."""
    settings = small_corpus.environment(tmp_path_factory.mktemp("small"))
    return settings, guarded(settings, "index")


@pytest.mark.slow
def test_building_the_index_reaches_nobody(built):
    settings, done = built
    assert done.returncode == 0
    assert "OUTSIDE []" in done.stderr
    assert Path(settings["TUTOR_INDEX"], "manifest.json").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("question", ["Who invented the perceptron?", "XOR를 못 배우는 걸 직접 보여줘"])
def test_answering_reaches_nobody(built, question):
    done = guarded(built[0], "ask", question)
    assert done.returncode == 0
    assert "OUTSIDE []" in done.stderr
    assert done.stdout.strip()
