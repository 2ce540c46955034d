"""Topics that were taken away: brokers hear of it one after another, and any of them may answer."""

from collections.abc import Sequence
from itertools import chain, repeat
from typing import Any

import pytest

from deploy.errors import BrokerUnreachable
from deploy.local import topics


class Cluster:
    """Answers each look with the next names that are told, and with the last ones ever after."""

    def __init__(self, *told: Sequence[str]) -> None:
        self._told = chain(told, repeat(told[-1]))
        self.looks = 0
        self.deleted: list[str] = []

    def describe_topics(self) -> list[dict[str, Any]]:
        self.looks += 1
        return [{"name": name, "partitions": [0, 1]} for name in ("other", *next(self._told))]

    def delete_topics(self, names: Sequence[str]) -> None:
        self.deleted += names


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "LOOK_S", 0)


def test_only_what_is_asked_for_is_counted() -> None:
    assert topics.counted(Cluster(["a", "b"]), ["a", "missing"]) == {"a": 2}


def test_topics_are_gone_when_no_broker_tells_of_them() -> None:
    cluster = Cluster(["a", "b"], [], ["b"], [])
    topics.delete(cluster, ["a", "b"])
    assert cluster.deleted == ["a", "b"]
    assert cluster.looks == 3 + topics.LOOKS, "a broker that had not heard of it yet begins the count anew"


def test_topics_that_stay_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "GONE_S", 0)
    with pytest.raises(BrokerUnreachable, match=r"Kafka tells of b 0 s after"):
        topics.delete(Cluster(["b"]), ["a", "b"])
