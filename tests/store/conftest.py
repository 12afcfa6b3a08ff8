"""An empty database of each kind; a real PostgreSQL server in a folder of its own."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest


def program(name: str) -> str:
    """Its path; a test without it fails, saying what to install."""
    found = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)]
    found += [path] if (path := shutil.which(name)) else []
    assert found, "No PostgreSQL found. Type: sudo apt-get install postgresql"
    return found[0]


@pytest.fixture(scope="session")
def server():
    """Its port. The server refuses to run as root: then it is nobody's."""
    folder = Path(tempfile.mkdtemp())
    owner = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        owner = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **owner}
    made = [
        program("initdb"),
        "-D",
        folder / "data",
        "-U",
        "tutor",
        "--auth=trust",
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C",
    ]
    subprocess.run(made, check=True, **quiet)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='{folder}' -c fsync=off"
    options += " -c timezone=Asia/Seoul"  # the times it gives are its own
    control = [program("pg_ctl"), "-D", folder / "data", "-w"]
    subprocess.run([*control, "-o", options, "-l", folder / "log", "start"], check=True, **quiet)
    yield port
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, **quiet)
    shutil.rmtree(folder)


@pytest.fixture
def postgresql(server):
    """Makes empty databases on the server; each call gives the address of another."""
    made = []

    def make() -> str:
        name = f"tutor{len(made)}"
        with psycopg.connect(f"postgresql://tutor@127.0.0.1:{server}/postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name}")
        made.append(name)
        return f"postgresql+psycopg://tutor@127.0.0.1:{server}/{name}"

    return make


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request, tmp_path):
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tutor.db'}"
    return request.getfixturevalue("postgresql")()
