"""Audiences from real workers to a real receiver: told once, though it was down and a worker was killed."""

from pathlib import Path
from time import time_ns

import pytest
from redis import Redis

from schemas.activity import Activity, Hit, Trait, Version
from schemas.codec import encode
from schemas.ids import Naming
from schemas.touches import Disposition, VisitorStanding
from streams.rules_files import read_texts
from tests.integration.bus import Bus, wait_until
from tests.integration.processes import Process
from tests.integration.receiver import Receiver
from tests.integration.workers import SECRET, environment

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

PEOPLE = 20
AUDIENCES = """
announce = ["lead.stage_changed"]
[[audience]]
name = "warm"
label = "Warm"
when = { all = [{ field = "score", op = "at_least", value = 5 }, { not = { field = "stage", value = "dead_end" } }] }
"""


class AudienceWorker(Process):
    """A worker with audiences and a webhook."""

    def __init__(self, bus: Bus, place: Path, *, name: str, redis_url: str, webhook_url: str) -> None:
        super().__init__(place, name=name)
        told = environment(bus, port=self.port, datadir=place / name, redis_url=redis_url, webhook_url=webhook_url)
        self.run(["-m", "streams", "worker"], told | {"LEADSTREAM_RULES_DIR": str(place / "rules")})


def warm(lead_id: str, number: int, now: int) -> bytes:
    did = Activity(hits={"pricing_page": (Hit(now, number, "/pricing"),)},
                   traits={"email": Trait(1, f"p{number}@acme.example")})  # fmt: skip
    return encode(VisitorStanding(to=lead_id, visitor_id=f"v{number}", version=Version(0, number), as_of=now,
                                  known_at=now, trust="claimed", activity=did))  # fmt: skip


def test_who_enters_and_leaves_is_told_once_over_an_outage_and_a_kill(
    tmp_path: Path, embedded_kafka: str, valkey: str
) -> None:
    """Ask A49."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "audiences.toml").write_text(AUDIENCES)
    (rules / "routing.toml").write_text(_sooner())
    now, naming = time_ns() // 1_000_000, Naming(SECRET.encode())
    people = [naming.lead_of_email(f"p{number}@acme.example") for number in range(PEOPLE)]
    bus = Bus(embedded_kafka, prefix="aud.", app_id="audiences")
    redis = Redis.from_url(valkey)

    def listed(name: str) -> int:
        return int(redis.zcard(f"audiences:audience:{name}"))  # type: ignore[arg-type]

    try:
        bus.create()
        # Each life has a receiver of its own: what the first one said last may be heard after it was killed.
        with Receiver() as deaf, Receiver() as receiver:
            deaf.mood = "fails"
            with AudienceWorker(bus, tmp_path, name="first", redis_url=valkey, webhook_url=deaf.url) as first:
                first.await_ready()
                for number, lead_id in enumerate(people, 1):
                    bus.send("touches", lead_id, warm(lead_id, number, now))
                wait_until(lambda: deaf.asked, within_s=60, what=f"an attempt\n{first.tail()}")
                wait_until(lambda: listed("warm") == PEOPLE, within_s=60, what=f"the list\n{first.tail()}")
                first.kill()
            assert not deaf.seen
            with AudienceWorker(bus, tmp_path, name="second", redis_url=valkey, webhook_url=receiver.url) as second:
                second.await_ready()
                told = 2 * PEOPLE  # who entered, and the first move of each
                wait_until(lambda: len(receiver.seen) == told, within_s=60, what=f"what was due\n{second.tail()}")
                gone = Disposition(to=people[0], milestone_id="d1", kind="dead_end", reason="student", at=now + 1,
                                   actor="sam")  # fmt: skip
                bus.send("touches", people[0], encode(gone))
                wait_until(lambda: len(receiver.seen) == told + 2, within_s=60, what=f"who left\n{second.tail()}")
                wait_until(lambda: listed("warm:left") == 1, within_s=60, what="the list of who left")
                wait_until(lambda: bus.lag(["posts", "touches"]) == 0, within_s=60, what="receipts")
            assert listed("warm") == PEOPLE - 1
            assert max(receiver.seen.values()) == 1
    finally:
        redis.close()
        bus.close()


def _sooner() -> str:
    text = read_texts(None)["routing.toml"]
    assert "repeat_after_s = 60" in text
    return text.replace("repeat_after_s = 60", "repeat_after_s = 2")
