"""What the console sees of Kafka, without any: packaged rules, four partitions, a tail that a test fills."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from schemas.cards import Transition
from schemas.codec import encode
from schemas.ids import Naming
from schemas.topics import partition_of, topic
from streams.console.flow.moves import Moves
from streams.console.rules.known import KnownRules
from streams.console.rules.readings import Readings
from streams.console.sight import Sight
from streams.core.rules import Rules, load_rules
from streams.replay.kept_rows import KeptRows
from streams.replay.remaking import Mapper, Remaker
from streams.replay.verdicts import judged
from streams.rules_book import RulesBook
from streams.rules_files import read_rules, read_texts
from streams.window import Bounds, Keyed, Seen, WindowShut

__all__ = ["RULES", "StandInMoves", "StandInRows", "StandInTail", "known_rules", "rules_told", "sight"]

NAMING = Naming(b"a secret of sixteen or more")
RULES = read_rules(None, NAMING)


class StandInTail:
    """Kafka's ends. `away` makes it refuse; `opened` counts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._coming: list[Seen] = []
        self.away = False
        self.lag = 0
        self.opened = 0
        self.closed = 0

    def bring(self, *records: Seen) -> None:
        with self._lock:
            self._coming.extend(records)

    def open(self) -> None:
        self._refuse()
        self.opened += 1

    def skip(self) -> int:
        lag, self.lag = self.lag, 0
        return lag

    def behind(self) -> int:
        return self.lag

    def poll(self, wait_ms: int) -> Sequence[Seen]:
        self._refuse()
        with self._lock:
            coming, self._coming = self._coming, []
        return coming

    def close(self) -> None:
        self.closed += 1

    def _refuse(self) -> None:
        if self.away:
            raise WindowShut("Kafka at nowhere:1: away by the test")


class StandInMoves:
    """The log of moves, in two partitions. `away` makes it refuse; `looked` counts the records that were fetched."""

    def __init__(self, *moves: Transition) -> None:
        self._records: tuple[list[bytes], list[bytes]] = ([], [])
        self.away = False
        self.looked = 0
        self.bring(*moves)

    def bring(self, *moves: Transition) -> None:
        for one in moves:
            self._records[partition_of(one.lead_id, 2)].append(encode(one))

    def bring_bytes(self, raw: bytes) -> None:
        self._records[0].append(raw)

    def empty(self) -> None:
        for records in self._records:
            records.clear()

    def bounds(self, name: str) -> Bounds:
        if self.away:
            raise WindowShut("Kafka at nowhere:1: away by the test")
        return {number: (0, len(records)) for number, records in enumerate(self._records)}

    def between(self, name: str, partition: int, *, first: int, end: int) -> Sequence[Seen]:
        found = self._records[partition][first:end]
        self.looked += len(found)
        return [Seen(name, partition, first + place, 0, None, value) for place, value in enumerate(found)]


class StandInRows:
    """Changelogs, each in one partition, as keys and encoded rows. `away`: they refuse; `held` not set: they wait."""

    def __init__(self, **rows: Sequence[Keyed]) -> None:
        self.rows = {f"leadstream-{table}-changelog": list(found) for table, found in rows.items()}
        self.away = False
        self.held = threading.Event()
        self.held.set()

    def bounds_of(self, full_name: str) -> Bounds:
        if self.away:
            raise WindowShut("Kafka at nowhere:1: away by the test")
        return {0: (0, len(self.rows.get(full_name, ())))}

    def keyed(self, full_name: str, partition: int, *, first: int, end: int) -> Iterator[Keyed]:
        assert self.held.wait(60)
        return iter(self.rows.get(full_name, [])[first:end])


def known_rules(book: Path | None = None, *, drafts: Path | None = None, directory: Path | None = None) -> KnownRules:
    """The packaged ones, or those of a directory."""

    def load(files: Mapping[str, str]) -> Rules:
        return load_rules(files, naming=NAMING)

    return KnownRules(lambda: read_texts(directory), load, book=RulesBook(book), drafts=drafts)


def rules_told(told: Callable[[], Rules]) -> KnownRules:
    """Those of a test; it may raise RulesError."""
    return KnownRules(lambda: read_texts(None), lambda _: told(), book=RulesBook(None))


def sight(
    tail: StandInTail | None = None, *, collector_url: str = "", moves: Moves | None = None,
    log: StandInMoves | None = None, rules: Rules = RULES, known: KnownRules | None = None,
    rows: StandInRows | None = None, patience_s: float = 20.0, mapper: Mapper | None = None,
) -> Sight:  # fmt: skip
    remaker = Remaker(partitions=4, naming=NAMING, full=lambda name: topic(name).full(), look=lambda *_: None,
                      judge=lambda put: judged(put, RULES), mapper=mapper)  # fmt: skip
    log = log or StandInMoves()
    readings = Readings(KeptRows(rows or StandInRows(), application="leadstream"), patience_s=patience_s)
    return Sight(remaker=remaker, tail=tail or StandInTail(), moves=moves or Moves(log, lambda: rules), log=log,
                 known=known or rules_told(lambda: rules), readings=readings,
                 collector_url=collector_url)  # fmt: skip
