"""The small corpus, to be broken by a test."""

import pytest
from small_corpus import write


@pytest.fixture
def settings(tmp_path):
    return write(tmp_path)
