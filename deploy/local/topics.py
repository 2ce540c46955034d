"""Makes the topics that `schemas/topics.py` names, and the changelogs of the worker's tables, and takes them away.

Nothing else makes a topic: brokers run with auto-creation off. Partition counts are never changed in place, because
keys would move away from their rows. The embedded broker keeps topics but no settings; that is said, not hidden.
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final, Literal

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError
from msgspec import Struct

from deploy.errors import BrokerUnreachable, TopicsDiffer
from kafka_access.access import Where
from kafka_access.reaching import reached
from kafka_access.refusals import because
from schemas.topics import DAY_MS, TOPICS, application, changelog

__all__ = ["TABLES", "Outcome", "Wanted", "apply", "await_broker", "changelog", "counted", "delete", "shown", "wanted"]

TABLES: Final = ("visitors", "leads", "accounts", "recipients")
CHANGELOG_CONFIG: Final = {
    "cleanup.policy": "compact",
    "max.compaction.lag.ms": str(DAY_MS),  # what an erased row held is gone after a day, however little is written
    "min.cleanable.dirty.ratio": "0.1",
    "min.compaction.lag.ms": str(DAY_MS),  # restoring still finds the newer row that a paused worker wrote behind
    "segment.ms": "600000",
}
SAFE_REPLICAS: Final = 3
ANSWER_MS: Final = 5_000
LOOK_S: Final = 0.1
GONE_S: Final = 30.0  # until every broker has heard of what the controller took away
LOOKS: Final = 5  # in a row that find nothing: any broker may answer, and they hear of it one after another


class Wanted(Struct, frozen=True):
    """One topic as it should be."""

    name: str
    partitions: int
    config: Mapping[str, str]


class Outcome(Struct, frozen=True):
    """What became of one topic. `settings` = how many of its settings were changed."""

    name: str
    partitions: int
    outcome: Literal["made", "there", "changed"]
    config: Mapping[str, str]


def wanted(partitions: int, *, prefix: str = "", app_id: str = "leadstream", epoch: int = 0) -> list[Wanted]:
    """Every topic of one installation in one epoch."""
    ours = [Wanted(one.full(prefix, epoch=epoch), partitions, one.config()) for one in TOPICS]
    group = application(app_id, epoch)
    return ours + [Wanted(changelog(table, app_id=group), partitions, CHANGELOG_CONFIG) for table in TABLES]


def await_broker(where: Where, *, brokers: int = 1, deadline_s: float = 30.0) -> None:
    """Wait until that many brokers are in the cluster. Raises BrokerUnreachable."""
    until = time.monotonic() + deadline_s
    while _brokers(where) < brokers:
        if time.monotonic() > until:
            raise BrokerUnreachable(f"no {brokers} Kafka broker(s) at {where} after {deadline_s:.0f} s")
        time.sleep(LOOK_S)


def apply(where: Where, topics: Sequence[Wanted]) -> list[Outcome]:
    """Make what is missing and set what differs. Raises BrokerUnreachable, TopicsDiffer (before anything is made)."""
    with _admin(where) as admin:
        there = counted(admin, [one.name for one in topics])
        differ = [f"{one.name} has {there[one.name]} partitions, not {one.partitions}" for one in topics
                  if there.get(one.name, one.partitions) != one.partitions]  # fmt: skip
        if differ:
            raise TopicsDiffer("; ".join(differ) + ". Set LEADSTREAM_KAFKA__PARTITIONS to what is there.")
        missing = [one for one in topics if one.name not in there]
        if missing:
            _make(admin, missing)
        changed = _set(admin, [one for one in topics if one.name in there])
    outcomes: dict[str, Literal["made", "changed"]] = dict.fromkeys(changed, "changed")
    outcomes |= dict.fromkeys((one.name for one in missing), "made")
    return [Outcome(one.name, one.partitions, outcomes.get(one.name, "there"), one.config) for one in topics]


def shown(where: Where, topics: Sequence[Wanted]) -> list[tuple[Wanted, int, dict[str, str]]]:
    """Each wanted topic with its partitions on the broker (0 = missing) and the settings that the broker tells."""
    with _admin(where) as admin:
        there = counted(admin, [one.name for one in topics])
        told = _told(admin, [one.name for one in topics if one.name in there])
    return [(one, there.get(one.name, 0), told.get(one.name, {})) for one in topics]


def counted(admin: Any, names: Collection[str]) -> dict[str, int]:
    """How many partitions each of those topics has that exist; of one answer, so nothing comes or goes in between."""
    return {one["name"]: len(one["partitions"]) for one in admin.describe_topics() if one["name"] in names}


def delete(admin: Any, names: Sequence[str]) -> None:
    """Takes topics away, and returns when no broker tells of them. Raises KafkaError, BrokerUnreachable."""
    admin.delete_topics(list(names))
    until = time.monotonic() + GONE_S
    gone = 0
    while gone < LOOKS:
        if (still := counted(admin, names)) and time.monotonic() > until:
            raise BrokerUnreachable(f"Kafka tells of {', '.join(sorted(still))} {GONE_S:.0f} s after it took them away")
        gone = 0 if still else gone + 1
        time.sleep(LOOK_S)


def _make(admin: Any, missing: Sequence[Wanted]) -> None:
    replicas = min(SAFE_REPLICAS, len(admin.describe_cluster()["brokers"]))
    more = {"min.insync.replicas": "2"} if replicas == SAFE_REPLICAS else {}
    asked = {
        one.name: {
            "num_partitions": one.partitions,
            "replication_factor": replicas,
            "configs": dict(one.config) | more,
        }
        for one in missing
    }
    admin.create_topics(asked, wait_for_metadata=True)


def _set(admin: Any, topics: Sequence[Wanted]) -> list[str]:
    """Names of the topics whose settings were changed. A broker that tells no settings is left alone."""
    told = _told(admin, [one.name for one in topics])
    different = {
        one.name: {key: value for key, value in one.config.items() if told[one.name].get(key) != value}
        for one in topics
        if told.get(one.name)
    }
    changes = {name: config for name, config in different.items() if config}
    if changes:
        resources = [ConfigResource(ConfigResourceType.TOPIC, name, config) for name, config in changes.items()]
        admin.alter_configs(resources)
    return list(changes)


def _told(admin: Any, names: Sequence[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    answer = admin.describe_configs(resources, config_filter="all")
    return {
        name: {key: str(one["value"] if isinstance(one, dict) else one) for key, one in configs.items()}
        for name, configs in answer.get("topic", {}).items()
    }


def _brokers(where: Where) -> int:
    try:
        with _admin(where) as admin:
            return len(admin.describe_cluster()["brokers"])
    except BrokerUnreachable:
        return 0


@contextmanager
def _admin(where: Where) -> Iterator[Any]:
    """An admin client that gives up soon. Raises BrokerUnreachable for whatever Kafka says no with."""
    limits = {"bootstrap_timeout_ms": ANSWER_MS, "request_timeout_ms": 2 * ANSWER_MS}
    try:
        with closing(reached(KafkaAdminClient, where, **limits)) as admin:
            yield admin
    except KafkaError as error:
        said = because(where, error, otherwise=str(error))  # its text begins with its name
        raise BrokerUnreachable(f"Kafka at {where}: {said}") from error
