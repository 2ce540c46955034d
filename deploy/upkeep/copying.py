"""Every record of a kept topic to the partition of its key: the one way in which rows, cards and moves are written."""

from collections.abc import Iterable

from deploy.errors import BadBackup
from deploy.upkeep.broker import Broker, Piece
from deploy.upkeep.installation import Kept, Told
from deploy.upkeep.newest import Newest
from schemas.topics import partition_of

__all__ = ["written_by_key"]


def written_by_key(
    pieces: Iterable[Piece], target: Kept, *, broker: Broker, partitions: int, total: int, told: Told
) -> Newest:
    """Writes them in their order and waits for all replicas; what they said in the end. Raises BadBackup."""
    newest, writer = Newest(target.version_of), broker.writer()
    for done, piece in enumerate(pieces, 1):
        if piece.key is None:
            raise BadBackup(f"{target.name}: a record without a key")
        newest.take(piece)
        partition = partition_of(piece.key.decode(), partitions)
        writer.write(target.topic, partition=partition, key=piece.key, value=piece.value)
        if done % 1_000 == 0:
            told(target.name, done, total)
    writer.flush()
    told(target.name, total, total)
    return newest
