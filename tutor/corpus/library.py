"""The learner's own files. Each is copied into the library folder, byte for byte, and read from there.

A copy is written under a hidden name and then renamed, so that a library is whole whenever a program is killed.
`.origins.json` remembers where each file came from: of two files of one name from different folders the second is kept
under a name of its own, while the same file, changed, takes the place of what it was.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import stat
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from filelock import FileLock

from tutor.config import Settings
from tutor.corpus import formats
from tutor.corpus.extracted import refusal
from tutor.errors import CorpusError, SettingError, TutorError
from tutor.text import language, normalise
from tutor.types import Document, Lang, Passage

ORIGINS, LOCK, UNFINISHED = ".origins.json", ".lock", ".copy-"
LONGEST_STEM, LONGEST_FOLDER = 180, 40  # bytes; a file system takes names of 255
_SAMPLE = 20_000  # characters by which the language of a text is told
_log = logging.getLogger(__name__)

State = Literal["added", "replaced", "same", "removed", "failed"]
_WORDS: Mapping[Lang, Mapping[State, str]] = {
    "en": {"added": "added", "replaced": "replaced by its new version", "same": "already there", "removed": "removed"},
    "ko": {"added": "넣었어요", "replaced": "새 내용으로 바꿨어요", "same": "이미 있어요", "removed": "뺐어요"},
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. `name` is how the learner named it, `kept` its name in the library."""

    name: str
    state: State
    kept: str = ""
    error: TutorError | None = None

    def text(self, lang: Lang) -> str:
        """One line for the learner."""
        if self.error:
            return self.error.text(lang)
        if self.kept == Path(self.name).name:
            return f"{self.name}: {_WORDS[lang][self.state]}"
        as_kept = f"{self.kept}(으)로 " if lang == "ko" else ""
        return f"{self.name}: {as_kept}{_WORDS[lang][self.state]}" + (f", as {self.kept}" if lang == "en" else "")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the library as the index has it; `passages` is 0 where it could not be read."""

    name: str
    title: str
    lang: Lang
    passages: int

    def text(self, lang: Lang) -> str:
        """One line for the learner: "notes.pdf · On perceptrons · English · 12 passages"."""
        if not self.passages:
            return f"{self.name} · " + ("읽을 수 없어요" if lang == "ko" else "cannot be read")
        spoken = {"en": ("English", "Korean"), "ko": ("영어", "한국어")}[lang][self.lang == "ko"]
        amount = f"문단 {self.passages:,}개" if lang == "ko" else f"{self.passages:,} passages"
        parts = [self.name, *([self.title] if self.title != Path(self.name).stem else []), spoken, amount]
        return " · ".join(parts if self.passages != 1 or lang == "ko" else [*parts[:-1], "1 passage"])


# ---- reading -------------------------------------------------------------------------------------
def files(settings: Settings) -> list[Path]:
    """The files of the library that may be read, sorted; hidden ones are the library's own."""
    found = [path for path in settings.library.glob("*") if path.is_file() and os.access(path, os.R_OK)]
    return sorted(path for path in found if not path.name.startswith("."))


def documents(settings: Settings, known: Callable[[str], Document | None] = lambda ident: None) -> Iterator[Document]:
    """The library's files as documents, one by one; of one that cannot be read there is only a warning.

    Args:
        known: gives by its id a document that need not be extracted again, or None.
    """
    for path in files(settings):
        try:
            yield known(f"library/{path.name}") or document(path.name, _content(path, path.name))
        except CorpusError as error:
            _log.warning("Left out: %s", error.text())


def document(name: str, data: bytes) -> Document:
    """The file `name` of the library.

    Raises:
        CorpusError: as for `formats.extract`.
    """
    found = formats.extract(name, data)
    text = "\n".join(found.text.split("\n")[found.body_line - 1 :])
    return Document(
        id=f"library/{name}",
        slug=f"library/{name}",  # no article's
        title=normalise(" ".join(found.title.split()))[:200].strip() or Path(name).stem,
        lang=found.lang or language(text[:_SAMPLE]),
        path=f"library/{name}",
        text=found.text,
        body_line=found.body_line,
        places=found.places,
    )


