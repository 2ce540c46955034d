"""Slack from a real worker: killed between a message and its answer, the next one makes no second message."""

from pathlib import Path
from time import monotonic, time_ns

import pytest
from msgspec.structs import replace

from schemas.activity import Version
from schemas.codec import POSTS, encode
from schemas.ids import is_edit, post_id_of
from schemas.posts import AlertUpdate, Post, Receipt
from streams.rules_files import read_texts
from tests.contract.slack_stub import TOKEN, slack_stub
from tests.integration.bus import Bus, wait_until
from tests.integration.processes import Process
from tests.integration.workers import environment
from tests.unit.console.samples import Samples

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

TEAM = "team:sales"
CHANNEL = "C0000000001"
ROUTING = {
    'real_time = ["webhook"]': 'real_time = ["slack"]', 'digest = ["webhook"]': 'digest = ["slack"]',
    'at_once = ["webhook", "console"]': 'at_once = ["slack", "console"]', "repeat_after_s = 60": "repeat_after_s = 2",
}  # fmt: skip


class SlackWorker(Process):
    """A worker whose one channel is Slack."""

    def __init__(self, bus: Bus, place: Path, *, name: str, api_url: str) -> None:
        super().__init__(place, name=name)
        told = environment(bus, port=self.port, datadir=place / name, redis_url="")
        self.run(["-m", "streams", "worker"], told | {
            "LEADSTREAM_RULES_DIR": str(place / "rules"), "LEADSTREAM_OUTGOING__PRIVATE_HOSTS": "127.0.0.1",
            "LEADSTREAM_SLACK__TOKEN": TOKEN, "LEADSTREAM_SLACK__CHANNEL": CHANNEL,
            "LEADSTREAM_SLACK__API_URL": api_url,
        })  # fmt: skip


def told_on_slack(place: Path) -> None:
    """The rules of these workers: Slack takes everything as it comes."""
    rules = place / "rules"
    rules.mkdir()
    routing = read_texts(None)["routing.toml"]
    for was, becomes in ROUTING.items():
        assert was in routing
        routing = routing.replace(was, becomes)
    (rules / "routing.toml").write_text(routing)


def test_a_claim_edits_the_message_within_moments_and_once_though_the_worker_is_killed(
    tmp_path: Path, embedded_kafka: str
) -> None:
    """Killed while Slack has the edit and its answer is on the way: the next one finds that it stands there."""
    told_on_slack(tmp_path)
    now = time_ns() // 1_000_000
    alert = Samples(now=now).alert()
    post = Post(to=TEAM, post_id=post_id_of(alert.alert_id, "real_time", TEAM), level="real_time", at=now, alert=alert)
    newer = Version(alert.version.epoch, alert.version.offset + 1)
    claimed = replace(alert, version=newer, status="claimed", claimed_by="Rita", as_of=now + 1)
    bus = Bus(embedded_kafka, prefix="edits.", app_id="edits")
    try:
        bus.create()
        with slack_stub() as stub:
            with SlackWorker(bus, tmp_path, name="first", api_url=stub.api_url) as first:
                first.await_ready()
                bus.send("posts", TEAM, encode(post))
                wait_until(lambda: bus.lag(["posts"]) == 0 and stub.post_ids(CHANNEL), within_s=60,
                           what=f"a message and its receipt\n{first.tail()}")  # fmt: skip
                stub.late.clear()
                began = monotonic()
                bus.send("posts", TEAM, encode(AlertUpdate(to=TEAM, alert=claimed)))
                wait_until(lambda: stub.named("chat.update"), within_s=60, what=f"an edit\n{first.tail()}")
                print(f"edited {monotonic() - began:.2f} s after the claim was said")
            stub.late.set()
            with SlackWorker(bus, tmp_path, name="second", api_url=stub.api_url) as second:
                second.await_ready()
                wait_until(lambda: bus.lag(["posts"]) == 0 and len(stub.named("conversations.history")) > 1,
                           within_s=60, what=f"a look at what stands there\n{second.tail()}")  # fmt: skip
                wait_until(lambda: has_receipt(bus, TEAM), within_s=60, what=f"its receipt\n{second.tail()}")
            assert len(stub.named("chat.update")) == 1
            assert stub.post_ids(CHANNEL) == [post.post_id]
    finally:
        bus.close()


def has_receipt(bus: Bus, to: str) -> bool:
    """Whether somebody answered for an edit."""
    said = [one for record in bus.read("posts") for one in POSTS.decode(record.value)[0]]
    return any(isinstance(one, Receipt) and one.to == to and is_edit(one.post_id) for one in said)


def test_a_worker_killed_between_a_message_and_its_answer_makes_no_second_one(
    tmp_path: Path, embedded_kafka: str
) -> None:
    told_on_slack(tmp_path)
    now = time_ns() // 1_000_000
    alert = Samples(now=now).alert()
    posts = [
        Post(to=TEAM, post_id=post_id_of(alert.alert_id, "real_time", TEAM, occasion=occasion), level="real_time",
             at=now, alert=alert)
        for occasion in ("raised", "reminder")
    ]  # fmt: skip
    bus = Bus(embedded_kafka, prefix="slack.", app_id="slack")
    try:
        bus.create()
        with slack_stub() as stub:
            stub.late.clear()
            with SlackWorker(bus, tmp_path, name="first", api_url=stub.api_url) as first:
                first.await_ready()
                bus.send("posts", TEAM, encode(posts[0]))
                wait_until(lambda: stub.post_ids(CHANNEL), within_s=60, what=f"a message\n{first.tail()}")
            stub.late.set()
            with SlackWorker(bus, tmp_path, name="second", api_url=stub.api_url) as second:
                second.await_ready()
                bus.send("posts", TEAM, encode(replace(posts[1], occasion="reminder")))
                wait_until(lambda: len(stub.post_ids(CHANNEL)) > 1, within_s=60, what=f"its thread\n{second.tail()}")
                wait_until(lambda: bus.lag(["posts"]) == 0, within_s=60, what="what was said of both")
            assert stub.post_ids(CHANNEL) == [one.post_id for one in posts]
            assert stub.messages[CHANNEL][1]["thread_ts"] == stub.messages[CHANNEL][0]["ts"]
    finally:
        bus.close()
