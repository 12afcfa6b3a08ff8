"""The list of the sources, the search over them and what belongs to each, without a browser."""

import unicodedata
from types import SimpleNamespace

import pytest
from small_corpus import write
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tutor.config import Settings
from tutor.corpus.lint import ERAS
from tutor.retrieval.builds import open_index
from tutor.types import Evidence, Hit, Passage
from tutor.ui import library, render
from tutor.ui.routes import shown
from tutor.ui.strings import STRINGS

QUESTIONS = {"ko": "퍼셉트론은 왜 XOR를 못 풀어?", "en": "Why can't a perceptron solve XOR?"}


@pytest.fixture(scope="module")
def server(built_index):
    return TestClient(Starlette(routes=shown(SimpleNamespace(index=built_index, settings=Settings()))))


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_every_article_is_listed_once_by_era_and_what_is_the_learners_first(server, lang):
    groups = server.get("/library", params={"lang": lang}).json()
    words = STRINGS[lang]
    assert [group["title"] for group in groups] == [words["own"], *(words["eras"][era] for era in ERAS)]
    assert [len(group["documents"]) for group in groups] == [2, 13, 13, 19, 14, 33, 13]
    note, about = groups[0]["documents"]
    assert note["link"].startswith("/document/seeds/")
    assert note["note"] == {"ko": "", "en": "Korean"}[lang]
    assert (about["link"], about["note"]) == (
        f"/document/{lang}/learners-note?lines=0-0&lang={lang}",
        words["about_note"],
    )
    assert groups[1]["documents"][0]["note"] == "1913–2007"
    assert [entry["note"] for entry in groups[1]["documents"] if "perceptron?" in entry["link"]] == ["1957–1960"]
    links = [entry["link"] for group in groups for entry in group["documents"]]
    assert len(links) == len(set(links)) == 107


def test_an_article_is_found_by_its_title_and_its_people_in_either_language(built_index):
    entries = [entry for group in library.listing(built_index, "ko") for entry in group["documents"]]
    found = next(entry for entry in entries if "/ko/perceptron?" in entry["link"])
    assert found["title"] == "퍼셉트론"
    assert "The perceptron" in found["find"]
    assert "Frank Rosenblatt" in found["find"]
    assert "프랭크 로젠블랫" in found["find"]


def test_files_of_the_learner_stand_with_the_note_and_an_article_without_an_era_is_not_lost(tmp_path):
    settings = write(tmp_path)
    settings.library.mkdir()
    (settings.library / "gates.md").write_text("# Gates\n\nA gate lets a signal pass.\n", "utf-8")
    own, other = library.listing(open_index(settings), "ko")
    assert [entry["note"] for entry in own["documents"]] == ["", "영어 · gates.md"]
    assert own["hint"] == STRINGS["ko"]["own_hint"]
    assert other["title"] == STRINGS["ko"]["eras"]["other"]
    assert [entry["title"] for entry in other["documents"]] == ["LSTM", "퍼셉트론"]


def test_the_eras_of_the_list_are_those_of_the_corpus():
    for words in STRINGS.values():
        assert tuple(words["eras"]) == (*ERAS, "other")
    assert STRINGS["ko"]["library"].keys() == STRINGS["en"]["library"].keys()


# ---- why a passage came --------------------------------------------------------------------------
def stub(ranks: list[tuple[int | None, int | None]], sure: float = 1.0) -> SimpleNamespace:
    """An index that finds one passage for each pair of ranks, by words and by meaning, best first."""
    passages = [Passage(f"en/a#{i}", "en/a", "a", "A", "S", "en", (i, i), "One. Two.") for i in range(len(ranks))]
    hits = [Hit(passage, 1.0, *pair) for passage, pair in zip(passages, ranks, strict=True)]
    return SimpleNamespace(
        search=lambda query, lang, k: hits[:k],
        evidence=lambda query, hits, k: [Evidence(passages[0], (5, 9), 2.0), Evidence(passages[0], (0, 4), 1.0)],
        confidence=lambda query, hits: sure,
    )


def test_a_passage_says_by_what_it_was_found_and_which_it_was_among_what_remains():
    # By words, places 1 and 2 were twins that are folded away: what stands at 3 is the first.
    found = library.search(stub([(3, 2), (None, 1), (4, None)]), "gates", "en")["hits"]
    assert [hit["why"] for hit in found] == [
        "Found by its words (rank 1) and its meaning (rank 2)",
        "Found by its meaning (rank 1)",
        "Found by its words (rank 2)",
    ]


