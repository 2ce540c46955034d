"""What the console sees of Kafka itself: rejected records and what becomes of them, and what arrives right now."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from msgspec import Struct

from schemas.ids import Naming
from schemas.topics import topic
from streams.console.flow.cost_book import CostBook
from streams.console.flow.moves import Looks, Moves
from streams.console.live.arrivals import Follows
from streams.console.rules.known import KnownRules
from streams.console.rules.readings import Readings
from streams.core.rules import Rules, load_rules
from streams.inbox import Put
from streams.replay.kept_rows import KeptRows
from streams.replay.remaking import Mapper, Remaker
from streams.replay.verdicts import Verdict, judged
from streams.rules_book import RulesBook
from streams.rules_files import read_texts
from streams.settings import Settings
from streams.window import Tail, Window

__all__ = ["FOLLOWED", "Mappers", "Sight", "sight_of"]

FOLLOWED = ("visits", "rejected")
Mappers: TypeAlias = Callable[[Naming], Mapper]
"""Who reads what CRMs and mail providers said: the collector's code, handed in by whoever starts the console."""


class Sight(Struct, frozen=True, kw_only=True):
    """`remaker` raises RulesError where rules cannot be read. `collector_url`: where browsers send to, "" = unknown.

    `log`: the moves themselves, as Kafka keeps them.
    """

    remaker: Remaker
    tail: Follows
    moves: Moves
    log: Looks
    known: KnownRules
    readings: Readings
    costs: CostBook = CostBook(None)
    collector_url: str = ""
    close: Callable[[], None] = lambda: None

    @property
    def collector_shown(self) -> str:
        """The same in lines that people copy: what it is not known by is plainly to be replaced."""
        return self.collector_url.rstrip("/") or "https://YOUR-COLLECTOR"


def sight_of(settings: Settings, *, mappers: Mappers | None = None) -> Sight:
    """The real one. It connects when somebody looks."""
    kafka, naming = settings.kafka, Naming(settings.secret.get_secret_value().encode())
    window = Window(kafka, topic_prefix=kafka.topic_prefix, epoch=kafka.epoch)
    # Some of their own: a long reading of moves, or of rows, keeps nobody waiting.
    moved = Window(kafka, topic_prefix=kafka.topic_prefix, epoch=kafka.epoch)
    tried = Window(kafka, topic_prefix=kafka.topic_prefix, epoch=kafka.epoch)

    def close() -> None:
        moves.close()
        readings.close()
        window.close()
        moved.close()
        tried.close()

    def load(files: Mapping[str, str]) -> Rules:
        return load_rules(files, naming=naming, identity=settings.identity)

    known = KnownRules(lambda: read_texts(settings.rules_dir), load, book=RulesBook(settings.console.rules_book),
                       drafts=settings.console.rules_drafts)  # fmt: skip

    def judge(put: Put) -> Verdict:
        return judged(put, known.in_force())

    remaker = Remaker(
        partitions=kafka.partitions, naming=naming, look=window.record, judge=judge,
        full=lambda name: topic(name).full(kafka.topic_prefix, epoch=kafka.epoch),
        mapper=None if mappers is None else mappers(naming),
    )  # fmt: skip
    tail = Tail(kafka, FOLLOWED, topic_prefix=kafka.topic_prefix, epoch=kafka.epoch)
    moves = Moves(moved, known.in_force)
    readings = Readings(KeptRows(tried, application=settings.application))
    return Sight(
        remaker=remaker, tail=tail, moves=moves, log=window, known=known, readings=readings,
        costs=CostBook(settings.console.costs), collector_url=settings.collector.public_url, close=close,
    )  # fmt: skip
