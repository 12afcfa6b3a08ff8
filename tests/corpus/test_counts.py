from tutor.config import Settings
from tutor.corpus.counts import counts


def test_what_the_small_corpus_holds(settings):
    found = counts(settings)
    assert found["articles"] == {"en": 2, "ko": 2}
    assert found["facts"] == {"en": 2, "ko": 2}
    assert found["facts with a primary source"] == {"en": 0, "ko": 0}
    assert found["training questions"] == {"en": 0, "ko": 0}


def test_the_shipped_corpus_holds_enough():
    """The size that the corpus set out to have."""
    found = counts(Settings())
    for lang in ("en", "ko"):
        assert found["articles"][lang] >= 75
        assert found["facts"][lang] >= 900
        assert found["training questions"][lang] >= 1000
        assert found["questions for measuring"][lang] >= 200
        assert found["terms of the glossary"][lang] >= 300
