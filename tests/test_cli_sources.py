"""The commands for the learner's own files: what they print, in both languages, and their exit status."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import small_corpus
from terminal import run

from tutor.console import _address
from tutor.types import Passage

HANGUL = re.compile("[가-힣]")


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A folder with two texts and a broken one; the tutor's own folders lie beside it."""
    settings = small_corpus.write(tmp_path)
    for name in ("corpus", "seeds", "library", "index"):
        monkeypatch.setenv(f"TUTOR_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "kraken.txt").write_text("The Kraken network was made in 2031.", "utf-8")
    (folder / "노트.md").write_bytes("# 내 노트\n\n크라켄은 바다에서 배운다.".encode("cp949"))
    (folder / "torn.pdf").write_bytes(b"%PDF-1.7")
    return folder


def test_add_list_and_remove(capsys, home):
    status, out, err = run(capsys, "add", str(home))
    assert status == 1
    assert out.splitlines() == [
        f"{home}/kraken.txt: added",
        f"{home}/노트.md: added",
        "The index is up to date; passages of your files: 2.",
    ]
    assert f"{home}/torn.pdf: it is broken, or no .pdf file at all" in err
    assert run(capsys, "sources")[:2] == (
        0,
        "kraken.txt · English · 1 passage\n노트.md · 내 노트 · Korean · 1 passage\n",
    )
    status, out, err = run(capsys, "remove", "노트.md", "노트.md", "--lang", "ko")
    assert status == 1
    assert out.splitlines() == ["노트.md: 뺐어요", "색인을 새로 맞췄어요. 내 자료의 문단은 1개예요."]
    assert err.startswith("노트.md: 내 자료에 그런 파일이 없어요.")
    assert run(capsys, "remove", "kraken.txt")[0] == 0
    assert run(capsys, "sources", "--lang", "ko")[1] == "아직 없어요. 입력: tutor add 파일\n"


def test_nothing_good_leaves_the_index_alone(capsys, home):
    status, out, err = run(capsys, "add", str(home / "torn.pdf"), str(home / "missing.md"), "--lang", "ko")
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 2
    assert all(HANGUL.search(line) for line in err.splitlines())
    assert not (home.parent / "index").exists()


@pytest.mark.parametrize("command", ["add", "remove"])
def test_a_name_is_needed(capsys, home, command):
    assert run(capsys, command)[0] == 2


def test_a_library_that_cannot_be_written_is_one_line(home):
    environment = {**os.environ, "TUTOR_LIBRARY": str(home / "kraken.txt" / "x"), "LC_ALL": "ko_KR.UTF-8"}
    command = [sys.executable, "-m", "tutor", "add", str(home / "kraken.txt")]
    done = subprocess.run(command, env={**environment, "PYTHONUTF8": "1"}, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{home}/kraken.txt/x에 자료를 저장할 수 없어요")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("path", "place", "lang", "said"),
    [
        ("library/a.pdf", ("p. 3",), "en", "library/a.pdf, p. 3"),
        ("library/a.pdf", ("p. 3", "p. 4"), "ko", "library/a.pdf, 3–4쪽"),
        ("library/a.ipynb", ("cell 5",), "ko", "library/a.ipynb, 5번 셀"),
        ("library/a.md", (), "ko", "library/a.md:7-9"),
        ("library/a.docx", (), "en", "library/a.docx"),
    ],
)
def test_a_citation_says_where_in_the_file(path, place, lang, said):
    passage = Passage("x#1", "x", "x", "X", "", "en", (7, 9), "Text.", place=place)
    assert _address(path, passage, lang) == said
