"""Topics that were made or taken away: brokers hear of it one after another, and any of them may be asked next."""

from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import Any

import pytest

from deploy.errors import BrokerUnreachable
from deploy.local import topics

Told = Sequence[Mapping[str, int]]


class Cluster:
    """At each look its brokers tell of the next topics, and of the last ones ever after."""

    def __init__(self, *told: Told) -> None:
        self._told = chain(told, repeat(told[-1]))
        self.looks = 0
        self.deleted: list[str] = []
        self.created: dict[str, Any] = {}

    def told_by_each(self) -> Told:
        self.looks += 1
        return next(self._told)

    def describe_topics(self) -> list[dict[str, Any]]:
        return [{"name": name, "partitions": [0] * count} for name, count in next(self._told)[0].items()]

    def describe_cluster(self) -> dict[str, Any]:
        return {"brokers": [{"broker_id": 1}, {"broker_id": 2}]}

    def create_topics(self, asked: dict[str, Any]) -> None:
        self.created |= asked

    def delete_topics(self, names: Sequence[str]) -> None:
        self.deleted += names


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "LOOK_S", 0)
    monkeypatch.setattr(topics, "told_by_each", Cluster.told_by_each)


def test_only_what_is_asked_for_is_counted() -> None:
    assert topics.counted(Cluster([{"a": 2, "b": 2}]), ["a", "missing"]) == {"a": 2}


def test_topics_are_gone_when_no_broker_tells_of_them() -> None:
    """Those with no partitions are told of too."""
    cluster = Cluster([{"a": 2, "b": 2}, {"a": 2, "b": 2}], [{"other": 1}, {"b": 0}], [{"other": 1}, {}])
    topics.delete(cluster, ["a", "b"])
    assert cluster.deleted == ["a", "b"]
    assert cluster.looks == 3


def test_topics_are_made_when_every_broker_tells_who_leads_each_partition() -> None:
    cluster = Cluster([{"a": 2}, {}], [{"a": 2}, {"a": 1}], [{"a": 2}, {"a": 2}])
    topics._make(cluster, [topics.Wanted("a", 2, {})])
    assert cluster.created["a"]["num_partitions"] == 2
    assert cluster.looks == 3


def test_nobody_who_answers_is_no_answer() -> None:
    cluster = Cluster([], [{}])
    topics.delete(cluster, ["a"])
    assert cluster.looks == 2


def test_topics_that_stay_or_do_not_come_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "HEARD_S", 0)
    with pytest.raises(BrokerUnreachable, match=r"Kafka tells of b 0 s after"):
        topics.delete(Cluster([{"b": 2}]), ["a", "b"])
    with pytest.raises(BrokerUnreachable, match=r"no leaders are known of a 0 s after"):
        topics._make(Cluster([{"a": 1}]), [topics.Wanted("a", 2, {})])
