"""The encoder that is shipped: what it is given to read, and what it tells when it is not there."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

from tutor.config import BUNDLED_ENCODER
from tutor.errors import SearchIndexError
from tutor.retrieval import encoder, ranking
from tutor.retrieval.builds import open_index


@pytest.mark.parametrize(
    ("title", "sentences", "text"),
    [
        ("퍼셉트론: 한계", ["XOR.", "점이 넷이다."], "퍼셉트론: 한계 [SEP] XOR. [SEP] 점이 넷이다."),
        ("BERT", [], "BERT"),
        ("BERT", ["A [MASK] hides."], "BERT [SEP] A  MASK  hides."),
        ("[CLS]", ["[SEP]"], " CLS  [SEP]  SEP "),
    ],
)
def test_what_is_encoded_of_a_passage(title, sentences, text):
    assert encoder.passage_text(title, sentences) == text


@pytest.mark.parametrize("typed", ["[SEP]", "[[SEP]]", "[[SEP]SEP]", "[CLS][PAD]", "그건 [SEP]이야?", "x[UNK]y [MASK]"])
def test_nothing_typed_is_read_as_a_special_token(typed):
    ids = encoder.question(typed).ids.tolist()
    special = set(encoder._encoder().tokenizer.all_special_ids)
    assert [i for i in ids if i in special] == [ids[0], ids[-1]]
    assert ids[-1] == encoder.end_id()


# glibc raises the size from which on a block is its own with every such block that is freed, up to 32 MB.
_BLOCKS = """
import ctypes
from tutor.retrieval import encoder
names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()
class Told(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in names]
libc = ctypes.CDLL(None)
libc.mallinfo2.restype = Told
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
libc.free(libc.malloc(30_000_000))
encoder._give_memory_back()
before = libc.mallinfo2().hblks
held = [libc.malloc(1_000_000) for _ in range(9)]
print(libc.mallinfo2().hblks - before)
"""


def test_large_blocks_go_back_to_the_system_as_they_are_freed():
    if sys.platform != "linux":
        return
    done = subprocess.run([sys.executable, "-c", _BLOCKS], capture_output=True, text=True, check=True)
    assert done.stdout == "9\n"


def test_it_is_loaded_without_a_word_whatever_was_imported_before():
    program = "import gradio; from tutor.retrieval import encoder; encoder.read('?')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_sentences_are_told_apart_whatever_stands_in_them():
    text = encoder.passage_text("T", ["A [SEP] stands here.", "둘째 [[SEP]] 문장."])
    assert encoder.read(text).ids.tolist().count(encoder.end_id()) == 3  # before each sentence, and at the end
    (found,) = ranking.scores("둘째 문장", [("T", ["A [SEP] stands here.", "둘째 [[SEP]] 문장."])])
    assert len(found) == 2
    assert found[1] > found[0]


def test_reading_gives_the_vector_that_encoding_gives():
    texts = ["Perceptron [SEP] It learns a line.", "퍼셉트론은 직선을 배운다."]
    for text, vector in zip(texts, encoder.encode(texts), strict=True):
        found = encoder.read(text)
        assert found.vector == pytest.approx(vector, abs=1e-5)
        assert found.tokens.shape == (len(found.ids), encoder.DIMENSIONS)
        assert np.linalg.norm(found.tokens, axis=1) == pytest.approx(np.ones(len(found.ids)), abs=1e-5)


def test_the_progress_of_encoding_is_told(monkeypatch):
    monkeypatch.setattr(encoder, "BATCH", 2)
    told = []
    assert encoder.encode(["a", "가", "b"], lambda *at: told.append(at)).shape == (3, encoder.DIMENSIONS)
    assert told == [(0, 3), (2, 3), (3, 3)]


def test_its_identity_is_name_and_hash():
    found = encoder.identity({})
    assert found["name"] == "tutor-embed"
    assert set(found) == {"name", "size", "mtime_ns", "sha256"}
    assert encoder.identity({**found, "name": "another", "sha256": "0"}) == found


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The encoder's folder in a copy without its weights."""
    found = tmp_path / "tutor-embed"
    shutil.copytree(BUNDLED_ENCODER, found, ignore=shutil.ignore_patterns(encoder.WEIGHTS))
    monkeypatch.setattr(encoder, "BUNDLED_ENCODER", found)
    return found


def test_weights_that_are_not_there_are_told(folder, settings):
    for doing in (lambda: encoder.identity({}), lambda: open_index(settings)):
        with pytest.raises(SearchIndexError) as told:
            doing()
        assert told.value.text("en").startswith(f"The text encoder in {folder} cannot be used: there is no model.saf")
        assert told.value.text("ko").startswith(f"{folder}의 문장 인코더를 쓸 수 없어요: model.safetensors 파일이 없")
        assert all("git checkout -- tutor/models/tutor-embed" in told.value.text(lang) for lang in ("en", "ko"))


@pytest.mark.parametrize("weights", [None, b"", b"no weights", b"version https://git-lfs.github.com/spec/v1"])
def test_weights_that_cannot_be_read_are_told(folder, weights):
    if weights is not None:
        (folder / encoder.WEIGHTS).write_bytes(weights)
    with pytest.raises(SearchIndexError) as told:
        encoder.encode(["a"])
    assert f"{folder} cannot be used" in told.value.text("en")
    assert "읽을 수 없어요" in told.value.text("ko")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "modules.json"])
def test_a_folder_that_is_damaged_is_told(folder, name):
    (folder / encoder.WEIGHTS).symlink_to(BUNDLED_ENCODER / encoder.WEIGHTS)
    (folder / name).write_text("{")
    with pytest.raises(SearchIndexError, match="cannot be used"):
        encoder.encode(["a"])


@pytest.mark.slow
def test_questions_read_together_are_as_those_read_alone(monkeypatch):
    texts = ["AlexNet의 매개변수는 몇 개야?", "?", "How many parameters does AlexNet have, and how many neurons?"]
    monkeypatch.setattr(encoder, "_known", {})
    together = encoder.questions([*texts, texts[0]])
    assert together[3] is together[0]
    for text, found in zip(texts, together, strict=False):
        alone = encoder.read(text)
        assert found.ids.tolist() == alone.ids.tolist()
        assert np.allclose(found.vector, alone.vector, atol=1e-5)
        assert np.allclose(found.tokens, alone.tokens, atol=1e-5)


@pytest.mark.slow
def test_the_newest_questions_are_kept(monkeypatch):
    monkeypatch.setattr(encoder, "_known", {})
    monkeypatch.setattr(encoder, "KNOWN_QUESTIONS", 2)
    first = encoder.question("one")
    assert encoder.question("one") is first
    encoder.questions(["two", "three"])
    assert list(encoder._known) == ["two", "three"]
