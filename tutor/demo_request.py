"""What a learner's own words ask of a demo: whether one, on which gate, with which settings. By rule, in both languages.

A small model is poor at deciding when to call a tool and at copying numbers. So plain wording is read here: it says
whether a call must, may or must not come, and every value that the learner gave stands in the schema of the call as the
only one allowed. What is left open is the model's to choose.
"""

from __future__ import annotations

import re
from typing import Any

from tutor.text import normalise
from tutor.types import Call

# ---- is a demo asked for? --------------------------------------------------------------------------
_SHOW = re.compile(
    r"\bshow (?:me|us|how|that|it|a|an|the|off)\b|\bdemo\b|\bdemonstrate\b|\bwatch\b|\blet(?:'s| me| us) see\b|\blive\b"
    r"|\b(?:want|like|love|wish) to (?:see|watch)\b|\bcan i (?:see|watch)\b|in front of me|in action|with my own eyes"
    r"|\bprove it\b|\bdo it\b|\bsimulate\b|\bvisuali[sz]e\b"
    r"|보여 ?(?:줘|주|줄|달|봐|드)|보고 싶|구경|돌려 ?(?:봐|줘|주|볼|보)|시연|데모|실시간|라이브|눈으로"
    r"|직접 (?:보|해|돌|실행|학습|훈련|시)",
    re.I,
)
_DO = re.compile(
    r"\b(?:run|train|launch|start|fire up|teach|fit|try|retrain|rerun|play)\b|\bput (?:it|one|a|an|the)\b|\blet (?:it|a|an|the|one)\b"
    r"|(?:학습|훈련)(?:시켜|시킬|시키|해 ?줘|해 ?봐|해 ?볼|해 ?주|을? 부탁)|가르쳐 ?(?:봐|볼|줘|줄)|시험해|실행(?:해|시)|실험해"
    r"|(?:붙여|확인해|해|풀어) ?(?:봐|볼래|보자|줘 봐)|확인시켜|돌리",
    re.I,
)
_ASKING = re.compile(
    r"^(?:what|which|who|whose|whom|when|where|why|did|was|were|is|are|does|do|has|how)\b|\bwho\b|\btell me\b|\bexplain\b"
    r"|누가|누구|언제|어디|몇 ?년|얼마|뭐야|뭔가|뭐예|무엇|무슨|이유|알려|설명해|어떻게|왜",
    re.I,
)
_HISTORY = re.compile(
    r"\bwho\b|\bwhen\b|^where\b|\bwhat year\b|누가|누구|언제|어디서|몇 ?년|논문|\bpaper\b|\barticle\b", re.I
)
_LEARNER = re.compile(r"perceptron|neuron|\bnet(?:work)?\b|mlp|layer|퍼셉트론|뉴런|신경망|층", re.I)
_DEMO = re.compile(r"\bdemo\b|\btraining run\b|데모|시연", re.I)
_SHORT = 8  # words; a request that leans on the conversation names nothing new


def call_for(said: list[str]) -> Call:
    """Whether the newest of the learner's messages asks for a demo: surely, perhaps, or not at all."""
    text = normalise(said[-1])
    show, do = bool(_SHOW.search(text)), bool(_DO.search(text))
    if not (show or do):
        return "never"
    if _HISTORY.search(text) or (_ASKING.search(text) and not show):
        return "may"
    named = bool(gates_in(text) or _LEARNER.search(text) or _DEMO.search(text))
    before = any(gates_in(t) or _LEARNER.search(t) for t in said[:-1])
    leaning = before and len(text.split()) <= _SHORT
    return "must" if named or leaning else "may"


# ---- on which gate, with which layers ----------------------------------------------------------------
_AFTER = r"(?= ?(?:gate|function|problem|게이트|함수|문제))"
_BEFORE = r"\b(?:logical|on|learn|learns|with) "
_GATE = re.compile(
    r"(?P<xnor>xnor|부정 ?배타적 ?논리합|배타적 ?부정 ?논리합)"
    r"|(?P<xor>xor|exclusive[- ]or|배타적 ?논리합|엑스오어)"
    r"|(?P<nand>nand|부정 ?논리곱)"
    rf"|(?P<nor>\bNOR(?![a-z])|\bnor{_AFTER}|{_BEFORE}nor\b|^nor\b|부정 ?논리합)"
    rf"|(?P<and>\bAND(?![a-z])|\band{_AFTER}|{_BEFORE}and\b|^and (?!the|what|why|how|who|now|then)|논리곱)"
    rf"|(?P<or>\bOR(?![a-z])|\bor{_AFTER}|{_BEFORE}or\b|논리합)"
)
_ANY_CASE = re.compile(r"xnor|xor|nand|exclusive[- ]or", re.I)

