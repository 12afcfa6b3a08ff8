"""The index on disk: built on first use, checked by its manifest on every opening.

A build lies in a folder of its own, written once; `manifest.json`, replaced atomically, names the folder
and everything it was made from. So a reader sees one whole build or another, and waits for none.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from tutor.config import Settings
from tutor.corpus import articles, corrections, glossary, library, questions, turning_points
from tutor.corpus.corrections import Correction
from tutor.corpus.glossary import Term
from tutor.errors import SearchIndexError
from tutor.retrieval import encoder, ingest, manifests, stores
from tutor.retrieval.index import Index
from tutor.retrieval.ingest import Progress
from tutor.retrieval.keys import Numbered
from tutor.retrieval.layout import Layout
from tutor.retrieval.lexical import Lexical
from tutor.retrieval.records import Documents, Records
from tutor.types import Document, Passage

# A build of at most so many bytes is hashed whole on every opening (a tenth of a second); a larger one once, and
# again where the size or the time of a file is not as it was then.
HASHED = 200_000_000
STAMP = "checked.json"

_log = logging.getLogger(__name__)


def open_index(settings: Settings, *, rebuild: bool = False, progress: Progress | None = None) -> Index:
    """The index of the sources as they are now; builds it where there is none or it does not fit.

    Args:
        rebuild: build even if the present index is sound.
        progress: told (stage, done, total) while it builds.

    Raises:
        CorpusError: a source is broken.
        SearchIndexError: the index cannot be written, or the encoder is missing.
    """
    if not rebuild and (found := _load(settings)):
        return found
    lock = FileLock(settings.index / ".lock")
    with _writing(settings.index):
        settings.index.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        # Another process may have built it while this one waited.
        if not rebuild and (found := _load(settings)):
            return found
        return _build(settings, progress or (lambda stage, done, total: None))
    finally:
        lock.release()


def _load(settings: Settings) -> Index | None:
    """The index on disk, or None where it is missing, stale or damaged."""
    manifest_file = settings.index / "manifest.json"
    try:
        manifest = json.loads(manifest_file.read_text("utf-8"))
        if changed := manifests.stale(settings, manifest):
            _log.info("The index is rebuilt: %s changed.", ", ".join(changed))
            return None
        return _read(settings, manifest)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        _log.warning("The index is rebuilt: %s.", error)
        return None


def _read(settings: Settings, manifest: Mapping[str, Any]) -> Index:
    """Load a build and check it. Raises ValueError where a file is not what was written."""
    folder = settings.index / manifest["folder"]
    _check(folder, manifest["artefacts"])
    layout = Layout(folder)
    found = {"documents": layout.documents, "passages": layout.passages}
    if manifest["counts"] != found:
        raise ValueError(f"the parts of {folder} do not fit together")
    edited = (corrections.read(settings), glossary.read(settings), turning_points.read(settings))
    return assembled(folder, manifest["inputs"]["store"], *edited)


def assembled(
    folder: Path,
    uri: str = "",
    corrections: Sequence[Correction] = (),
    terms: Sequence[Term] = (),
    turning_points: Sequence[str] = (),
) -> Index:
    """The index that ingest.write wrote to `folder`. Raises ValueError where its parts do not fit together."""
    documents, passages = Records(folder / "documents", Document), Records(folder / "passages", Passage)
    layout, words = Layout(folder), Lexical.load(folder / "bm25")
    if (layout.documents, layout.passages, words.size) != (len(documents), len(passages), len(passages)):
        raise ValueError(f"the parts of {folder} do not fit together")
    vectors = stores.load(uri, folder, layout.passages, encoder.DIMENSIONS)
    written = json.loads((folder / "words.json").read_text("utf-8"))
    return Index(documents, passages, layout, words, vectors, written, corrections, terms, turning_points)


def _build(settings: Settings, progress: Progress) -> Index:
    """Build into a new folder, then point the manifest to it. The old build stays until that moment."""
    inputs = manifests.inputs(settings, {})
    progress("read", 0, 1)
    folder, uri = settings.index / f"build-{uuid.uuid4().hex[:8]}", settings.index_uri
    asked, total = questions.read(settings), len(articles.files(settings))
    try:
        with _writing(settings.index), _known(settings, inputs["encoder"]) as known:
            documents = articles.stream(settings, _extracted(settings, inputs))
            ingest.write(folder, documents, total, asked, progress, encode=encoder.encode, uri=uri, known=known)
        with _writing(settings.index):
            found = _publish(settings, folder, inputs)
    except BaseException:
        _remove(folder, uri)
        raise
    for old in settings.index.glob("build-*"):
        if old != folder:
            _remove(old, uri)
    progress("done", len(found.passages), len(found.passages))
    return found


def _publish(settings: Settings, folder: Path, inputs: Mapping[str, Any]) -> Index:
    """Write down what lies in `folder`, open it, and make it the current build."""
    layout = Layout(folder)
    artefacts = {path.relative_to(folder).as_posix(): _sha256(path) for path in _files(folder)}
    manifest = {
        "folder": folder.name,
        "inputs": inputs,
        "counts": {"documents": layout.documents, "passages": layout.passages},
        "artefacts": artefacts,
    }
    _stamp(folder, artefacts)
    found = _read(settings, manifest)
    temporary = folder / "manifest.json"
    temporary.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), "utf-8")
    os.replace(temporary, settings.index / "manifest.json")
    return found


def _remove(folder: Path, uri: str) -> None:
    """Remove a build, as far as that can be done."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        stores.remove(uri, folder)
    except SearchIndexError as error:
        _log.warning("The vectors of %s remain: %s", folder.name, error)


