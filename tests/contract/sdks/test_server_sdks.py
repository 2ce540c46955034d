"""SDKs of servers, unchanged, against a real collector: every event arrives, whatever the first answers were."""

import re
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from msgspec import Struct

from tests.contract.sdks.front import FAULTS, Door, Fault
from tests.contract.sdks.journey import JOURNEY, number_of
from tests.contract.sdks.playing import NODE, PYTHON, Played, played
from tests.contract.sdks.scene import scene

pytestmark = [pytest.mark.kafka, pytest.mark.sdks, pytest.mark.slow]

SDKS = (*NODE, *PYTHON)
BAD: tuple[Fault, ...] = ("500_twice", "429", "lost_answer", "stall")
CASES = [(sdk, fault) for sdk in SDKS for fault in ("calm", *BAD)]
# What was written and not heard of comes again: then there are copies, with the same id.
COPIES = ("lost_answer", "stall")
# The one SDK that calls each attempt an error, though it goes on to send again.
_NOT_TAKEN = r"Response error (status: (500|429)|code: ECONNRESET)"
ATTEMPT = {"rudder_node": re.compile(rf"error: \S+ \[Rudder] error: {_NOT_TAKEN}")}


class Run(Struct, frozen=True):
    """One SDK at one door: what it gave up there, what it logged at all, and what came through."""

    met: tuple[str, ...]
    errors: list[str]
    noise: list[str]
    events: list[dict[str, Any]]

    def ids(self) -> dict[int, set[str]]:
        """Message ids by the number of the event."""
        found: dict[int, set[str]] = {number: set() for number in range(len(JOURNEY))}
        for event in self.events:
            found[number_of(event)].add(event["messageId"])
        return found


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str], Run]:
    """Every SDK at each of its doors, all at the same time: they mostly wait."""
    doors = {f"{sdk}-{fault}": Door(fault) for sdk, fault in CASES}
    keys = {name: f"wk_{name}" for name in doors}
    jobs = [(sdk, faults) for sdk in SDKS for faults in (("calm",), BAD)]

    def play(job: tuple[str, tuple[str, ...]]) -> Played:
        sdk, faults = job
        return played(sdk, {one: (doors[f"{sdk}-{one}"], keys[f"{sdk}-{one}"]) for one in faults})

    with scene(doors, keys, place=tmp_path_factory.mktemp("sdks")) as stage, ThreadPoolExecutor(len(jobs)) as pool:
        told = dict(zip(jobs, pool.map(play, jobs), strict=True))
        arrived = stage.arrived()
        assert stage.rejected() == []
    return {
        (sdk, fault): Run(
            tuple(doors[f"{sdk}-{fault}"].met), said.errors[fault], said.noise, arrived[f"{sdk}-{fault}"]
        )
        for (sdk, faults), said in told.items()
        for fault in faults
    }


@pytest.mark.parametrize(("sdk", "fault"), CASES)
def test_every_event_arrives_once(sdk: str, fault: Fault, runs: Mapping[tuple[str, str], Run]) -> None:
    """Each event of the journey under one id; a copy only of what the SDK could not know to be stored."""
    run = runs[sdk, fault]
    assert run.met == FAULTS[fault]
    assert {number: len(ids) for number, ids in run.ids().items()} == dict.fromkeys(range(len(JOURNEY)), 1)
    copies = Counter(event["messageId"] for event in run.events)
    assert len(copies) == len(JOURNEY)
    assert fault in COPIES or set(copies.values()) == {1}


@pytest.mark.parametrize(("sdk", "fault"), CASES)
def test_no_sdk_logs_an_error(sdk: str, fault: Fault, runs: Mapping[tuple[str, str], Run]) -> None:
    run = runs[sdk, fault]
    assert run.errors == []
    expected = ATTEMPT.get(sdk) if fault != "calm" else None
    assert [line for line in run.noise if expected is None or not expected.match(line)] == []


@pytest.mark.parametrize("sdk", SDKS)
def test_words_of_any_script_come_out_as_they_went_in(sdk: str, runs: Mapping[tuple[str, str], Run]) -> None:
    tracked = {number_of(one): one["event"] for one in runs[sdk, "calm"].events if one["type"] == "track"}
    assert tracked == {number: one["event"] for number, one in enumerate(JOURNEY) if one["type"] == "track"}
