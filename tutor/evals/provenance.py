"""What a result came from: the commit, the model and the questions, each by a hash, so that it can be told apart."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from tutor import __version__
from tutor.config import ROOT, Settings


def of(settings: Settings, questions: Path) -> dict[str, str]:
    """Version and commit of the tutor ("+" behind it: changed since), the model and the questions with their hashes."""
    return {
        "tutor": __version__,
        "commit": _commit(),
        "model": settings.server or settings.model,
        "model_sha256": "" if settings.server else _weights(Path(settings.model)),
        "questions": questions.name,
        "questions_sha256": hashlib.sha256(questions.read_bytes()).hexdigest(),
    }


def _commit() -> str:
    """The commit that this runs from; "" where it was installed without its repository."""
    try:
        head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
        changed = subprocess.run(["git", "status", "--porcelain", "-uno"], cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head.stdout.strip() + "+" * bool(changed.stdout.strip())


def _weights(folder: Path) -> str:
    """One hash over all weight files of a checkpoint; "" for a hub id."""
    digest, files = hashlib.sha256(), sorted(folder.glob("*.safetensors"))
    for file in files:
        with file.open("rb") as opened:
            while part := opened.read(1 << 20):
                digest.update(part)
    return digest.hexdigest() if files else ""
