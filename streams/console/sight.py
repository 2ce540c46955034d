"""What the console sees of Kafka itself: rejected records and what becomes of them, and what arrives right now."""

from collections.abc import Callable
from functools import cache

from msgspec import Struct

from schemas.ids import Naming
from schemas.topics import topic
from streams.console.arrivals import Follows
from streams.console.moves import Looks, Moves
from streams.core.rules import Rules
from streams.inbox import Put
from streams.replay.remaking import Remaker
from streams.replay.verdicts import Verdict, judged
from streams.rules_files import read_rules
from streams.settings import Settings
from streams.window import Tail, Window

__all__ = ["FOLLOWED", "Sight", "sight_of"]

FOLLOWED = ("visits", "rejected")


class Sight(Struct, frozen=True, kw_only=True):
    """`remaker` raises RulesError where rules cannot be read. `collector_url`: where browsers send to, "" = unknown.

    `log`: the moves themselves, as Kafka keeps them. `rules` raises RulesError.
    """

    remaker: Remaker
    tail: Follows
    moves: Moves
    log: Looks
    rules: Callable[[], Rules]
    collector_url: str = ""
    close: Callable[[], None] = lambda: None


def sight_of(settings: Settings) -> Sight:
    """The real one. It connects when somebody looks."""
    kafka, naming = settings.kafka, Naming(settings.secret.get_secret_value().encode())
    window = Window(kafka.bootstrap_servers, topic_prefix=kafka.topic_prefix, epoch=kafka.epoch)
    # One of its own: a long reading of moves keeps nobody waiting.
    moved = Window(kafka.bootstrap_servers, topic_prefix=kafka.topic_prefix, epoch=kafka.epoch)

    def close() -> None:
        moves.close()
        window.close()
        moved.close()

    @cache
    def rules() -> Rules:
        return read_rules(settings.rules_dir, naming, identity=settings.identity)

    def judge(put: Put) -> Verdict:
        return judged(put, rules())

    remaker = Remaker(
        partitions=kafka.partitions, naming=naming, look=window.record, judge=judge,
        full=lambda name: topic(name).full(kafka.topic_prefix, epoch=kafka.epoch),
    )  # fmt: skip
    tail = Tail(kafka.bootstrap_servers, FOLLOWED, topic_prefix=kafka.topic_prefix, epoch=kafka.epoch)
    moves = Moves(moved, rules)
    return Sight(
        remaker=remaker, tail=tail, moves=moves, log=window, rules=rules, collector_url=settings.collector.public_url,
        close=close,
    )  # fmt: skip
