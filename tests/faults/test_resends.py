"""What comes again, late, in any order: events three times across a restart, deals of a CRM repeated and shuffled."""

from pathlib import Path
from random import Random
from typing import Final

import pytest
from msgspec.json import decode, encode
from msgspec.structs import replace

from schemas.deals import DealReport
from schemas.delivery import Delivery
from tests.integration.brokers import given
from tests.integration.post import blocks
from tests.integration.proof import proved
from tests.integration.scribe import DAY_MS
from tests.integration.siege import Siege

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(600)]

KIND: Final = given("embedded")


def a_day_later(siege: Siege, raw: bytes) -> bytes:
    """The same request sent again 24 hours later, or as it was where that would be after the world's end."""
    first = decode(raw, type=Delivery)
    if first.sent_at is None or first.received_at + DAY_MS >= siege.world.end_at:
        return raw
    return encode(replace(first, received_at=first.received_at + DAY_MS, sent_at=first.sent_at + DAY_MS))


def sent_again(siege: Siege) -> None:
    """All of it, then all again a day later and again as it was, in any order; every worker is new each time."""
    siege.join()
    siege.feed([siege.kill])
    siege.settle("the first time")
    random = Random(siege.world.seed + 2)
    planted = {one.raw for one in siege.world.poison}
    good = [(who, raw) for who, raw in siege.world.arrivals if not any(one in raw for one in planted)]
    for again in (lambda raw: a_day_later(siege, raw), bytes):
        siege.restart()
        siege.kill()
        siege.all_ready()
        random.shuffle(good)
        made = [(who, again(raw)) for who, raw in good]
        siege.bus.write("visits", blocks(random, made, partitions=siege.bus.partitions))
        siege.settle("again")


def deals_again(siege: Siege) -> None:
    """Each report three times, in any order, among the visits and across a kill."""
    random = Random(siege.world.seed + 2)
    early: list[DealReport] = list(siege.world.early_deals) * 2
    random.shuffle(early)
    for report in early[: len(early) // 2]:
        siege.write_deal(report)
    siege.feed([siege.kill])
    again = early[len(early) // 2 :] + list(siege.world.late_deals) * 2
    random.shuffle(again)
    siege.kill()
    for report in again:
        siege.write_deal(report)


def test_f19_everything_comes_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        proved("f19-resends", sent_again, kind=KIND, place=tmp_path, people=400, events=4_000)


def test_f22_deals_come_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        proved("f22-deals", deals_again, kind=KIND, place=tmp_path, people=400, events=4_000)
