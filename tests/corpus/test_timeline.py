import pytest

from tutor.config import Settings
from tutor.corpus import articles
from tutor.corpus.timeline import events
from tutor.types import Document, Fact


def article(slug: str, lang: str, *facts: tuple[str, int | None], years: tuple[int, ...] = ()) -> Document:
    told = tuple(Fact(str(i), text, year=year) for i, (text, year) in enumerate(facts))
    return Document(f"{lang}/{slug}", slug, slug, lang, "", "", years=years, facts=told)


def test_events_come_by_year_then_by_the_article_that_began_first():
    documents = [
        article("book", "en", ("The book came out.", 1969), ("It has ten chapters.", None), years=(1969,)),
        article("machine", "en", ("The last test.", 1969), ("The machine ran.", 1958), years=(1958, 1969)),
        article("machine", "ko", ("기계가 움직였다.", 1958), years=(1958,)),
        article("tale", "en", ("The book came out.", 1969), years=(1980,)),
    ]
    assert [(e.year, e.fact.text, e.document.slug) for e in events(documents, "en")] == [
        (1958, "The machine ran.", "machine"),
        (1969, "The last test.", "machine"),
        (1969, "The book came out.", "book"),  # told once, though two articles tell it
    ]
    assert [e.fact.text for e in events(documents, "ko")] == ["기계가 움직였다."]


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_shipped_corpus_tells_the_whole_history(lang):
    told = events(articles.read(Settings()), lang)
    assert len(told) >= 400
    assert {1943, 1958, 1969, 1986, 1997, 2012, 2017, 2022} <= {e.year for e in told}
    assert len({(e.year, e.fact.text) for e in told}) == len(told)
