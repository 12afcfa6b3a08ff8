"""What a learner's own words ask of a demo: whether one, which lab, on which gate, with which settings.

A small model is poor at deciding when to call a tool and at copying numbers. So the wording is read here: whether a
call must, may or must not come, by rule and by a classifier (retrieval/lab_head.py), which together told the right lab
of 67 of 77 requests that others wrote, the rules alone of 29; and by rule every value that the learner gave, which
stands in the schema of the call as the only one allowed. What is left open is the model's to choose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tutor.labs import core, train_perceptron
from tutor.retrieval import lab_head
from tutor.text import normalise
from tutor.types import Call

# ---- is a demo asked for? --------------------------------------------------------------------------
_SHOW = re.compile(
    r"\bshow (?:me|us|how|that|it|a|an|the|off)\b|\bdemo\b|\bdemonstrate\b|\bwatch\b|\blet(?:'s| me| us) see\b"
    r"|\blive\b|\b(?:want|like|love|wish) to (?:see|watch)\b|\bcan i (?:see|watch)\b|in front of me|in action"
    r"|with my own eyes|\bprove it\b|(?<!n't )(?<!cannot )(?<!not )\bdo it\b|\bsimulate\b|\bvisuali[sz]e\b"
    r"|보여 ?(?:줘|주|줄|달|봐|드|죠)|보게 해|띄워 ?(?:줘|주)|보고 싶|구경|돌려 ?(?:봐|줘|주|볼|보)|시연|데모|실시간"
    r"|라이브|눈으로|직접 (?:보|해|돌|실행|학습|훈련|시)",
    re.I,
)
_DO = re.compile(
    r"\b(?:run|train|trian|launch|start|fire up|teach|fit|try|retrain|rerun|play)\b"
    r"|\bi(?:'d| would) (?:love|like) an? |\bput (?:it|one|a|an|the)\b|\blet (?:it|a|an|the|one)\b"
    r"|(?:학습|훈련)(?:시켜|시킬|시키|해 ?줘|해 ?봐|해 ?볼|해 ?주|을? 부탁)|가르쳐 ?(?:봐|볼|줘|줄)"
    r"|시험해|실행(?:해|시)|실험해|(?:붙여|확인해|해|풀어) ?(?:봐|볼래|보자|줘 봐)|확인시켜|돌리",
    re.I,
)
_ASKING = re.compile(
    r"^(?:(?:and|but|so|then),? )?(?:what|which|who|whose|whom|when|where|why|did|was|were|is|are|does|do|has|how)\b"
    r"|\bwho\b|\btell me (?:about|what|why|how|more)\b|\bexplain\b"
    r"|누가(?! ?(?:이기|이길|더))|누구|언제|어디|몇 ?년|얼마|뭐야|뭔가|뭐예|무엇|무슨|이유|알려|설명해|어떻게|왜",
    re.I,
)
_HISTORY = re.compile(
    r"\bwho\b|\bwhen\b|^where\b|\bwhat year\b|\bhow (?:many|much|long)\b|\bdid (?:he|she|they)\b|\bpaper\b|\barticle\b"
    r"|누가(?! ?(?:이기|이길|더))|누구|언제|어디서|몇 ?년|논문",
    re.I,
)
_LATER_QUESTION = re.compile(r"[.!…:] *(?:what|which|who|why|when|where|how)\b.*\?|(?:뭐|왜|누구|무엇)[^.!]*\?$", re.I)
_LEARNER = re.compile(r"perceptron|neuron|(?<!-)\bnet(?:work)?\b|mlp|layer|퍼셉트론|뉴런|신경망|층", re.I)
_DEMO = re.compile(r"\bdemo\b|\btraining run\b|데모|시연|학습하는 (?:거|것|걸|모습|장면)", re.I)
_QUESTION = re.compile(
    _ASKING.pattern + r"|\b(?:what|why|how|which|recipe)\b|레시피|\bcan(?:not|'t)?\b|<",  # nor is a pasted tag an order
    re.I,
)
_SHORT = 12  # words; a request that leans on the conversation names nothing new


# A sign that something is to be done, without which the classifier alone starts nothing, unless it is sure of an order.
_SIGN = re.compile(
    r"\b(?:see|do|make|split|fill|take|turn|drop|remove|compare|race|test|check|experiment|go)\b|\blet'?s\b"
    r"|\b(?:can|could) (?:i|we|you)\b|\bwhat happens (?:if|when)\b"
    r"|해 ?(?:보|봐|볼|줘)|시켜|보고 ?싶|볼 ?(?:수 있(?!는 )|래|까)|봐(?:라|요|줘)?(?:[.!?~]|$)|보자|ㄱㄱ|고고|쪼개"
    r"|나눠|채워|맞혀|실험|체험"
    r"|하자|할래|어떻게 되(?:나|는지)|확인|비교해|그려|출력|뽑아|시각화|테스트|틀어|열어"
    r"|세어|잘라|실습|돌려",
    re.I,
)
_ORDER = re.compile(r"^(?:please,? )?(?:show me|run|demo|demonstrate)\b|(?:보여|돌려) ?(?:줘|주세요|봐)\W*$", re.I)
# Of the classifier: from which probability of any run, of an order without a sign, and of this lab where the message
# does not name its subject, a lab is run; and below which a run that the rules read is not wanted, where a lab or a
# gate is named, and else. Chosen on corpus/qa/lab-requests/dev.jsonl and corpus/qa/dev.
ANY, ORDER, UNNAMED, NOT_NAMED, NOT = 0.5, 0.9, 0.6, 0.005, 0.1


def call_for(said: list[str]) -> Call:
    """Whether the newest of the learner's messages asks for a demo: surely, perhaps, or not at all.

    Raises:
        ModelError: the classifier of labs cannot be used.
    """
    if lab_for(said):
        return "must"
    least = NOT_NAMED if gates_in(said[-1]) else NOT
    return "never" if _perceptron(said) == "never" or lab_head.wanted(said[-1]).any < least else "may"


def lab_for(said: list[str]) -> str | None:
    """The lab that the newest message asks to be run; None where it asks for none.

    Raises:
        ModelError: the classifier of labs cannot be used.
    """
    text, wanted = normalise(said[-1]), lab_head.wanted(said[-1])
    if named := _named_lab(said):
        goes_on = not _RUN.search(text)  # with the lab run before
        return named if goes_on or wanted.any >= NOT_NAMED or _ORDER.search(text) else None
    other = wanted.lab != train_perceptron.NAME and not gates_in(text)
    if _perceptron(said) == "must":
        alone = not gates_in(text) and _about_it(text)  # neither a gate nor the conversation speaks for a run
        if wanted.any < (NOT if alone else NOT_NAMED):
            return None
        return wanted.lab if alone and other and wanted.likely > ANY else train_perceptron.NAME
    subject = _about_it(text) if wanted.lab == train_perceptron.NAME else _named(core.LABS[wanted.lab].asked, text)
    if _LATER_QUESTION.search(text) and not _SHOW.search(_DEMO.sub(" ", text)):
        return None
    question = "?" in text or _QUESTION.search(text)
    signs = (_SHOW, _SIGN) if question else (_SHOW, _DO, _SIGN)  # "What did she train it on?" orders nothing
    sign = any(pattern.search(text) for pattern in signs) or (not question and wanted.any > ORDER)
    return wanted.lab if sign and wanted.any > ANY and (subject or wanted.likely > UNNAMED) else None


def _about_it(text: str) -> bool:
    """Whether `text` speaks of the perceptron's demo: of a gate, a perceptron or a net, or of a demo as such."""
    return bool(gates_in(text) or _LEARNER.search(text) or _DEMO.search(text))


