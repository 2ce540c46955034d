"""What the producers count: a closed list. No ids, mails or URLs in labels; a write key appears as its source.

`docs/reference/metrics.md` is made of `LISTED`. `watch`: when to look, "" where a metric only explains others.
"""

from typing import Final, Literal, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from producers.bounds import Bounds

__all__ = [
    "ACK_SECONDS",
    "BLOCKS",
    "BLOCK_BYTES",
    "BOUNDS",
    "DEALS",
    "DROPPED",
    "EVENTS",
    "KEYS",
    "KEYS_STALE",
    "LIMITED",
    "LIMITS_KEPT",
    "LISTED",
    "MAILS",
    "MAILS_LEFT_OUT",
    "MENDED",
    "OUTSTANDING",
    "REFUSED",
    "REGISTRY",
    "REJECTED",
    "REPLAYED",
    "REQUESTS",
    "RESENT",
    "SPOOLED",
    "SPOOLING",
    "SPOOL_BYTES",
    "SPOOL_OLDEST",
    "SPOOL_REFUSED",
    "SPOOL_SYNC_SECONDS",
    "SPOOL_TORN",
    "Listed",
]

disable_created_metrics()  # type: ignore[no-untyped-call]  # each counter would appear twice
REGISTRY: Final = CollectorRegistry()


