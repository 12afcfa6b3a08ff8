"""The learner's library: what goes in, what comes out, and that it is whole whatever happens."""

import json
import os
import signal
import subprocess
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

import made
import pytest
import small_corpus

from tutor.corpus import articles, formats, library
from tutor.errors import SettingError
from tutor.retrieval import builds, encoder
from tutor.retrieval.builds import open_index

TEXT = "The Kraken network was made in 2031."


@pytest.fixture
def settings(tmp_path):
    return small_corpus.write(tmp_path)


@pytest.fixture
def home(tmp_path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def written(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def add(settings, *paths: Path) -> list[tuple[str, str]]:
    """(name in the library, what became of it) of each file."""
    return [(outcome.kept, outcome.state) for outcome in library.add(settings, paths)]


# ---- adding --------------------------------------------------------------------------------------
def test_a_file_is_kept_byte_for_byte_and_once(settings, home):
    note = written(home / "note.txt", TEXT.encode("utf-16"))
    assert add(settings, note) == [("note.txt", "added")]
    assert add(settings, note) == [("note.txt", "same")]
    note.unlink()
    assert (settings.library / "note.txt").read_bytes() == TEXT.encode("utf-16")
    assert [d.text for d in library.documents(settings)] == [TEXT]
    assert articles.read(settings)[-1].id == "library/note.txt"


def test_a_file_that_changed_takes_its_old_place(settings, home):
    note = written(home / "note.txt", TEXT)
    add(settings, note)
    written(note, "Another text.")
    assert add(settings, note) == [("note.txt", "replaced")]
    assert [d.text for d in library.documents(settings)] == ["Another text."]


def test_another_file_of_the_same_name_is_kept_beside_it(settings, home):
    one, two = written(home / "a" / "note.md", "One."), written(home / "b" / "note.md", "Two.")
    three = written(home / "c" / "b" / "note.md", "Three.")
    assert add(settings, one, two, three) == [
        ("note.md", "added"),
        ("note (b).md", "added"),
        ("note (b 2).md", "added"),
    ]
    assert add(settings, one, two, three) == [
        ("note.md", "same"),
        ("note (b).md", "same"),
        ("note (b 2).md", "same"),
    ]
    written(two, "Two again.")
    outcome = next(library.add(settings, [two]))
    assert (outcome.kept, outcome.state) == ("note (b).md", "replaced")
    assert outcome.text("en") == f"{two}: replaced by its new version, as note (b).md"
    assert outcome.text("ko") == f"{two}: note (b).md(으)로 새 내용으로 바꿨어요"


def test_what_is_uploaded_says_nothing_of_where_it_comes_from(settings, home):
    add(settings, written(home / "a" / "note.md", "One."))
    found = list(library.add(settings, [written(home / "tmp1" / "note.md", "Two.")], uploaded=True))
    assert [(o.name, o.kept, o.state) for o in found] == [("note.md", "note.md", "replaced")]


def test_a_folder_gives_its_readable_files(settings, home):
    for name in ("b.md", "a.TXT", "deep/er/c.html", ".hidden.md", ".git/d.md", "picture.png"):
        written(home / name, "<p>Text.")
    assert add(settings, home) == [("a.TXT", "added"), ("b.md", "added"), ("c.html", "added")]
    (outcome,) = library.add(settings, [written(home / "e" / "x.png", "").parent])
    assert outcome.text("en").startswith(f"{home / 'e'}: the folder holds no file that can be read.")


def test_a_link_that_leads_back_is_told_once_and_the_rest_goes_in(settings, home):
    written(home / "a.md", "Text.")
    (home / "sub").mkdir()
    (home / "sub" / "back").symlink_to(home)
    (home / "self.md").symlink_to(home / "self.md")
    found = list(library.add(settings, [home]))
    assert [o.state for o in found] == ["added", "failed", "failed"]
    assert [o.text("en").split(":")[0] for o in found[1:]] == [f"{home}/self.md", f"{home}/sub/back"]
    assert all("link that leads back" in o.error.text("en") for o in found if o.error)


def test_names_are_composed_and_shortened_and_not_hidden(settings, home):
    decomposed = written(home / unicodedata.normalize("NFD", "퍼셉트론.md"), "글이다.")
    long, hidden = written(home / ("가" * 82 + ".md"), "Long."), written(home / "..x.md", "Hidden.")
    assert add(settings, decomposed, long, hidden) == [
        ("퍼셉트론.md", "added"),
        ("가" * 60 + ".md", "added"),
        ("x.md", "added"),
    ]
    assert [d.id for d in library.documents(settings)][2] == "library/퍼셉트론.md"
    strange = Path(os.fsdecode(bytes(home) + b"/\xb0\xa1.txt"))
    strange.write_bytes(TEXT.encode())
    assert add(settings, strange) == [("\ufffd\ufffd.txt", "added")]
    json.dumps([o.text("ko") for o in library.add(settings, [strange])], ensure_ascii=False).encode()


def test_one_bad_file_does_not_stop_the_others(settings, home, monkeypatch):
    monkeypatch.setattr(formats, "BYTES", 100_000)
    bad = {
        home / "missing.md": "no such file",
        written(home / "empty.txt", b""): "empty",
        written(home / "binary.md", b"\x00\x01"): "UTF-8",
        written(home / "book.hwp", b"x"): "'.hwp' cannot be read",
        written(home / "big.txt", b"a" * 100_001): "MB is the most",
        written(home / "locked.pdf", made.pdf([["x"]], password="p")): "password",
        written(home / "broken.docx", b"PK"): "broken",
        written(home / "head.md", b"---\ntitle: x\n"): "not closed",
    }
    os.mkfifo(home / "pipe.md")
    good = written(home / "good.md", "Text.")
    found = list(library.add(settings, [*bad, home / "pipe.md", good]))
    assert [o.state for o in found] == ["failed"] * 9 + ["added"]
    for outcome, said in zip(found, [*bad.values(), "device or a pipe"], strict=False):
        assert said in outcome.text("en")
        assert outcome.text("ko").startswith(f"{home}/")
        assert "\n" not in outcome.text("ko")
    assert [path.name for path in library.files(settings)] == ["good.md"]


@pytest.mark.parametrize(
    ("error", "said"), [(PermissionError(13, "Permission denied"), "chmod"), (OSError(5, "I/O error"), "I/O error")]
)
def test_a_file_that_may_not_be_read_is_told(settings, home, monkeypatch, error, said):
    note, read = written(home / "note.md", TEXT), Path.read_bytes

    def refuse(path):
        if path == note:
            raise error
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)  # root may read everything
    (outcome,) = library.add(settings, [note])
    assert said in outcome.text("en")


def test_a_library_that_cannot_be_written_is_told(settings, home):
    note = written(home / "note.md", TEXT)
    with pytest.raises(SettingError, match="TUTOR_LIBRARY"):
        list(library.add(replace(settings, library=note / "inside"), [note]))


# ---- removing and listing ------------------------------------------------------------------------
def test_what_is_removed_is_gone_and_what_is_not_there_is_told(settings, home):
    add(settings, written(home / "노트.md", "글이다."), written(home / "b.md", "Text."))
    name = unicodedata.normalize("NFD", "노트.md")
    found = list(library.remove(settings, [name, "library/b.md", "b.md", "../corpus/en/lstm.md"]))
    assert [o.state for o in found] == ["removed", "removed", "failed", "failed"]
    assert library.files(settings) == []
    assert (settings.corpus / "en" / "lstm.md").is_file()
    assert json.loads((settings.library / library.ORIGINS).read_text("utf-8")) == {}


def test_a_near_name_is_offered(settings, home):
    add(settings, written(home / "notes.md", "Text."), written(home / "other.pdf", made.pdf([["Text."]])))
    assert next(library.remove(settings, ["note.md"])).error.hint == "There is: notes.md"


def test_the_shelf_tells_what_the_index_has_of_each_file(settings, home):
    add(settings, written(home / "a.pdf", made.pdf([["첫 문장이다."]], title="제목")), written(home / "b.txt", TEXT))
    shelf = library.shelf(settings, open_index(settings).passages)
    assert [entry.text("en") for entry in shelf] == ["a.pdf · 제목 · Korean · 1 passage", "b.txt · English · 1 passage"]
    assert [entry.text("ko") for entry in shelf] == ["a.pdf · 제목 · 한국어 · 문단 1개", "b.txt · 영어 · 문단 1개"]


def test_a_file_broken_by_hand_is_left_out_with_a_warning(settings, home, caplog):
    add(settings, written(home / "a.md", "Text."), written(home / "b.md", TEXT))
    written(settings.library / "a.md", "---\ntitle: [\n")
    index = open_index(settings)
    assert [ident for ident in index.documents if ident.startswith("library/")] == ["library/b.md"]
    assert "Left out: a.md" in caplog.text
    assert library.shelf(settings, index.passages)[0].text("ko") == "a.md · 읽을 수 없어요"


# ---- with the index ------------------------------------------------------------------------------
def test_adding_makes_the_index_stale_and_only_what_is_new_is_extracted_and_embedded(settings, home, monkeypatch):
    add(settings, written(home / "old.md", TEXT))
    open_index(settings)
    add(settings, written(home / "new.txt", "A quokka wrote this.\n\nIt is short."))
    read, embedded = [], []
    document, encode = library.document, encoder.encode
    monkeypatch.setattr(library, "document", lambda name, data: read.append(name) or document(name, data))
    monkeypatch.setattr(encoder, "encode", lambda texts, p=None: embedded.extend(texts) or encode(texts, p))
    index = open_index(settings)
    assert read == ["new.txt"]
    assert embedded == ["new [SEP] A quokka wrote this. [SEP] It is short."]
    assert index.search("Who wrote this, a quokka?", lang="en")[0].passage.doc == "library/new.txt"
    list(library.remove(settings, ["new.txt"]))
    assert "library/new.txt" not in open_index(settings).documents


def test_a_library_file_is_no_twin_of_an_article(settings, home):
    add(settings, written(home / "perceptron.md", "# Perceptron\n\n내 노트에는 퍼셉트론이 물고기라고 적혀 있다."))
    index = open_index(settings)
    assert {"en/perceptron", "ko/perceptron", "library/perceptron.md"} <= set(index.documents)
    assert index.search("물고기 퍼셉트론", lang="en")[0].passage.doc == "library/perceptron.md"


KILLED = """
import os, pickle, signal, sys
from tutor.corpus import library
from tutor.retrieval.builds import open_index
settings, paths, where = pickle.load(sys.stdin.buffer)
kill = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
if where == "copy":
    library.os.replace = kill
list(library.add(settings, paths))
open_index(settings, progress=lambda stage, *_: kill() if stage == where else None)
"""


@pytest.mark.parametrize(("where", "kept"), [("copy", 0), ("read", 2), ("words", 2), ("embed", 2)])
def test_killed_in_the_middle_nothing_is_half_done(settings, home, where, kept):
    import pickle

    paths = [written(home / "one.md", TEXT), written(home / "two.md", "A quokka wrote this.")]
    open_index(settings)
    before = (settings.index / "manifest.json").read_bytes()
    done = subprocess.run([sys.executable, "-c", KILLED], input=pickle.dumps((settings, paths, where)))
    assert done.returncode == -signal.SIGKILL
    assert (settings.index / "manifest.json").read_bytes() == before
    assert builds._read(settings, json.loads(before)).search("Who invented the perceptron?", lang="en")
    assert len(library.files(settings)) == kept
    assert [s for _, s in add(settings, *paths)] == (["same"] * 2 if kept else ["added"] * 2)
    assert open_index(settings).search("Which year had the Kraken network?", lang="en")[0].passage.text == TEXT
    assert not list(settings.library.glob(f"{library.UNFINISHED}*"))
