"""The facts of the real corpus, and the items made from them, once."""

import pytest

from tutor.config import Settings
from tutor.corpus import articles, glossary, questions
from tutor.quiz import items, predictions
from tutor.quiz.twins import twins


@pytest.fixture(scope="session")
def pairs():
    return twins(articles.read(Settings()))


@pytest.fixture(scope="session")
def from_facts(pairs):
    return items.make(pairs, glossary.read(Settings()), questions.records(Settings()))


@pytest.fixture(scope="session")
def every_item(pairs, from_facts):
    return {item.id: item for item in from_facts + predictions.make(pairs)}
