"""FAISS and Milvus answer alike; what neither may take in."""

import builtins

import numpy as np
import pytest

from tutor.errors import SearchIndexError
from tutor.retrieval import faiss_store, milvus_store, stores

DIMENSIONS = 8


def unit(count: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSIONS)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def blocks(vectors, size=7):
    return (vectors[start : start + size] for start in range(0, len(vectors), size))


@pytest.fixture(params=["faiss", "milvus"])
def place(request, tmp_path):
    """(uri, folder) of a store."""
    folder = tmp_path / "build-1"
    folder.mkdir()
    return ("" if request.param == "faiss" else str(tmp_path / "vectors.db"), folder)


def made(place, vectors) -> stores.VectorStore:
    """A store of `vectors`, built, closed and opened again."""
    stores.build(*place, blocks(vectors), len(vectors), DIMENSIONS).close()
    return stores.load(*place, len(vectors), DIMENSIONS)


def test_the_nearest_come_first(place):
    axes = np.eye(DIMENSIONS, dtype=np.float32)
    store = made(place, axes)
    rows, cosines = store.search(np.array([0.6, 0, 0, 0.8, 0, 0, 0, 0], np.float32), 3)
    assert rows.tolist() == [3, 0, 1]  # 1 by its number: six are equally far
    assert cosines.tolist() == pytest.approx([0.8, 0.6, 0])
    assert store.size == 8
    assert np.array_equal(store.vectors(np.array([5, 2])), axes[[5, 2]])
    assert store.vectors(np.array([], np.int64)).shape == (0, DIMENSIONS)
    store.close()


def test_equal_ones_stand_by_number(place):
    vectors = np.repeat(unit(2), 20, axis=0)
    store = made(place, vectors)
    assert store.search(vectors[0], 5)[0].tolist() == [0, 1, 2, 3, 4]
    assert store.search(vectors[39], 25)[0].tolist() == [*range(20, 40), 0, 1, 2, 3, 4]
    store.close()


@pytest.mark.parametrize("share", [0.05, 0.5, 1.0])
def test_only_what_is_allowed_is_found(place, share):
    vectors, allowed = unit(200), np.random.default_rng(1).random(200) < share
    store = made(place, vectors)
    for query in unit(5, seed=2):
        wanted = [row for row in np.argsort(-(vectors @ query), kind="stable").tolist() if allowed[row]]
        rows, cosines = store.search(query, 12, allowed)
        assert rows.tolist() == wanted[:12]
        assert cosines.tolist() == pytest.approx((vectors[wanted[:12]] @ query).tolist(), abs=1e-6)
    store.close()


def test_more_are_asked_for_than_there_are(place):
    store = made(place, unit(3))
    assert sorted(store.search(unit(1)[0], 10)[0].tolist()) == [0, 1, 2]
    assert store.search(unit(1)[0], 10, np.zeros(3, bool))[0].tolist() == []
    store.close()


def test_a_store_of_nothing(place):
    store = made(place, unit(0))
    assert store.search(unit(1)[0], 3)[0].tolist() == []
    store.close()


@pytest.mark.parametrize(("value", "said"), [(np.nan, "nan"), (np.inf, "inf"), (0.0, "0"), (2.0, "2")])
def test_a_vector_that_is_not_of_unit_length_is_refused(place, value, said):
    vectors = unit(20)
    vectors[11] = [value, *[0] * (DIMENSIONS - 1)]
    with pytest.raises(SearchIndexError, match=rf"length {said} instead of 1 \(number 11\)") as error:
        stores.build(*place, blocks(vectors), len(vectors), DIMENSIONS)
    assert "인코더" in error.value.text("ko")
    store = made(("", place[1]), unit(4))
    with pytest.raises(SearchIndexError, match=f"length {said} instead"):
        store.search(vectors[11], 3)


def test_a_vector_of_another_dimension_is_refused(place):
    with pytest.raises(SearchIndexError, match=r"shape \(3, 5\) instead of \(any, 8\)"):
        stores.build(*place, iter([np.ones((3, 5), np.float32)]), 3, DIMENSIONS)


def test_what_is_not_as_large_as_it_was_is_not_opened(place):
    made(place, unit(5)).close()
    for size, dimensions in ((6, DIMENSIONS), (5, 4)):
        with pytest.raises(ValueError, match="vectors of"):
            stores.load(*place, size, dimensions)
    (place[1] / "vectors.faiss").unlink(missing_ok=True)
    stores.remove(*place)
    with pytest.raises((ValueError, OSError)):
        stores.load(*place, 5, DIMENSIONS)


