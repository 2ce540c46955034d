"""`projection_cpu_ratio`: our projection into Redis against a pipeline of HSET and ZADD, CPU of the client per card."""

import time
from collections.abc import Callable
from random import Random

import redis

from schemas.activity import Version
from streams.readmodel.writer import Projection
from tests.bench.baselines import redis_pipeline
from tests.bench.harness import Figure, alternate, figure

__all__ = ["projection"]

CARDS = 10_000
GATHERED = 500  # cards of one write, as the projector gathers them


def _cards() -> list[tuple[str, int, bytes]]:
    random = Random(1)
    return [(f"{random.getrandbits(128):032x}", random.randrange(1_500), b"") for _ in range(CARDS)]


def projection(client: "redis.Redis", lead_card: Callable[[str, int, int], bytes], rounds: int) -> list[Figure]:
    """One line. `lead_card(lead_id, tenths, version)` gives a card's JSON."""
    cards = [(lead_id, tenths, lead_card(lead_id, tenths, 1)) for lead_id, tenths, _ in _cards()]
    ours_writer = Projection(client)
    version = iter(range(1, 1_000_000))

    def baseline() -> float:
        start = time.process_time()
        redis_pipeline.write(client, cards)
        return (time.process_time() - start) / CARDS * 1e6

    def ours() -> float:
        now = Version(0, next(version))
        start = time.process_time()
        for at in range(0, CARDS, GATHERED):
            ours_writer.write(leads=[(lead_id, now, body) for lead_id, _, body in cards[at : at + GATHERED]])
        return (time.process_time() - start) / CARDS * 1e6

    alternate(1, baseline=baseline, ours=ours)
    seen = alternate(rounds, baseline=baseline, ours=ours)
    note = {
        "baseline_us": seen[-1].baseline,
        "ours_us": seen[-1].ours,
        "card_bytes": len(cards[0][2]),
        "cards": CARDS,
    }
    return [
        figure("projection_cpu_ratio", [one.ours / one.baseline for one in seen], unit="x", budget="<= 0.25", note=note)
    ]