@contextmanager
def _known(settings: Settings, identity: Mapping[str, Any]) -> Iterator[ingest.Known | None]:
    """What the build on disk embedded with this very encoder, None where there is none or it cannot be read."""
    found = None
    try:
        manifest = json.loads((settings.index / "manifest.json").read_text("utf-8"))
        inputs, folder = manifest["inputs"], settings.index / manifest["folder"]
        if inputs["format"] == manifests.FORMAT and manifests.same(inputs["encoder"], identity):
            _check(folder, manifest["artefacts"])
            size = manifest["counts"]["passages"]
            vectors = stores.load(inputs["store"], folder, size, encoder.DIMENSIONS)
            found = ingest.Known(Numbered.load(folder / "embedded"), vectors)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SearchIndexError) as error:
        _log.info("Every passage is embedded anew: %s.", error)
    try:
        yield found
    finally:
        if found:
            found.vectors.close()


def _extracted(settings: Settings, inputs: Mapping[str, Any]) -> Callable[[str], Document | None]:
    """Gives by its id a document of the library that would be extracted again as it lies in the build on disk."""
    try:
        manifest = json.loads((settings.index / "manifest.json").read_text("utf-8"))
        old, folder = manifest["inputs"], settings.index / manifest["folder"]
        if any(old[part] != inputs[part] for part in ("format", "code", "parsers")):
            return lambda ident: None
        _check(folder, manifest["artefacts"])
        kept = Documents(Records(folder / "documents", Document))
        names = {f"library/{path.name}": articles.name(path) for path in library.files(settings)}
        same = {ident for ident, name in names.items() if old["sources"].get(name) == inputs["sources"].get(name)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return lambda ident: None
    return lambda ident: kept.get(ident) if ident in same else None


# ---- whether the files are what was written ----------------------------------------------------------
def _check(folder: Path, artefacts: Mapping[str, str]) -> None:
    """Raise OSError or ValueError where a file of the build is missing or damaged."""
    sizes = _sizes(folder, artefacts)
    if sum(size for size, _ in sizes.values()) > HASHED and _stamped(folder, artefacts) == sizes:
        return
    for name, digest in artefacts.items():
        if _sha256(folder / name) != digest:
            raise ValueError(f"{folder / name} is damaged")
    _stamp(folder, artefacts)


def _stamp(folder: Path, artefacts: Mapping[str, str]) -> None:
    """Note the sizes and times of files whose hashes are right."""
    stamp = {"artefacts": artefacts, "files": _sizes(folder, artefacts)}
    try:
        temporary = folder / f"{STAMP}.{uuid.uuid4().hex[:8]}"
        temporary.write_text(json.dumps(stamp), "utf-8")
        os.replace(temporary, folder / STAMP)
    except OSError:  # an index that may only be read is hashed every time
        _log.info("That %s is sound cannot be noted there.", folder)


def _stamped(folder: Path, artefacts: Mapping[str, str]) -> dict[str, list[int]] | None:
    try:
        stamp = json.loads((folder / STAMP).read_text("utf-8"))
        return stamp["files"] if stamp["artefacts"] == artefacts else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _sizes(folder: Path, names: Mapping[str, str]) -> dict[str, list[int]]:
    """The size and the time of each file."""
    stats = {name: (folder / name).stat() for name in names}
    return {name: [stat.st_size, stat.st_mtime_ns] for name, stat in stats.items()}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say what an OSError means for the index in `folder`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            why, fix = "there is no room left", "Free some disk space (20 MB for a thousand passages) and try again."
            why_ko, fix_ko = "디스크에 남은 공간이 없어요", "공간을 비우고(문단 1,000개에 20MB쯤) 다시 해 보세요."
        else:
            why = why_ko = error.strerror or str(error)
            fix = "Name a folder that you may write to. Type: export TUTOR_INDEX=~/tutor-index"
            fix_ko = "쓸 수 있는 폴더를 정해 주세요. 이렇게 입력하세요: export TUTOR_INDEX=~/tutor-index"
        raise SearchIndexError(
            f"The search index cannot be written to {folder}: {why}.",
            fix,
            ko=(f"검색 색인을 {folder}에 쓸 수 없어요: {why_ko}.", fix_ko),
        ) from error
