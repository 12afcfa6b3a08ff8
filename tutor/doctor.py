"""`tutor doctor`: what is installed, what will be used, what is wrong and what to type.

Needs the standard library alone, so that it can speak when packages are missing.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import socket
import struct
import sys
import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from tutor.config import BUNDLED_MODEL, ROOT, Settings
from tutor.errors import TutorError

if TYPE_CHECKING:
    from tutor.types import Lang

FREE_SPACE = 500 << 20  # bytes: an index, its replacement and saved pictures fit many times over
INSTALL = "make run"
CHROMIUM = ("chromium-headless-shell", "chromium", "google-chrome")
FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.fonts",
    "~/.local/share/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
    "C:/Windows/Fonts",
)
HANGUL_FONT = re.compile(r"nanum|noto ?sans ?(mono)?(cjk|kr)|malgun|applesdgothic|applegothic|gulim|batang", re.I)


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `found` and `fix` (what to type) hold English and Korean; "note" is no obstacle, "wrong" is."""

    name: str
    state: Literal["ok", "note", "wrong"]
    found: tuple[str, str]
    fix: tuple[str, str] = ("", "")


def examine(settings: Settings) -> list[Check]:
    """Look at everything that `settings` will use. Loads no model and no index."""
    return [
        _python(),
        *_packages(),
        _server(settings.server) if settings.server else _model(settings),
        _index(settings),
        _threads(settings),
        _font(),
        _chromium(),
        _disk(settings.index),
        _port(settings.host, settings.port),
    ]


def as_text(checks: list[Check], lang: Lang) -> str:
    """One line a finding, what to type under it."""
    which, marks, lines = int(lang == "ko"), {"ok": "✓", "note": "·", "wrong": "✗"}, []
    for check in checks:
        lines.append(f"{marks[check.state]} {check.name}: {check.found[which]}")
        if check.fix[which]:
            lines.append(f"    → {check.fix[which]}")
    return "\n".join(lines)


def as_json(checks: list[Check], lang: Lang) -> str:
    """One object: is all well, and the findings."""
    which = int(lang == "ko")
    found = [{"name": c.name, "state": c.state, "found": c.found[which], "fix": c.fix[which]} for c in checks]
    return json.dumps({"ok": all(c.state != "wrong" for c in checks), "checks": found}, ensure_ascii=False)


# ---- what is installed ---------------------------------------------------------------------------
def _python() -> Check:
    where = f"{'.'.join(map(str, sys.version_info[:3]))} ({sys.executable})"
    return Check("python", "ok", (where, where))


def _packages() -> list[Check]:
    """One finding for what is as pinned, and one for each direct dependency that is not."""
    pins, found, good = _pins(), [], 0
    for name in requirements():
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            found.append(Check(name, "wrong", ("not installed", "설치되어 있지 않아요"), (INSTALL, INSTALL)))
            continue
        pin = pins.get(_canonical(name), version)
        if version.split("+")[0] == pin:
            good += 1
        else:
            en, ko = f"{version}; tried with {pin}", f"{version}; 확인된 버전은 {pin}이에요"
            fix = f"pip install {name}=={pin}"
            found.append(Check(name, "note", (en, ko), (fix, fix)))
    summary = Check("packages", "ok", (f"{good} installed as pinned", f"{good}개가 고정된 버전 그대로 있어요"))
    return [summary, *found]


def requirements() -> list[str]:
    """Names of the packages that the program itself needs, from pyproject.toml or else from its own metadata."""
    pyproject = ROOT / "pyproject.toml"
    if pyproject.is_file():
        lines = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]
    else:
        lines = [line for line in metadata.requires("ai-history-tutor") or [] if "extra ==" not in line]
    return [re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in lines]


def _pins() -> dict[str, str]:
    path = ROOT / "constraints.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return {_canonical(name): pin for name, _, pin in (line.partition("==") for line in lines) if pin}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# ---- what will be used ---------------------------------------------------------------------------
def _server(address: str) -> Check:
    parts = urlsplit(address)
    try:
        port = parts.port or {"https": 443}.get(parts.scheme, 80)
        with socket.create_connection((parts.hostname or "", port), timeout=3):
            return Check("model server", "ok", (f"{address} answers", f"{address}가 응답해요"))
    except (OSError, ValueError) as error:
        en, ko = f"{address} does not answer: {error}", f"{address}가 응답하지 않아요: {error}"
        return Check(
            "model server",
            "wrong",
            (en, ko),
            ("start the server, or leave out --server", "서버를 켜거나 --server를 빼 주세요"),
        )


def _model(settings: Settings) -> Check:
    folder = Path(settings.model)
    if folder == BUNDLED_MODEL and not folder.is_dir():
        found = (f"the bundled model is missing: {folder}", f"내장 모델이 없어요: {folder}")
        return Check("model", "wrong", found, ("git checkout -- tutor/models", "git checkout -- tutor/models"))
    if not folder.is_dir():
        return _hub_model(settings)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        size = sum(_parameters(file) for file in folder.glob("*.safetensors"))
        what = f"{config['model_type']}, {config['num_hidden_layers']} layers, {size:,} parameters"
    except (OSError, ValueError, KeyError, struct.error) as error:
        en = f"{folder} cannot be read as a checkpoint: {error}"
        ko = f"{folder}를 체크포인트로 읽을 수 없어요: {error}"
        return Check("model", "wrong", (en, ko), _model_fix())
    if not size:
        en, ko = f"{folder} holds no *.safetensors weights", f"{folder}에 *.safetensors 가중치가 없어요"
        return Check("model", "wrong", (en, ko), _model_fix())
    line = f"{folder} ({what}, {_licence(folder)})"
    return Check("model", "ok", (line, line))


