"""What may be asked next: of the real corpus, known to be answered, and not what was asked or told already."""

import pytest

from tutor.suggestions import suggested
from tutor.text import sentences
from tutor.types import Citation


def cited(index, ident, sentence=0):
    """A citation of a sentence of the document's first passage."""
    passage = next(index.passages_of(ident))
    return Citation(1, passage, (sentences(passage.text)[sentence],))


def answers(index, ident):
    return [q for p in index.passages_of(ident) for asked in p.asked for q in asked]


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_question_of_the_article_one_of_what_came_next_and_its_lab(built_index, lang):
    (own, later), lab = suggested(built_index, [cited(built_index, f"{lang}/lstm-and-gru")], lang, ())
    assert own in answers(built_index, f"{lang}/lstm-and-gru")
    assert later in answers(built_index, f"{lang}/seq2seq-and-attention")
    assert lab == "memory"


def test_what_was_told_or_asked_is_not_suggested(built_index):
    first = cited(built_index, "en/lstm-and-gru")
    told = first.passage.asked[0][0]
    (own, later), _ = suggested(built_index, [first], "en", ())
    assert own != told
    (other, another), _ = suggested(built_index, [first], "en", {own, later})
    assert other not in (own, told)
    assert another != later


def test_the_twin_speaks_the_language_of_the_answer(built_index):
    (own, _), lab = suggested(built_index, [cited(built_index, "en/perceptron")], "ko", ())
    assert own in answers(built_index, "ko/perceptron")
    assert lab == "train_perceptron"


def test_nothing_follows_where_nothing_or_the_note_is_cited(built_index):
    assert suggested(built_index, [], "en", ()) == ((), "")
    note = next(ident for ident in built_index.documents if ident.startswith("seeds/"))
    assert suggested(built_index, [cited(built_index, note)], "en", ()) == ((), "")
