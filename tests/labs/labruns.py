"""Running a lab to its end."""

import threading

from tutor.labs import core


def finish(generator):
    """All frames of a lab and what it returns."""
    frames = []
    while True:
        try:
            frames.append(next(generator))
        except StopIteration as end:
            return frames, end.value


def result(**arguments):
    return finish(core.run("train_perceptron", arguments, threading.Event()))[1]
