"""Baseline worker: Quix Streams counts the events of each visitor, one JSON event a record, RocksDB and changelog on.

Records are keyed by visitor: Quix keeps state by record key. It commits as often as the others (its default is 5 s).
Runs in a virtual environment of its own (`make bench` makes `.venv/quix`): its pins are not ours.

Run: BENCH_BOOTSTRAP=... BENCH_TOPIC=... BENCH_APP=... BENCH_DATADIR=... \
    .venv/quix/bin/python tests/bench/baselines/quix_count.py
"""

import os
from typing import Any

from quixstreams import Application, State

__all__ = ["run"]


def _count(event: dict[str, Any], state: State) -> dict[str, Any]:
    """One more for this visitor."""
    state.set("count", state.get("count", 0) + 1)
    return event


def run() -> None:
    """Counts until a signal."""
    app = Application(
        broker_address=os.environ["BENCH_BOOTSTRAP"],
        consumer_group=os.environ["BENCH_APP"],
        auto_offset_reset="earliest",
        commit_interval=1.0,
        state_dir=os.environ["BENCH_DATADIR"],
        producer_extra_config={"linger.ms": 5, "compression.type": "lz4"},
    )
    topic = app.topic(os.environ["BENCH_TOPIC"], key_deserializer="str", value_deserializer="json")
    app.dataframe(topic).update(_count, stateful=True)
    app.run()


if __name__ == "__main__":
    run()
