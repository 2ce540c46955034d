"""Makes the topics that `schemas/topics.py` names, and the changelogs of the worker's tables, and takes them away.

Nothing else makes a topic: brokers run with auto-creation off. Partition counts are never changed in place, because
keys would move away from their rows. The embedded broker keeps topics but no settings; that is said, not hidden.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any, Final, Literal

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError
from kafka.protocol.metadata import MetadataRequest
from msgspec import Struct

from deploy.errors import BrokerUnreachable, TopicsDiffer
from kafka_access.access import Where
from kafka_access.reaching import reached
from kafka_access.refusals import because
from schemas.topics import DAY_MS, TOPICS, application, changelog

__all__ = [
    "TABLES", "Outcome", "Wanted", "apply", "await_broker", "changelog", "counted", "delete", "shown", "told_by_each",
    "wanted",
]  # fmt: skip

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
HEARD_S: Final = 60.0  # until every broker has heard of what the controller did: they hear of it one after another
SET_S: Final = 10.0  # the same of settings; a broker may also keep a value of its own


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
    """Wait until that many brokers are in the cluster and take clients. Raises BrokerUnreachable."""
    until = time.monotonic() + deadline_s
    while _brokers(where) < brokers:
        if time.monotonic() > until:
            raise BrokerUnreachable(f"no {brokers} Kafka broker(s) at {where} after {deadline_s:.0f} s")
        time.sleep(LOOK_S)


def apply(where: Where, topics: Sequence[Wanted]) -> list[Outcome]:
    """Make what is missing and set what differs; every broker knows of it when this returns.

    Raises BrokerUnreachable, TopicsDiffer (before anything is made).
    """
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
    _heard(admin, lambda told: sorted(set(names) & told.keys()), said="Kafka tells of")


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
    admin.create_topics(asked)
    _heard(
        admin, lambda told: sorted(one.name for one in missing if told.get(one.name) != one.partitions),
        said="no leaders are known of",
    )  # fmt: skip


def _heard(admin: Any, late: Callable[[Mapping[str, int]], Sequence[str]], *, said: str) -> None:
    """Returns when no broker is late with any topic: any of them may be asked next. Raises BrokerUnreachable."""
    until = time.monotonic() + HEARD_S
    while True:
        told = told_by_each(admin)
        names = sorted({name for one in told for name in late(one)})
        if told and not names:
            return
        if time.monotonic() > until:
            raise BrokerUnreachable(f"{said} {', '.join(names) or 'anything'} {HEARD_S:.0f} s after it was asked for")
        time.sleep(LOOK_S)


def told_by_each(admin: Any) -> list[Mapping[str, int]]:
    """Topics and their partitions that have a leader, as each broker knows them by now.

    One that is away tells nothing: it hears of all before anybody may ask it again.
    """
    told: list[Mapping[str, int]] = []
    with suppress(KafkaError):
        for one in admin.describe_cluster()["brokers"]:
            if not one.get("is_fenced"):
                with suppress(KafkaError):
                    told.append(_told_by(admin, one["broker_id"]))
    return told


def _told_by(admin: Any, broker_id: int) -> dict[str, int]:
    """kafka-python's own question goes to any broker, and to the same one each time."""
    manager = admin._manager  # noqa: SLF001  (it has no other way to ask a broker by its number)

    async def asked() -> Any:
        return await manager.send(MetadataRequest(topics=None, allow_auto_topic_creation=False), node_id=broker_id)

    return {one.name: sum(part.leader_id >= 0 for part in one.partitions) for one in manager.run(asked).topics}


def _set(admin: Any, topics: Sequence[Wanted]) -> list[str]:
    """Names of the topics whose settings were changed. A broker that tells no settings is left alone."""
    changes = _different(admin, topics)
    if changes:
        resources = [ConfigResource(ConfigResourceType.TOPIC, name, config) for name, config in changes.items()]
        admin.alter_configs(resources)
        until = time.monotonic() + SET_S
        while _different(admin, [one for one in topics if one.name in changes]) and time.monotonic() < until:
            time.sleep(LOOK_S)
    return list(changes)


def _different(admin: Any, topics: Sequence[Wanted]) -> dict[str, dict[str, str]]:
    """By topic the settings that the broker tells otherwise than they are wanted."""
    told = _told(admin, [one.name for one in topics])
    different = {
        one.name: {key: value for key, value in one.config.items() if told[one.name].get(key) != value}
        for one in topics
        if told.get(one.name)
    }
    return {name: config for name, config in different.items() if config}


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
            return sum(not one.get("is_fenced") for one in admin.describe_cluster()["brokers"])
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