def _perceptron(said: list[str]) -> Call:
    """Whether the newest message asks for the perceptron's demo, by rule."""
    text = normalise(said[-1])
    show, do = bool(_SHOW.search(text)), bool(_DO.search(text))
    named = _about_it(text)
    before = any(gates_in(t) or _LEARNER.search(t) for t in said[:-1])
    if not (show or do) and gates_in(text) and not _QUESTION.search(text):
        return _terse(text, said[:-1])
    if not (show or do) or not (named or before):
        return "never"
    if _LATER_QUESTION.search(text) and not gates_in(text):
        return "may" if _SHOW.search(_DEMO.sub(" ", text)) else "never"
    if _HISTORY.search(text) or (_ASKING.search(text) and not show):
        return "may" if show or not _HISTORY.search(text) else "never"
    return "must" if named or (show and do) or len(text.split()) <= _SHORT else "may"


_QUOTED = re.compile(r"[\"“‘'「『]([^\"”’'」』]+)[\"”’'」』]")
# What surely asks for a run of a lab that the message names besides; a mere "watch" or "try" is too weak a sign there.
_RUN = re.compile(
    r"\b(?:show (?:me|us|how)|demo|demonstrate|run|simulate|visuali[sz]e|experiment|in action|live)\b"
    r"|\blet(?:'s| me) see\b"
    r"|보여 ?(?:줘|주|줄|달|봐|드|죠)|돌려 ?(?:봐|줘|주|볼|보)|시연|데모|실습|실험(?:해|으로|을|시켜| 좀| ?보)"
    r"|직접 (?:해|돌|실행|학습|보)",
    re.I,
)


