"""A release's small world: how it is made, and how any later release goes on from it."""

from typing import Any, Final

from schemas.codec import encode
from tests.simulation.log import Log
from tests.simulation.simulator import Simulation
from tests.unit.core.made import DAY, RULES, example_files
from tests.upgrades.release import Later, Release, newest_cards, taken

__all__ = ["gone_on", "lived"]

SEED: Final = 6
STEPS: Final = 1_200
PARTITIONS: Final = 2
MORE: Final = 120  # things that happen after the records were taken


class _GoingOn(Simulation):
    """Nothing fails. Begins at what a release left behind."""

    def __init__(self, log: Log, *, now: int, rules: Any) -> None:
        super().__init__(SEED, rules=rules, partitions=log.partitions)
        self.calm, self.now, self.log, self.life._log = True, now, log, log
        self.restart()


def lived(version: str) -> Release:
    """The world of this release: a life with restarts, then its records, then some more of it."""
    run = Simulation(SEED, rules=RULES, partitions=PARTITIONS)
    run.run(STEPS)
    records, committed = taken(run.log)
    now, said = run.now, len(run.life.told)
    for _ in range(MORE):
        run.life.step()
    run.calm = True
    run.drain()
    later = tuple(
        Later(one.topic, one.to, one.message if isinstance(one.message, bytes) else encode(one.message))
        for one in run.life.told[said:]
    )
    release = Release(version=version, partitions=PARTITIONS, now=now, end=run.now + 40 * DAY, records=records,
                      committed=committed, later=later, cards={}, files=example_files(), accepted={})  # fmt: skip
    return Release(**{name: getattr(release, name) for name in release.__struct_fields__} | {"cards": gone_on(release)})


def gone_on(release: Release) -> dict[str, dict[str, Any]]:
    """What this code shows after it took over from that release and heard the rest. Raises Broken."""
    log = release.log()
    run = _GoingOn(log, now=release.now, rules=release.rules())
    run.drain()
    for one in release.later:
        log.tell(one.topic, one.to, one.raw)
        run.drain()
    run.now = release.end
    run.drain()
    return newest_cards(log)
