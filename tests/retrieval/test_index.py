import errno
import json
import math
import os
import resource
import subprocess
import sys
import unicodedata

import numpy as np
import pytest

from tests.cases import TEXTS
from tutor.errors import CorpusError, SearchIndexError
from tutor.retrieval import dense
from tutor.retrieval.evidence import COVERED
from tutor.retrieval.index import _writing, open_index


def test_what_is_in_it(index):
    assert sorted(index.documents) == ["en/lstm", "en/perceptron", "ko/lstm", "ko/perceptron", "seeds/note"]
    assert index.document("ko/lstm").title == "LSTM"
    assert [p.doc for p in index.passages].count("en/perceptron") == 2
    with pytest.raises(SearchIndexError, match="no document 'en/none'"):
        index.document("en/none")


@pytest.mark.parametrize(
    ("question", "lang", "best"),
    [
        ("Who invented the perceptron?", "en", "en/perceptron"),
        ("Why can it not learn XOR?", "en", "en/perceptron"),
        ("machines with a memory", "en", "en/lstm"),
        ("Jurgen Schmidhuber", "en", "en/lstm"),
        ("퍼셉트론은 누가 만들었어?", "ko", "ko/perceptron"),
        ("퍼셉트론을 설명해줘", "ko", "ko/perceptron"),
        ("LSTM은 언제 나왔어?", "ko", "ko/lstm"),
        ("오블완이 뭐야?", "ko", "seeds/note"),
        ("Who is 로젠블라트?", "en", "ko/perceptron"),
    ],
)
def test_the_right_document_stands_first(index, question, lang, best):
    assert index.search(question, lang=lang)[0].passage.doc == best


def test_twins_are_folded(index):
    found = {hit.passage.doc for hit in index.search("perceptron LSTM 1957 XOR", lang="en")}
    assert found <= {"en/perceptron", "en/lstm", "seeds/note"}
    found = {hit.passage.doc for hit in index.search("Perceptron LSTM 1957 XOR", lang="ko")}
    assert found == {"ko/perceptron", "ko/lstm"}


def test_hits_say_where_their_rank_came_from(index):
    first = index.search("Who invented the perceptron?", lang="en")[0]
    assert (first.bm25_rank, first.dense_rank) == (1, 1)
    assert first.score == pytest.approx(2 / 61)
    korean = index.search("퍼셉트론", lang="ko")[0]
    assert (korean.bm25_rank, korean.dense_rank) == (1, None)


def test_unicode_forms_find_the_same(index):
    composed = "퍼셉트론은 누가 발명했어?"
    assert index.search(unicodedata.normalize("NFD", composed), lang="ko") == index.search(composed, lang="ko")


@pytest.mark.parametrize(("question", "lang"), TEXTS)
@pytest.mark.parametrize("k", [1, 100])
def test_any_text_may_be_asked(index, question, lang, k):
    hits = index.search(question, lang=lang, k=k)
    assert len(hits) <= k
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    assert 0 <= index.coverage(question, hits) <= 1
    for found in index.evidence(question, hits):
        assert found.text in found.passage.text


def test_nothing_asked_finds_nothing(index):
    assert index.search(" ", lang="en") == index.search("", lang="ko") == []
    assert index.evidence("", []) == []


def test_evidence_and_coverage(index):
    for question, lang, answer in (
        ("Who invented the perceptron?", "en", "Frank Rosenblatt invented the perceptron in 1957."),
        ("퍼셉트론은 왜 XOR를 못 풀어?", "ko", "단층 퍼셉트론은 XOR를 풀 수 없다."),
    ):
        hits = index.search(question, lang=lang)
        assert index.evidence(question, hits)[0].text == answer
        assert index.coverage(question, hits) > 0.5
        assert index.confidence(question, hits) >= COVERED
    for question, lang in (("How do I cook kimchi stew?", "en"), ("김치찌개는 어떻게 끓여?", "ko")):
        assert index.coverage(question, index.search(question, lang=lang)) < 0.3
        assert index.confidence(question, index.search(question, lang=lang)) < COVERED


def test_confidence_counts_the_words_that_no_source_holds(index):
    hits = index.search("perceptron kimchi", lang="en")
    # idf by hand: ln(1 + (N - df + 0.5) / (df + 0.5)), kimchi in none of the N passages
    n, df = len(index.passages), sum("perceptron" in f"{p.title} {p.text}".lower() for p in index.passages)
    held, strange = (math.log(1 + (n - d + 0.5) / (d + 0.5)) for d in (df, 0))
    known = held / (held + strange)
    assert index.confidence("perceptron kimchi", hits) == pytest.approx(
        (index.coverage("perceptron kimchi", hits) + known) / 2
    )


def test_embeddings_are_unit_vectors_of_the_english_sentences(index):
    vectors = index.vectors()
    assert "The perceptron learns a line." in vectors
    assert len(vectors) == 5
    assert np.linalg.norm(list(vectors.values()), axis=1) == pytest.approx(np.ones(5))


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


NAMES = ("documents.jsonl", "passages.jsonl", "vectors.faiss", "data.csc.index.npy", "vocab.index.json")


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
    true = dense.identity({})
    assert len(true["sha256"]) == 64
    assert dense.identity({**true, "sha256": "taken over"})["sha256"] == "taken over"
    assert dense.identity({**true, "size": 1, "sha256": "taken over"}) == true


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
from tutor.retrieval.index import open_index
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
