"""`tutor doctor`: what it finds, and what it tells people to type."""

import json
import socket
import struct
from dataclasses import replace

import pytest

from tutor import config, doctor
from tutor.doctor import Check


@pytest.fixture
def settings(tmp_path) -> config.Settings:
    return config.Settings(index=tmp_path / "index", model=str(tmp_path / "model"))


@pytest.fixture
def checkpoint(settings, tmp_path):
    """The header of a checkpoint: a 10 x 4 and a 3-element tensor."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", "num_hidden_layers": 2}))
    (folder / "MODEL_CARD.md").write_text("---\nlicense: apache-2.0\n---\n# A model\n")
    tensor = {"dtype": "BF16", "data_offsets": [0, 0]}
    header = json.dumps({"__metadata__": {"a": "b"}, "w": {**tensor, "shape": [10, 4]}, "b": {**tensor, "shape": [3]}})
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header.encode())
    return folder


def find(checks: list[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def test_a_checkpoint_is_described_by_its_own_files(settings, checkpoint):
    found = find(doctor.examine(settings), "model")
    assert found.state == "ok"
    assert found.found[0] == f"{checkpoint} (llama, 2 layers, 43 parameters, apache-2.0)"


def test_a_damaged_checkpoint_is_wrong(settings, checkpoint):
    (checkpoint / "model.safetensors").write_bytes(b"\0" * 4)
    assert find(doctor.examine(settings), "model").state == "wrong"
    (checkpoint / "model.safetensors").unlink()
    assert "no *.safetensors" in find(doctor.examine(settings), "model").found[0]


def test_a_missing_model_is_wrong_unless_it_may_be_fetched(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    hub = replace(settings, model="some/model")
    assert find(doctor.examine(hub), "model").state == "wrong"
    assert find(doctor.examine(replace(hub, online=True)), "model").state == "note"
    (tmp_path / "models--some--model").mkdir()
    assert find(doctor.examine(hub), "model").state == "ok"


def test_a_server_that_does_not_answer_is_wrong(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        assert find(doctor.examine(replace(settings, server=address)), "model server").state == "ok"
    assert find(doctor.examine(replace(settings, server=address)), "model server").state == "wrong"


def test_a_taken_port_comes_with_the_next_one(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = find(doctor.examine(replace(settings, port=port)), "port")
    assert found.state == "wrong"
    assert found.fix == (f"tutor --port {port + 1}",) * 2
    assert find(doctor.examine(replace(settings, port=port)), "port").state == "ok"


def test_the_index_is_missing_then_current_then_stale(settings, tmp_path):
    assert "none yet" in find(doctor.examine(settings), "index").found[0]
    settings.index.mkdir()
    (settings.index / "manifest.json").write_text("{")
    assert "manifest.json" in find(doctor.examine(settings), "index").found[0]


def test_packages_that_differ_from_the_pins_are_named(settings, monkeypatch):
    versions = {"torch": "2.13.0+cu130", "numpy": "1.0"}  # of torch any build will do

    def version(name: str) -> str:
        if name == "gradio":
            raise doctor.metadata.PackageNotFoundError(name)
        return versions.get(name) or pins[name.lower().replace("_", "-")]

    text = (config.ROOT / "constraints.txt").read_text()
    pins = dict(line.lower().split("==") for line in text.splitlines() if "==" in line)
    monkeypatch.setattr(doctor.metadata, "version", version)
    checks = doctor.examine(settings)
    assert (find(checks, "gradio").state, find(checks, "gradio").fix[0]) == ("wrong", "make run")
    assert (find(checks, "numpy").state, find(checks, "numpy").fix[0]) == (
        "note",
        f"pip install numpy=={pins['numpy']}",
    )
    assert find(checks, "packages").found[0] == f"{len(doctor.requirements()) - 2} installed as pinned"


def test_threads_as_told_or_chosen(settings):
    assert find(doctor.examine(replace(settings, threads=3)), "threads").found[0].startswith("3, as told")
    assert "chosen for" in find(doctor.examine(settings), "threads").found[0]


def test_the_report_in_both_languages():
    checks = [Check("disk", "ok", ("fine", "좋아요")), Check("port", "wrong", ("taken", "사용 중"), ("tutor", "tutor"))]
    assert doctor.as_text(checks, "en") == "✓ disk: fine\n✗ port: taken\n    → tutor"
    assert doctor.as_text(checks, "ko") == "✓ disk: 좋아요\n✗ port: 사용 중\n    → tutor"
    assert json.loads(doctor.as_json(checks, "ko")) == {
        "ok": False,
        "checks": [
            {"name": "disk", "state": "ok", "found": "좋아요", "fix": ""},
            {"name": "port", "state": "wrong", "found": "사용 중", "fix": "tutor"},
        ],
    }
