"""What the page gets to draw the timeline from: every event in one strand, with its article, source and questions."""

from collections import Counter
from urllib.parse import parse_qs, urlsplit

import pytest

from tutor.corpus.timeline import Event, events, main_event
from tutor.types import Document, Fact, Source
from tutor.ui import timeline as view
from tutor.ui.strings import STRINGS

ERAS = {"beginnings", "revival", "deep-learning", "sequence-models", "today", "how-it-works"}


@pytest.fixture(scope="module", params=["en", "ko"])
def lang(request):
    return request.param


@pytest.fixture(scope="module")
def told(built_index, lang):
    return view.timeline(built_index, lang)


def article(*facts: Fact, years: tuple[int, ...] = (), url: str = "") -> Document:
    sources = (Source("one", "A paper", url),)
    return Document("en/a", "a", "A", "en", "", "", years=years, tags=("today", "vision"), sources=sources, facts=facts)


def test_every_event_of_the_corpus_falls_into_exactly_one_strand(built_index, lang):
    every = [tag for tags in view.TAGS.values() for tag in tags]
    assert len(every) == len(set(every))
    mine = [built_index.document(ident) for ident in built_index.documents if ident.startswith(f"{lang}/")]
    for event in events(mine, lang):
        assert set(event.tags) <= ERAS | {"ideas"} | set(every), event.document.id
        assert set(event.tags) & set(every), event.document.id


@pytest.mark.parametrize(
    ("tags", "strand"),
    [
        (("beginnings", "symbolic", "ideas"), "symbolic"),
        (("deep-learning", "vision", "neural", "hardware"), "vision"),  # AlexNet: its first field, not its last
        (("revival", "neural", "sequence"), "sequence"),  # neural is said of most, and gives way
        (("revival", "neural", "learning", "generative"), "neural"),
        (("today", "reinforcement", "learning", "language-models"), "language-models"),
        (("today", "retrieval", "language-models"), "language-models"),
        (("deep-learning", "hardware", "neural"), "hardware"),
        (("today", "ideas"), "neural"),
    ],
)
def test_the_first_tag_of_a_field_of_its_own_decides(tags, strand):
    assert view.strand(tags) == strand


def test_all_events_are_there_by_year(built_index, told, lang):
    mine = [built_index.document(ident) for ident in built_index.documents if ident.startswith(f"{lang}/")]
    assert [(e["year"], e["text"]) for e in told["events"]] == [(e.year, e.fact.text) for e in events(mine, lang)]
    assert len(told["events"]) >= 400
    assert {e["slug"] for e in told["events"]} == set(told["articles"])
    assert [s["title"] for s in told["strands"]] == list(STRINGS[lang]["timeline"]["strands"].values())


def test_one_event_stands_for_each_article(told, lang):
    milestones = {e["slug"]: e for e in told["events"] if e["milestone"]}
    assert Counter(e["slug"] for e in told["events"] if e["milestone"]) == dict.fromkeys(told["articles"], 1)
    years = {
        slug: milestones[slug]["year"] for slug in ("perceptron", "lstm-and-gru", "alexnet", "resnet", "transformer")
    }
    assert years == {"perceptron": 1957, "lstm-and-gru": 1997, "alexnet": 2012, "resnet": 2015, "transformer": 2017}
    assert {"en": "AlexNet won", "ko": "알렉스넷은"}[lang] in milestones["alexnet"]["text"]


def test_the_milestone_is_the_first_event_since_the_story_began():
    before, later, first, same = (
        Fact("before", "", year=1943),
        Fact("later", "", year=1960),
        Fact("first", "", year=1957),
        Fact("same", "", year=1957),
    )
    document = article(before, later, first, same, years=(1957, 1960))
    own = [Event(fact.year, fact, document) for fact in (before, same, first, later)]
    assert main_event(own).fact is first
    assert main_event(own[:1]).fact is before  # nothing else is told
    assert main_event([Event(f.year, f, article(before, first)) for f in (first, before)]).fact is before


def test_crowded_years_are_wider_and_what_came_before_shares_a_place():
    document = article()
    told = [Event(year, Fact("", ""), document) for year in (1805, 1809, 1943, 1943, 1943, 1945)]
    assert view._years(told) == [
        {"year": 1942, "width": 5.0},
        {"year": 1943, "width": 1.5},  # 3 events of the 6 that make it twice as wide
        {"year": 1944, "width": 1.0},
        {"year": 1945, "width": 1 + 1 / 6},
    ]


def test_a_link_leads_to_the_line_that_says_it(built_index, told, lang):
    for event in told["events"]:
        address = urlsplit(event["link"])
        assert address.path == f"/document/{lang}/{event['slug']}"
        line = int(parse_qs(address.query)["lines"][0].split("-")[0])
        document = built_index.document(f"{lang}/{event['slug']}")
        assert line >= document.body_line
        assert event["text"] in document.text.split("\n")[line - 1]


def test_every_event_names_its_source(told):
    assert all(event["source"] and event["url"].startswith(("http://", "https://")) for event in told["events"])
    alexnet = next(e for e in told["events"] if e["slug"] == "alexnet" and e["milestone"])
    assert alexnet["source"].startswith("A. Krizhevsky, I. Sutskever and G. E. Hinton, ImageNet Classification")


def test_only_a_web_address_becomes_a_link():
    fact = Fact("f", "It is so.", source="one", year=2000)
    for url, link in (("javascript:alert(1)", ""), ("https://example.org/a", "https://example.org/a"), ("", "")):
        document = article(fact, url=url)
        event = view._event(Event(2000, fact, document), "en")
        assert (event["source"], event["url"], event["strand"]) == ("A paper", link, "vision")


def test_questions_are_those_that_the_article_answers(built_index, told, lang):
    for slug, told_of in told["articles"].items():
        answered = {q for p in built_index.passages_of(f"{lang}/{slug}") for asked in p.asked for q in asked}
        assert told_of["questions"], slug
        assert set(told_of["questions"]) <= answered
    own = {event["text"]: event["question"] for event in told["events"] if event["question"]}
    assert len(own) > 300
    assert (
        own[next(e["text"] for e in told["events"] if e["slug"] == "alexnet" and e["milestone"])]
        == {
            "en": "When did AlexNet win?",
            "ko": "알렉스넷은 언제 우승했어요?",
        }[lang]
    )


def test_an_article_names_its_lab(told, lang):
    lab = told["articles"]["alexnet"]
    assert lab["lab"] == "alexnet_tricks"
    assert lab["lab_title"].startswith({"en": "Try it yourself: ", "ko": "직접 해 보기: "}[lang])
    assert told["articles"]["gan"]["lab"] == told["articles"]["gan"]["lab_title"] == ""


def test_what_the_others_lean_on_most_comes_first(built_index, told, lang):
    named = Counter(
        slug
        for ident in built_index.documents
        if ident.startswith(f"{lang}/")
        for slugs in built_index.document(ident).related.values()
        for slug in slugs
    )
    counts = [named[slug] for slug in told["articles"]]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 10
