"""A run in words: short sentences in both languages, every number taken from the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST_TOLD = 2  # seeds told one by one; more are summed up

Record = Mapping[str, Any]


def english(record: Record) -> str:
    """The result in English."""
    gate, proof, told = record["arguments"]["gate"].upper(), record["proof"], []
    single, multi = _split(record)
    if len(single) > MOST_TOLD:
        told.append(
            f"Single layer, {len(single)} seeds, on {gate}: {_summary_en(single, stuck=not proof['is_separable'])}."
        )
    else:
        told += [f"Single layer, seed {s['seed']}, on {gate}: {_single_en(s, proof)}." for s in single]
    if single and not proof["is_separable"]:
        told.append(
            f"No line does better than {proof['best_correct']}/4: of all {proof['separable']} ways that a line can "
            f"label the four points, the best gets {proof['best_correct']} of {proof['points']} right."
        )
    if multi:
        units = multi[0]["hidden_units"]
        net = f"Multilayer ({units} {multi[0]['activation']} hidden unit{'s' * (units > 1)})"
        if len(multi) > MOST_TOLD:
            told.append(f"{net}, {len(multi)} seeds, on {gate}: {_summary_en(multi)}.")
        else:
            told += [f"{net}, seed {s['seed']}, on {gate}: {_multi_en(s)}." for s in multi]
    return " ".join(told + _compared_en(record, single))


def korean(record: Record) -> str:
    """The result in Korean."""
    gate, proof, told = record["arguments"]["gate"].upper(), record["proof"], []
    single, multi = _split(record)
    if len(single) > MOST_TOLD:
        told.append(f"단층, 시드 {len(single)}개, {gate}: {_summary_ko(single, stuck=not proof['is_separable'])}.")
    else:
        told += [f"단층, 시드 {s['seed']}, {gate}: {_single_ko(s, proof)}." for s in single]
    if single and not proof["is_separable"]:
        told.append(
            f"어떤 직선도 {proof['best_correct']}/4보다 잘할 수 없어요. "
            f"직선 하나로 네 점을 나누는 방법 {proof['separable']}가지를 모두 따져 봐도, "
            f"가장 좋은 것이 {proof['points']}개 중 {proof['best_correct']}개를 맞혀요."
        )
    if multi:
        net = f"다층(은닉 유닛 {multi[0]['hidden_units']}개, {multi[0]['activation']})"
        if len(multi) > MOST_TOLD:
            told.append(f"{net}, 시드 {len(multi)}개, {gate}: {_summary_ko(multi)}.")
        else:
            told += [f"{net}, 시드 {s['seed']}, {gate}: {_multi_ko(s)}." for s in multi]
    return " ".join(told + _compared_ko(record, single))


def _split(record: Record) -> tuple[list[Record], list[Record]]:
    series = record["series"]
    return [s for s in series if s["layers"] == "single"], [s for s in series if s["layers"] == "multi"]


def _epochs(n: int) -> str:
    return f"{n} epoch{'s' * (n != 1)}"


def _single_en(s: Record, proof: Record) -> str:
    if s["epochs_to_convergence"]:
        return f"4/4 after {_epochs(s['epochs_to_convergence'])}, with the line {s['line']}"
    if proof["is_separable"]:
        return f"best accuracy {s['best_correct']}/4 in {_epochs(s['epochs'])}, not enough epochs to finish"
    return f"stuck, best accuracy {s['best_correct']}/4 after {_epochs(s['epochs'])}"


def _single_ko(s: Record, proof: Record) -> str:
    if s["epochs_to_convergence"]:
        return f"{s['epochs_to_convergence']}에폭 만에 네 점을 모두 맞혔어요(4/4). 찾은 직선은 {s['line']}이에요"
    if proof["is_separable"]:
        return f"{s['epochs']}에폭 동안 최고 정확도는 {s['best_correct']}/4예요. 끝까지 배우기에는 에폭이 모자랐어요"
    return f"{s['epochs']}에폭을 돌려도 최고 정확도 {s['best_correct']}/4에서 막혔어요"


def _multi_en(s: Record) -> str:
    if s["epochs_to_convergence"]:
        solved = f"4/4 after {_epochs(s['epochs_to_convergence'])}"
        settled = f", every output within {s['tolerance']} of its target after {s['epochs_to_tolerance']}"
        return solved + settled * bool(s["epochs_to_tolerance"])
    return f"not solved in {_epochs(s['epochs'])}, best accuracy {s['best_correct']}/4"


def _multi_ko(s: Record) -> str:
    if s["epochs_to_convergence"]:
        solved = f"{s['epochs_to_convergence']}에폭 만에 네 점을 모두 맞혔어요(4/4)"
        settled = f". {s['epochs_to_tolerance']}에폭째에는 모든 출력이 정답과 {s['tolerance']} 안으로 가까워졌어요"
        return solved + settled * bool(s["epochs_to_tolerance"])
    return f"{s['epochs']}에폭 안에 풀지 못했어요. 최고 정확도는 {s['best_correct']}/4예요"


def _summary_en(series: list[Record], stuck: bool = False) -> str:
    done = sorted(s["epochs_to_convergence"] for s in series if s["epochs_to_convergence"])
    if not done:
        longest = max(s["epochs"] for s in series)
        fate = "all stuck" if stuck else "none reaches 4/4"
        return f"{fate}, best accuracy {max(s['best_correct'] for s in series)}/4 after {_epochs(longest)}"
    fastest, slowest = _epochs(done[0]), _epochs(done[-1])
    return f"{len(done)} of {len(series)} reach 4/4, the fastest after {fastest}, the slowest after {slowest}"


def _summary_ko(series: list[Record], stuck: bool = False) -> str:
    done = sorted(s["epochs_to_convergence"] for s in series if s["epochs_to_convergence"])
    if not done:
        longest = max(s["epochs"] for s in series)
        fate = "에서 모두 막혔어요" if stuck else "였고, 4/4에 이른 것은 없어요"
        return f"{longest}에폭 동안 최고 정확도 {max(s['best_correct'] for s in series)}/4{fate}"
    took = f"가장 빠른 것은 {done[0]}에폭, 가장 느린 것은 {done[-1]}에폭이 걸렸어요"
    return f"{len(series)}개 중 {len(done)}개가 4/4에 이르렀어요. {took}"


def _compared_en(record: Record, single: list[Record]) -> list[str]:
    told, comparison = [], record["comparison"]
    if "single" in comparison:
        seeds, lines = comparison["single"]["seeds"], comparison["single"]["distinct_lines"]
        ends = "; ".join(f"seed {s['seed']}: {s['line']}" for s in single) if len(single) <= MOST_TOLD else ""
        told.append(f"The {seeds} seeds end on {lines} different lines{': ' * bool(ends)}{ends}.")
    if "multi" in comparison:
        a, b = comparison["multi"]["seeds"]
        differing, of = comparison["multi"]["differing"], comparison["multi"]["grid_points"]
        told.append(
            f"The nets of seeds {a} and {b} draw different boundaries: "
            f"they disagree at {differing} of {of} grid points."
            if differing
            else f"The nets of seeds {a} and {b} agree at all {of} grid points."
        )
    return told


def _compared_ko(record: Record, single: list[Record]) -> list[str]:
    told, comparison = [], record["comparison"]
    if "single" in comparison:
        seeds, lines = comparison["single"]["seeds"], comparison["single"]["distinct_lines"]
        ends = ", ".join(f"시드 {s['seed']}: {s['line']}" for s in single) if len(single) <= MOST_TOLD else ""
        told.append(f"시드 {seeds}개로 시작했더니 서로 다른 직선 {lines}개가 나왔어요{f'({ends})' if ends else ''}.")
    if "multi" in comparison:
        a, b = comparison["multi"]["seeds"]
        differing, of = comparison["multi"]["differing"], comparison["multi"]["grid_points"]
        told.append(
            f"시드 {a}번과 {b}번의 신경망은 경계가 서로 달라요. 격자점 {of}개 중 {differing}개에서 답이 달라요."
            if differing
            else f"시드 {a}번과 {b}번의 신경망은 격자점 {of}개에서 모두 답이 같아요."
        )
    return told