@pytest.fixture
def inverted(tmp_path, monkeypatch):
    """A store of 3000 vectors above the bound of exact search, in four shards."""
    monkeypatch.setattr(faiss_store, "BLOCK", 3000)
    vectors = unit(30_000)
    monkeypatch.setattr(faiss_store, "SHARD", 8_000)
    faiss_store.build(tmp_path, blocks(vectors, 1000), len(vectors), DIMENSIONS, exact=1000)
    return faiss_store.load(tmp_path, len(vectors), DIMENSIONS), vectors


def test_the_inverted_file_finds_nearly_all_that_is_nearest(inverted, tmp_path):
    store, vectors = inverted
    assert len(list(tmp_path.glob("lists-*.faiss"))) == 4
    recalled = []
    for query in unit(50, seed=3):
        rows, cosines = store.search(query, 10)
        assert cosines.tolist() == pytest.approx((vectors[rows] @ query).tolist(), abs=1e-3)
        assert cosines.tolist() == sorted(cosines.tolist(), reverse=True)
        recalled.append(len(set(rows.tolist()) & set(np.argsort(-(vectors @ query))[:10].tolist())) / 10)
    assert np.mean(recalled) > 0.95
    assert store.vectors(np.array([29_999, 0])) == pytest.approx(vectors[[29_999, 0]], abs=1e-3)


def test_the_inverted_file_finds_the_few_that_are_allowed(inverted):
    store, vectors = inverted
    allowed = np.zeros(len(vectors), bool)
    allowed[[17, 8_100, 29_000]] = True
    query = unit(1, seed=4)[0]
    wanted = sorted([17, 8_100, 29_000], key=lambda row: -float(vectors[row] @ query))
    assert store.search(query, 5, allowed)[0].tolist() == wanted


@pytest.mark.parametrize("harm", ["vectors.f16", "lists-0002.faiss"])
def test_a_truncated_inverted_file_is_not_opened(inverted, tmp_path, harm):
    inverted[0].close()
    path = tmp_path / harm
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ValueError, match=r"cannot be read|does not hold"):
        faiss_store.load(tmp_path, 30_000, DIMENSIONS)


# ---- Milvus alone ---------------------------------------------------------------------------------
def test_milvus_answers_beyond_what_it_gives_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(milvus_store, "LIMIT", 16)
    vectors = unit(100)
    store = milvus_store.build(str(tmp_path / "m.db"), "build-1", blocks(vectors), 100, DIMENSIONS)
    allowed, query = np.arange(100) % 10 == 3, unit(1, seed=5)[0]
    best = np.argsort(-(vectors @ query), kind="stable")
    assert store.search(query, 10, allowed)[0].tolist() == [row for row in best.tolist() if row % 10 == 3]
    assert store.search(query, 40)[0].tolist() == best[:40].tolist()
    store.close()


def test_builds_in_milvus_do_not_meet(tmp_path):
    uri = str(tmp_path / "m.db")
    for name, seed in (("build-1", 1), ("build-2", 2)):
        milvus_store.build(uri, name, blocks(unit(5, seed)), 5, DIMENSIONS).close()
    milvus_store.remove(uri, "build-1")
    milvus_store.remove(uri, "build-1")
    left = milvus_store.load(uri, "build-2", 5, DIMENSIONS)
    assert left.vectors(np.arange(5)) == pytest.approx(unit(5, 2))
    left.close()


def test_a_collection_that_is_gone_is_said(tmp_path):
    uri = str(tmp_path / "m.db")
    store = milvus_store.build(uri, "build-1", blocks(unit(5)), 5, DIMENSIONS)
    store._client.drop_collection(store._name)
    with pytest.raises(SearchIndexError, match="Milvus does not do") as error:
        store.search(unit(1)[0], 1)
    assert "TUTOR_INDEX_URI" in error.value.text("ko")
    store.close()


def test_a_server_that_is_not_there(monkeypatch):
    monkeypatch.setattr(milvus_store, "TIMEOUT", 1.0)
    with pytest.raises(SearchIndexError, match="Milvus does not do"):
        milvus_store.load("http://127.0.0.1:1", "build-1", 5, DIMENSIONS)


def test_without_pymilvus(monkeypatch, tmp_path):
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("pymilvus"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SearchIndexError, match=r"pip install 'ai-history-tutor\[milvus\]'") as error:
        stores.load(str(tmp_path / "m.db"), tmp_path, 5, DIMENSIONS)
    assert "설치되어 있지 않아요" in error.value.text("ko")