def shelf(settings: Settings, passages: Iterable[Passage]) -> list[Entry]:
    """What lies in the library, and how much of it is among the `passages` of an index."""
    found: dict[str, list[Passage]] = {}
    for passage in passages:
        found.setdefault(passage.doc, []).append(passage)
    entries = []
    for path in sorted(_all(settings)):
        mine = found.get(f"library/{path.name}", [])
        title, lang = (mine[0].title, mine[0].lang) if mine else (path.stem, "en")
        entries.append(Entry(path.name, title, lang, len(mine)))
    return entries


# ---- adding and removing -------------------------------------------------------------------------
def add(settings: Settings, paths: Sequence[Path], *, uploaded: bool = False) -> Iterator[Outcome]:
    """Copy the files `paths`, and those in the folders among them, into the library; what became of each as it is done.

    Args:
        uploaded: the paths are temporary copies and say nothing about where the files come from.

    Raises:
        SettingError: the library cannot be written.
    """
    with _locked(settings):
        for left in settings.library.glob(f"{UNFINISHED}*"):  # of a program that was killed
            left.unlink(missing_ok=True)
        for path in paths:
            for found in _found(path):
                if isinstance(found, CorpusError):
                    yield Outcome(str(path), "failed", error=found)
                else:
                    origin, shown = ("", found.name) if uploaded else (os.path.realpath(found), _shown(found))
                    yield _add(settings, found, shown, origin)


def remove(settings: Settings, names: Sequence[str]) -> Iterator[Outcome]:
    """Take the files `names` out of the library.

    Raises:
        SettingError: the library cannot be written.
    """
    with _locked(settings):
        for given in names:
            name = normalise(given).removeprefix("library/")
            known = {path.name for path in _all(settings)}
            if name not in known:
                yield Outcome(given, "failed", error=_not_there(given, sorted(known)))
                continue
            with _writing(settings):
                (settings.library / name).unlink()
                _remember(settings, {n: o for n, o in _origins(settings).items() if n != name})
            yield Outcome(given, "removed", name)


def _add(settings: Settings, path: Path, shown: str, origin: str) -> Outcome:
    try:
        data = _content(path, shown)
        formats.extract(shown, data)
    except CorpusError as error:
        return Outcome(shown, "failed", error=error)
    name = _place(settings, _kept_name(path), data, origin)
    target = settings.library / name
    there = target.is_file()
    if there and target.read_bytes() == data:
        return Outcome(shown, "same", name)
    with _writing(settings):
        _write(target, data)
        _remember(settings, {**_origins(settings), name: origin})
    return Outcome(shown, "replaced" if there else "added", name)


def _place(settings: Settings, name: str, data: bytes, origin: str) -> str:
    """The name under which to keep a file: another one where a different file has come by this name."""
    origins, (stem, suffix) = _origins(settings), os.path.splitext(name)
    folder = _shortened(_kept_name(Path(origin).parent), LONGEST_FOLDER)
    tried = [name, *(f"{stem} ({part}){suffix}" for part in (folder, *(f"{folder} {n}" for n in range(2, 100))))]
    for candidate in tried:
        there = settings.library / candidate
        same_origin = not origin or origins.get(candidate, "") in ("", origin)
        if not there.is_file() or same_origin or there.read_bytes() == data:
            return candidate
    return name


def _kept_name(path: Path) -> str:
    """The file's name, NFC, valid as text, neither hidden nor too long."""
    name = normalise(os.fsencode(path.name).decode(errors="replace")).lstrip(". ") or "text"
    stem, suffix = os.path.splitext(name)
    return _shortened(stem, LONGEST_STEM) + suffix


