"""The topics: one row each says key, partitions, what it keeps, who writes and who reads."""

from typing import Final, Literal
from zlib import crc32

from msgspec import Struct

__all__ = ["TOPICS", "Topic", "application", "changelog", "partition_of", "partition_of_bytes", "topic"]

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
KEPT: Final = 28 * DAY_MS


class Topic(Struct, frozen=True, kw_only=True):
    """One topic. `keep` is `compact`, or how long in milliseconds. `inbox` = partition count equals its table's."""

    name: str
    key: str
    holds: str
    keep: Literal["compact"] | int
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    inbox: bool = False
    append_time: bool = False  # the broker stamps the records

    def full(self, prefix: str = "", *, epoch: int = 0) -> str:
        """The topic's name on the broker: `leadstream.visits.v1`, `prefix` before it in tests.

        Each epoch has topics of its own, so that a key never meets two partition counts: `leadstream.visits.v1.e1`.
        """
        return f"{prefix}leadstream.{self.name}.v1" + (f".e{epoch}" if epoch else "")

    def config(self) -> dict[str, str]:
        """Topic settings for the broker."""
        made = {"message.timestamp.type": "LogAppendTime"} if self.append_time else {}
        if self.keep == "compact":
            # An hour's segments, and none waits for company: the card of an erased person is gone after a day.
            lags = {"max.compaction.lag.ms": str(DAY_MS), "min.compaction.lag.ms": str(DAY_MS)}
            return made | {"cleanup.policy": "compact", "segment.ms": str(HOUR_MS), **lags}
        return made | {"cleanup.policy": "delete", "retention.ms": str(self.keep)}


_CONSOLE: Final = "console"
TOPICS: Final = (
    Topic(name="visits", key="visitor_id (blocks: partition only)", holds="blocks of deliveries", keep=KEPT,
          writers=("collector", "leads", _CONSOLE), readers=("visitors",), inbox=True, append_time=True),
    Topic(name="touches", key="lead_id (blocks: partition only)", holds="blocks of touches", keep=KEPT,
          writers=("visitors", "accounts", "collector", "clock", _CONSOLE), readers=("leads",), inbox=True,
          append_time=True),
    Topic(name="signals", key="account_id or deal_id (blocks: partition only)", holds="blocks of signals", keep=KEPT,
          writers=("leads", "accounts", "collector", "clock", _CONSOLE), readers=("accounts",), inbox=True,
          append_time=True),
    Topic(name="posts", key="recipient_id (blocks: partition only)", holds="blocks of posts and receipts", keep=KEPT,
          writers=("accounts", "recipients", "clock"), readers=("recipients",), inbox=True, append_time=True),
    Topic(name="leads", key="lead_id", holds="lead cards", keep="compact", writers=("leads",), readers=("projector",)),
    Topic(name="accounts", key="account_id", holds="account cards", keep="compact", writers=("accounts",),
          readers=("projector",)),
    Topic(name="alerts", key="alert_id", holds="alert cards", keep="compact", writers=("accounts",),
          readers=("projector",)),
    Topic(name="transitions", key="lead_id:number", holds="stage moves", keep="compact", writers=("leads",),
          readers=(_CONSOLE,)),
    Topic(name="rejected", key="source", holds="what we could not use, and why", keep=KEPT,
          writers=("collector", "visitors", "leads", "accounts", "recipients"), readers=("projector",)),
)
_BY_NAME: Final = {one.name: one for one in TOPICS}


def topic(name: str) -> Topic:
    """The topic of this name. Raises KeyError."""
    return _BY_NAME[name]


def application(app_id: str, epoch: int) -> str:
    """The consumer group, and the first part of its changelogs' names, in that epoch: `leadstream`, `leadstream-e1`."""
    return f"{app_id}-e{epoch}" if epoch else app_id


def changelog(table: str, *, app_id: str) -> str:
    """The topic that keeps a table's rows. `app_id`: of the epoch (`application`)."""
    return f"{app_id}-{table}-changelog"


def partition_of(key: str, partitions: int) -> int:
    """Partition of a key, the same for every writer of ours: CRC-32, since we always name partitions ourselves."""
    return partition_of_bytes(key.encode(), partitions)


def partition_of_bytes(key: bytes, partitions: int) -> int:
    """The same for a key as it lies in a record."""
    return crc32(key) % partitions