class Listed(NamedTuple):
    """What is told of one metric: its exported name, what a number of it is, its labels."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    unit: str
    meaning: str
    by: tuple[str, ...]
    watch: str


LISTED: Final[list[Listed]] = []


def _counter(name: str, unit: str, meaning: str, *, by: tuple[str, ...] = (), watch: str = "") -> Counter:
    LISTED.append(Listed(name, "counter", unit, meaning, by, watch))
    return Counter(name, _help(meaning, unit), by, registry=REGISTRY)


def _gauge(name: str, unit: str, meaning: str, *, by: tuple[str, ...] = (), watch: str = "") -> Gauge:
    LISTED.append(Listed(name, "gauge", unit, meaning, by, watch))
    return Gauge(name, _help(meaning, unit), by, registry=REGISTRY)


def _histogram(name: str, unit: str, meaning: str, *, buckets: tuple[float, ...], watch: str = "") -> Histogram:
    LISTED.append(Listed(name, "histogram", unit, meaning, (), watch))
    return Histogram(name, _help(meaning, unit), buckets=buckets, registry=REGISTRY)


def _help(meaning: str, unit: str) -> str:
    return f"{meaning} [{unit}]" if unit else meaning


BOUNDS: Final = Bounds()
REGISTRY.register(BOUNDS)
LISTED.extend([
    Listed("leadstream_held", "gauge", "", "how full a queue, buffer or cache is: at most its `bound`", ("what",),
           "near its `bound` for long: what comes behind it is refused or slower"),
    Listed("leadstream_bound", "gauge", "", "how full it may be, in the unit of its name", ("what",), ""),
])  # fmt: skip
REQUESTS: Final = _counter(
    "leadstream_collector_requests_total", "requests", "requests answered", by=("route", "status")
)
RESENT: Final = _counter(
    "leadstream_collector_resent_total", "requests",
    "requests that their sender calls a repetition (X-Retry-Count); they are answered like any other",
)
EVENTS: Final = _counter(
    "leadstream_collector_events_total", "events", "events accepted: Kafka or the spool has them", by=("source",)
)
MENDED: Final = _counter(
    "leadstream_collector_mended_total", "requests",
    "requests in which a half of a surrogate pair became U+FFFD, so that they could be read",
)
DEALS: Final = _counter("leadstream_collector_deals_total", "deals", "CRM deals accepted", by=("source",))
MAILS: Final = _counter(
    "leadstream_collector_mail_events_total", "events",
    "mail events that Kafka or the spool has: of our own links (source `links`), or of a provider",
    by=("source", "kind"),
)
MAILS_LEFT_OUT: Final = _counter(
    "leadstream_collector_mail_left_out_total", "events",
    "clicks and opens that were answered as always and not written: their network was over its rate",
    by=("kind",),
)
REJECTED: Final = _counter(
    "leadstream_rejected_total", "messages", "events and deals kept but not used",
    by=("reason",), watch="more than is usual: mend and replay",
)
REFUSED: Final = _counter(
    "leadstream_collector_refused_total", "requests",
    "requests refused as a whole; server_key_in_browser is a leaked secret",
    by=("reason",), watch="`server_key_in_browser`: a key leaked",
)
LIMITED: Final = _counter(
    "leadstream_collector_limited_total", "requests",
    "requests answered 429, by what limits: key, network (events, mail webhooks that prove nothing, "
    "wrong proofs of CRMs) or crowd (requests of a network at once)",
    by=("by",), watch="a sender of yours hears it: raise its limit",
)
LIMITS_KEPT: Final = _gauge(
    "leadstream_collector_limits_kept", "buckets",
    "keys and networks whose token bucket is remembered, by what it is of: events, mail_links, "
    "mail_webhooks or crm_proofs",
    by=("of",),
)
KEYS: Final = _gauge("leadstream_collector_keys", "keys", "keys of the key file that count now", by=("kind",))
KEYS_STALE: Final = _gauge(
    "leadstream_collector_keys_stale", "", "1 while the key file cannot be read and the last good one counts",
    watch="1: mend the key file",
)
BLOCKS: Final = _counter("leadstream_collector_blocks_total", "records", "block records handed to Kafka")
BLOCK_BYTES: Final = _histogram(
    "leadstream_collector_block_bytes", "bytes", "size of a block record",
    buckets=(1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576),
)
ACK_SECONDS: Final = _histogram(
    "leadstream_collector_ack_seconds", "seconds", "from a block's leaving until Kafka or the spool has it",
    watch="its p99 rises: Kafka or the disk is slow",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 20),
)
OUTSTANDING: Final = _gauge(
    "leadstream_collector_outstanding_bytes", "bytes", "bytes accepted and not yet acknowledged",
    watch="near `LEADSTREAM_COLLECTOR__OUTSTANDING_BYTES`: Kafka is slow",
)
DROPPED: Final = _counter(
    "leadstream_collector_dropped_total", "messages",
    "events and deals that nothing could make safe: the answer was 503, or none where senders do not come again",
    by=("reason",), watch="above 0: events are refused, and lost where senders do not come again",
)
SPOOLING: Final = _gauge(
    "leadstream_spool_active", "", "1 while deliveries go by the spool, 0 while they go to Kafka",
    watch="1 for five minutes: look at Kafka",
)
SPOOL_BYTES: Final = _gauge(
    "leadstream_spool_bytes", "bytes", "bytes of the spool's segments on the disk",
    watch="half of `LEADSTREAM_SPOOL__MAX_BYTES`",
)
SPOOL_OLDEST: Final = _gauge(
    "leadstream_spool_oldest_seconds", "seconds", "age of the spool's oldest segment, 0 = empty",
    watch="above 3600: Kafka has been away for an hour, or the replay is stuck",
)
SPOOLED: Final = _counter("leadstream_spool_records_total", "records", "records that the spool made safe")
REPLAYED: Final = _counter("leadstream_spool_replayed_total", "records", "records of the spool that Kafka acknowledged")
SPOOL_TORN: Final = _counter(
    "leadstream_spool_torn_total", "places", "torn or damaged places of the spool that were passed over",
    watch="grows without a power cut: check the disk",
)
SPOOL_REFUSED: Final = _counter(
    "leadstream_spool_refused_total", "records", "records set aside because Kafka will never take them",
    watch="above 0: records lie in `refused`",
)
SPOOL_SYNC_SECONDS: Final = _histogram(
    "leadstream_spool_sync_seconds", "seconds", "writing and syncing a group of records",
    watch="p99 above 0.25: the disk is slow", buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)
