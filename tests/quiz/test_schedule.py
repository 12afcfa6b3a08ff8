"""When an item comes back, which is next, and what counts as known. Every time is given."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from fsrs import Rating

from tutor.quiz import schedule
from tutor.quiz.history import History
from tutor.store.engine import open_store

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path):
    return open_store(f"sqlite:///{tmp_path / 'tutor.db'}")


@pytest.fixture
def history(store):
    return History(store, "l" * 32)


def test_what_is_wrong_comes_back_in_minutes_and_what_is_right_after_ever_more_days():
    card = schedule.reviewed(None, Rating.Again, NOON)
    assert card.due == NOON + timedelta(minutes=10)
    rests = []
    card = None
    for _ in range(4):
        when = card.due if card else NOON
        card = schedule.reviewed(card, Rating.Good, when)
        rests.append(card.due - when)
    assert rests[0] == 2 * DAY  # FSRS-6: a first Good has a stability of 2.3065 days
    assert rests == sorted(rests)
    assert rests[1] > 7 * DAY
    assert schedule.reviewed(card, Rating.Again, card.due).due == card.due + timedelta(minutes=10)


def test_times_of_any_zone_are_the_same_times():
    seoul = timezone(timedelta(hours=9))
    assert schedule.reviewed(None, Rating.Good, NOON.astimezone(seoul)).due == NOON + 2 * DAY


def test_what_is_due_longest_is_next_then_something_new(every_item):
    items = list(every_item.values())
    first, second = items[0], items[1]
    cards = {
        first.id: schedule.reviewed(None, Rating.Again, NOON),
        second.id: schedule.reviewed(None, Rating.Again, NOON - DAY),
    }
    assert schedule.following(items, cards, NOON + DAY) is second
    new = schedule.following(items, cards, NOON)
    assert new is second  # a day overdue
    cards[second.id] = schedule.reviewed(cards[second.id], Rating.Good, NOON)
    assert schedule.following(items, cards, NOON).id not in cards


def test_new_items_mix_eras_and_kinds(every_item):
    items, cards = list(every_item.values()), {}
    asked = []
    for _ in range(30):
        item = schedule.following(items, cards, NOON)
        cards[item.id] = schedule.reviewed(None, Rating.Good, NOON)
        asked.append(item)
    for start in range(0, 30, 6):
        assert len({item.twin.era for item in asked[start : start + 6]}) == 6
    assert len({item.kind for item in asked}) >= 5


def test_a_short_answer_follows_its_choices(every_item):
    short, choice = every_item["gan/invention:short"], every_item["gan/invention:who"]
    assert schedule.following([short, choice], {}, NOON) is choice
    assert schedule.following([short], {}, NOON) is None
    cards = {choice.id: schedule.reviewed(None, Rating.Good, NOON)}
    assert schedule.following([short, choice], cards, NOON) is short


def test_where_all_is_asked_there_is_nothing(every_item):
    item = every_item["gan/invention:who"]
    cards = {item.id: schedule.reviewed(None, Rating.Good, NOON)}
    assert schedule.following([item], cards, NOON + DAY) is None
    assert schedule.following([item], cards, NOON + 2 * DAY) is item


def test_progress_counts_seen_known_and_due_today(every_item):
    items = [item for item in every_item.values() if item.twin.era == "beginnings"][:4]
    new, missed, learnt, later = items
    again = schedule.reviewed(schedule.reviewed(None, Rating.Good, NOON - 2 * DAY), Rating.Good, NOON)
    cards = {
        missed.id: schedule.reviewed(None, Rating.Again, NOON),
        learnt.id: again,
        later.id: schedule.reviewed(None, Rating.Good, NOON),
    }
    assert again.due - NOON > schedule.KNOWN
    assert schedule.progress(items, cards, NOON) == [schedule.Progress("beginnings", items=4, seen=3, known=1, due=1)]
    assert new.id not in cards


def test_today_ends_at_the_learners_midnight(every_item):
    """An item due at noon UTC is due on the same day in London, and at one in the morning of the next in Auckland."""
    item = every_item["gan/invention:who"]
    cards = {item.id: schedule.reviewed(None, Rating.Good, NOON)}
    early = (NOON + 2 * DAY).replace(hour=1)
    assert schedule.progress([item], cards, early - timedelta(hours=2))[0].due == 0
    assert schedule.progress([item], cards, early)[0].due == 1
    assert schedule.progress([item], cards, early.astimezone(timezone(timedelta(hours=13))))[0].due == 0


# ---- what is kept --------------------------------------------------------------------------------
def test_an_answer_is_kept_with_the_schedule_it_leads_to(history):
    history.record("a", Rating.Again, NOON)
    card = history.record("a", Rating.Good, NOON + DAY)
    history.record("b", Rating.Good, NOON + DAY)
    assert (
        history.cards()["a"]
        == card
        == schedule.reviewed(schedule.reviewed(None, Rating.Again, NOON), Rating.Good, NOON + DAY)
    )
    assert set(history.cards()) == {"a", "b"}
    kept = [(review.item, review.at, review.right) for review in history.reviews()]
    assert kept == [("a", NOON, False), ("a", NOON + DAY, True), ("b", NOON + DAY, True)]
    assert [review.due for review in history.reviews()][1] == card.due


def test_a_cleared_history_knows_nothing(history):
    history.record("a", Rating.Good, NOON)
    history.clear()
    assert history.cards() == {}
    assert history.reviews() == []


def test_what_is_cleared_is_gone_from_the_file(store, history, tmp_path):
    with store.connect():  # while one is open, SQLite keeps its log
        history.record("gan/invention:who", Rating.Good, NOON)
        assert b"gan/invention" in b"".join(path.read_bytes() for path in tmp_path.iterdir())
        history.clear()
        assert b"gan/invention" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_another_learner_has_another_schedule(store, history):
    other = History(store, "m" * 32)
    history.record("one", Rating.Good, NOON)
    other.record("one", Rating.Again, NOON)
    assert history.cards()["one"].due == NOON + 2 * DAY
    other.clear()
    assert (other.cards(), other.reviews()) == ({}, [])
    assert [review.right for review in history.reviews()] == [True]
