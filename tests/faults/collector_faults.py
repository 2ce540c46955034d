"""The collector's faults, each with its size: short ones for every change, long ones for `make faults`."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random

import httpx

from deploy.local.apache_kafka import ApacheKafka
from tests.faults.collected import Collected, judged
from tests.faults.proxy import PASS, Mode
from tests.faults.sender import Sender
from tests.faults.spooling_collector import CollectorProcess, through_proxy
from tests.integration.bus import Bus, wait_until
from tests.integration.ledger import Ledger

__all__ = ["broker_gone", "crashed", "crowded", "cut_off", "full_disk", "killed", "outage"]

RATE = 500.0


def has_accepted(sender: Sender, events: int) -> bool:
    return len(sender.accepted) > events


@contextmanager
def bus_on(bootstrap: str, *, prefix: str = "t.") -> Iterator[Bus]:
    bus = Bus(bootstrap, prefix=prefix, app_id=prefix + "app")
    try:
        bus.create()
        yield bus
    finally:
        bus.close()


@contextmanager
def collector_on(bus: Bus, place: Path, *, bootstrap: str = "", **spool: float) -> Iterator[CollectorProcess]:
    one = CollectorProcess(bus, place, bootstrap=bootstrap, **spool)
    try:
        yield one
    finally:
        one.close()


def killed(place: Path, *, times: int, seed: int) -> Ledger:
    """F3: SIGKILL under load, half of the time while Kafka is away, and started again each time."""
    random = Random(seed)
    with through_proxy() as (bootstrap, proxy), bus_on(bootstrap) as bus, collector_on(bus, place) as one:
        one.start(path="/readyz")
        sender = Sender(one.port, rate=RATE).start()
        for number in range(times):
            enough = len(sender.accepted) + random.randint(50, 400)
            if number % 2:
                proxy.turn(Mode(kind="reset"))
            wait_until(partial(has_accepted, sender, enough), within_s=60, what="answers", every_s=0.01)
            one.kill()
            one.start()
            proxy.turn(PASS)
        one.drained(within_s=60)
        sender.stop()
        one.drained(within_s=60)
        torn = one.metric("leadstream_spool_torn_total")
        return judged("f03-collector-kill", bus, [sender], seed=seed, kills=times, torn=torn)


def cut_off(place: Path, *, seconds: float) -> tuple[Ledger, Sender]:
    """F9: nothing passes between the collector and Kafka, and nobody says so."""
    with through_proxy() as (bootstrap, proxy), bus_on(bootstrap) as bus, collector_on(bus, place) as one:
        one.start(path="/readyz")
        sender = Sender(one.port, rate=RATE).start()
        wait_until(lambda: len(sender.accepted) > 500, within_s=60, what="answers before the cut")
        proxy.turn(Mode(kind="blackhole"))
        began = time.monotonic()
        wait_until(lambda: time.monotonic() - began > seconds, within_s=seconds + 60, what="the end of the cut")
        wait_until(one.spooling, within_s=60, what="the spool takes what comes")
        assert one.answers("/readyz") == 200
        proxy.turn(PASS)
        healed = time.monotonic()
        one.drained(within_s=60 + seconds)
        recovered = time.monotonic() - healed
        sender.stop()
        one.drained(within_s=60)
        return judged("f09-cut", bus, [sender], seconds=seconds, recovered_s=recovered), sender


def full_disk(place: Path, *, disk: str, **spool: float) -> tuple[Ledger, int, int]:
    """F13: the spool's disk fills up. Gives what is missing in Kafka and what was counted as dropped."""
    with through_proxy() as (bootstrap, proxy), bus_on(bootstrap) as bus:
        with collector_on(bus, place, segment_bytes=1 << 20, **spool) as one:
            one.start(path="/readyz", disk=disk)
            sender = Sender(one.port, rate=RATE, filler=12_000).start()
            wait_until(lambda: len(sender.accepted) > 100, within_s=60, what="answers before the outage")
            proxy.turn(Mode(kind="reset"))
            wait_until(lambda: len(sender.unclear) > 400, within_s=90, what="answers without space")
            assert one.answers("/readyz") == 503
            assert one.answers("/healthz") == 200
            sender.stop()
            proxy.turn(PASS)
            one.drained(within_s=60)
            dropped = int(one.metric("leadstream_collector_dropped_total"))
            later = Sender(one.port, rate=RATE, most=200, prefix="later").start()
            later.finish()
            ledger = judged("f13-full", bus, [sender, later], dropped=dropped, taken_again=len(later.accepted))
        missing = (sender.accepted | sender.unclear) - Collected(bus).first.keys()
        return ledger, len(missing), dropped


