"""`decode_ratio`: reading and checking a block in one typed pass, against bare `orjson.loads` of the same bytes."""

import time

import orjson

from schemas.codec import VISITS_TYPED
from tests.bench.bodies import Mix, blocks
from tests.bench.harness import Figure, alternate, figure

__all__ = ["decode"]

EVENTS = 6_000


def decode(rounds: int) -> list[Figure]:
    """One line: ours / orjson, in CPU time of this process."""
    made = [value for _, value in blocks(EVENTS, per_block=10, partitions=4, mix=Mix(), at=1_795_262_400_000)]

    def bare() -> float:
        start = time.process_time()
        for value in made:
            orjson.loads(value)
        return (time.process_time() - start) / EVENTS * 1e6

    def typed() -> float:
        start = time.process_time()
        for value in made:
            good, bad = VISITS_TYPED.decode(value)
            assert good
            assert not bad
        return (time.process_time() - start) / EVENTS * 1e6

    alternate(1, baseline=bare, ours=typed)
    seen = alternate(rounds, baseline=bare, ours=typed)
    note = {"orjson_us": seen[0].baseline, "typed_us": seen[0].ours, "events_per_block": 10}
    return [figure("decode_ratio", [one.ours / one.baseline for one in seen], unit="x", budget="<= 0.75", note=note)]
