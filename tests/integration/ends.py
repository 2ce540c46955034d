"""Where topics really end.

The embedded broker answers a question for the latest offset with the *first* offset of the last batch plus one, so the
question alone ends too early wherever a producer put several records into a batch. A fetch says it right on any broker.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Final

from kafka import KafkaConsumer, TopicPartition

__all__ = ["true_ends"]

PATIENCE_S: Final = 60.0


def true_ends(bootstrap: str, tops: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
    """The end offset of each partition. Raises AssertionError where the broker does not answer."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, group_id=None, fetch_max_wait_ms=20)
    try:
        said = consumer.end_offsets(list(tops))
        ends = {top: 0 for top, end in said.items() if not end}
        waiting = {top for top, end in said.items() if end}
        consumer.assign(sorted(waiting))
        for top in waiting:
            consumer.seek(top, said[top] - 1)
        give_up = time.monotonic() + PATIENCE_S
        while waiting:
            consumer.poll(50)
            ends |= {top: end for top in waiting if (end := consumer.highwater(top)) is not None}
            waiting -= ends.keys()
            assert time.monotonic() < give_up, f"no fetch was answered: {waiting}"
        return ends
    finally:
        consumer.close()
