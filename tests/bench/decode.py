"""What reading and checking costs against bare `orjson.loads` of the same bytes, in CPU time of this process.

`decode_ratio`: a block, in the worker's one typed pass. `collector_read_ratio`: a request of ten events as it came in,
which the collector divides into its events, so that it can keep the bytes of each, and bounds in depth and size.
`collector_read_known_ratio`: the same of somebody with a user id, whose keys must not stand twice.
"""

import time
from collections.abc import Callable, Sequence

import orjson

from producers.collector.reading.wire import read
from schemas.codec import VISITS_TYPED
from tests.bench.bodies import Mix, blocks, posts
from tests.bench.harness import Figure, Round, alternate, figure

__all__ = ["decode"]

EVENTS = 6_000
PER_BLOCK = 10


def decode(rounds: int) -> list[Figure]:
    """One line each: ours / orjson."""
    mix = Mix()
    made = [value for _, value in blocks(EVENTS, per_block=PER_BLOCK, partitions=4, mix=mix, at=1_795_262_400_000)]
    block = _seen(made, rounds=rounds, ours=_typed)
    nobody, known = (
        _seen(posts(EVENTS // PER_BLOCK, events=PER_BLOCK, known=known), rounds=rounds, ours=_read)
        for known in (False, True)
    )
    return [
        figure("decode_ratio", _ratios(block), unit="x", budget="<= 0.75", note=_us(block)),
        figure("collector_read_ratio", _ratios(nobody), unit="x", note=_us(nobody)),
        figure("collector_read_known_ratio", _ratios(known), unit="x", note=_us(known)),
    ]


def _typed(value: bytes) -> None:
    good, bad = VISITS_TYPED.decode(value)
    assert good
    assert not bad


def _read(value: bytes) -> None:
    assert not read(value, "batch").bad


def _seen(values: Sequence[bytes], *, rounds: int, ours: Callable[[bytes], object]) -> list[Round]:
    """Microseconds an event, after one round to warm up."""

    def took(one: Callable[[bytes], object]) -> float:
        start = time.process_time()
        for value in values:
            one(value)
        return (time.process_time() - start) / EVENTS * 1e6

    return alternate(rounds + 1, baseline=lambda: took(orjson.loads), ours=lambda: took(ours))[1:]


def _ratios(seen: Sequence[Round]) -> list[float]:
    return [one.ours / one.baseline for one in seen]


def _us(seen: Sequence[Round]) -> dict[str, str | int | float]:
    return {"orjson_us": seen[-1].baseline, "ours_us": seen[-1].ours, "events_per_block": PER_BLOCK}
