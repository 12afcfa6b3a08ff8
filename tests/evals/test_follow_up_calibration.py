"""What the weights of the follow-ups are fitted to."""

import numpy as np

from tutor import config, follow_up
from tutor.evals import calibration, follow_up_calibration
from tutor.follow_up import Signals

QA = config.ROOT / "corpus" / "qa"


def test_what_stands_is_put_behind_articles_and_leans_on_nothing():
    found = list(follow_up_calibration.standing(QA))
    assert found == list(follow_up_calibration.standing(QA))
    assert not any(leaning for *_, leaning in found)
    documents = {told for _, [told], _ in found}
    assert len(documents) > 100
    assert documents <= {f"{path.parent.name}/{path.stem}" for path in (QA.parent).glob("*/*.md")}
    asked = [text for text, *_ in found]
    assert len(asked) - len(set(asked)) == 139  # one in three dev questions, if it has an article, behind that one, too


def test_constants_are_written_as_in_the_code():
    assert calibration.constants("_X", np.array([0.614, -11.0]), 4.784) == "WEIGHTS_X = (0.61, -11.00)\nBIAS_X = 4.78"


def test_the_weights_are_for_the_signals():
    assert len(follow_up.WEIGHTS) == len(Signals.__slots__)
    assert follow_up._logit((2.0, -1.0), (3.0, 4.0), 0.5) == 2.5
