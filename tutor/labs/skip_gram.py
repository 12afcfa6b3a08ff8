"""Skip-gram with negative sampling, written out in numpy, and the articles' words to train it on.

T. Mikolov et al., "Distributed Representations of Words and Phrases and their Compositionality" (2013): skip-gram
with negative sampling, equation 4, for a word w, a context word c beside it, k noise words n drawn from P(n):

    log sigmoid(x_c · v_w) + k · E_{n ~ P} [log sigmoid(-x_n · v_w)]          to be made large; here its negative, small

Where the paper draws pairs one by one, here they are all counted and each epoch takes them at once, so that the
expectation over noise words is exact (the sum as O. Levy and Y. Goldberg, 2014, write it), which suits so few words.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Generator, Mapping, Sequence
from functools import cache

import numpy as np

from tutor import config
from tutor.corpus import articles
from tutor.errors import ToolFailed
from tutor.text import nouns, sentences, terms
from tutor.types import Frame, Lang

WINDOW = 5  # words to each side, as in the paper's code
RAREST = 5  # times that a word must stand in the articles, as in the paper's code
NOISE = 5  # k noise words a pair
NOISE_POWER = 0.75  # P(n) ~ count^(3/4), section 2.2
SUBSAMPLE = 1e-3  # t of equation 5, ten times looser: 40,000 words are few
STEP_SIZE = 0.05  # of Adam
FEWEST_WORDS = 50
TOKEN = re.compile(r"[가-힣]+|[A-Za-zÀ-ɏ]+(?:[.'’+-]?[A-Za-z0-9À-ɏ]+)*")


@cache
def keys(token: str) -> tuple[str, ...]:
    """What stands for `token`: the English stem, or the nouns of a Korean word without its particles; or nothing."""
    # Search terms leave out what mecab reads as nouns but is not: 의 (doctor), 은 (silver).
    found = "".join(n for n in nouns(token) if terms(n)) if token[0] >= "가" else next(iter(terms(token)), "")
    return (found,) if len(found) > 1 else ()


def read(language: Lang) -> Generator[Frame, None, tuple[list[list[list[str]]], dict[str, str]]]:
    """The articles as sentences of keys, and each key's commonest spelling. Its frames show the untrained loss."""
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    found: list[list[list[str]]] = []
    for i, path in enumerate(sorted((config.load().corpus / language).glob("*.md"))):
        if i % 4 == 0:
            yield _frame(0, (1 + NOISE) * float(np.log(2)))
        body = "\n".join(line for line in articles.document(path).body.split("\n") if not line.startswith("#"))
        found.append([])
        for start, end in sentences(body):
            pairs = [(key, token) for token in TOKEN.findall(body[start:end]) for key in keys(token)]
            found[-1].append([key for key, _ in pairs])
            for key, token in pairs:
                spellings[key][key if token[0] >= "가" else token] += 1
    # mecab reads 신경망의, "of the network", as two nouns; 의 is the particle where 신경망 is a word by itself.
    plain = {key: key[:-1] if key.endswith("의") and key[:-1] in spellings else key for key in spellings}
    texts = [[[plain[key] for key in text] for text in article] for article in found]
    return texts, {key: count.most_common(1)[0][0] for key, count in spellings.items()}


def _frame(epoch: int, loss: float) -> Frame:
    return Frame(epoch, epoch, {"loss": loss}, series="skip-gram")


def vocabulary(texts: Sequence[Sequence[str]], rarest: int) -> tuple[list[str], np.ndarray]:
    """The words that stand at least `rarest` times, the most frequent first, and how often they do.

    Raises:
        ToolFailed: there are too few.
    """
    counted = [(word, n) for word, n in Counter(w for text in texts for w in text).most_common() if n >= rarest]
    if len(counted) < FEWEST_WORDS:
        raise ToolFailed(
            f"The articles hold only {len(counted)} words that stand at least {rarest} times.",
            f"Word vectors need {FEWEST_WORDS} of them or more. Add articles to the corpus.",
            ko=(
                f"글에 {rarest}번 이상 나오는 낱말이 {len(counted)}개뿐이에요.",
                f"단어 벡터를 배우려면 {FEWEST_WORDS}개는 있어야 해요. corpus에 글을 더 넣어 주세요.",
            ),
        )
    return [word for word, _ in counted], np.array([n for _, n in counted], dtype=float)


def count_pairs(texts: Sequence[Sequence[str]], words: Sequence[str], window: int) -> np.ndarray:
    """How often word i stands beside word j, (V, V): a pair d apart counts (window - d + 1) / window.

    That is the chance that word2vec's window, of a size drawn from 1 to `window`, reaches so far.
    """
    index = {word: i for i, word in enumerate(words)}
    ids = [[index[w] for w in text if w in index] for text in texts]
    flat = np.array([i for text in ids for i in text], dtype=int)
    sentence = np.repeat(np.arange(len(ids)), [len(text) for text in ids])
    counts = np.zeros((len(words), len(words)))
    for d in range(1, window + 1):
        same = sentence[d:] == sentence[:-d]
        np.add.at(counts, (flat[:-d][same], flat[d:][same]), (window - d + 1) / window)
    return counts + counts.T