def wants_a_run(text: str) -> bool:
    """Whether words such as "show me" ask for some run, named or not; a model may then choose which."""
    return bool(_RUN.search(text)) and not _HISTORY.search(text)


_AGAIN = re.compile(r"\bagain\b|\bnow\b|\bwith\b|\binstead\b|다시|이번엔|이번에는|(?:으로|로)(?: |$|는|도)|바꿔", re.I)


def _named_lab(said: list[str]) -> str | None:
    """The lab, other than the perceptron's, that the newest message names and asks to be run, by rule.

    A short message that only changes a setting ("and with rank 8?") goes on with the lab run before.
    """
    text = _QUOTED.sub(" ", normalise(said[-1]))  # a quoted text is the lab's to read, not a request
    if gates_in(text) or _HISTORY.search(text):  # gates are the perceptron's
        return None
    if _RUN.search(text):
        places = {name: m.start() for name, lab in core.LABS.items() if lab.asked and (m := _named(lab.asked, text))}
        return min(places, key=places.__getitem__, default=None)
    if len(said) > 1 and len(text.split()) <= _SHORT and _AGAIN.search(text):
        lab = lab_for(said[:-1])
        if lab and lab != train_perceptron.NAME:
            return lab if arguments_in(said[-1], core.LABS[lab].schema.model_json_schema()["properties"]) else None
    return None


def _named(asked: str, text: str) -> re.Match[str] | None:
    return re.search(asked, text, re.I)


def _terse(text: str, earlier: list[str]) -> Call:
    """An order without a verb: "XOR, hidden layer, seed 11. Go.", or after a demo "Now NAND instead."."""
    settings = bool(settings_in(text) or layers_in(text))
    pairs = [earlier[max(n - 1, 0) : n + 1] for n in range(len(earlier))]  # each message with the one before it
    goes_on = len(text.split()) <= _SHORT and any(_perceptron(pair) == "must" for pair in pairs)
    return "must" if settings or goes_on else "never" if "?" in text else "may"


# ---- on which gate, with which layers ----------------------------------------------------------------
# "and" and "or" count only where they can be nothing but gates: in capitals, before "gate", after "learn", ...
_AFTER = r"(?= ?(?:gate|function|problem|게이트|함수|문제)|(?:로|를|을|는|은|도|에서|가|이)(?![a-z]))"
_BEFORE = r"\b(?:logical|on|learn|learns|demo|run) "
_GATE = re.compile(
    r"(?P<xnor>xnor|부정 ?배타적 ?논리합|배타적 ?부정 ?논리합)"
    r"|(?P<xor>xor|exclusive[- ]or|배타적 ?논리합|엑스오어)"
    r"|(?P<nand>nand|부정 ?논리곱)"
    r"|(?P<nor>(?<![A-Za-z])(?:NOR|nor)(?![A-Za-z])(?! (?:do|does|can|is|are|that)\b)|부정 ?논리합)"
    rf"|(?P<and>(?<![A-Za-z])AND(?![A-Za-z])|(?<![A-Za-z])and{_AFTER}|{_BEFORE}and(?![A-Za-z])|논리곱)"
    rf"|(?P<or>(?<![A-Za-z])OR(?![A-Za-z])|(?<![A-Za-z])or{_AFTER}|{_BEFORE}or(?![A-Za-z])|논리합)"
)
_ANY_CASE = re.compile(r"xnor|xor|nand|exclusive[- ]or", re.I)
_NEITHER = re.compile(r"\bneither\b.*?\bnor\b", re.I)