_SINGLE = re.compile(
    r"\b(?:single|one|1|lone)[- ](?:layer(?:ed)?|neuron|perceptron|line)|\blone\b|\bno hidden|\bwithout (?:a |any )?hidden|rosenblatt's"
    r"|\bsingle\b|\bjust one\b|단층|단일 ?층|한 ?층|1 ?층|층 하나|뉴런 하나|은닉층 ?(?:이 |은 )?없|직선 하나",
    re.I,
)
_MULTI = re.compile(
    r"\bmulti|\b(?:two|2|three|more)[- ]layer|\bhidden\b|mlp|\bdeep(?:er)?\b|back-?prop|다층|여러 ?층|두 ?층|2 ?층|은닉|역전파|멀티|심층",
    re.I,
)
_BOTH = re.compile(
    r"\bboth\b|\bcompare\b|\bcomparison\b|\bversus\b|\bvs\b|side by side|next to|isn't enough|is not enough"
    r"|비교|둘 ?다|나란히|차이|한 ?층으(?:로|론)",
    re.I,
)


def gates_in(text: str) -> list[str]:
    """The logic gates that `text` names, in order, each once. "and" and "or" count only as gates."""
    text = _ANY_CASE.sub(lambda m: m.group().lower(), normalise(text))
    return list(dict.fromkeys(m.lastgroup for m in _GATE.finditer(text) if m.lastgroup))


def layers_in(text: str) -> str | None:
    """ "single", "multi" or "both", as `text` says; None where it says nothing of layers."""
    single = bool(_SINGLE.search(text))
    multi = bool(_MULTI.search(_SINGLE.sub(" ", text)))
    if (single and multi) or _BOTH.search(text):
        return "both"
    return "single" if single else "multi" if multi else None


# ---- with which settings -----------------------------------------------------------------------------
_VALUE = r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|nan|-?inf)"
_LINK = r"(?:\s*(?:of|to|at|is|=|:|을|를|은|는|이|가)\s*|\s*)"
_SETTINGS: dict[str, tuple[str, str]] = {  # the words for it, and what else may stand after its number
    "learning_rate": (r"(?:learning[- ]?rate|step size|\blr\b|\beta\b|학습률|학습 ?속도|러닝 ?레이트)", r"$^"),
    "epochs": (r"(?:epochs?|에포크|에폭|반복)", r"(?:epochs?|에포크|에폭|번|passes|iterations|rounds|회)"),
    "hidden_units": (
        r"(?:hidden(?: units?| neurons?| nodes?)?|은닉(?:층)? ?(?:유닛|노드|뉴런)?)",
        r"(?:hidden|은닉|units?\b|neurons?\b|nodes?\b)",
    ),
}
_ACTIVATIONS = {
    "sigmoid": r"sigmoid|시그모이드",
    "tanh": r"tanh|하이퍼볼릭|쌍곡",
    "relu": r"relu|렐루",
    "step": r"\bstep (?:function|activation)|계단",
}
_SEED = re.compile(r"seeds?|시드", re.I)
_SEED_LIST = re.compile(
    r"(?:seeds?|시드)" + _LINK + r"(\d+(?:(?:\s*,\s*|\s*and\s*|\s*와\s*|\s*과\s*|\s*이?랑\s*)\d+)*)(?! ?개)", re.I
)
_SEED_COUNT = re.compile(
    r"(two|three|four|five|[2-8]|두|세|네|다섯) ?(?:개의 ?|번 ?)?(?:different |separate |random |다른 )*(?:seeds?|starts?|starting|시드|시작)"
    r"|(?:시드|시작점|시작)(?:를|을|은)? ?(?:서로 다르게 |다르게 |달리해서 )?(두|세|네|다섯|[2-8]) ?(?:개|번)|\b(twice)\b",
    re.I,
)
_COUNT = {"two": 2, "three": 3, "four": 4, "five": 5, "twice": 2, "두": 2, "세": 3, "네": 4, "다섯": 5}


def settings_in(text: str) -> dict[str, Any]:
    """Learning rate, epochs, seeds, hidden units and activation that `text` gives, as it gives them."""
    text = normalise(text)
    found: dict[str, Any] = {}
    for name, (word, after) in _SETTINGS.items():
        match = re.search(rf"{_VALUE} ?{after}", text, re.I) or re.search(rf"{word}{_LINK}{_VALUE}", text, re.I)
        if match:
            found[name] = _number(match.group(1))
    if seeds := _seeds(text):
        found["seeds"] = seeds
    named = [name for name, words in _ACTIVATIONS.items() if re.search(words, text, re.I)]
    if len(named) == 1:
        found["activation"] = named[0]
    return found


def _seeds(text: str) -> list[int]:
    if count := _SEED_COUNT.search(text):
        word = next(g for g in count.groups() if g).lower()
        return list(range(_COUNT.get(word) or int(word)))
    if listed := _SEED_LIST.search(text):
        return list(dict.fromkeys(int(n) for n in re.findall(r"\d+", listed.group(1))))
    return []


def _number(text: str) -> int | float:
    return int(text) if re.fullmatch(r"-?\d+", text) else float(text)
