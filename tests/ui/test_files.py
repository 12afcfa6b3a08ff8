"""The section for the learner's own files, in a real Chromium over the real library and index; no model."""

import sys
from pathlib import Path

import httpx
import pytest
from chromium import opened, serving
from playwright.sync_api import Page, expect
from scripted import ScriptedTutor

from tutor.corpus import library
from tutor.retrieval.builds import open_index
from tutor.ui.strings import STRINGS

sys.path.insert(0, str(Path(__file__).parent.parent / "corpus"))
import made
import small_corpus

pytestmark = [pytest.mark.slow, pytest.mark.browser]


class FilingTutor(ScriptedTutor):
    """Scripted sessions over a small corpus and a library in `root`."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.settings = small_corpus.write(root)
        self.refresh()

    def refresh(self) -> None:
        self.index = open_index(self.settings)


@pytest.fixture(scope="module")
def tutor(tmp_path_factory):
    return FilingTutor(tmp_path_factory.mktemp("filing"))


@pytest.fixture(scope="module")
def url(browser, tutor):
    with serving(tutor) as url:
        yield url


@pytest.fixture
def page(context, url, tutor) -> Page:
    list(library.remove(tutor.settings, [path.name for path in library.files(tutor.settings)]))
    tutor.refresh()
    return opened(context, url)


def give(page: Page, folder: Path, **files: bytes) -> None:
    """Upload `files` (a dot in a name is written __)."""
    paths = [folder / name.replace("__", ".") for name in files]
    for path, data in zip(paths, files.values(), strict=True):
        path.write_bytes(data)
    if not page.locator("#files-add").is_visible():
        page.locator("#files > button").click()
    with page.expect_file_chooser() as chooser:
        page.locator("#files-add").click()
    chooser.value.set_files(paths)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_files_are_added_listed_and_removed(page, tutor, tmp_path, lang):
    words = STRINGS[lang]
    expect(page.locator("#files > button")).to_contain_text(words["files"])
    expect(page.locator("#files-add")).to_be_hidden()
    note = made.pdf([["The Kraken network was made in 2031."]], title="Kraken <b>")
    give(page, tmp_path, 노트__pdf=note, torn__docx=b"PK", same__txt="크라켄은 바다에서 배운다.".encode("cp949"))
    expect(page.locator("#files-list label")).to_have_count(2)
    expect(page.locator("#files > button")).to_contain_text(f"{words['files']} (2)")
    expect(page.locator("#files-list label").last).to_contain_text("노트.pdf · Kraken <b>")
    expect(page.locator("#files-told .good")).to_have_count(2)
    expect(page.locator("#files-told .bad")).to_contain_text(
        "torn.docx: " + {"ko": "깨졌거나", "en": "it is broken"}[lang]
    )
    assert (tutor.settings.library / "노트.pdf").read_bytes() == note
    hit = tutor.index.search("Which year had the Kraken network?", lang="en")[0]
    assert (hit.passage.doc, hit.passage.where("ko")) == ("library/노트.pdf", "1쪽")
    shown = httpx.get(f"{page.url}document/library/노트.pdf?lines=1-1").text
    assert "<mark>The Kraken network was made in 2031.</mark>" in shown
    page.locator("#files-list label").last.click()
    page.locator("#files-remove").click()
    expect(page.locator("#files-list label")).to_have_count(1)
    expect(page.locator("#files-told .good")).to_contain_text("노트.pdf")
    assert "library/노트.pdf" not in tutor.index.documents
    page.reload()
    expect(page.locator("#files > button")).to_contain_text(f"{words['files']} (1)")


def test_the_section_follows_the_language(page, tmp_path):
    give(page, tmp_path, a__md=b"# A\n\nText.")
    expect(page.locator("#files-list label")).to_have_text("a.md · A · English · 1 passage")
    page.get_by_text("한국어", exact=True).first.click()
    expect(page.locator("#files-list label")).to_have_text("a.md · A · 영어 · 문단 1개")
    expect(page.locator("#files-add")).to_have_text(STRINGS["ko"]["files_add"])
    give(page, tmp_path, a__md=b"# B\n\nText.")
    expect(page.locator("#files-list label")).to_have_text("a.md · B · 영어 · 문단 1개")


def test_only_the_page_itself_may_upload(url):
    host = url.removeprefix("http://").rstrip("/")
    files = {"files": ("a.md", b"Text.")}
    for origin in ({}, {"origin": "http://evil.test"}, {"origin": "null"}):
        assert httpx.post(url + "gradio_api/upload", files=files, headers=origin).status_code == 404
    kept = httpx.post(url + "gradio_api/upload", files=files, headers={"origin": f"http://{host}"})
    assert kept.status_code == 200
    for path in kept.json():
        Path(path).unlink()
