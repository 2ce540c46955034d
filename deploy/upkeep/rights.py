"""The least that each process may be allowed at Kafka: what a broker with an authorizer is told of our users.

Read and Write hold Describe. There are no transactions and no idempotent producers, so nobody needs more than a topic's
right to write to it.
"""

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from deploy.local.topics import TABLES
from deploy.upkeep.installation import Installation
from schemas.topics import TOPICS, changelog

__all__ = ["PROCESSES", "Process", "Right", "lines", "rights"]

Process: TypeAlias = Literal["collector", "worker", "console", "operator"]
PROCESSES: Final[tuple[Process, ...]] = ("collector", "worker", "console", "operator")
_TRIED: Final = ("leads", "accounts")  # tables that other rules are tried on
_READ: Final[dict[Process, frozenset[str]]] = {
    "worker": frozenset({"visits", "touches", "signals", "posts", "leads", "accounts", "alerts", "rejected"}),
    "console": frozenset({"visits", "touches", "signals", "posts", "transitions", "rejected"}),
}
_WRITTEN: Final[dict[Process, frozenset[str]]] = {
    "collector": frozenset(one.name for one in TOPICS if "collector" in one.writers),
    "worker": frozenset(one.name for one in TOPICS),
    "console": frozenset({"visits", "touches", "signals", "rejected"}),
}


class Right(Struct, frozen=True, kw_only=True):
    """What one process may do with one thing. `name`: of a topic or group; a prefix of many where `prefixed`."""

    process: Process
    kind: Literal["topic", "group", "cluster"]
    name: str
    operations: tuple[str, ...]
    prefixed: bool = False


def rights(of: Installation) -> Iterator[Right]:
    """All of them, for the topics of this epoch; the operator's hold for every epoch."""
    for process in PROCESSES[:3]:
        for name in sorted(_READ.get(process, frozenset()) | _WRITTEN[process]):
            both = (("Read", _READ), ("Write", _WRITTEN))
            can = tuple(word for word, names in both if name in names.get(process, ()))
            yield Right(process=process, kind="topic", name=of.full(name), operations=can)
    for table in TABLES:
        name = changelog(table, app_id=of.group)
        yield Right(process="worker", kind="topic", name=name, operations=("Read", "Write"))
        if table in _TRIED:
            yield Right(process="console", kind="topic", name=name, operations=("Read",))
    yield Right(process="worker", kind="group", name=of.group, operations=("Read",))
    yield from _operator(of)


def lines(of: Installation, *, servers: str, principals: dict[Process, str]) -> Iterator[str]:
    """Commands of Kafka's own `kafka-acls.sh` that give them."""
    for one in rights(of):
        what = "--cluster" if one.kind == "cluster" else f"--{one.kind} {one.name}"
        pattern = " --resource-pattern-type prefixed" if one.prefixed else ""
        operations = " ".join(f"--operation {word}" for word in one.operations)
        yield (f"kafka-acls.sh --bootstrap-server {servers} --add --allow-principal '{principals[one.process]}' "
               f"{operations} {what}{pattern}")  # fmt: skip


def _operator(of: Installation) -> Iterator[Right]:
    """Who runs `leadstream`: makes topics and sets them, copies them whole, and deletes those of a former epoch."""
    can = ("Create", "Delete", "AlterConfigs", "DescribeConfigs", "Read", "Write")
    for name in (f"{of.prefix}leadstream.", f"{of.app_id}-"):
        yield Right(process="operator", kind="topic", name=name, operations=can, prefixed=True)
    yield Right(process="operator", kind="group", name=of.app_id, operations=("Read",), prefixed=True)
    yield Right(process="operator", kind="cluster", name="kafka-cluster", operations=("Describe",))
