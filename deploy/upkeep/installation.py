"""The topics of one installation in one epoch, by what upkeep does with them."""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from deploy.errors import NotAtRest, TopicsDiffer
from deploy.local.topics import TABLES, changelog
from deploy.settings import DeploySettings
from deploy.upkeep.broker import Broker
from deploy.upkeep.newest import card_version, row_version
from schemas.topics import TOPICS, application, topic

__all__ = ["CARDS", "INBOXES", "Installation", "Kept", "Told"]

CARDS: Final = tuple(one.name for one in TOPICS if one.keep == "compact")
INBOXES: Final = tuple(one.name for one in TOPICS if one.inbox)
Told = Callable[[str, int, int], None]  # what is being copied, records done, records in all (about)


class Kept(Struct, frozen=True):
    """A topic that keeps the newest per key: a table's changelog, or cards. `name` is the same in every epoch."""

    name: str
    topic: str
    version_of: Callable[[bytes], Any]


class Installation(Struct, frozen=True, kw_only=True):
    """What one epoch's names are made of."""

    prefix: str
    app_id: str
    epoch: int
    partitions: int

    @staticmethod
    def of(settings: DeploySettings) -> "Installation":
        """The one that the environment names."""
        kafka = settings.kafka
        return Installation(prefix=kafka.topic_prefix, app_id=settings.worker.app_id, epoch=kafka.epoch,
                            partitions=kafka.partitions)  # fmt: skip

    @property
    def group(self) -> str:
        """The workers' consumer group."""
        return application(self.app_id, self.epoch)

    def full(self, name: str) -> str:
        """A topic's name on the broker."""
        return topic(name).full(self.prefix, epoch=self.epoch)

    @property
    def rows(self) -> list[Kept]:
        """The changelogs of the tables."""
        return [Kept(f"{table}-rows", changelog(table, app_id=self.group), row_version) for table in TABLES]

    @property
    def cards(self) -> list[Kept]:
        """Cards and moves."""
        return [Kept(name, self.full(name), card_version) for name in CARDS]

    # ─── what must be so before anything is copied
    def agrees(self, broker: Broker) -> None:
        """Raises TopicsDiffer where the broker has other partitions: what lies in the rest would be passed over."""
        names = [*(one.topic for one in self.rows), *map(self.full, INBOXES)]
        found = broker.partitions(names)
        wrong = next((name for name in names if found.get(name) != self.partitions), None)
        if wrong is not None:
            raise TopicsDiffer(
                f"{wrong} has {found.get(wrong, 0)} partitions, and LEADSTREAM_KAFKA__PARTITIONS is {self.partitions} "
                "here: is this the installation that you mean? See leadstream topics show"
            )

    def workers_gone(self, broker: Broker) -> None:
        """Raises NotAtRest while workers run: they would write behind our back."""
        if broker.is_busy(self.group):
            raise NotAtRest(f"workers of group {self.group} run: stop them, then say this again")

    def waiting(self, broker: Broker) -> dict[str, int]:
        """Records of each inbox that no worker has worked off."""
        found = {}
        for name in INBOXES:
            bounds = broker.bounds(self.full(name), partitions=self.partitions)
            done = broker.committed(self.group, self.full(name), partitions=self.partitions)
            found[name] = sum(max(0, end - max(first, done[number])) for number, (first, end) in bounds.items())
        return {name: count for name, count in found.items() if count}

    def begun(self, broker: Broker) -> bool:
        """Whether workers of this epoch have ever committed anything."""
        return any(any(broker.committed(self.group, self.full(name), partitions=self.partitions).values())
                   for name in INBOXES)  # fmt: skip