def test_a_rank_too_low_to_be_shown_is_no_reason_unless_both_are():
    """20 passages: the 1st is 20th by meaning; the 2nd is 20th by words; the 3rd is 19th by both."""
    rest = [(i, i) for i in range(2, 19)]
    found = library.search(stub([(1, 20), (20, 1), (19, 19), *rest]), "gates", "ko")["hits"]
    assert len(found) == library.SHOWN
    assert [hit["why"] for hit in found[:4]] == [
        "낱말로 찾았어요 (1위)",
        "뜻으로 찾았어요 (1위)",
        "낱말(19위)과 뜻(19위)으로 찾았어요",
        "낱말(2위)과 뜻(2위)으로 찾았어요",
    ]


def test_the_best_sentence_is_told_apart():
    first, second = library.search(stub([(1, 1), (2, 2)]), "gates", "ko")["hits"]
    assert (first["before"], first["best"], first["behind"]) == ("One. ", "Two.", "")
    assert (second["before"], second["best"], second["behind"]) == ("One. Two.", "", "")
    assert first["place"] == "영어 · S"


def test_what_the_sources_do_not_speak_of_is_said():
    assert library.search(stub([(1, 1)], sure=0.0), "gates", "en")["message"] == STRINGS["en"]["found_far"]


# ---- the search over the real corpus -------------------------------------------------------------
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_search_is_the_tutors_own_and_leads_to_the_marked_lines(server, built_index, lang):
    found = server.get("/search", params={"q": QUESTIONS[lang], "lang": lang}).json()
    assert found["message"] == STRINGS[lang]["found"].format(n=12)
    hits = built_index.search(QUESTIONS[lang], lang=lang, k=12)
    assert [hit["before"] + hit["best"] + hit["behind"] for hit in found["hits"]] == [hit.passage.text for hit in hits]
    first = found["hits"][0]
    assert "XOR" in first["best"]
    assert "<mark>" in server.get(first["link"]).text


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_what_cannot_be_searched_is_answered_in_plain_words(server, lang):
    def answer(query: str) -> dict:
        return server.get("/search", params={"q": query, "lang": lang}).raise_for_status().json()

    assert answer("🙂🙂") == {"message": STRINGS[lang]["found_none"], "hits": []}
    assert {"ko": "질문이 비어 있어요", "en": "is empty"}[lang] in answer(" ")["message"]
    assert {"ko": "2,001자예요", "en": "2,001 characters"}[lang] in answer("x" * 2001)["message"]
    assert answer("\x00") == answer("")
    assert answer("바나나 우유 만드는 법")["message"] == STRINGS[lang]["found_far"]
    assert answer(unicodedata.normalize("NFD", "로젠블랫")) == answer("로젠블랫")


def test_an_empty_address_asks_for_nothing(server):
    assert "is empty" in server.get("/search").json()["message"]


# ---- beside a document ---------------------------------------------------------------------------
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_note_has_every_correction_in_the_pages_language(built_index, lang):
    note = next(ident for ident in built_index.documents if ident.startswith("seeds/"))
    beside = library.beside(built_index, built_index.document(note), lang)
    assert [c.right for c in beside.corrections] == [record.right[lang] for record in built_index.corrections]
    assert len(beside.corrections) == 14
    assert all(c.source and c.told.lang == lang for c in beside.corrections)


def test_an_article_has_its_corrections_and_what_came_before_and_after_in_its_own_language(built_index):
    beside = library.beside(built_index, built_index.document("en/adaline"), "ko")
    (corrected,) = beside.corrections
    assert corrected.note == "결국 모든 입력에 대해 올바르게 출력을 판정할 수 있는 선을 구할 수 있었다"
    assert corrected.right.startswith("The perceptron rule separates every linearly separable set")
    assert corrected.source.year == 1990
    assert corrected.told is None  # it is told here
    assert {kind: [d.id for d in found] for kind, found in beside.related.items() if kind != "see_also"} == {
        "predecessor": ["en/mcculloch-pitts"],
        "successor": ["en/backpropagation"],
    }
    assert library.beside(built_index, built_index.document("en/alexnet"), "en").corrections == []


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_document_is_served_with_its_facts_corrections_and_related_articles(server, lang):
    page = server.get(f"/document/{lang}/adaline", params={"lang": lang}).text
    words = STRINGS[lang]
    for title in (words["facts"], words["corrections"], words["related"]["successor"], words["primary"]):
        assert page.count(f">{render.escape(title)}<") == 1
    assert page.count('class="year"') == 5
    assert f'href="/document/{lang}/backpropagation?lines=0-0&amp;lang={lang}"' in page
