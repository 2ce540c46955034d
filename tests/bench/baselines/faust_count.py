"""Baseline worker: a plain Faust `Table` that counts the events of each visitor, one event a record.

Run: BENCH_BOOTSTRAP=... BENCH_TOPIC=... BENCH_APP=... BENCH_DATADIR=... \
    python -m tests.bench.baselines.faust_count worker
"""

import os

import faust

__all__ = ["app"]

app = faust.App(
    os.environ.get("BENCH_APP", "bench-count"),
    broker=f"kafka://{os.environ.get('BENCH_BOOTSTRAP', '127.0.0.1:9092')}",
    topic_partitions=int(os.environ.get("BENCH_PARTITIONS", "4")),
    topic_disable_leader=True,
    table_standby_replicas=0,
    consumer_auto_offset_reset="earliest",
    broker_commit_every=10**9,
    broker_commit_interval=1.0,
    producer_linger=0.005,
    producer_compression_type="lz4",
    datadir=os.environ.get("BENCH_DATADIR", "bench-faust"),
)
counts = app.Table("counts", default=int, partitions=int(os.environ.get("BENCH_PARTITIONS", "4")))


@app.agent(app.topic(os.environ.get("BENCH_TOPIC", "baseline"), value_serializer="json"), name="count")
async def count(stream: faust.StreamT) -> None:
    """One more for this visitor."""
    async for event in stream:
        counts[event["anonymousId"]] += 1


if __name__ == "__main__":
    app.main()
