"""What one seed decides: the rules, the log, the people's life, a channel, the disks, and who works.

Times are UTC milliseconds.
"""

from random import Random
from typing import Any, Final, NamedTuple

from schemas.activity import Version
from streams.channels.errors import ChannelBusy, ChannelRefused
from streams.channels.memory import MemoryChannel
from streams.core.rules import Rules
from tests.simulation.disk import Files
from tests.simulation.life import Life
from tests.simulation.log import Log
from tests.simulation.worker import SimWorker
from tests.unit.core.made import DAY, HOUR, MINUTE, NOW, RULES

__all__ = ["Broken", "Published", "World"]

PARTITIONS: Final = (1, 2, 3, 4, 6, 12)
PASSES: Final = (*(MINUTE, HOUR, 9 * HOUR, DAY) * 6, 8 * DAY, 8 * DAY, 31 * DAY, 95 * DAY)
CALM: Final = 0.1  # so many runs know no faults of machines
DISKS: Final = 2


class Broken(AssertionError):
    """A law does not hold."""


class Published(NamedTuple):
    """Where former rules ended: the offsets committed by then, and how far each row that they saved had read."""

    rules: Rules
    committed: dict[tuple[str, int], int]
    saved: dict[tuple[str, str], Version]


class _Webhook(MemoryChannel):
    """Under the name that the packaged routing knows."""

    name: Final = "webhook"  # type: ignore[misc]


class World:
    """`kind`: the worker; tests hand in one that is deliberately broken.

    `zombies`: those that sleep; `cut_off`: those that are awake and hear nothing of the group.
    `lives_as`: what happens outside; `begins_with`: the rules, which hold again in the end.
    """

    lives_as: type[Life] = Life
    begins_with: Rules = RULES

    def __init__(self, seed: int, *, kind: type[SimWorker] = SimWorker, rules: Rules | None = None,
                 partitions: int = 0) -> None:  # fmt: skip
        self.chance = Random(seed)
        self.rules = rules or self.begins_with
        self.kind = kind
        self.now = NOW
        self.log = Log(partitions or self.chance.choice(PARTITIONS))
        self.life = self.lives_as(self.chance, self.log, now=lambda: self.now)
        self.workers: list[SimWorker] = []
        self.zombies: list[SimWorker] = []
        self.cut_off: list[SimWorker] = []
        self.generation = 0  # of the group
        self.lives = 0
        self.crashes = 0
        self.published: list[Published] = []
        self.committing: dict[str, Any] = {}
        self.channel = _Webhook(now=lambda: self.now)
        self.disks: list[Files] = [{} for _ in range(DISKS)]
        self.calm = self.chance.random() < CALM

    def time_passes(self) -> None:
        self.now += self.chance.choice(PASSES)
        for worker in self.workers:
            worker.moves(self.now)

    def channel_fails(self) -> None:
        for _ in range(self.chance.randrange(1, 10)):
            error = ChannelBusy(retry_after_s=3.0) if self.chance.random() < 0.8 else ChannelRefused(400)
            self.channel.fail_next(error)
