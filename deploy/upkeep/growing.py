"""More partitions for an installation that lives: a new epoch with topics of its own, rows copied into it by key.

Nothing is ever re-cut in place. The collectors write to the new topics first, where nobody reads yet; the workers work
the old ones off and stop; rows, cards and moves are copied; workers of the new epoch start. A version is (epoch,
offset), so whatever comes in the new epoch is newer than every row of the old one. What stops half-way is said again:
copying twice changes nothing.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from deploy.errors import NotAtRest, TopicsDiffer
from deploy.local import topics
from deploy.upkeep.broker import Broker
from deploy.upkeep.copying import written_by_key
from deploy.upkeep.installation import CARDS, INBOXES, Installation, Kept, Told
from deploy.upkeep.newest import Newest
from kafka_access.access import Where
from schemas.topics import TOPICS

__all__ = ["Moved", "grown", "move", "prepare", "retire"]

_LEFT: Final = frozenset({"rejected"})  # stays where it is, for its 28 days


class Moved(Struct, frozen=True):
    """One topic, copied: how many keys live in it, and the digest that both sides share."""

    name: str
    keys: int
    digest: str


def prepare(where: Where, old: Installation, *, partitions: int) -> Installation:
    """Makes the topics of the next epoch. Raises TopicsDiffer, BrokerUnreachable."""
    new = replace(old, epoch=old.epoch + 1, partitions=partitions)
    with Broker.connected(where) as broker:
        old.agrees(broker)
        there = broker.partitions([new.full(name) for name in INBOXES])
    if partitions <= old.partitions:
        raise TopicsDiffer(f"this installation has {old.partitions} partitions already: --partitions must be more")
    if other := {count for count in there.values() if count != partitions}:
        raise TopicsDiffer(
            f"epoch {new.epoch} was prepared before, with {min(other)} partitions. Go on with those, or delete it "
            f"while nothing is in it: leadstream grow retire --epoch {new.epoch}"
        )
    topics.apply(where, topics.wanted(partitions, prefix=new.prefix, app_id=new.app_id, epoch=new.epoch))
    return new


def grown(broker: Broker, old: Installation) -> Installation:
    """The next epoch as it was prepared. Raises TopicsDiffer where it was not, or not wholly."""
    new = replace(old, epoch=old.epoch + 1)
    names = [*(one.topic for one in new.rows), *(new.full(one.name) for one in TOPICS)]
    found = broker.partitions(names)
    if len(found) < len(names) or len(set(found.values())) != 1:
        missing = sorted(set(names) - found.keys()) or sorted(found)
        raise TopicsDiffer(
            f"epoch {new.epoch} is not prepared ({missing[0]}, ...). Run `leadstream grow prepare` with the settings "
            f"of the epoch that you leave: LEADSTREAM_KAFKA__EPOCH is {old.epoch} here"
        )
    return replace(new, partitions=next(iter(found.values())))


def move(broker: Broker, old: Installation, new: Installation, *, told: Told) -> list[Moved]:
    """Copies rows, cards and moves of an epoch at rest into the next one, and compares both sides.

    Raises NotAtRest where workers run, events wait, or the next epoch has begun already, TopicsDiffer where the old one
    has other partitions than it is said to have.
    """
    old.agrees(broker)
    _at_rest(broker, old, new)
    pairs = list(zip([*old.rows, *old.cards], [*new.rows, *new.cards], strict=True))
    sources = [_copied(broker, source, target, old=old, new=new, told=told) for source, target in pairs]
    moved = []
    for (_, target), source in zip(pairs, sources, strict=True):
        found = Newest(target.version_of).take_all(broker.read(target.topic, partitions=new.partitions))
        if (len(found), found.digest()) != (len(source), source.digest()):
            raise NotAtRest(f"{target.name}: {len(found)} keys arrived of {len(source)}, or something else wrote there")
        moved.append(Moved(target.name, len(found), found.digest()))
    _at_rest(broker, old, new)
    return moved


def _at_rest(broker: Broker, old: Installation, new: Installation) -> None:
    old.workers_gone(broker)
    if new.begun(broker) or broker.is_busy(new.group):
        raise NotAtRest(f"epoch {new.epoch} has begun: copying now would write behind its workers' back")
    if waiting := old.waiting(broker):
        said = ", ".join(f"{count} in {old.full(name)}" for name, count in waiting.items())
        raise NotAtRest(
            f"records wait ({said}): point every collector and the console at epoch {new.epoch}, let workers of epoch "
            f"{old.epoch} work them off, stop those, then say this again"
        )


def _copied(
    broker: Broker, source: Kept, target: Kept, *, old: Installation, new: Installation, told: Told
) -> Newest:
    """Every record of one topic, by key, in the order of its partition; what it said in the end."""
    bounds = broker.bounds(source.topic, partitions=old.partitions)
    total = sum(end - first for first, end in bounds.values())
    pieces = broker.read(source.topic, partitions=old.partitions)
    return written_by_key(pieces, target, broker=broker, partitions=new.partitions, total=total, told=told)


def retire(broker: Broker, old: Installation, *, current: int) -> list[str]:
    """Deletes the topics of an epoch that nobody uses any more, or not yet; their names. Raises NotAtRest."""
    if old.epoch == current:
        raise NotAtRest(f"epoch {old.epoch} is in use: LEADSTREAM_KAFKA__EPOCH is {current} here")
    old.workers_gone(broker)
    if old.epoch > current and (holds := _holding(broker, old)):
        raise NotAtRest(f"epoch {old.epoch} has begun: {holds} holds records. Is LEADSTREAM_KAFKA__EPOCH right here?")
    names = [*(one.topic for one in old.rows), *(old.full(name) for name in (*INBOXES, *CARDS, *_LEFT))]
    there = sorted(broker.partitions(names))
    if there:
        broker.delete(there)
    return there


def _holding(broker: Broker, new: Installation) -> str:
    """A topic of a prepared epoch in which anything lies, "" where nothing does."""
    found = broker.partitions([*(one.topic for one in new.rows), *map(new.full, (*INBOXES, *CARDS, *_LEFT))])
    ends = {name: broker.bounds(name, partitions=count) for name, count in found.items()}
    return next((name for name, bounds in sorted(ends.items()) if any(end for _, end in bounds.values())), "")