_SINGLE = re.compile(
    r"\b(?:single|one|1|lone)[- ](?:layer(?:ed)?|neuron|perceptron|line)|\blone\b|\bno hidden|rosenblatt's|\bsingle\b"
    r"|\bwithout (?:a |any )?hidden|\bjust one\b|\bfail|\bstuck\b|\bstruggl|can(?:'t|not) learn"
    r"|단층|단일 ?층|한 ?층|1 ?층|층 하나|뉴런 (?:하나|한 개)|은닉층 ?(?:이 |은 )?없|직선 하나|로젠블(?:라트|랫)의"
    r"|실패|못 ?(?:푸|풀|배우)|막히|안 되는",
    re.I,
)
_MULTI = re.compile(
    r"\bmulti|\b(?:two|2|three|more)[- ]layer|\bhidden(?! ?(?:units?|neurons?|nodes?|=))|mlp|\bdeep(?:er)?\b"
    r"|back-?prop|network that can|다층|여러 ?층|두 ?층|2 ?층|은닉층?(?! ?(?:유닛|노드|뉴런)|층)"
    r"|역전파|멀티|심층|풀리는",
    re.I,
)
_BOTH = re.compile(
    r"\bboth\b|\bcompar(?:e|ison)\b|\bversus\b|\bvs\b|side by side|next to|isn't enough|is not enough|difference"
    r"|with and without|\bthe pair\b|비교|갈리|둘 ?다|나란히|차이|한 ?층으(?:로|론)|있을 때와|바꾸는지|바뀌는지",
    re.I,
)


def gates_in(text: str) -> list[str]:
    """The logic gates that `text` names, in order, each once. "and" and "or" count only as gates."""
    text = _NEITHER.sub(" ", _ANY_CASE.sub(lambda m: m.group().lower(), normalise(text)))
    return list(dict.fromkeys(m.lastgroup for m in _GATE.finditer(text) if m.lastgroup))


def layers_in(text: str) -> str | None:
    """ "single", "multi" or "both", as `text` says; None where it says nothing of layers."""
    single = bool(_SINGLE.search(text))
    multi = bool(_MULTI.search(_SINGLE.sub(" ", text)))
    if (single and multi) or _BOTH.search(text):
        return "both"
    return "single" if single else "multi" if multi else None


# ---- with which settings -----------------------------------------------------------------------------
_NUMBER = re.compile(r"(?<![\w.])-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|nan|inf(?:inity)?)(?![A-Za-z.]*\d)", re.I)
_LINK = r"[\s:=]*(?:of|to|at|is|을|를|은|는|이|가|수|만)?[\s:=]*$"
_BEFORE_NUMBER = {
    "learning_rate": re.compile(
        r"(?:learning[- ]?rate|step size|\blr|\beta|학습률|학습 ?속도|러닝 ?레이트)" + _LINK, re.I
    ),
    "epochs": re.compile(r"(?:epochs?|에포크|에폭|반복)" + _LINK, re.I),
    "seeds": re.compile(r"(?:seeds?|시드)" + _LINK, re.I),
    "hidden_units": re.compile(
        r"(?:hidden(?: units?| neurons?| nodes?)?|은닉(?:층)? ?(?:유닛|노드|뉴런))" + _LINK, re.I
    ),
}
_AFTER_NUMBER = {
    "learning_rate": re.compile(r"\s*(?:learning[- ]?rate|lr\b|학습률)", re.I),
    "epochs": re.compile(r"\s*(?:epochs?|에포크|에폭|번|passes|iterations|rounds|회)", re.I),
    "seeds": re.compile(r"\s*(?:개의 )?(?:different |separate |random |다른 )*(?:seeds?|starts?|시드)", re.I),
    "hidden_units": re.compile(r"\s*(?:hidden|은닉|units?\b|neurons?\b|nodes?\b)", re.I),
}
_NEXT_SEED = re.compile(r"\s*(?:,|and|와|과|이?랑|하고)\s*(?:and )?", re.I)
_ACTIVATIONS = {
    "sigmoid": r"sigmoid|시그모이드",
    "tanh": r"tanh|쌍곡",
    "relu": r"relu|렐루",
    "step": r"\bstep (?:function|activation)|계단",
}
_SEED_COUNT = re.compile(
    r"(two|three|four|five|두|세|네|다섯) ?(?:개의 ?|번 ?)?(?:different |separate |random |다른 )*"
    r"(?:seeds?|starts?|starting|시드|시작)"
    r"|(?:시드|시작점|시작)(?:를|을|은)? ?(?:서로 다르게 |다르게 |달리해서 )?(두|세|네|다섯) ?(?:개|번)|\b(twice)\b",
    re.I,
)
_COUNT = {"two": 2, "three": 3, "four": 4, "five": 5, "twice": 2, "두": 2, "세": 3, "네": 4, "다섯": 5}