def subsampled(counts: np.ndarray, frequency: np.ndarray, threshold: float) -> np.ndarray:
    """Counts (V, V) as if each word were kept with the chance sqrt(t / f), equation 5, f its share of all words."""
    kept = np.minimum(1, np.sqrt(threshold / (frequency / frequency.sum())))
    return counts * kept[:, None] * kept


def expected_noise(counts: np.ndarray, k: int) -> np.ndarray:
    """How often word i is expected to meet noise word j, (V, V), with k noise words drawn for each counted pair."""
    total = counts.sum(axis=1)
    chance = total**NOISE_POWER / (total**NOISE_POWER).sum()
    return k * np.outer(total, chance)


def loss_and_gradients(
    vectors: np.ndarray, contexts: np.ndarray, counts: np.ndarray, noise: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Equation 4 with its sign turned, a mean over all pairs, and its gradients; vectors v and contexts x (V, D)."""
    scores = vectors @ contexts.T  # (V, V): x_c · v_w for each word w and context word c
    pairs = counts.sum()
    small = np.exp(-np.abs(scores))  # cannot overflow
    softplus = np.maximum(scores, 0) + np.log(1 + small)  # -log sigmoid(-s); -log sigmoid(s) is softplus - s
    loss = float(((counts + noise) * softplus - counts * scores).sum() / pairs)
    sigmoid = np.where(scores > 0, 1, small) / (1 + small)
    d_scores = ((counts + noise) * sigmoid - counts) / pairs
    return loss, d_scores @ contexts, d_scores.T @ vectors


def train(
    counts: np.ndarray, dimensions: int, epochs: int, seed: int
) -> Generator[Frame, None, tuple[np.ndarray, np.ndarray, list[float]]]:
    """The vectors (V, D) before and after training and the loss before each epoch and after the last.

    The step is Adam's, for which the scale of the gradients does not matter.
    """
    counts = counts.astype(np.float32)
    noise = expected_noise(counts, NOISE).astype(np.float32)
    start = np.random.default_rng(seed).normal(scale=0.3 / np.sqrt(dimensions), size=(len(counts), dimensions))
    # Context vectors begin at zero, as in word2vec's code, so the first loss is (1 + k) · log 2.
    weights: list[np.ndarray] = [start.astype(np.float32), np.zeros(start.shape, dtype=np.float32)]
    mean, square = ([np.zeros_like(w) for w in weights] for _ in range(2))
    losses: list[float] = []
    for epoch in range(epochs + 1):
        loss, *gradients = loss_and_gradients(weights[0], weights[1], counts, noise)
        losses.append(round(loss, 4))
        if epoch % (1 + epochs // 101) == 0 or epoch == epochs:
            yield _frame(epoch, loss)
        for i, g in enumerate(gradients if epoch < epochs else ()):
            mean[i] = 0.9 * mean[i] + 0.1 * g
            square[i] = 0.99 * square[i] + 0.01 * g**2
            rms = np.sqrt(square[i] / (1 - 0.99 ** (epoch + 1))) + 1e-12
            weights[i] = weights[i] - STEP_SIZE * (mean[i] / (1 - 0.9 ** (epoch + 1))) / rms
    return start, weights[0], losses


def cosines(vectors: np.ndarray) -> np.ndarray:
    """The cosine of every two rows, (V, V)."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return unit @ unit.T


def nearest(similar: np.ndarray, i: int, n: int) -> list[int]:
    """The n rows most similar to row i, the nearest first, without itself."""
    return [int(j) for j in np.argsort(-similar[i], kind="stable") if j != i][:n]


def look_up(word: str, words: Sequence[str], spelling: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The key of a learner's word (None: unknown), and for an unknown one a key in it or spelt like it, if any is."""
    inside = [key for token in TOKEN.findall(word) for key in keys(token) if key in words]
    if inside and len(TOKEN.findall(word)) == 1:
        return inside[0], None
    spelt = {unicodedata.normalize("NFD", spelling[w].lower()): w for w in reversed(words)}  # in letters of Hangul
    like = difflib.get_close_matches(unicodedata.normalize("NFD", word.lower()), spelt, n=1, cutoff=0.7)
    return None, next(iter(inside), None) or (spelt[like[0]] if like else None)


def topics(read_articles: Sequence[Sequence[Sequence[str]]], words: Sequence[str], n: int) -> list[int]:
    """Indices of n words that are frequent, but in few articles: the highest count · log(articles / in how many)."""
    count = Counter(word for article in read_articles for text in article for word in text)
    within = Counter(word for article in read_articles for word in {w for text in article for w in text})
    weight = [count[word] * np.log(len(read_articles) / within[word]) for word in words]
    return [int(i) for i in np.argsort(-np.array(weight), kind="stable")[:n]]
