"""Rules that somebody brought to have them tried, where every console finds them: a few, and for minutes.

In Redis and not in Kafka or a file, because nobody decides by them and nobody keeps them: whoever brought them has the
texts. An emptied Redis forgets them, and the page says so.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import DecodeError, json

from streams.readmodel.reader import Reader

__all__ = ["KEPT_MS", "MOST", "keep_pasted", "pasted"]

KEPT_MS: Final = 15 * 60_000  # since somebody last looked: as long as the answers are
MOST: Final = 8  # of all consoles together: some 2.5 MB where each is as large as a form may be
_TEXTS: Final = json.Decoder(dict[str, str])
_LOOK: Final = f"""
local function forget(names)
  if #names == 0 then return end
  redis.call('HDEL', KEYS[1], unpack(names))
  redis.call('ZREM', KEYS[2], unpack(names))
end
forget(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[3]))
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], ARGV[1], ARGV[4]) end
local found = redis.call('HGET', KEYS[1], ARGV[1])
if not found then return false end
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
forget(redis.call('ZRANGE', KEYS[2], 0, -{MOST + 1}))
redis.call('PEXPIRE', KEYS[1], {KEPT_MS})
redis.call('PEXPIRE', KEYS[2], {KEPT_MS})
return found
"""


async def keep_pasted(reader: Reader, version: str, texts: Mapping[str, str], *, now: int) -> None:
    """Keep them from now on; those that were looked at longest ago make room. Raises ReadModelAway."""
    await _look(reader, version, now=now, said=json.encode(texts).decode())


async def pasted(reader: Reader, version: str, *, now: int) -> Mapping[str, str] | None:
    """Their texts, kept from now on anew; None where they are not there any more. Raises ReadModelAway."""
    found = await _look(reader, version, now=now, said="")
    try:
        return None if found is None else _TEXTS.decode(found)
    except DecodeError:  # a console of another release
        return None


async def _look(reader: Reader, version: str, *, now: int, said: str) -> bytes | None:
    names = [reader.keys.pasted, reader.keys.pasted_looks]
    found = await reader.run(_LOOK, names, [version, now, now - KEPT_MS, said])
    return found if isinstance(found, bytes) else None
