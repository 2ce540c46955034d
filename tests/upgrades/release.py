"""One release as it left Kafka: every record of its topics and changelogs, and what it showed as it went on from there.

`records.jsonl.gz` holds what lay in Kafka; `later.jsonl` what was said from outside afterwards; `cards.json.gz` what
that release showed in the end; `rules.json` the rules files it ran with; `accepted.json` which of those cards later
releases show otherwise, each with its reason.
"""

import gzip
import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, to_builtins

from schemas.codec import ACCOUNT_CARD, ALERT_CARD, LEAD_CARD
from schemas.topics import TOPICS
from streams.core.rules import Rules, load_rules
from tests.simulation.log import TABLES, Log, Record, changelog
from tests.unit.core.made import NAMING

__all__ = [
    "RELEASES", "Later", "Release", "newest_cards", "read", "taken", "write",
]  # fmt: skip

RELEASES: Final = Path(__file__).parents[1] / "fixtures" / "releases"
CARDS: Final[dict[str, Any]] = {"leads": LEAD_CARD, "accounts": ACCOUNT_CARD, "alerts": ALERT_CARD}
NAMES: Final = (*(one.name for one in TOPICS), *(changelog(table) for table in TABLES.values()))
EPOCHAL: Final = ("version",)  # where a record lay: another number of blocks is no other result


class Later(Struct, frozen=True):
    """One message from outside, said when the release went on."""

    topic: str
    to: str
    raw: bytes


class Release(Struct, frozen=True, kw_only=True):
    """`now`: the world's clock when the records were taken, `end`: when the cards were. UTC milliseconds."""

    version: str
    partitions: int
    now: int
    end: int
    records: dict[str, list[list[Record]]]  # topic -> partition -> records
    committed: dict[str, list[int]]
    later: tuple[Later, ...]
    cards: dict[str, dict[str, Any]]
    files: dict[str, str]
    accepted: dict[str, str]

    def log(self) -> Log:
        """The broker as that release left it."""
        log = Log(self.partitions)
        for topic, parts in self.records.items():
            for number, records in enumerate(parts):
                for one in records:
                    log.append(topic, number, one)
        for topic, offsets in self.committed.items():
            log.committed.update({(topic, number): offset for number, offset in enumerate(offsets)})
        return log

    def rules(self) -> Rules:
        """The rules that it ran with, as this release reads them."""
        return load_rules(self.files, naming=NAMING)


def taken(log: Log) -> tuple[dict[str, list[list[Record]]], dict[str, list[int]]]:
    """Everything that lies in Kafka now, and what is committed."""
    records = {name: [list(log.records(name, number)) for number in range(log.partitions)] for name in NAMES}
    return records, {name: [log.committed[name, number] for number in range(log.partitions)] for name in TABLES}


def newest_cards(log: Log) -> dict[str, dict[str, Any]]:
    """The newest of each card, as plain values, without where its record lay."""
    found: dict[str, dict[str, Any]] = {}
    for topic, codec in CARDS.items():
        kept: dict[str, Any] = {}
        for record in log.all(topic):
            card, key = codec.decode(record.value or b""), (record.key or b"").decode()
            if key not in kept or kept[key].version <= card.version:
                kept[key] = card
        found[topic] = {key: _without_places(to_builtins(card)) for key, card in sorted(kept.items())}
    return found


def _without_places(value: Any) -> Any:
    """The same without versions."""
    if isinstance(value, dict):
        return {key: _without_places(one) for key, one in value.items() if key not in EPOCHAL}
    return [_without_places(one) for one in value] if isinstance(value, list | tuple) else value


def write(release: Release) -> Path:
    """Makes the fixtures of one release; the same release gives the same bytes."""
    place = RELEASES / release.version
    place.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps({"topic": topic, "partition": number, "key": _text(one.key), "value": _text(one.value)})
        for topic, parts in release.records.items() for number, records in enumerate(parts) for one in records
    ]  # fmt: skip
    _pack(place / "records.jsonl.gz", "\n".join(lines))
    _pack(place / "cards.json.gz", json.dumps(release.cards, indent=1, sort_keys=True))
    later = [json.dumps({"topic": one.topic, "to": one.to, "raw": one.raw.decode()}) for one in release.later]
    (place / "later.jsonl").write_text("\n".join(later) + "\n")
    about = {"partitions": release.partitions, "now": release.now, "end": release.end, "committed": release.committed}
    (place / "about.json").write_text(json.dumps(about, indent=1, sort_keys=True) + "\n")
    (place / "rules.json").write_text(json.dumps(release.files, indent=1, sort_keys=True) + "\n")
    accepted = place / "accepted.json"
    if not accepted.exists():
        accepted.write_text("{}\n")
    return place


def read(place: Path) -> Release:
    """The fixtures of one release."""
    about = json.loads((place / "about.json").read_text())
    records: dict[str, list[list[Record]]] = {
        name: [[] for _ in range(about["partitions"])] for name in NAMES
    }
    for line in gzip.decompress((place / "records.jsonl.gz").read_bytes()).decode().splitlines():
        one = json.loads(line)
        records.setdefault(one["topic"], [[] for _ in range(about["partitions"])])[one["partition"]].append(
            Record(_bytes(one["key"]), _bytes(one["value"]))
        )
    later = [json.loads(line) for line in (place / "later.jsonl").read_text().splitlines()]
    return Release(
        version=place.name, records=records, files=json.loads((place / "rules.json").read_text()),
        cards=json.loads(gzip.decompress((place / "cards.json.gz").read_bytes())),
        later=tuple(Later(one["topic"], one["to"], one["raw"].encode()) for one in later),
        accepted=json.loads((place / "accepted.json").read_text()), **about,
    )  # fmt: skip


def _pack(path: Path, text: str) -> None:
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else b64encode(raw).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text)
