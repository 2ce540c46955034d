"""What the producers count: a closed list. No ids, mails or URLs in labels; a write key appears as its source."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

__all__ = [
    "ACK_SECONDS",
    "BLOCKS",
    "BLOCK_BYTES",
    "DEALS",
    "DROPPED",
    "EVENTS",
    "KEYS",
    "KEYS_STALE",
    "LIMITED",
    "LIMITS_KEPT",
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
]

disable_created_metrics()  # type: ignore[no-untyped-call]  # each counter would appear twice
REGISTRY: Final = CollectorRegistry()
REQUESTS: Final = Counter(
    "leadstream_collector_requests_total", "Requests answered.", ("route", "status"), registry=REGISTRY
)
RESENT: Final = Counter(
    "leadstream_collector_resent_total",
    "Requests that their sender calls a repetition (X-Retry-Count); they are answered like any other.",
    registry=REGISTRY,
)
EVENTS: Final = Counter(
    "leadstream_collector_events_total", "Events accepted: Kafka or the spool has them.", ("source",), registry=REGISTRY
)
MENDED: Final = Counter(
    "leadstream_collector_mended_total",
    "Requests in which a half of a surrogate pair became U+FFFD, so that they could be read.",
    registry=REGISTRY,
)
DEALS: Final = Counter("leadstream_collector_deals_total", "CRM deals accepted.", ("source",), registry=REGISTRY)
MAILS: Final = Counter(
    "leadstream_collector_mail_events_total",
    "Mail events that Kafka or the spool has: of our own links (source `links`), or of a provider.",
    ("source", "kind"),
    registry=REGISTRY,
)
MAILS_LEFT_OUT: Final = Counter(
    "leadstream_collector_mail_left_out_total",
    "Clicks and opens that were answered as always and not written: their network was over its rate.",
    ("kind",),
    registry=REGISTRY,
)
REJECTED: Final = Counter(
    "leadstream_rejected_total", "Events and deals kept but not used.", ("reason",), registry=REGISTRY
)
REFUSED: Final = Counter(
    "leadstream_collector_refused_total",
    "Requests refused as a whole; server_key_in_browser is a leaked secret.",
    ("reason",),
    registry=REGISTRY,
)
LIMITED: Final = Counter(
    "leadstream_collector_limited_total",
    "Requests answered 429, by what limits: key, network (events, mail webhooks that prove nothing, wrong proofs of "
    "CRMs) or crowd (requests of a network at once).",
    ("by",),
    registry=REGISTRY,
)
LIMITS_KEPT: Final = Gauge(
    "leadstream_collector_limits_kept",
    "Keys and networks whose token bucket is remembered, by what it is of: events, mail_links, mail_webhooks "
    "or crm_proofs.",
    ("of",),
    registry=REGISTRY,
)
KEYS: Final = Gauge("leadstream_collector_keys", "Keys of the key file that count now.", ("kind",), registry=REGISTRY)
KEYS_STALE: Final = Gauge(
    "leadstream_collector_keys_stale",
    "1 while the key file cannot be read and the last good one counts.",
    registry=REGISTRY,
)
BLOCKS: Final = Counter("leadstream_collector_blocks_total", "Block records handed to Kafka.", registry=REGISTRY)
BLOCK_BYTES: Final = Histogram(
    "leadstream_collector_block_bytes",
    "Size of a block record in bytes.",
    buckets=(1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576),
    registry=REGISTRY,
)
ACK_SECONDS: Final = Histogram(
    "leadstream_collector_ack_seconds",
    "From a block's leaving until Kafka or the spool has it, in seconds.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 20),
    registry=REGISTRY,
)
OUTSTANDING: Final = Gauge(
    "leadstream_collector_outstanding_bytes", "Bytes accepted and not yet acknowledged.", registry=REGISTRY
)
DROPPED: Final = Counter(
    "leadstream_collector_dropped_total",
    "Events and deals that nothing could make safe: the answer was 503, or none where senders do not come again.",
    ("reason",),
    registry=REGISTRY,
)
SPOOLING: Final = Gauge(
    "leadstream_spool_active", "1 while deliveries go by the spool, 0 while they go to Kafka.", registry=REGISTRY
)
SPOOL_BYTES: Final = Gauge("leadstream_spool_bytes", "Bytes of the spool's segments on the disk.", registry=REGISTRY)
SPOOL_OLDEST: Final = Gauge(
    "leadstream_spool_oldest_seconds", "Age of the spool's oldest segment, 0 = empty.", registry=REGISTRY
)
SPOOLED: Final = Counter("leadstream_spool_records_total", "Records that the spool made safe.", registry=REGISTRY)
REPLAYED: Final = Counter(
    "leadstream_spool_replayed_total", "Records of the spool that Kafka acknowledged.", registry=REGISTRY
)
SPOOL_TORN: Final = Counter(
    "leadstream_spool_torn_total", "Torn or damaged places of the spool that were passed over.", registry=REGISTRY
)
SPOOL_REFUSED: Final = Counter(
    "leadstream_spool_refused_total", "Records set aside because Kafka will never take them.", registry=REGISTRY
)
SPOOL_SYNC_SECONDS: Final = Histogram(
    "leadstream_spool_sync_seconds",
    "Writing and syncing a group of records, in seconds.",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
    registry=REGISTRY,
)