def settings_in(text: str) -> dict[str, Any]:
    """Learning rate, epochs, seeds, hidden units and activation that `text` gives, as it gives them.

    A number belongs to the word before it ("학습률 0.5", "seed 7"), else to the one after it ("40 epochs").
    """
    text = normalise(text)
    found: dict[str, Any] = {}
    last = None  # the number before, where it was a seed
    for number in _NUMBER.finditer(text):
        value = _value(number.group())
        before = next(
            (n for n, p in _BEFORE_NUMBER.items() if n not in found and p.search(text[: number.start()])), None
        )
        after = next((n for n, p in _AFTER_NUMBER.items() if n not in found and p.match(text[number.end() :])), None)
        counted = after == "seeds" or text[number.end() :].lstrip().startswith("개")
        listed = last and _NEXT_SEED.fullmatch(text[last.end() : number.start()]) and after is None
        last = None
        if listed:
            found["seeds"].append(value)
            last = number
        elif "seeds" in (before, after) and before in (None, "seeds"):
            found["seeds"] = list(range(int(value))) if counted and 0 < value < 100 else [value]
            last = None if counted else number
        elif name := before or after:
            found[name] = value
    if "seeds" not in found and (count := _SEED_COUNT.search(text)):
        found["seeds"] = list(range(_COUNT[next(g for g in count.groups() if g).lower()]))
    named = [name for name, words in _ACTIVATIONS.items() if re.search(words, text, re.I)]
    return found | ({"activation": named[0]} if len(named) == 1 else {})


# Other words for a lab's arguments, before or after their number.
_ALSO = {
    "depth": "layers?|층|깊이",
    "rank": "랭크|계수",
    "temperature": "temp|온도",
    "top_p": "top-?p|nucleus|톱피|톱-?p",
    "merges": "병합|합치기",
    "steps": "steps?|스텝|단계|걸음",
    "epochs": "epochs?|에포크|에폭|번",
    "width": "wide|너비|폭",
    "filters": "filters?|kernels?|필터|커널",
    "hidden_units": "hidden(?: units?)?|units?|은닉(?: ?유닛)?|유닛",
    "distance": "distance|거리",
    "dimensions": "dims?|차원",
    "tokens": "tokens?|토큰",
    "learning_rate": "learning[- ]?rate|lr|학습률",
    "seed": "seeds?|시드",
}


def arguments_in(text: str, properties: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The values that `text` gives for a lab's arguments, whose JSON schemas are `properties`."""
    text = normalise(text)
    found: dict[str, Any] = {}
    for name, schema in properties.items():
        words = rf"(?:{name.replace('_', '[ _-]')}|{_ALSO.get(name, name)})"
        if choices := [
            c for c in schema.get("enum", ()) if re.search(rf"(?<![a-z]){re.escape(str(c))}(?![a-z])", text, re.I)
        ]:
            found[name] = choices[0]
        elif schema.get("type") in ("number", "integer"):
            number = r"(-?\d+(?:\.\d+)?)"
            if m := re.search(rf"{words}{_LINK[:-1]}{number}|{number}\s*(?:개의? )?{words}", text, re.I):
                found[name] = _value(m[1] or m[2])
        elif schema.get("type") == "string" and "enum" not in schema:
            fits = re.compile(schema.get("pattern", ".*"), re.S).fullmatch
            if (m := _QUOTED.search(text)) and fits(m[1]):
                found[name] = m[1]
    return found


def _value(text: str) -> int | float:
    return int(text) if re.fullmatch(r"-?\d+", text) else float(text)