def _shortened(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")


def _shown(path: Path) -> str:
    return os.fsencode(path).decode(errors="replace")


# ---- files ---------------------------------------------------------------------------------------
def _found(path: Path) -> Iterator[Path | CorpusError]:
    """`path` itself, or the files below it that can be read by their suffix; what cannot be had is an error each."""
    try:
        if not stat.S_ISDIR(path.stat().st_mode):
            yield path
            return
    except OSError as error:
        yield _cannot(path, error)
        return
    some, seen, waiting = False, set[tuple[int, int]](), [path]
    while waiting:
        folder = waiting.pop()
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                yield _loop(folder)
                continue
            seen.add((status.st_dev, status.st_ino))
            entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
        except OSError as error:
            yield _cannot(folder, error)
            continue
        readable = [entry for entry in entries if formats.suffix(entry.name) in formats.READERS and not entry.is_dir()]
        some = some or bool(readable)
        yield from readable
        waiting += reversed([entry for entry in entries if entry.is_dir()])
    if not some:
        known = ", ".join(formats.READERS)
        yield refusal(
            _shown(path),
            ("the folder holds no file that can be read", f"Known are {known}"),
            ("폴더에 읽을 수 있는 파일이 없어요", f"읽을 수 있는 형식: {known}"),
        )


def _content(path: Path, shown: str) -> bytes:
    """The bytes of a regular file; one that is too large is not read."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise refusal(
                shown,
                ("it is not a file but a device or a pipe", "Name a file."),
                ("파일이 아니라 장치나 파이프예요", "파일을 적어 주세요."),
            )
        if status.st_size > formats.BYTES:
            raise formats.too_large(shown, status.st_size)
        return path.read_bytes()
    except OSError as error:
        raise _cannot(path, error) from None


def _all(settings: Settings) -> list[Path]:
    """What lies in the library, readable or not."""
    return [p for p in settings.library.glob("*") if not p.name.startswith(".") and not p.is_dir()]


def _write(target: Path, data: bytes) -> None:
    unfinished = target.with_name(f"{UNFINISHED}{uuid.uuid4().hex[:8]}")
    unfinished.write_bytes(data)
    os.replace(unfinished, target)


def _origins(settings: Settings) -> dict[str, str]:
    try:
        found = json.loads((settings.library / ORIGINS).read_text("utf-8"))
        return {str(name): str(origin) for name, origin in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _remember(settings: Settings, origins: Mapping[str, str]) -> None:
    origins = {name: os.fsencode(origin).decode(errors="replace") for name, origin in origins.items()}
    _write(settings.library / ORIGINS, json.dumps(origins, ensure_ascii=False, indent=1).encode())


@contextmanager
def _locked(settings: Settings) -> Iterator[None]:
    """One program changes the library at a time."""
    with _writing(settings):
        settings.library.mkdir(parents=True, exist_ok=True)
        lock = FileLock(settings.library / LOCK)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _writing(settings: Settings) -> Iterator[None]:
    """Say what an OSError means for the library."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise SettingError(
            f"Your files cannot be kept in {settings.library}: {why}.",
            "Free some disk space, or name a folder that you may write to. Type: export TUTOR_LIBRARY=~/tutor-library",
            ko=(
                f"{settings.library}에 자료를 저장할 수 없어요: {why}.",
                "공간을 비우거나 쓸 수 있는 폴더를 정해 주세요. 입력: export TUTOR_LIBRARY=~/tutor-library",
            ),
        ) from error


# ---- what can go wrong ---------------------------------------------------------------------------
def _cannot(path: Path, error: OSError) -> CorpusError:
    shown = _shown(path)
    if error.errno == errno.ENOENT:
        return refusal(
            shown,
            ("there is no such file or folder", "Check how it is spelt."),
            ("그런 파일이나 폴더가 없어요", "이름을 다시 확인해 주세요."),
        )
    if error.errno == errno.ELOOP:
        return _loop(path)
    if error.errno in (errno.EACCES, errno.EPERM):
        return refusal(
            shown,
            ("you may not read it", f"Type: chmod u+r {shown!r}"),
            ("읽을 권한이 없어요", f"이렇게 입력하세요: chmod u+r {shown!r}"),
        )
    why = error.strerror or str(error)
    return refusal(
        shown, (f"it cannot be read ({why})", "Check the file."), (f"읽을 수 없어요({why})", "파일을 확인해 주세요.")
    )


def _loop(path: Path) -> CorpusError:
    return refusal(
        _shown(path),
        ("it is a link that leads back to where it lies", "It is passed over; remove the link."),
        ("제자리로 되돌아오는 링크예요", "건너뛰었어요. 링크를 지워 주세요."),
    )


def _not_there(name: str, known: Sequence[str]) -> CorpusError:
    near = get_close_matches(name, known, 1)
    listed = ", ".join(near or known[:10])
    return refusal(
        name,
        ("there is no such file among yours", f"There is: {listed}" if listed else "There is none yet."),
        ("내 자료에 그런 파일이 없어요", f"있는 파일: {listed}" if listed else "아직 넣은 자료가 없어요."),
    )
