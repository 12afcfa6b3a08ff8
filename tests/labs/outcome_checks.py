"""What every lab's labels, claims and next experiments owe."""

import re

from labruns import finish

from tutor.labs import core


def bilingual(words):
    assert set(words) == {"en", "ko"}
    assert re.search("[가-힣]", words["ko"])
    assert words["en"]
    assert not re.search("[가-힣]", re.sub("[‘“][^’”]*[’”]", "", words["en"]))


def is_labelled(lab):
    """Every argument has a label, and every choice of one, and nothing else has."""
    fields = lab.Arguments.model_json_schema()["properties"]
    choices = {choice for field in fields.values() for choice in field.get("enum", ())}
    assert set(lab.LABELS) == {*fields, *choices}
    for words in (lab.SUMMARY, *lab.LABELS.values()):
        bilingual(words)


def hold(lab, seeds, known=()):
    """The lab's claims, each for every seed, but where it has none; `known` are records of runs that may be used."""
    records = list(known)
    for claim in lab.CLAIMS:
        assert 90 <= claim.at_least <= 100
        for seed in seeds:
            seeded = {"seed": seed} if "seed" in lab.Arguments.model_fields else {}
            arguments = lab.Arguments(**claim.arguments, **seeded).model_dump()
            record = next((record for record in records if record["arguments"] == arguments), None)
            if record is None:
                record = finish(lab.run(lab.Arguments(**arguments)))[1].record
                records.append(record)
            assert claim.holds(record), f"seed {seed}: {claim.says}"


def next_after(lab, result):
    """The next experiments, checked, as (lab, what is another argument than in the run before)."""
    given, found = result.record["arguments"], []
    tried = lab.next_experiments(result)
    assert 2 <= len(tried) <= 3
    for experiment in tried:
        bilingual(experiment.words)
        own = experiment.lab == lab.NAME
        changed = {key: value for key, value in experiment.arguments.items() if not own or given[key] != value}
        assert changed or not own
        core.parse(experiment.lab, {**core.LABS[experiment.lab].first, **experiment.arguments})
        found.append((experiment.lab, changed))
    assert found[0][0] == lab.NAME
    assert len({words["en"] for words in (e.words for e in tried)}) == len(tried)
    return found
