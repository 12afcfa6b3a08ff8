"""Opening and building: what makes an index stale, what may be wrong with it, and what the disk may do."""

import errno
import json
import os
import resource
import subprocess
import sys

import pytest

from tutor.errors import CorpusError, SearchIndexError
from tutor.retrieval import encoder
from tutor.retrieval.builds import _writing, open_index


# ---- opening ---------------------------------------------------------------------------------------
def stages(settings, **given):
    """The stages that opening went through; none if the index on disk was taken."""
    seen = []
    index = open_index(settings, progress=lambda stage, done, total: seen.append(stage), **given)
    assert len(index.passages) >= 7
    assert index.search("perceptron", lang="en")[0].passage.doc == "en/perceptron"
    return list(dict.fromkeys(seen))


def manifest(settings):
    return json.loads((settings.index / "manifest.json").read_text("utf-8"))


def artefacts(settings):
    folder = settings.index / manifest(settings)["folder"]
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_sound_index_is_taken_as_it_is(copied):
    before = manifest(copied)
    assert stages(copied) == []
    assert manifest(copied) == before


def test_rebuild_on_demand_leaves_one_build(copied):
    before = manifest(copied)
    (copied.index / "build-crashed").mkdir()
    assert stages(copied, rebuild=True) == ["read", "words", "done"]  # every sentence's embedding is known
    after = manifest(copied)
    assert after["folder"] != before["folder"]
    assert after["artefacts"] == before["artefacts"]
    assert sorted(p.name for p in copied.index.glob("build-*")) == [after["folder"]]


NAMES = (
    *("documents.jsonl", "passages.jsonl", "passages.starts.npy", "rows.of.npy", "own.npy", "vectors.faiss"),
    *("data.csc.index.npy", "words.json", "sentences.keys.npy"),
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("harm", ["truncate", "flip", "delete", "empty"])
def test_a_damaged_file_is_noticed_and_made_again(copied, name, harm):
    (path,) = [path for path in artefacts(copied) if path.name == name]
    raw = path.read_bytes()
    if harm == "delete":
        path.unlink()
    else:
        middle = len(raw) // 2
        flipped = raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :]
        path.write_bytes({"truncate": raw[:middle], "flip": flipped, "empty": b""}[harm])
    assert stages(copied)[-1] == "done"
    assert stages(copied) == []


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", '{"inputs": 1}', '{"inputs": {}, "folder": "x"}'])
def test_a_broken_manifest(copied, content):
    (copied.index / "manifest.json").write_text(content)
    assert stages(copied)[-1] == "done"


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("format", 0),
        ("chunking", {"characters": {"en": 1, "ko": 1}}),
        ("tokenizer", {}),
        ("code", "0"),
        ("encoder", {"sha256": "0"}),
    ],
)
def test_another_version_of_anything_makes_it_stale(copied, part, value):
    changed = manifest(copied)
    changed["inputs"][part] = value
    (copied.index / "manifest.json").write_text(json.dumps(changed))
    assert stages(copied)[-1] == "done"


def test_counts_that_do_not_fit(copied):
    changed = manifest(copied)
    changed["counts"]["passages"] += 1
    (copied.index / "manifest.json").write_text(json.dumps(changed))
    assert stages(copied)[-1] == "done"


def test_a_changed_a_new_and_a_removed_source(copied):
    path = copied.corpus / "en" / "lstm.md"
    path.write_text(path.read_text("utf-8") + "\nIt has a forget gate.\n", "utf-8")
    assert stages(copied) == ["read", "words", "embed", "done"]
    (copied.seeds / "new.txt").write_text("새 노트이다.", "utf-8")
    assert "seeds/new" in open_index(copied).documents
    (copied.seeds / "new.txt").unlink()
    assert "seeds/new" not in open_index(copied).documents


def test_a_source_broken_later_is_said_and_the_old_build_kept(copied):
    before = manifest(copied)
    (copied.corpus / "en" / "lstm.md").write_text("---\ntitle: not closed", "utf-8")
    with pytest.raises(CorpusError, match=r"lstm\.md, line 1"):
        open_index(copied)
    assert manifest(copied) == before


def test_the_weights_are_not_hashed_again_while_the_file_is_the_same():
    true = encoder.identity({})
    assert len(true["sha256"]) == 64
    assert encoder.identity({**true, "sha256": "taken over"})["sha256"] == "taken over"
    assert encoder.identity({**true, "size": 1, "sha256": "taken over"}) == true


# ---- what the disk may do ---------------------------------------------------------------------------
def test_no_room(copied):
    """The kernel refuses to write past 4 kB, as a full disk would; the old build must live on."""
    before, old = manifest(copied), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, old[1]))
    try:
        with pytest.raises(SearchIndexError, match="no room left") as error:
            open_index(copied, rebuild=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert "공간" in error.value.text("ko")
    assert [p.name for p in copied.index.glob("build-*")] == [before["folder"]]
    assert stages(copied) == []


def test_a_place_that_cannot_be_a_folder(settings):
    settings.index.write_text("a file")
    with pytest.raises(SearchIndexError, match="cannot be written to") as error:
        open_index(settings)
    assert "TUTOR_INDEX" in error.value.hint


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_read_only(tmp_path, code):
    with pytest.raises(SearchIndexError, match=os.strerror(code)), _writing(tmp_path):
        raise OSError(code, os.strerror(code))


OPEN = """
import sys
from pathlib import Path
from tutor.config import Settings
from tutor.retrieval.builds import open_index
root = Path(sys.argv[1])
stages = []
index = open_index(Settings(corpus=root / "corpus", seeds=root / "seeds", index=root / "index"),
                   progress=lambda stage, done, total: stages.append(stage))
print(len(index.passages), "built" if stages else "read", index.search("퍼셉트론", lang="ko")[0].passage.doc)
"""


@pytest.mark.slow
def test_two_processes_at_once_build_it_once(settings):
    root = settings.corpus.parent
    started = [
        subprocess.Popen([sys.executable, "-c", OPEN, str(root)], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = sorted(process.communicate(timeout=300)[0].split() for process in started)
    assert said == [["7", "built", "ko/perceptron"], ["7", "read", "ko/perceptron"]]
    assert stages(settings) == []


def test_a_sound_index_opens_without_the_encoder(copied):
    code = OPEN + "\nassert not {'torch', 'sentence_transformers'} & set(sys.modules)\n"
    done = subprocess.run(
        [sys.executable, "-c", code, str(copied.corpus.parent)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1] == "read"
