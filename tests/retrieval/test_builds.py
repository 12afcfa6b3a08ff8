"""Opening and building: what makes an index stale, what may be wrong with it, and what the disk may do."""

import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from tutor.errors import CorpusError, SearchIndexError
from tutor.retrieval import builds, encoder, ingest, manifests, stores
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
    assert stages(copied, rebuild=True) == ["read", "words", "done"]  # every passage's embedding is known
    after = manifest(copied)
    assert after["folder"] != before["folder"]
    assert after["artefacts"] == before["artefacts"]
    assert sorted(p.name for p in copied.index.glob("build-*")) == [after["folder"]]


NAMES = (
    *("documents.jsonl", "passages.jsonl", "passages.starts.npy", "passages.of.npy", "own.npy", "vectors.faiss"),
    *("data.csc.index.npy", "words.json", "embedded.keys.npy"),
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


@pytest.mark.parametrize("pair", [("documents.jsonl", "passages.jsonl"), ("passages.of.npy", "own.npy")])
def test_swapped_files_are_noticed(copied, pair):
    folder = copied.index / manifest(copied)["folder"]
    one, other = (folder / name for name in pair)
    one.rename(folder / "aside")
    other.rename(one)
    (folder / "aside").rename(other)
    assert stages(copied)[-1] == "done"


def test_the_files_of_another_build_are_noticed(copied, settings):
    (settings.seeds / "more.md").write_text("# More\n\nA Hopfield network recalls.", "utf-8")
    open_index(settings)
    ours, theirs = (s.index / manifest(s)["folder"] for s in (copied, settings))
    shutil.copy(theirs / "vectors.faiss", ours / "vectors.faiss")
    assert stages(copied)[-1] == "done"


def test_a_large_build_is_hashed_again_where_a_file_is_not_as_it_was(copied, monkeypatch, caplog):
    monkeypatch.setattr(builds, "HASHED", 0)
    assert stages(copied) == []
    hashed = []
    monkeypatch.setattr(builds, "_sha256", lambda path, real=builds._sha256: hashed.append(path.name) or real(path))
    assert (stages(copied), hashed) == ([], [])
    (path,) = [path for path in artefacts(copied) if path.name == "vectors.faiss"]
    raw, times = path.read_bytes(), path.stat()
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + 1))
    assert stages(copied) == []
    assert "vectors.faiss" in hashed
    path.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    assert stages(copied)[-1] == "done"
    assert "vectors.faiss is damaged" in caplog.text


@pytest.mark.parametrize("stamp", ["", "[]", "{}", '{"files": {}, "artefacts": {}}'])
def test_a_broken_stamp_only_costs_the_hashing(copied, monkeypatch, stamp):
    monkeypatch.setattr(builds, "HASHED", 0)
    (copied.index / manifest(copied)["folder"] / builds.STAMP).write_text(stamp)
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


def test_whatever_writes_a_build_is_part_of_its_version():
    used = (getattr(value, "__module__", None) or getattr(value, "__name__", "") for value in vars(ingest).values())
    modules = {name for name in used if name.startswith("tutor.")} - {"tutor.types"}
    assert {"tutor.text", "tutor.retrieval.spelling", "tutor.retrieval.layout"} <= modules
    assert {name.removeprefix("tutor.").replace(".", "/") + ".py" for name in modules} <= set(manifests.CODE)


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


@pytest.mark.parametrize(("bad", "said"), [(np.nan, "nan"), (np.inf, "inf"), (0.5, "0.5")])
def test_an_encoder_gone_wrong_is_said_and_the_old_build_answers(copied, monkeypatch, bad, said):
    before = manifest(copied)
    path = copied.corpus / "en" / "lstm.md"
    told = path.read_text("utf-8")
    path.write_text(told + "\nIt has a forget gate.\n", "utf-8")
    wrong = np.zeros((1, encoder.DIMENSIONS), np.float32)
    wrong[0, 0] = bad
    monkeypatch.setattr(encoder, "encode", lambda texts, progress=None: np.repeat(wrong, len(texts), axis=0))
    with pytest.raises(SearchIndexError, match=f"a vector of length {said} instead of 1"):
        open_index(copied)
    assert manifest(copied) == before
    assert [p.name for p in copied.index.glob("build-*")] == [before["folder"]]
    path.write_text(told, "utf-8")
    monkeypatch.undo()
    assert stages(copied) == []