def _model_fix() -> tuple[str, str]:
    return (
        "leave out --model (and: unset TUTOR_MODEL) for the bundled model, or name another folder",
        "--model을 빼고(그리고 unset TUTOR_MODEL) 내장 모델을 쓰거나 다른 폴더를 지정해 주세요",
    )


def _hub_model(settings: Settings) -> Check:
    """A hub id: is it in the local cache, or may it be fetched?"""
    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser()
    cached = Path(os.environ.get("HF_HUB_CACHE", home / "hub")) / f"models--{settings.model.replace('/', '--')}"
    if cached.is_dir():
        return Check("model", "ok", (f"{settings.model}, in {cached}", f"{settings.model}, 위치는 {cached}"))
    if settings.online:
        en, ko = f"{settings.model} will be fetched", f"{settings.model}을(를) 내려받을 거예요"
        return Check("model", "note", (en, ko))
    en, ko = (
        f"{settings.model} is neither a folder nor a fetched hub id",
        f"{settings.model}은(는) 폴더도, 받아 둔 허브 id도 아니에요",
    )
    return Check("model", "wrong", (en, ko), _model_fix())


def _parameters(weights: Path) -> int:
    """Number of parameters in a safetensors file: its header gives each tensor's shape."""
    with weights.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(min(length, weights.stat().st_size)))
    return sum(math.prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")


def _licence(folder: Path) -> str:
    card = folder / "MODEL_CARD.md"
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    named = re.search(r"(?im)^\W*licen[cs]e\W+(.+?)\W*$", text)
    return named[1] if named else "licence ?"


def _index(settings: Settings) -> Check:
    try:
        from tutor.retrieval import manifests
    except ImportError as error:
        return Check("index", "note", (f"not looked at: {error}", f"살펴보지 못했어요: {error}"), (INSTALL, INSTALL))
    try:
        changed = manifests.changes(settings)
    except TutorError as error:
        return Check("index", "wrong", (error.text("en"), error.text("ko")))
    if changed is None:
        found = (
            f"none yet in {settings.index}; built on first use",
            f"{settings.index}에 아직 없어요. 처음 쓸 때 만들어요",
        )
        return Check("index", "note", found, ("tutor index", "tutor index"))
    if changed:
        what = ", ".join(changed)
        found = (f"stale ({what} changed); rebuilt on next use", f"{what}이(가) 바뀌었어요. 다음에 쓸 때 다시 만들어요")
        return Check("index", "note", found, ("tutor index", "tutor index"))
    return Check("index", "ok", (f"up to date, in {settings.index}", f"최신이에요. 위치는 {settings.index}"))


def _threads(settings: Settings) -> Check:
    from tutor.chat.model import default_threads

    cores = os.cpu_count() or 1
    busy = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "?"
    if settings.threads:
        found = (
            f"{settings.threads}, as told; {cores} cores",
            f"지정한 대로 {settings.threads}개예요. 코어는 {cores}개",
        )
    else:
        found = (
            f"{default_threads()}, chosen for {cores} cores and a load of {busy}; --threads changes it",
            f"{default_threads()}개. 코어 {cores}개와 부하 {busy}를 보고 골랐어요. --threads로 바꿀 수 있어요",
        )
    return Check("threads", "ok", found)


def _font() -> Check:
    for folder in map(Path, map(os.path.expanduser, FONT_FOLDERS)):
        for file in folder.rglob("*.[to]t[fc]") if folder.is_dir() else ():
            if HANGUL_FONT.search(file.name):
                return Check("hangul font", "ok", (file.name, file.name))
    fix = "sudo apt-get install fonts-nanum"
    found = ("none found: Korean in a saved PNG turns into boxes", "찾지 못했어요. 저장한 PNG에서 한글이 네모로 보여요")
    return Check("hangul font", "note", found, (fix, fix))


def _chromium() -> Check:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path:
        return Check("chromium", "ok", (path, path))
    fix = "sudo apt-get install chromium"
    return Check(
        "chromium", "note", ("none; only the browser tests need it", "없어요. 브라우저 테스트에만 필요해요"), (fix, fix)
    )


def _disk(folder: Path) -> Check:
    existing = next(p for p in (folder.resolve(), *folder.resolve().parents) if p.exists())
    free = shutil.disk_usage(existing).free
    room = f"{free / 2**30:.1f} GiB"
    if free >= FREE_SPACE:
        return Check("disk", "ok", (f"{room} free at {existing}", f"{existing}에 {room} 남았어요"))
    found = (f"only {room} free at {existing}", f"{existing}에 {room}밖에 안 남았어요")
    return Check(
        "disk", "wrong", found, ("free some, or: export TUTOR_INDEX=…", "공간을 비우거나: export TUTOR_INDEX=…")
    )


def _port(host: str, port: int) -> Check:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            fix = f"tutor --port {port + 1}"
            reason = error.strerror
            found = (f"{host}:{port} cannot be used: {reason}", f"{host}:{port}를 쓸 수 없어요: {reason}")
            return Check("port", "wrong", found, (fix, fix))
    return Check("port", "ok", (f"{host}:{port} is free", f"{host}:{port}를 쓸 수 있어요"))
