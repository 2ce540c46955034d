"""SDKs of servers, unchanged, against a real collector: every event arrives, whatever the first answers were."""

import re
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from msgspec import Struct

from tests.contract.sdks.front import FAULTS, Door, Fault
from tests.contract.sdks.journey import JOURNEY, number_of, numbers, word_of
from tests.contract.sdks.playing import NODE, PYTHON, Played, played
from tests.contract.sdks.scene import scene

pytestmark = [pytest.mark.kafka, pytest.mark.sdks, pytest.mark.slow, pytest.mark.timeout(900)]

SDKS = (*NODE, *PYTHON)
BAD: tuple[Fault, ...] = ("500_twice", "429", "lost_answer", "stall")
# By GET, Snowplow's for Python looks at the last answer of several alone, and forgets an event that failed before it.
FAULTS_OF = {"snowplow_python_get": BAD[1:]}
CASES = [(sdk, fault) for sdk in SDKS for fault in ("calm", *FAULTS_OF.get(sdk, BAD))]
# What was written and not heard of comes again: then there are copies, with the same id.
COPIES = ("lost_answer", "stall")
# SDKs that call an attempt an error, though they go on to send again: each one, or each that took too long.
_TOO_LONG = re.compile(r"Request timed out$")
ATTEMPT = {
    "rudder_node": re.compile(r"\S+ \[Rudder] error: Response error (status: (500|429)|code: ECONNRESET)"),
    "snowplow_node": _TOO_LONG,
    "snowplow_node_get": _TOO_LONG,
}
# Jitsu's never sends again: what was refused is gone, and what was not heard of is an error to it.
ONCE = ("jitsu_node",)
REFUSED = {"500_twice": 2, "429": 1}


class Run(Struct, frozen=True):
    """One SDK at one door: what it gave up there, what it logged at all, and what came through."""

    met: tuple[str, ...]
    errors: list[str]
    noise: list[str]
    events: list[dict[str, Any]]

    def ids(self) -> dict[int, set[str]]:
        """Message ids by the number of the event."""
        found: dict[int, set[str]] = {}
        for event in self.events:
            found.setdefault(number_of(event), set()).add(event["messageId"])
        return found


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str], Run]:
    """Every SDK at each of its doors, all at the same time: they mostly wait."""
    doors = {f"{sdk}-{fault}": Door(fault) for sdk, fault in CASES}
    keys = {name: f"wk:{name}" if name.startswith("jitsu") else f"wk_{name}" for name in doors}
    jobs = [(sdk, faults) for sdk in SDKS for faults in (("calm",), FAULTS_OF.get(sdk, BAD))]

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
    missing = REFUSED.get(fault, 0) if sdk in ONCE else 0
    assert {number: len(ids) for number, ids in run.ids().items()}.items() <= dict.fromkeys(numbers(sdk), 1).items()
    copies = Counter(event["messageId"] for event in run.events)
    assert len(copies) == len(numbers(sdk)) - missing
    assert fault in COPIES or set(copies.values()) == {1}


@pytest.mark.parametrize(("sdk", "fault"), [case for case in CASES if case[0] not in ONCE or case[1] == "calm"])
def test_no_sdk_logs_an_error(sdk: str, fault: Fault, runs: Mapping[tuple[str, str], Run]) -> None:
    run = runs[sdk, fault]
    assert run.errors == []
    expected = ATTEMPT.get(sdk) if fault != "calm" else None
    assert [line for line in run.noise if expected is None or not expected.match(line)] == []


@pytest.mark.parametrize("sdk", SDKS)
def test_words_of_any_script_come_out_as_they_went_in(sdk: str, runs: Mapping[tuple[str, str], Run]) -> None:
    said = {number: word_of(one) for number, one in enumerate(JOURNEY) if one["type"] == "track"}
    came = {number_of(one): one for one in runs[sdk, "calm"].events}
    assert {number: word_of(came[number]) for number in said} == said
