"""One at a time: the queue before the model."""

import threading

import pytest

from tutor.errors import BusyError
from tutor.service import Queue

GOING_ON = threading.Event()


def test_one_more_than_may_wait_is_turned_away_and_let_in_when_there_is_room():
    queue = Queue(waiting=0)
    with queue.turn(GOING_ON), pytest.raises(BusyError), queue.turn(GOING_ON):
        pass
    with queue.turn(GOING_ON):
        pass


def test_the_one_that_waits_begins_when_the_first_has_ended():
    queue, order = Queue(waiting=1), []

    def second() -> None:
        with queue.turn(GOING_ON):
            order.append("second")

    waiting = threading.Thread(target=second)
    with queue.turn(GOING_ON):
        waiting.start()
        waiting.join(0.2)  # long enough to overtake, if it could
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]


def test_one_that_is_cancelled_waits_no_longer_and_leaves_the_turn_to_its_owner():
    queue, cancelled = Queue(waiting=1), threading.Event()
    cancelled.set()
    with queue.turn(GOING_ON):
        with queue.turn(cancelled):
            pass
        with pytest.raises(BusyError), queue.turn(cancelled), queue.turn(GOING_ON):
            pass