def test_an_open_index_answers_on_while_it_is_built_anew(copied):
    old = open_index(copied)
    open_index(copied, rebuild=True).search("gate", lang="en")
    assert old.search("gates", lang="en")[0].passage.doc == "en/lstm"
    assert old.document("ko/lstm").title == "LSTM"


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
print(len(index.passages), "built" if stages else "read", index.holding("퍼셉트론")[0].doc)
"""


KILLED = """
import os, signal, sys
from pathlib import Path
from tutor.config import Settings
from tutor.retrieval.builds import open_index
root = Path(sys.argv[1])
def progress(stage, done, total):
    if (stage, done) == ("words", 3):
        os.kill(os.getpid(), signal.SIGKILL)
open_index(Settings(corpus=root / "corpus", seeds=root / "seeds", index=root / "index"),
           rebuild=True, progress=progress)
"""


def test_killed_while_building(copied):
    before = manifest(copied)
    command = [sys.executable, "-c", KILLED, str(copied.corpus.parent)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    left = {path.name for path in copied.index.glob("build-*")}
    assert len(left) == 2
    assert before["folder"] in left
    assert stages(copied) == []
    assert stages(copied, rebuild=True)[-1] == "done"
    assert [p.name for p in copied.index.glob("build-*")] == [manifest(copied)["folder"]]


@pytest.mark.slow
def test_two_processes_rebuild_at_once(copied):
    code = OPEN.replace("progress=", "rebuild=True, progress=")
    command = [sys.executable, "-c", code, str(copied.corpus.parent)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=300)[0].split() for process in started]
    assert said == [["7", "built", "ko/perceptron"]] * 2
    assert stages(copied) == []
    assert [p.name for p in copied.index.glob("build-*")] == [manifest(copied)["folder"]]


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


# ---- vectors in Milvus ------------------------------------------------------------------------------
def test_the_vectors_may_lie_in_milvus(copied, index):
    moved = replace(copied, index_uri=str(copied.index / "vectors.db"))
    assert stages(moved)[-2:] == ["words", "done"]  # the embeddings are taken over
    found = open_index(moved)
    for question in ("Who invented the perceptron?", "machines with a memory", "Who is 로젠블라트?"):
        hits = found.search(question, lang="en")
        wanted = index.search(question, lang="en")
        assert [hit.score for hit in hits] == pytest.approx([hit.score for hit in wanted], abs=1e-5)
        assert [replace(hit, score=0.0, cosine=0.0) for hit in hits] == [
            replace(hit, score=0.0, cosine=0.0) for hit in wanted
        ]
        assert [e.text for e in found.evidence(question, hits)] == [e.text for e in index.evidence(question, hits)]
    assert not list(copied.index.rglob("*.faiss"))
    found.vectors.close()


def test_a_rebuild_leaves_one_collection_in_milvus(copied):
    moved = replace(copied, index_uri=str(copied.index / "vectors.db"))
    first = open_index(moved)
    last = open_index(moved, rebuild=True)
    assert last.search("gates", lang="en")[0].passage.doc == "en/lstm"
    with pytest.raises(SearchIndexError, match="Milvus does not do"):
        first.search("What keeps a memory?", lang="en")
    assert manifest(moved)["inputs"]["store"] == moved.index_uri
    assert stages(moved) == []
    last.vectors.close()


def test_milvus_that_lost_the_vectors_is_filled_again(copied):
    moved = replace(copied, index_uri=str(copied.index / "vectors.db"))
    open_index(moved).vectors.close()
    stores.remove(moved.index_uri, moved.index / manifest(moved)["folder"])
    assert stages(moved)[-2:] == ["embed", "done"]
