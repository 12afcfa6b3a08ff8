"""What a run of the lab alexnet_tricks shows, measured and in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tutor.labs.digit_nets import TESTED

SAME_RATE = 0.001  # the learning rate that the two functions are compared at
ERROR = 0.05  # of the training digits, to be reached
CLEAR = 1.2  # how many times sooner counts as sooner


def effect(found: Mapping[str, Any], where: str) -> int:
    """1 if the nets make fewer errors with the trick, -1 if more, 0 if the difference may be chance.

    Net by net, from the same starting weights; the mean difference has to be over twice its standard error.
    """
    fewer = np.array(found["wrong"]["without"][where], float) - np.array(found["wrong"]["with"][where], float)
    spread = 2 * fewer.std(ddof=1) / len(fewer) ** 0.5
    return int(fewer.mean() > spread) - int(fewer.mean() < -spread)


def shares(found: Mapping[str, Any], where: str) -> list[str]:
    """The mean share of digits right, without and with the trick."""
    of = found["images"] if where == "train" else TESTED
    return [f"{100 * (1 - float(np.mean(wrong[where])) / of):.1f}%" for wrong in found["wrong"].values()]


def errors(found: Mapping[str, Any], where: str) -> tuple[str, str, int]:
    """The mean number of errors without and with the trick, and in how many nets it fell."""
    before, after = (np.array(found["wrong"][way][where], float) for way in ("without", "with"))
    return f"{before.mean():.1f}", f"{after.mean():.1f}", int((after < before).sum())


def english(found: Mapping[str, Any], trick: str, rate: float) -> str:
    """Dropout, of this rate, or shifted copies."""
    (train0, train1), (test0, test1), (moved0, moved1) = (shares(found, at) for at in ("train", "test", "moved"))
    before, after, better = errors(found, "test")
    learned = f"{found['nets']} nets learn {found['images']:,} digits"
    if trick == "dropout":
        own = ", though the nets still get as many of their own right" * (train1 == train0)
        last = {
            1: f"So here dropout helps to read unseen digits{own}",
            0: "So here dropout makes no difference that could not be chance",
            -1: f"So here dropout does harm: {rate:.0%} of the units off is too much",
        }[effect(found, "test")]
        return (
            f"{learned} and get {train0} of them right, but only {test0} of {TESTED} unseen ones; with dropout, each "
            f"hidden unit off with probability {rate:g} at every step, it is {train1} and {test1}. The mean number of "
            f"errors on unseen digits goes from {before} to {after}, and falls in {better} of {found['nets']} nets. "
            f"{last}."
        )
    place = {1: "they help as well", 0: "they make no clear difference", -1: "they cost a little"}
    last = {
        1: "So the copies teach that a moved digit is the same digit",
        0: "So here the copies change little for moved digits",
        -1: "So here the copies do harm for moved digits",
    }[effect(found, "moved")]
    return (
        f"{learned} and read {test0} of {TESTED} unseen ones, but {moved0} once these are moved by one pixel; nets "
        f"that begin with the same weights and learn from copies shifted at random by up to a pixel read {moved1} of "
        f"the moved digits. Of unseen digits in their place these read {test1}: the mean number of errors goes from "
        f"{before} to {after}, and falls in {better} of {found['nets']} nets. {last}; for digits in their place "
        f"{place[effect(found, 'test')]}."
    )


def korean(found: Mapping[str, Any], trick: str, rate: float) -> str:
    """The same in Korean."""
    (train0, train1), (test0, test1), (moved0, moved1) = (shares(found, at) for at in ("train", "test", "moved"))
    before, after, better = errors(found, "test")
    learned = f"숫자 {found['images']:,}개를 배운 신경망 {found['nets']}개는"
    if trick == "dropout":
        own = "배운 숫자는 똑같이 맞히면서 " * (train1 == train0)
        last = {
            1: f"그러니 여기서 드롭아웃을 쓰면 {own}처음 보는 숫자를 더 잘 읽어요",
            0: "그러니 여기서 드롭아웃의 차이는 우연일 수도 있는 정도예요",
            -1: f"그러니 여기서는 드롭아웃이 해가 돼요. 유닛을 {rate:.0%} 끄는 것은 지나쳐요",
        }[effect(found, "test")]
        return (
            f"{learned} 배운 숫자는 {train0} 맞히지만 처음 보는 숫자 {TESTED}개는 {test0}만 맞혀요. 단계마다 은닉 "
            f"유닛을 확률 {rate:g}로 끄는 드롭아웃을 쓰면 {train1}와 {test1}가 돼요. 처음 보는 숫자에서 틀린 개수는 "
            f"평균 {before}개에서 {after}개가 되고, 신경망 {found['nets']}개 중 {better}개에서 줄었어요. {last}."
        )
    place = {1: "도움이 돼요", 0: "뚜렷한 차이가 없어요", -1: "조금 손해예요"}
    last = {
        1: "그러니 옮긴 사본은 자리를 옮긴 숫자도 같은 숫자라는 것을 가르치고",
        0: "그러니 여기서는 옮긴 사본이 옮긴 숫자를 읽는 데 별 차이를 만들지 못하고",
        -1: "그러니 여기서는 옮긴 사본이 옮긴 숫자를 읽는 데 해가 되고",
    }[effect(found, "moved")]
    return (
        f"{learned} 처음 보는 숫자 {TESTED}개를 {test0} 읽지만, 숫자를 1픽셀만 옮기면 {moved0}만 읽어요. 같은 "
        f"가중치에서 시작해 무작위로 1픽셀까지 옮긴 사본으로 배운 신경망은 옮긴 숫자를 {moved1} 읽어요. "
        f"제자리에 있는 처음 보는 숫자는 {test1} 읽어서, 틀린 개수는 평균 {before}개에서 {after}개가 되고 신경망 "
        f"{found['nets']}개 중 {better}개에서 줄었어요. {last}, 제자리 숫자에는 {place[effect(found, 'test')]}."
    )


def same_and_best(found: Mapping[str, Any]) -> list[tuple[float, float]]:
    """For ReLU and for tanh, the epochs at SAME_RATE and the fewest at any rate; infinite where not reached."""
    reached = [[np.inf if e is None else e for e in found["reached"][function]] for function in ("relu", "tanh")]
    return [(epochs[found["rates"].index(SAME_RATE)], min(epochs)) for epochs in reached]


def sooner(found: Mapping[str, Any]) -> tuple[int, int]:
    """Whether ReLU (1), tanh (-1) or neither (0) is CLEAR times sooner: at SAME_RATE, and each at its best rate."""
    relu, tanh = same_and_best(found)
    pairs = list(zip(relu, tanh, strict=True))
    same, best = (int(r < t and CLEAR * r <= t) - int(t < r and CLEAR * t <= r) for r, t in pairs)
    return same, best


def race_english(found: Mapping[str, Any]) -> str:
    """ReLU against tanh."""
    told = [
        [
            f"after {e:g} epoch{'s' * (e != 1)}" if np.isfinite(e) else f"not within {found['epochs']} epochs"
            for e in epochs
        ]
        for epochs in same_and_best(found)
    ]
    (relu, relu_best), (tanh, tanh_best) = told
    last = {
        (1, 1): "So here ReLU learns sooner, and that is not just a matter of the learning rate",
        (1, 0): "So here ReLU's head start holds at the same small steps, and is gone once each has the rate that "
        "suits it",
        (
            1,
            -1,
        ): "So here ReLU is ahead at the same small steps, but tanh overtakes once each has the rate that suits it",
    }.get(sooner(found), "So on these digits ReLU shows no clear head start at the same learning rate")
    return (
        f"At a learning rate of {SAME_RATE:g}, nets of ReLU units are down to a training error of {ERROR:.0%} {relu}, "
        f"nets of tanh units {tanh}. Each at the best of {len(found['rates'])} learning rates, ReLU gets there "
        f"{relu_best} and tanh {tanh_best} (medians of {found['nets']} nets). {last}."
    )


def race_korean(found: Mapping[str, Any]) -> str:
    """The same in Korean."""
    told = [
        [f"{e:g}에폭" if np.isfinite(e) else f"{found['epochs']}에폭 넘게" for e in epochs]
        for epochs in same_and_best(found)
    ]
    (relu, relu_best), (tanh, tanh_best) = told
    last = {
        (1, 1): "그러니 여기서는 ReLU가 더 빨리 배우고, 그것은 학습률 탓만이 아니에요",
        (1, 0): "그러니 여기서는 똑같이 작은 걸음일 때만 ReLU가 앞서고, 저마다 알맞은 학습률을 쓰면 차이가 없어져요",
        (1, -1): "그러니 여기서는 똑같이 작은 걸음일 때 ReLU가 앞서지만, 저마다 알맞은 학습률을 쓰면 tanh가 앞질러요",
    }.get(sooner(found), "그러니 이 숫자들에서는 학습률이 같을 때 ReLU가 뚜렷하게 앞서지 않아요")
    return (
        f"학습률이 {SAME_RATE:g}일 때 학습 오류가 {ERROR:.0%}로 줄기까지 ReLU 신경망은 {relu}, tanh 신경망은 {tanh} "
        f"걸려요. 학습률 {len(found['rates'])}가지 중 저마다 가장 좋은 것을 쓰면 ReLU는 {relu_best}, tanh는 "
        f"{tanh_best} 걸려요(신경망 {found['nets']}개의 중앙값). {last}."
    )
