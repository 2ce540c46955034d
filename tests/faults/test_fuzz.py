"""F14, at the door: requests that nobody should send. None gives a 5xx, ends the collector or stays in its memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.collectors import Collector
from tests.faults.fuzz.making import made
from tests.faults.fuzz.run import KIND, MEMORY_MB, Fuzzed, Plan, fuzzed, kept, ready_collector, sent
from tests.faults.record import Figure, run_of
from tests.integration.proof import seed as new_seed

pytestmark = [pytest.mark.faults, pytest.mark.kafka, pytest.mark.timeout(600)]

SHORT = 5_000
WHOLE = 200_000


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    with ready_collector(tmp_path_factory.mktemp("fuzz")) as found:
        yield found


def figures(found: Fuzzed) -> list[Figure]:
    return [
        Figure(name="requests", value=found.done, least=found.plan.requests),
        Figure(name="5xx", value=found.count(least=500), most=0),
        Figure(name="memory grown", value=found.grown_mb, unit="MB", most=MEMORY_MB),
    ]


@pytest.mark.short
@pytest.mark.parametrize("name", kept())
def test_what_once_broke_it_is_answered(name: str, collector: Collector) -> None:
    answer = sent(collector, kept()[name])
    assert 400 <= answer.status < 500
    assert collector.ready()


@pytest.mark.short
def test_the_same_seed_and_number_make_the_same_request() -> None:
    once, again = ([made(7, number, now_ms=1).raw for number in range(300)] for _ in range(2))
    assert once == again
    assert len(set(once) | {made(8, number, now_ms=1).raw for number in range(300)}) > 590


@pytest.mark.short
def test_f14_a_few_thousand_requests_that_nobody_should_send(collector: Collector) -> None:
    found = fuzzed(collector, Plan(new_seed(), SHORT))
    assert not found.finds, f"{found.summary()}\n{found.said()}"
    assert [one for one in figures(found) if not one.kept] == []


@pytest.mark.slow
def test_f14_two_hundred_thousand_requests_that_nobody_should_send(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = Plan(new_seed(), WHOLE)
    with (
        capsys.disabled(),
        run_of("f14-fuzz", broker=KIND, seed=plan.seed) as result,
        ready_collector(tmp_path) as collector,
    ):
        found = fuzzed(collector, plan)
        result.accepted = found.statuses[200]
        result.figures = figures(found)
        found.keep()
        assert not found.finds, f"{found.summary()}\n{found.said()}"
        assert [one for one in result.figures if not one.kept] == []
