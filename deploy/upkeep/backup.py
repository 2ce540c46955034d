"""Takes a backup of what cannot be derived again, while everything runs.

In this order, which makes it consistent without stopping anybody: where the workers' group stands; all rows, which hold
at least that much; then a wait until what they hold is committed, so that all that followed from it is in Kafka; cards
and moves, without those that the rows do not remember; last the inboxes, from where the group stood to their ends.
Whoever restores folds those again: rows that hold them already stay as they are.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from deploy.errors import BadBackup, NotAtRest
from deploy.local.topics import TABLES
from deploy.upkeep.archive import ArchiveWriter, File
from deploy.upkeep.broker import Broker, Piece
from deploy.upkeep.copies import write_copies
from deploy.upkeep.installation import INBOXES, Installation, Kept, Told
from deploy.upkeep.manifest import Manifest, mark_of_secret, write_manifest
from deploy.upkeep.remembered import Remembered
from running.wall_clock import utc_ms

__all__ = ["take"]

PATIENCE_S: Final = 60.0
LOOK_S: Final = 0.2
NOTHING: Final[Mapping[str, bytes]] = {}


def take(
    broker: Broker, installation: Installation, place: Path, *, secret: str, release: str, told: Told,
    beside: Mapping[str, bytes] = NOTHING,
) -> Manifest:  # fmt: skip
    """Writes a backup into an empty or new directory. `beside`: files that lie beside Kafka, by name.

    Raises BadBackup, NotAtRest, TopicsDiffer.
    """
    installation.agrees(broker)
    _make(place)
    copies = write_copies(place, beside)
    partitions = installation.partitions
    copy = _Copy(broker, place, partitions=partitions, told=told)
    committed = {name: broker.committed(installation.group, installation.full(name), partitions=partitions)
                 for name in INBOXES}  # fmt: skip
    remembered = Remembered(installation.epoch)
    files = [copy.rows(one, remembered) for one in installation.rows]
    _await_commits(broker, installation, remembered, told=told)
    files += [copy.cards(one, remembered) for one in installation.cards]
    files += [copy.tail(name, installation.full(name), since=done) for name, done in committed.items()]
    manifest = Manifest(
        made_at=utc_ms(), release=release, prefix=installation.prefix, app_id=installation.app_id,
        epoch=installation.epoch, partitions=partitions, cluster_id=broker.cluster_id,
        secret_mark=mark_of_secret(secret), committed=committed, files=tuple(files), copies=copies,
    )  # fmt: skip
    write_manifest(place, manifest)
    return manifest


def _make(place: Path) -> None:
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(place.iterdir()):
            raise BadBackup(f"{place} is not empty: name a new directory for each backup")
    except OSError as error:
        raise BadBackup(f"{place}: {error.strerror}") from error


def _await_commits(broker: Broker, installation: Installation, remembered: Remembered, *, told: Told) -> None:
    """Until the group has committed what the rows hold: nothing that follows from it is under way then."""
    give_up = time.monotonic() + PATIENCE_S
    while behind := _behind(broker, installation, remembered):
        told("waiting for commits", 0, behind)
        if time.monotonic() > give_up:
            raise NotAtRest(f"rows hold {behind} records that no worker commits: is one running? Start it, or wait "
                            "until it has caught up, and take the backup again into another directory")  # fmt: skip
        time.sleep(LOOK_S)
    told("waiting for commits", 1, 1)


def _behind(broker: Broker, installation: Installation, remembered: Remembered) -> int:
    count = 0
    for table, inbox in zip(TABLES, INBOXES, strict=True):
        done = broker.committed(installation.group, installation.full(inbox), partitions=installation.partitions)
        count += sum(max(0, end - done[number]) for number, end in remembered.reached(table).items())
    return count


class _Copy:
    """Topics into files."""

    def __init__(self, broker: Broker, place: Path, *, partitions: int, told: Told) -> None:
        self._broker = broker
        self._place = place
        self._partitions = partitions
        self._told = told

    def rows(self, kept: Kept, remembered: Remembered) -> File:
        """A table's changelog; what it holds is noted."""

        def noted(piece: Piece) -> bool:
            remembered.note(kept.name.removesuffix("-rows"), piece)
            return True

        return self._written(kept.name, kept.topic, since={}, wanted=noted)

    def cards(self, kept: Kept, remembered: Remembered) -> File:
        """Cards or moves that the rows remember."""
        return self._written(kept.name, kept.topic, since={}, wanted=lambda piece: remembered.knows(kept.name, piece))

    def tail(self, name: str, topic: str, *, since: Mapping[int, int]) -> File:
        """What an inbox holds from there on."""
        return self._written(name, topic, since=since, wanted=lambda _: True)

    def _written(
        self, name: str, topic: str, *, since: Mapping[int, int], wanted: Callable[[Piece], bool]
    ) -> File:
        bounds = self._broker.bounds(topic, partitions=self._partitions)
        total = sum(max(0, end - max(first, since.get(number, 0))) for number, (first, end) in bounds.items())
        writer = ArchiveWriter(self._place, name)
        try:
            with writer:
                for done, piece in enumerate(self._broker.read(topic, partitions=self._partitions, since=since), 1):
                    if wanted(piece):
                        writer.write(piece)
                    if done % 1_000 == 0:
                        self._told(name, done, total)
        except OSError as error:
            raise BadBackup(f"{self._place / name}: {error.strerror}") from error
        self._told(name, total, total)
        return writer.finished()
