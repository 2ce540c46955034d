"""Brings a backup back: into the next epoch of any cluster, or under the rows of the same installation.

- Into a new epoch (the cluster is lost, or the installation moves): rows, cards and moves are written by key into the
  new topics, and what had not been worked off when the backup was made is laid into the new inboxes.
- In place (only the changelogs are lost, Kafka still has the inboxes): rows are written back and the group is set to
  where the backup stood; workers fold from there again what Kafka kept. Nothing is lost then.
"""

from collections import Counter
from pathlib import Path

from deploy.errors import BadBackup, NotAtRest, TopicsDiffer
from deploy.upkeep.archive import pieces_of
from deploy.upkeep.broker import Broker
from deploy.upkeep.copying import written_by_key
from deploy.upkeep.installation import INBOXES, Installation, Kept, Told
from deploy.upkeep.manifest import Manifest, mark_of_secret
from deploy.upkeep.newest import Newest
from schemas.activity import Version
from schemas.versions import packed

__all__ = ["check", "into_new_epoch", "under_rows"]


def check(place: Path, manifest: Manifest, *, told: Told) -> dict[str, int]:
    """Reads every file to its end; records by name. Raises BadBackup."""
    found = {}
    for file in manifest.files:
        found[file.name] = sum(1 for _ in pieces_of(place, file))
        told(file.name, file.records, file.records)
    return found


def into_new_epoch(
    broker: Broker, place: Path, manifest: Manifest, *, target: Installation, secret: str, told: Told
) -> dict[str, int]:
    """Keys or records by name. The target's topics must be there and empty. Raises BadBackup, NotAtRest."""
    _same_secret(manifest, secret)
    if target.epoch <= manifest.epoch:
        raise BadBackup(f"the backup is of epoch {manifest.epoch}; restore into a later one: make its topics with "
                        f"LEADSTREAM_KAFKA__EPOCH={manifest.epoch + 1} leadstream topics apply")  # fmt: skip
    if manifest.partitions != target.partitions:
        raise BadBackup(f"the backup has {manifest.partitions} partitions, here are {target.partitions}: restore into "
                        "as many, then leadstream grow")  # fmt: skip
    target.workers_gone(broker)
    _unused(broker, target)
    kept = {
        one.name: _brought_back(broker, place, manifest, target=target, kept=one, told=told)
        for one in (*target.rows, *target.cards)
    }
    return kept | {name: _laid(broker, place, manifest, target=target, name=name, told=told) for name in INBOXES}


def under_rows(
    broker: Broker, place: Path, manifest: Manifest, *, target: Installation, secret: str, told: Told
) -> dict[str, int]:
    """Keys by table. The target's changelogs must be there and empty. Raises BadBackup, NotAtRest."""
    _same_secret(manifest, secret)
    same = (manifest.epoch, manifest.partitions, manifest.app_id, manifest.prefix)
    if same != (target.epoch, target.partitions, target.app_id, target.prefix):
        raise BadBackup(f"the backup is of epoch {manifest.epoch} with {manifest.partitions} partitions of "
                        f"{manifest.prefix}{manifest.app_id}: that is not the installation here")  # fmt: skip
    target.workers_gone(broker)
    for one in target.rows:
        _empty(broker, one.topic, partitions=target.partitions)
    _reach_back(broker, manifest, target)
    found = {one.name: _brought_back(broker, place, manifest, target=target, kept=one, told=told)
             for one in target.rows}  # fmt: skip
    for name in INBOXES:
        broker.commit(target.group, target.full(name), manifest.committed[name])
    return found


def _same_secret(manifest: Manifest, secret: str) -> None:
    if manifest.secret_mark != mark_of_secret(secret):
        raise BadBackup("LEADSTREAM_SECRET is not the one that the backup was made with: every lead would get another "
                        "id. Set that one, then say this again")  # fmt: skip


def _unused(broker: Broker, target: Installation) -> None:
    """Rows and cards may be there from a try that stopped half-way; what workers or people did may not."""
    names = [*(one.topic for one in (*target.rows, *target.cards)), *(target.full(name) for name in INBOXES)]
    missing = sorted(set(names) - broker.partitions(names).keys())
    if missing:
        raise TopicsDiffer(f"topics are missing: {missing[0]}, ...; run leadstream topics apply")
    if target.begun(broker):
        raise NotAtRest(f"epoch {target.epoch} has begun already: restore into one that nobody has used")


def _empty(broker: Broker, topic: str, *, partitions: int) -> None:
    if any(end for _, end in broker.bounds(topic, partitions=partitions).values()):
        raise NotAtRest(f"{topic} is not empty: in place, only lost changelogs are brought back. Delete what is left "
                        "of them, run leadstream topics apply, then say this again")  # fmt: skip


def _reach_back(broker: Broker, manifest: Manifest, target: Installation) -> None:
    for name in INBOXES:
        bounds = broker.bounds(target.full(name), partitions=target.partitions)
        for number, offset in manifest.committed[name].items():
            first, end = bounds[number]
            if not first <= offset <= end:
                raise BadBackup(
                    f"{target.full(name)} partition {number} holds {first} to {end}, the backup stands at {offset}: it "
                    "does not reach back so far. Restore into a new epoch instead"
                )


def _brought_back(
    broker: Broker, place: Path, manifest: Manifest, *, target: Installation, kept: Kept, told: Told
) -> int:
    """Writes by key, reads back, compares; how many keys live there."""
    file = manifest.file(kept.name)
    sent = written_by_key(
        pieces_of(place, file), kept, broker=broker, partitions=target.partitions, total=file.records, told=told
    )
    found = Newest(kept.version_of).take_all(broker.read(kept.topic, partitions=target.partitions))
    if found.digest() != sent.digest():
        raise NotAtRest(f"{kept.topic}: {len(found)} keys are there, {len(sent)} were written; does a worker run?")
    return len(found)


def _laid(broker: Broker, place: Path, manifest: Manifest, *, target: Installation, name: str, told: Told) -> int:
    """What had not been worked off, into the same partition of the new inbox, each with the version that it had.

    Goes on behind what an interrupted try laid.
    """
    file, topic = manifest.file(name), target.full(name)
    there = Counter(piece.partition for piece in broker.read(topic, partitions=target.partitions) if piece.version)
    writer = broker.writer()
    for piece in pieces_of(place, file):
        if there[piece.partition]:
            there[piece.partition] -= 1
            continue
        version = piece.version or packed(Version(manifest.epoch, piece.offset))
        writer.write(topic, partition=piece.partition, key=piece.key, value=piece.value, version=version)
    writer.flush()
    told(name, file.records, file.records)
    return file.records
