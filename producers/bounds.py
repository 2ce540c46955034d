"""How full each queue, buffer and cache of a producer is and how full it may be, by the names that workers have."""

from collections.abc import Callable, Iterable

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from schemas.lookups import lookups

__all__ = ["Bounds"]


class Bounds:
    """Asked at each scrape. Whoever holds something under a name takes the place of who held it before."""

    def __init__(self) -> None:
        self._holders: dict[str, tuple[Callable[[], float], float]] = {}

    def hold(self, what: str, held: Callable[[], float], *, most: float) -> None:
        """`what` ends in its unit: `spool_bytes`. `held()` is asked from any thread."""
        self._holders[what] = held, most

    def collect(self) -> Iterable[Metric]:
        """`leadstream_held` and `leadstream_bound`."""
        held = GaugeMetricFamily(
            "leadstream_held", "How full a queue, buffer or cache is: at most its bound.", labels=["what"]
        )
        bound = GaugeMetricFamily("leadstream_bound", "How full it may be, in the unit of its name.", labels=["what"])
        full = {what: (ask(), most) for what, (ask, most) in self._holders.items()}
        full |= {f"remembered_{what}": one for what, one in lookups().items()}
        for what, (now, most) in full.items():
            held.add_metric([what], now)
            bound.add_metric([what], most)
        return held, bound