def crashed(place: Path, *, at: str) -> Ledger:
    """G4: killed at one step of its write path; the next process finds whatever was promised.

    Steps of the way back to Kafka are reached by letting Kafka return.
    """
    with through_proxy() as (bootstrap, proxy), bus_on(bootstrap) as bus, collector_on(bus, place) as one:
        proxy.turn(Mode(kind="reset"))
        one.start(module="tests.faults.crashing_collector", more={"CRASH_AT": at})
        sender = Sender(one.port, rate=200, connections=10, visitors=40).start()
        wait_until(lambda: one.child.poll() is not None or len(sender.accepted) > 100, within_s=60, what="100 answers")
        proxy.turn(PASS)
        wait_until(lambda: one.child.poll() is not None, within_s=60, what=f"the crash at {at}", every_s=0.01)
        assert one.child.wait() == -signal.SIGKILL
        one.start()
        wait_until(lambda: one.answers("/readyz") == 200, within_s=60, what="Kafka seen")
        sender.stop()
        one.drained(within_s=60)
        torn = one.metric("leadstream_spool_torn_total")
        return judged(f"g04-{at.replace(' ', '-')}", bus, [sender], torn=torn)


def crowded(place: Path, *, seconds: float) -> tuple[Ledger, int, int]:
    """F15: one visitor sends 10,000 events a second in requests of nearly half a megabyte, others a few.

    Gives the longest record in bytes, and the status of a request of five megabytes.
    """
    with through_proxy() as (bootstrap, _), bus_on(bootstrap) as bus, collector_on(bus, place) as one:
        one.start(path="/readyz")
        alone = Sender(one.port, rate=100, most=int(100 * seconds), connections=20, prefix="alone").start()
        alone.finish()
        hot = Sender(one.port, rate=10_000, connections=1, visitors=1, batch=500, filler=800, prefix="hot").start()
        others = Sender(one.port, rate=100, most=int(100 * seconds), connections=20, prefix="other").start()
        others.finish()
        hot.stop()
        status = httpx.post(f"{one.url}/v1/batch", content=b"[" + b" " * (5 << 20) + b"]", timeout=20).status_code
        one.drained(within_s=60)
        rate = (len(hot.accepted) + len(hot.unclear)) / seconds
        ledger = judged("f15-crowd", bus, [alone, hot, others], hot_events_a_s=rate,
                        others_alone_p99_ms=alone.p99_ms(), others_p99_ms=others.p99_ms())  # fmt: skip
        return ledger, max(len(record.value) for record in bus.read("visits")), status


def broker_gone(place: Path, kafka: ApacheKafka, *, away_s: float, hung: bool) -> tuple[Ledger, Sender, float]:
    """F7: a single broker is killed and started again; `hung`: it is stopped by SIGSTOP instead (F9).

    Gives the seconds from its return until nothing is in the spool any more, under load.
    """
    bus = Bus(kafka.bootstrap_servers, prefix="t.", app_id="t.app")
    bus.create()
    with collector_on(bus, place) as one:
        one.start(path="/readyz")
        sender = Sender(one.port, rate=RATE).start()
        wait_until(lambda: len(sender.accepted) > 1_000, within_s=60, what="answers before")
        kafka.pause(1) if hung else kafka.kill(1)
        began = time.monotonic()
        wait_until(lambda: time.monotonic() - began > away_s, within_s=away_s + 60, what="the end of the outage")
        assert one.spooling()
        kafka.resume(1) if hung else kafka.start(1)
        returned = time.monotonic()
        one.drained(within_s=120)
        took = time.monotonic() - returned
        sender.stop()
        one.drained(within_s=60)
        bus.close()
        after = Bus(kafka.bootstrap_servers, prefix="t.", app_id="t.app")
        fault = "f09-hung" if hung else "f07-broker"
        ledger = judged(fault, after, [sender], broker="apache", away_s=away_s, recovered_s=took)
        after.close()
        return ledger, sender, took


def outage(place: Path, *, events: int, rate: int, batch: int = 1) -> tuple[Ledger, float]:
    """G5: so many events go to the spool, then Kafka is back while events keep coming. Gives the seconds to drain."""
    with through_proxy() as (bootstrap, proxy), bus_on(bootstrap) as bus, collector_on(bus, place) as one:
        one.start(path="/readyz")
        proxy.turn(Mode(kind="blackhole"))
        sender = Sender(one.port, rate=rate, most=events, batch=batch).start()
        sender.finish()
        spooled, size = one.metric("leadstream_spool_records_total"), one.metric("leadstream_spool_bytes")
        proxy.turn(PASS)
        healed = time.monotonic()
        live = Sender(one.port, rate=RATE, prefix="live").start()
        one.drained(within_s=900)
        took = time.monotonic() - healed
        live.stop()
        one.drained(within_s=60)
        ledger = judged("g05-outage", bus, [sender, live], drained_s=took, spooled=spooled, spool_mb=size / 1e6)
        return ledger, took
