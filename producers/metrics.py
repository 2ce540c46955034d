"""What the producers count: a closed list. No ids, mails or URLs in labels; a write key appears as its source."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

__all__ = [
    "ACK_SECONDS",
    "BLOCKS",
    "BLOCK_BYTES",
    "DEALS",
    "EVENTS",
    "OUTSTANDING",
    "REGISTRY",
    "REJECTED",
    "REQUESTS",
]

disable_created_metrics()  # type: ignore[no-untyped-call]  # each counter would appear twice
REGISTRY: Final = CollectorRegistry()
REQUESTS: Final = Counter(
    "leadstream_collector_requests_total", "Requests answered.", ("route", "status"), registry=REGISTRY
)
EVENTS: Final = Counter(
    "leadstream_collector_events_total", "Events accepted and acknowledged by Kafka.", ("source",), registry=REGISTRY
)
DEALS: Final = Counter("leadstream_collector_deals_total", "CRM deals accepted.", ("source",), registry=REGISTRY)
REJECTED: Final = Counter(
    "leadstream_rejected_total", "Events and deals kept but not used.", ("reason",), registry=REGISTRY
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
    "From handing a block to Kafka until its acknowledgement, in seconds.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 20),
    registry=REGISTRY,
)
OUTSTANDING: Final = Gauge(
    "leadstream_collector_outstanding_bytes", "Bytes accepted and not yet acknowledged.", registry=REGISTRY
)
