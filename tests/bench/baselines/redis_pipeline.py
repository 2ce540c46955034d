"""Baseline projection: redis-py, a pipeline of 500 rows, each HSET of three fields and a ZADD."""

from collections.abc import Sequence

import redis

__all__ = ["write"]

PIPELINE = 500


def write(client: "redis.Redis", cards: Sequence[tuple[str, int, bytes]]) -> None:
    """Write (id, score in tenths, JSON) of each card."""
    for start in range(0, len(cards), PIPELINE):
        with client.pipeline(transaction=False) as pipe:
            for card_id, tenths, body in cards[start : start + PIPELINE]:
                pipe.hset(f"baseline:lead:{card_id}", mapping={"score": tenths, "version": 1, "card": body})
                pipe.zadd("baseline:leads", {card_id: tenths})
            pipe.execute()
