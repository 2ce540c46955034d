"""One collector on one broker, doors before it, SDKs at the doors, and what came through each door."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.contract.sdks.front import Door, Front
from tests.faults.collectors import Collector
from tests.integration.brokers import broker
from tests.integration.bus import Bus, wait_until

__all__ = ["Scene", "scene"]


class Scene:
    """Doors by name; the name is the source of the door's key too."""

    def __init__(self, doors: Mapping[str, Door], front: Front, *, bus: Bus, collector: Collector) -> None:
        self.doors = doors
        self.collector = collector
        self._front = front
        self._bus = bus

    def arrived(self) -> dict[str, list[dict[str, Any]]]:
        """All events of `visits` by their source, once nothing is under way any more."""
        wait_until(self._front.still, within_s=120, what="every request answered")
        wait_until(self.collector.drained, within_s=120, what="nothing in the spool")
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in self.doors}
        for record in self._bus.read("visits"):
            for delivery in json.loads(record.value):
                found[delivery["source"]] += delivery["events"]
        return found

    def rejected(self) -> list[bytes]:
        """What was kept as unusable: nothing that an SDK sends should be."""
        return [record.value for record in self._bus.read("rejected")]


@contextmanager
def scene(
    doors: Mapping[str, Door], keys: Mapping[str, str], *,
    place: Path, public: str = "", origins: Mapping[str, str] | None = None,
) -> Iterator[Scene]:  # fmt: skip
    """For as long as the block lasts. `keys`: source -> write key; `public`: the door that browsers are told of.

    `origins`: source -> the one page that may send to it.
    """
    with ExitStack() as stack:
        bus = Bus(stack.enter_context(broker("embedded")), prefix="sdks.", app_id="sdks")
        stack.callback(bus.close)
        bus.create()
        front = stack.enter_context(Front(doors.values()))
        more = {
            "LEADSTREAM_WRITE_KEYS": ",".join(f"{key}={source}" for source, key in keys.items()),
            "LEADSTREAM_COLLECTOR__SOURCES": str(_sources(keys, origins or {}, place)),
            "LEADSTREAM_COLLECTOR__SNOWPLOW": "true",
            "LEADSTREAM_COLLECTOR__JITSU": "true",
            # What Kafka takes longer over goes by the spool as well, and comes twice: not what doors count.
            "LEADSTREAM_SPOOL__BUDGET_S": "60",
        }
        if public:
            more["LEADSTREAM_COLLECTOR__PUBLIC_URL"] = doors[public].url
        collector = stack.enter_context(Collector(bus, place, dated=False, **more))
        front.behind = collector.port
        collector.await_ready()
        yield Scene(doors, front, bus=bus, collector=collector)




def _sources(keys: Mapping[str, str], origins: Mapping[str, str], place: Path) -> Path:
    """Each source's key is its Snowplow application id too."""
    file = place / "sources.toml"
    with file.open("w", encoding="utf-8") as lines:
        for source, key in keys.items():
            lines.write(f'["{source}"]\nsnowplow_app_ids = ["{key}"]\n')
            lines.write(f'origins = ["{origins[source]}"]\n' if source in origins else "")
    return file
