"""The page's scripts share one scope: what two of them named alike, the later one would take from the earlier."""

import re
from collections import Counter
from pathlib import Path

from tutor.ui.strings import VIEWS

FOLDER = Path(__file__).parents[2] / "tutor" / "ui"


def test_every_script_is_joined():
    assert {path.stem for path in FOLDER.glob("*.js")} == {"page", "views", *VIEWS}


def test_no_two_scripts_give_one_name_twice():
    names = Counter()
    for path in FOLDER.glob("*.js"):
        script = path.read_text("utf-8")
        names.update(re.findall(r"^(?:async )?function\*? (\w+)", script, re.M))
        for declared in re.findall(r"^(?:const|let|var) (.+)", script, re.M):
            names.update(re.findall(r"(?:^|, )(\w+)(?= = |,|;|$)", declared))
    assert len(names) > 50
    assert [name for name, times in names.items() if times > 1] == []
