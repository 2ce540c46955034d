import pytest

from streams.engine.guards.exits import STOPPED
from streams.engine.guards.pulse import Pulse
from streams.engine.reading.breaker import WINDOW_S, Breaker
from tests.unit.engine.conftest import Died, HandClock, raising


def test_a_process_that_slept_past_its_session_dies_before_it_sends(clock: HandClock) -> None:
    pulse = Pulse(15, clock=clock, die=raising)
    clock.now += 14
    pulse.check()
    pulse.beat()
    clock.now += 16
    with pytest.raises(Died, match="slept"):
        pulse.check()
    with pytest.raises(Died, match="slept"):
        pulse.beat()


@pytest.mark.parametrize(
    ("good", "bad", "stops"),
    [
        pytest.param(0, 99, False, id="too few to say"),
        pytest.param(100, 100, False, id="exactly the share"),
        pytest.param(99, 100, True, id="more than the share"),
        pytest.param(10_000, 100, False, id="a small share"),
    ],
)
def test_too_many_rejected_stop_the_worker(clock: HandClock, good: int, bad: int, stops: bool) -> None:
    breaker = Breaker(most=0.5, least=100, clock=clock, die=raising)
    breaker.count(good=good, bad=0)
    if stops:
        with pytest.raises(Died) as died:
            breaker.count(good=0, bad=bad)
        assert died.value.code == STOPPED
    else:
        breaker.count(good=0, bad=bad)


def test_only_the_last_minute_counts(clock: HandClock) -> None:
    breaker = Breaker(most=0.5, least=100, clock=clock, die=raising)
    breaker.count(good=0, bad=99)
    clock.now += WINDOW_S + 1
    breaker.count(good=0, bad=99)
