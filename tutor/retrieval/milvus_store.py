"""Vectors in Milvus: a server, or Milvus Lite for a path ending in .db. The only home of pymilvus.

Each build has a collection of its own, named after the build's folder.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tutor.errors import SearchIndexError
from tutor.retrieval.stores import Found, ordered, require_unit, whole_ties

EXACT = 100_000  # rows; above, an inverted file of 8-bit codes
LISTS, PROBES = 4096, 64
LIMIT = 16_384  # rows that a server gives at once, at most
INSERT = 1_000  # rows sent at once
TIMEOUT = 30.0  # seconds


class Collection:
    """The vectors of one build."""

    def __init__(self, client: Any, name: str, size: int, dimensions: int) -> None:
        self._client, self._name, self._dimensions = client, name, dimensions
        self.size = size

    def search(self, vector: np.ndarray, k: int, allowed: np.ndarray | None = None) -> Found:
        require_unit(vector[None])
        possible = self.size if allowed is None else int(allowed.sum())
        k = min(k, possible)
        wanted = k
        while 0 < wanted <= LIMIT:  # Milvus would take a list of ids, too, but one as long as the store
            rows, cosines = whole_ties(lambda n: self._found(vector, n), wanted, min(self.size, LIMIT))
            kept = np.ones(len(rows), bool) if allowed is None else allowed[rows]
            if kept.sum() >= k or len(rows) == self.size:
                return ordered(rows[kept], cosines[kept], k)
            wanted = LIMIT if wanted < LIMIT < 2 * wanted else 2 * wanted
        return self._among(vector, k, np.arange(self.size) if allowed is None else np.flatnonzero(allowed))

    def _among(self, vector: np.ndarray, k: int, rows: np.ndarray) -> Found:
        """The `k` best of `rows`, which are asked for by their numbers."""
        best: Found = (np.zeros(0, np.int64), np.zeros(0, np.float32))
        for start in range(0, len(rows) if k else 0, LIMIT):
            ids = rows[start : start + LIMIT].tolist()
            more = self._found(vector, min(k, len(ids)), filter=f"id in {ids}")
            best = ordered(np.concatenate([best[0], more[0]]), np.concatenate([best[1], more[1]]), k)
        return best

    def _found(self, vector: np.ndarray, k: int, **given: Any) -> Found:
        parameters = {"metric_type": "IP", "params": {"nprobe": PROBES} if self.size > EXACT else {}}
        with answering():
            (hits,) = self._client.search(
                self._name, data=[vector.tolist()], limit=k, search_params=parameters, timeout=TIMEOUT, **given
            )
        return np.array([hit["id"] for hit in hits], np.int64), np.array([hit["distance"] for hit in hits], np.float32)

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        numbers, found = np.asarray(rows).tolist(), dict[int, list[float]]()
        for start in range(0, len(numbers), INSERT):
            ids = numbers[start : start + INSERT]
            with answering():
                for record in self._client.get(self._name, ids=ids, output_fields=["vector"], timeout=TIMEOUT):
                    found[record["id"]] = record["vector"]
        return np.array([found[number] for number in numbers], np.float32).reshape(len(numbers), self._dimensions)

    def close(self) -> None:
        self._client.close()


def build(uri: str, name: str, blocks: Iterable[np.ndarray], size: int, dimensions: int) -> Collection:
    """See stores.build."""
    client = _client(uri)
    name = _collection(name)
    with answering():
        schema = _data_types(client, dimensions)
        index = client.prepare_index_params()
        kind = {"index_type": "IVF_SQ8", "params": {"nlist": LISTS}} if size > EXACT else {"index_type": "FLAT"}
        index.add_index(field_name="vector", metric_type="IP", **kind)
        client.create_collection(name, schema=schema, index_params=index, consistency_level="Strong", timeout=TIMEOUT)
    first = 0
    for block in blocks:
        for start in range(0, len(block), INSERT):
            rows = block[start : start + INSERT].tolist()
            records = [{"id": first + start + i, "vector": row} for i, row in enumerate(rows)]
            with answering():
                client.insert(name, records, timeout=TIMEOUT)
        first += len(block)
    with answering():
        client.flush(name)
    return Collection(client, name, size, dimensions)


def load(uri: str, name: str, size: int, dimensions: int) -> Collection:
    """See stores.load."""
    client, name = _client(uri), _collection(name)
    with answering():
        there = client.has_collection(name, timeout=TIMEOUT)
        held = _held(client, name) if there else None
    if held != (size, dimensions):
        client.close()
        raise ValueError(f"the collection {name} at {uri} does not hold {size} vectors of {dimensions} numbers")
    return Collection(client, name, size, dimensions)


def remove(uri: str, name: str) -> None:
    """Remove the collection of the build `name`."""
    client = _client(uri)
    with answering():
        client.drop_collection(_collection(name), timeout=TIMEOUT)
    client.close()


def _held(client: Any, name: str) -> tuple[int, int]:
    """Rows and dimensions of a collection, which is made ready to search."""
    client.load_collection(name, timeout=TIMEOUT)
    (count,) = client.query(name, filter="", output_fields=["count(*)"], timeout=TIMEOUT)
    fields = {field["name"]: field for field in client.describe_collection(name, timeout=TIMEOUT)["fields"]}
    return count["count(*)"], int(fields["vector"]["params"]["dim"])


def _collection(build: str) -> str:
    return "tutor_" + build.replace("-", "_")


def _data_types(client: Any, dimensions: int) -> Any:
    from pymilvus import DataType

    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimensions)
    return schema


def _client(uri: str) -> Any:
    try:
        from pymilvus import MilvusClient
    except ImportError:
        raise SearchIndexError(
            f"The index is to lie in Milvus ({uri}), but pymilvus is not installed.",
            "Type: pip install 'ai-history-tutor[milvus]', or: unset TUTOR_INDEX_URI",
            ko=(
                f"색인을 Milvus({uri})에 두도록 정했는데 pymilvus가 설치되어 있지 않아요.",
                "이렇게 입력하세요: pip install 'ai-history-tutor[milvus]' 또는: unset TUTOR_INDEX_URI",
            ),
        ) from None
    for name in ("pymilvus", "milvus_lite"):  # what they log is said by the errors that follow
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if uri.endswith(".db"):
        Path(uri).parent.mkdir(parents=True, exist_ok=True)
    with answering():
        return MilvusClient(uri, timeout=TIMEOUT)


@contextmanager
def answering() -> Iterator[None]:
    """Say what an error of Milvus means."""
    from pymilvus.exceptions import MilvusException

    try:
        yield
    except MilvusException as error:
        why = str(error.message).split("\n")[0]
        raise SearchIndexError(
            f"Milvus does not do what the search index needs: {why}.",
            "Check TUTOR_INDEX_URI and the server (a .db serves one process at a time), or search without it: "
            "unset TUTOR_INDEX_URI",
            ko=(
                f"검색 색인을 둔 Milvus에 문제가 있어요: {why}.",
                "TUTOR_INDEX_URI와 서버를 확인하거나(.db는 한 번에 한 프로세스만 쓸 수 있어요) Milvus 없이 검색하세요: "
                "unset TUTOR_INDEX_URI",
            ),
        ) from error
