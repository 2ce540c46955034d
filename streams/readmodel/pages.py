"""Lists some at a time: from a place on that stays true while cards come, go and change their rank."""

from importlib.resources import files
from typing import Final

from msgspec import Struct

from streams.readmodel.reader import Reader

__all__ = ["Place", "Slice", "slice_of"]

_SCRIPT: Final = files("streams.readmodel").joinpath("page.lua").read_text(encoding="utf-8")


class Place(Struct, frozen=True, array_like=True):
    """The last that was seen of a list."""

    rank: int
    id: str


class Slice(Struct, frozen=True):
    """Some ids of a list, and their ranks. `last` None: nothing follows."""

    ids: list[str]
    ranks: list[int]
    last: Place | None


async def slice_of(reader: Reader, index: str, *, limit: int, after: Place | None = None) -> Slice:
    """At most `limit` ids of `leads:by_score` or such, the greatest rank first. Raises ReadModelAway."""
    asked: list[str | int] = [limit + 1] if after is None else [limit + 1, after.rank, after.id]
    flat = await reader.run(_SCRIPT, [reader.keys.index(index)], asked)
    found = [Place(int(float(rank)), one.decode()) for one, rank in zip(flat[::2], flat[1::2], strict=True)]
    shown = found[:limit]
    return Slice([one.id for one in shown], [one.rank for one in shown], shown[-1] if len(found) > limit else None)
