"""F16, G12: Redis is lost, hangs, is full, is emptied, while a whole world arrives and a worker is killed.

The pipeline goes on, and what the topics say stands in Redis afterwards, byte for byte.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from tests.faults.record import Figure, run_of
from tests.integration.brokers import broker, given
from tests.integration.bus import Bus, wait_until
from tests.integration.proof import proved
from tests.integration.shadows import Shadow, judged, lead_cards, write_cards
from tests.integration.siege import Siege
from tests.integration.workers import Worker

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(600)]

KIND: Final = given("embedded")
PEOPLE, EVENTS = 400, 4_000
CARDS = 100_000
REBUILT_S = 60


def killed(siege: Siege, shadow: Shadow) -> None:
    """Twice another process that knows nothing; the second time while the first is being filled."""
    siege.feed([shadow.restart_empty, siege.kill, shadow.restart_empty])


def hung(siege: Siege, shadow: Shadow) -> None:
    """Frozen while most of the world arrives: visits are folded and committed all the same."""
    siege.feed([shadow.freeze, siege.kill])
    siege.settle("visits while Redis hangs")
    shadow.thaw()


def full(siege: Siege, shadow: Shadow) -> None:
    """Nothing is taken in while most of the world arrives."""
    siege.feed([shadow.fill_up, siege.kill])
    siege.settle("visits while Redis is full")
    shadow.give_room()


def flushed(siege: Siege, shadow: Shadow) -> None:
    """Emptied three times, under load."""
    siege.feed([shadow.flush, siege.kill, shadow.flush, shadow.flush])


@pytest.mark.parametrize(
    ("mode", "happens"),
    [
        pytest.param("kill", killed, id="kill"),
        pytest.param("hang", hung, id="hang"),
        pytest.param("full", full, id="full"),
        pytest.param("flush", flushed, id="flush"),
    ],
)
def test_f16_the_pipeline_goes_on_and_every_card_comes_back(
    mode: str, happens: Callable[[Siege, Shadow], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled(), Shadow(tmp_path) as shadow:
        proved(
            f"f16-{mode}", partial(happens, shadow=shadow), kind=KIND, place=tmp_path, people=PEOPLE,
            events=EVENTS, redis_url=shadow.url,
        )  # fmt: skip


def test_f16_g12_a_hundred_thousand_cards_are_back_within_a_minute(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From FLUSHALL to no difference; the clock ends when the last part says that it is complete."""
    with capsys.disabled(), broker(KIND) as bootstrap, Shadow(tmp_path) as shadow:
        bus = Bus(bootstrap, prefix="f16.", app_id="f16")
        try:
            bus.create()
            expected = {"lead": write_cards(bus, "leads", lead_cards(CARDS, version=1)), "account": {}, "alert": {}}
            with Worker(bus, tmp_path, name="worker", redis_url=shadow.url) as worker:
                wait_until(lambda: shadow.complete(bus), within_s=180, what=f"the first filling\n{worker.tail()}")
                shadow.flush()
                begin, used = time.monotonic(), worker.cpu_s()
                wait_until(lambda: shadow.complete(bus), within_s=180, what=f"the rebuilding\n{worker.tail()}")
                took_s, cpu_s = time.monotonic() - begin, worker.cpu_s() - used
                ledger = judged(bus, shadow.url, expected, within_s=30)
        finally:
            bus.close()
        with run_of("f16-rebuild", broker=KIND) as result:
            result.take(ledger)
            result.figures = [
                Figure(name="rebuilt", value=round(took_s, 1), unit="s", most=REBUILT_S),
                Figure(name="of it CPU", value=round(cpu_s, 1), unit="s"),
            ]
            assert ledger.clean, ledger.said()
            assert took_s <= REBUILT_S
