"""The worker: agents, tables and topics meet here, each durable name written out."""

import asyncio
import os
import platform
import sys
from collections.abc import Callable
from functools import partial
from tempfile import TemporaryFile
from typing import Any, Final, NoReturn

import structlog
import uvloop

from running.wall_clock import utc_ms
from schemas.ids import Naming
from schemas.topics import topic
from streams import logs
from streams.agents.accounts import accounts
from streams.agents.cards import CARDS
from streams.agents.leads import leads
from streams.agents.projector import projector
from streams.agents.recipients import recipients
from streams.agents.visitors import visitors
from streams.channels import make_channels
from streams.channels.base import Editor
from streams.core import signals
from streams.core.events.facts import Facts
from streams.core.events.machines import is_machine
from streams.core.events.signing import Signing
from streams.core.events.visits import decode_visits
from streams.core.lead import fold as lead
from streams.core.recipient import fold as recipient
from streams.core.recipient.channel_state import WorkerChannels
from streams.core.rows import ROWS, rules_mark
from streams.core.rules import Rules, RulesError
from streams.core.visitor import fold as visitor
from streams.engine.backread import Backread
from streams.engine.engine import INBOXES, Engine
from streams.engine.guards.exits import STOPPED
from streams.engine.sending.book import Book
from streams.engine.shell import Decoded, Refusal, Shell
from streams.engine.steady import SteadyTime
from streams.errors import SettingsError
from streams.metrics import Metrics
from streams.readmodel.channels import ChannelBoard
from streams.readmodel.errors import ReadModelAway
from streams.readmodel.fills import Fills
from streams.readmodel.trials import TrialBoard
from streams.readmodel.writer import Projection
from streams.refill import Refill
from streams.rules_files import read_rules
from streams.settings import Settings
from streams.trials import try_when_asked

__all__ = ["build", "run"]

BEAT_S: Final = 5.0
FOLLOW_RULES: Final = ("leads", "accounts")  # tables whose rows are folded again when the rules are others

_log = structlog.get_logger(__name__)


def run(settings: Settings) -> NoReturn:
    """Runs one worker until a signal, and exits."""
    logs.configure(settings.log.level)
    try:
        signing = _signing(settings)
        rules = read_rules(settings.rules_dir, _naming(settings), identity=settings.identity, signing=signing)
    except RulesError as error:
        _log.critical("rules_refused", error=str(error))
        sys.exit(STOPPED)
    is_machine("Mozilla/5.0")  # compiles its patterns for half a second: now, not under the first event
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        engine = build(settings, rules, now=SteadyTime(utc_ms))
    except SettingsError as error:
        _log.critical("settings_refused", error=str(error))
        sys.exit(STOPPED)
    engine.worker(loop).execute_from_commandline()


def build(settings: Settings, rules: Rules, *, now: Callable[[], int] = utc_ms) -> Engine:
    """The four hops and the projector. `now` in UTC milliseconds: the clock that wakes rows. Raises SettingsError."""
    _make_place(settings)
    channels = list(make_channels(settings, rules.routing).values())
    engine = Engine(settings, channels=channels, now=now)
    shell = engine.shell
    fold_post = partial(recipient.fold, rules=rules, channels=frozenset(one.name for one in channels),
                        editing=frozenset(one.name for one in channels if isinstance(one, Editor)))  # fmt: skip
    mark = rules_mark(rules.version)
    books: dict[str, Book[Any]] = {
        name: engine.book(name, ROWS[name], rules=mark if name in FOLLOW_RULES else None) for name in INBOXES
    }
    facts, fold_visit = partial(_facts, rules=rules), partial(visitor.fold, rules=rules)
    fold_touch, fold_signal = partial(lead.fold, rules=rules), partial(signals.fold_signals, rules=rules)
    engine.agent("visitors", ["visits"], visitors(shell, books["visitors"], decode=facts, fold=fold_visit))
    engine.agent("leads", ["touches"], leads(shell, books["leads"], fold_touch))
    engine.agent("accounts", ["signals"], accounts(shell, books["accounts"], fold_signal))
    engine.agent("recipients", ["posts"], recipients(shell, books["recipients"], fold_post))
    if redis_url := settings.redis.url.get_secret_value():
        projection = Projection.connect(redis_url, prefix=settings.redis.key_prefix)
        engine.agent("projector", CARDS, projector(shell, projection.write, ReadModelAway))
        engine.beside("beat", _beat(projection, shell))
        if channels:
            board = ChannelBoard.connect(redis_url, prefix=settings.redis.key_prefix)
            engine.beside("channels", _tell_channels(board, engine))
            trials = TrialBoard.connect(redis_url, prefix=settings.redis.key_prefix)
            by_name = {one.name: one for one in channels}
            engine.beside("trials", try_when_asked(trials, by_name, rules, worker=_worker(), now=utc_ms))
        engine.beside("refill", _refill(settings, shell, metrics=engine.metrics).run())
    return engine


def _make_place(settings: Settings) -> None:
    place = settings.worker.datadir
    try:
        place.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise SettingsError(f"LEADSTREAM_WORKER__DATADIR: cannot write {place}: {error.strerror}") from error


def _naming(settings: Settings) -> Naming:
    return Naming(settings.secret.get_secret_value().encode())


def _signing(settings: Settings) -> Signing:
    live = (settings.identity_secret, settings.identity_secret_former)
    return Signing(tuple(one.get_secret_value().encode() for one in live if one is not None))


def _facts(raw: bytes, *, rules: Rules) -> Decoded[Facts]:
    facts, refused, filtered = decode_visits(raw, rules)
    said = [Refusal(one.raw, one.error.reason, one.error.detail, one.source, one.envelope) for one in refused]
    return Decoded(facts, said, filtered)


def _refill(settings: Settings, shell: Shell, *, metrics: Metrics) -> Refill:
    url, prefix = settings.redis.url.get_secret_value(), settings.redis.key_prefix
    kafka = settings.kafka
    topics = {name: topic(name).full(kafka.topic_prefix, epoch=kafka.epoch) for name in CARDS}
    fills, projection = Fills.connect(url, prefix=prefix), Projection.connect(url, prefix=prefix)
    backread = Backread(kafka, topics)
    return Refill(shell, backread, fills=fills, write=projection.write, metrics=metrics)


def _worker() -> str:
    return f"{platform.node()}:{os.getpid()}"


async def _beat(projection: Projection, shell: Shell) -> None:
    """Says in Redis that the projector reads, so that the console can say how old it is."""
    while True:
        try:
            if shell.held(CARDS):
                await asyncio.to_thread(projection.beat, utc_ms())
        except ReadModelAway as error:
            _log.debug("beat_missed", error=str(error))
        await asyncio.sleep(BEAT_S)


async def _tell_channels(board: ChannelBoard, engine: Engine) -> None:
    """Says in Redis how this worker's channels stand, so that the console can show it."""
    while True:
        try:
            said = WorkerChannels(worker=_worker(), at=utc_ms(), channels=engine.channel_states())
            await asyncio.to_thread(board.tell, said)
        except ReadModelAway as error:
            _log.debug("channels_not_told", error=str(error))
        await asyncio.sleep(BEAT_S)
