"""All metrics of the worker and the console: a closed list with kind, unit and meaning, on registries of our own.

`COUNTERS`, `GAUGES` and `CONSOLE_GAUGES` are the list (`docs/reference/metrics.md` is made of it); `Metrics` holds one
worker's values. Dashboards may name nothing else (tested).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple, Protocol

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

__all__ = [
    "CONSOLE_GAUGES", "COUNTERS", "GAUGES", "Bound", "Bounded", "ConsoleGauged", "Counted", "Gauged", "Measure",
    "Metrics", "console_exposed",
]  # fmt: skip

Counted = Literal[
    "approximated", "blocks", "channel_outcomes", "commits", "decisions", "dues_dropped", "effects", "filtered",
    "folds", "messages", "oversized", "rebalances", "recovered_rows", "refilled_records", "rejected",
    "retries", "rows_restored_over", "rows_written", "store_distrusted", "store_failures", "store_rows_loaded",
    "store_saves", "strange_records", "ticks",
]  # fmt: skip
Gauged = Literal[
    "bound", "channel_resting", "commit_age_seconds", "held", "held_decisions", "inbox_gap_records",
    "kafka_silent_seconds", "lag_records", "outdated_rows", "ready", "recovery_ratio",
    "recovery_records_per_second", "recovery_remaining_records", "recovery_seconds", "rows", "store_bytes", "wakes",
]  # fmt: skip
ConsoleGauged = Literal[
    "bound", "console_booked_leads", "console_open_pages", "console_readmodel_age_seconds",
    "console_readmodel_filling_records", "console_readmodel_up", "held",
]  # fmt: skip


class Measure(NamedTuple):
    """One line of the list. The exported name is `leadstream_` + name, and `_total` behind a counter's.

    `by`: its labels. `watch`: when an operator should look, "" where it only explains others.
    """

    unit: str
    meaning: str
    by: tuple[str, ...] = ()
    watch: str = ""


class Bound(NamedTuple):
    """How full one queue, buffer or cache is and how full it may be. `what` ends in its unit: `fetched_bytes`."""

    what: str
    held: int
    most: int


class Bounded(Protocol):
    """Who holds something that is bounded."""

    def bounds(self) -> Iterable[Bound]:
        """What it holds and may hold; asked from another thread."""


COUNTERS: Final[dict[Counted, Measure]] = {
    "approximated": Measure(
        "folds", "folds that met a bound: approximate, never counted twice", ("bound",),
        watch="grows: some row is beyond its bounds",
    ),
    "blocks": Measure("records", "inbox and card records read", ("topic",)),
    "channel_outcomes": Measure("posts", "what became of posts on a channel", ("channel", "outcome")),
    "commits": Measure("commits", "source offsets committed, each after its rows and effects were acknowledged"),
    "decisions": Measure("decisions", "transitions, alerts, posts, dues and ends of cards announced", ("kind",)),
    "dues_dropped": Measure(
        "dues", "dues that found a full queue; the clock says them again", ("channel",),
        watch="grows for long: the channel is slower than what is due",
    ),
    "effects": Measure("messages", "messages handed to Kafka after gathering", ("topic",)),
    "filtered": Measure("events", "events read and left out on purpose", ("reason",)),
    "folds": Measure("folds", "calls of a fold: one key in one block", ("table",)),
    "messages": Measure("messages", "messages read, in blocks", ("topic",)),
    "oversized": Measure(
        "messages", "effects too large for one record, kept in `rejected`", ("topic",),
        watch="above 0: a row has grown beyond one record",
    ),
    "rebalances": Measure(
        "rebalances", "assignments of partitions to this worker",
        watch="grows though nobody starts or stops workers: they come and go by themselves",
    ),
    "recovered_rows": Measure("rows", "changelog records applied while restoring", ("table",)),
    "refilled_records": Measure("records", "cards read again for a Redis that lacked them", ("topic",)),
    "rejected": Measure(
        "messages", "kept in `rejected` but not used", ("reason",), watch="more than is usual: mend and replay"
    ),
    "retries": Measure(
        "attempts", "repeated calls of an outside service", ("service",), watch="grows: the service is away"
    ),
    "rows_restored_over": Measure(
        "rows", "a lower version lay behind a higher one: rewritten", ("table",),
        watch="above 0: a worker had been paused; nothing is lost",
    ),
    "rows_written": Measure("rows", "rows sent to a changelog", ("table",)),
    "store_distrusted": Measure(
        "partitions", "local copies of rows that were not used, by why", ("reason",),
        watch="grows: restarts take longer",
    ),
    "store_failures": Measure(
        "rounds", "saves to the local store that failed: the next start takes longer",
        watch="above 0: the disk is full or cannot be written",
    ),
    "store_rows_loaded": Measure("rows", "rows that came back from the local store", ("table",)),
    "store_saves": Measure("partitions", "saves to the local store: whole, or changes alone", ("kind",)),
    "strange_records": Measure(
        "records", "changelog records of our partitions that we did not write", ("table",),
        watch="above 0: somebody else writes our changelogs",
    ),
    "ticks": Measure("ticks", "due times said to rows", ("table",)),
}
GAUGES: Final[dict[Gauged, Measure]] = {
    "bound": Measure("", "how full a queue, buffer or cache may be, in the unit of its name", ("what",)),
    "channel_resting": Measure(
        "", "1 while a channel that failed is left in peace", ("channel",),
        watch="1 for ten minutes: the console's page *Channels* says why",
    ),
    "commit_age_seconds": Measure(
        "seconds", "since the last commit, 0 where nothing waits",
        watch="above a minute: stuck, and it ends itself when `LEADSTREAM_WORKER__STALL_S` is over",
    ),
    "held": Measure(
        "", "how full a queue, buffer or cache is: at most its `bound`", ("what",),
        watch="near its `bound` for long: what comes behind it is slower",
    ),
    "held_decisions": Measure(
        "decisions", "decisions that wait for their row's acknowledgement",
        watch="does not fall: Kafka acknowledges slowly",
    ),
    "inbox_gap_records": Measure(
        "records", "records that nobody read and that are no longer there", ("topic", "partition"),
        watch="above 0: the worker stops with exit code 78",
    ),
    "kafka_silent_seconds": Measure(
        "seconds", "since Kafka answered last, 0 while this worker reads no partitions",
        watch="above 30: Kafka is away, and the log says `kafka_away`; bring it back",
    ),
    "lag_records": Measure(
        "records", "records behind the end of the topic", ("topic", "partition"),
        watch="grows for ten minutes: more workers, up to one a partition",
    ),
    "outdated_rows": Measure(
        "rows", "rows that other rules made, recomputed a few at a time", ("table",),
        watch="does not fall after new rules",
    ),
    "ready": Measure(
        "", "1 when this worker reads its partitions, 0 while it starts, restores, rebalances or hears no Kafka",
        watch="0 for longer than a restart takes",
    ),
    "recovery_ratio": Measure("", "share of the changelog records that are restored, 1 when all are"),
    "recovery_records_per_second": Measure("records/s", "pace of restoring, 0 when it is over"),
    "recovery_remaining_records": Measure("records", "changelog records still to be restored", watch="does not fall"),
    "recovery_seconds": Measure("seconds", "what restoring took last"),
    "rows": Measure("rows", "rows held in memory", ("table",)),
    "store_bytes": Measure("bytes", "files of the local store, 0 where there is none"),
    "wakes": Measure("rows", "rows that wait for a time", ("table",)),
}

# The console's, each without labels, set when it is asked for them.
CONSOLE_GAUGES: Final[dict[ConsoleGauged, Measure]] = {
    "bound": GAUGES["bound"],
    "console_booked_leads": Measure("leads", "leads whose moves between stages it holds for the books"),
    "console_open_pages": Measure("pages", "pages that listen for changes"),
    "console_readmodel_age_seconds": Measure(
        "seconds", "since the projector was last alive", watch="above 60: no worker writes to Redis"
    ),
    "console_readmodel_filling_records": Measure("records", "still to be read again into Redis", watch="does not fall"),
    "console_readmodel_up": Measure("", "1 when Redis answers", watch="0: the console shows nothing"),
    "held": GAUGES["held"],
}


class _Counts:
    """Counters as plain numbers, told to Prometheus when it asks: its own cost a microsecond at each count."""

    def __init__(self) -> None:
        self.of: defaultdict[tuple[Counted, tuple[str, ...]], int] = defaultdict(int)

    def collect(self) -> Iterable[Metric]:
        """One family each; where there are no labels, 0 is a value too."""
        counts = self.of.copy()
        families: dict[Counted, CounterMetricFamily] = {}
        for name, one in COUNTERS.items():
            families[name] = CounterMetricFamily(f"leadstream_{name}", _help(one), labels=one.by)
            if not one.by:
                counts.setdefault((name, ()), 0)
        for (name, by), count in counts.items():
            families[name].add_metric(by, count)
        return families.values()


class Metrics:
    """One process's values. Counted by one thread; a scrape in another one reads a copy."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._counts = _Counts()
        self._registry.register(self._counts)
        self._gauges = {
            name: Gauge(f"leadstream_{name}", _help(one), one.by, registry=self._registry)
            for name, one in GAUGES.items()
        }

    def count(self, name: Counted, *by: str, n: int = 1) -> None:
        """Adds `n` to a counter; `by` are its labels in the order of the list."""
        self._counts.of[name, by] += n

    def gauge(self, name: Gauged, value: float, *by: str) -> None:
        """Sets a gauge."""
        gauge = self._gauges[name]
        (gauge.labels(*by) if by else gauge).set(value)

    def bounded(self, bounds: Iterable[Bound]) -> None:
        """Sets what is held and what may be."""
        for what, held, most in bounds:
            self.gauge("held", held, what)
            self.gauge("bound", most, what)

    def forget(self, name: Gauged) -> None:
        """Drops all label values of a gauge: partitions that moved away must not stay."""
        self._gauges[name].clear()

    def value(self, name: Counted, *by: str) -> float:
        """What a counter stands at: for tests and for the health report."""
        return float(self._counts.of.get((name, by), 0))

    def families(self) -> Iterable[Metric | CounterMetricFamily | GaugeMetricFamily]:
        """All families, for tests."""
        return self._registry.collect()

    def exposed(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self._registry)


def console_exposed(values: Mapping[ConsoleGauged, float], bounds: Iterable[Bound] = ()) -> bytes:
    """The Prometheus text format of a console; what has no value now is 0."""
    registry = CollectorRegistry()
    gauges = {
        name: Gauge(f"leadstream_{name}", _help(one), one.by, registry=registry) for name, one in CONSOLE_GAUGES.items()
    }
    for name, one in CONSOLE_GAUGES.items():
        if not one.by:
            gauges[name].set(values.get(name, 0))
    for what, held, most in bounds:
        gauges["held"].labels(what).set(held)
        gauges["bound"].labels(what).set(most)
    return generate_latest(registry)


def _help(one: Measure) -> str:
    return f"{one.meaning} [{one.unit}]" if one.unit else one.meaning
