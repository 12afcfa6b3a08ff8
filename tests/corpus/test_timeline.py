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


def test_the_shipped_corpus_tells_the_same_events_in_both_languages():
    documents = articles.read(Settings())
    told = [[(e.year, e.document.slug, e.fact.id) for e in events(documents, lang)] for lang in ("en", "ko")]
    assert sorted(told[0]) == sorted(told[1])
    assert told[0][0][0] < 1944
    assert told[0][-1][0] > 2020
