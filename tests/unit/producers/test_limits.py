"""Token buckets of keys and networks, and requests at once."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.collector.door.buckets import Bucket, Buckets, Rate
from producers.collector.door.keys import Sender
from producers.collector.door.limits import Limits
from producers.collector.sources import Source
from producers.errors import Limited
from producers.metrics import REGISTRY
from producers.settings import LimitSettings
from producers.sinks.memory import MemorySink
from tests.unit.clocks import Clock
from tests.unit.producers.desk import desk, page

OFFICE, HOME = "198.41.0.0/24", "198.41.1.0/24"


def sender(key: str = "k1", *, server: bool = False, **policy: float) -> Sender:
    return Sender("site", "proven" if server else "claimed", Source(**policy), key)  # type: ignore[arg-type]


@pytest.fixture
def clock() -> Clock[float]:
    return Clock(1_000.0)


def limits(clock: Clock[float], **settings: float) -> Limits:
    none = {"key_events_per_s": 0, "server_key_events_per_s": 0, "network_events_per_s": 0}
    return Limits(LimitSettings(**none | settings), clock=clock)  # type: ignore[arg-type]


# ─── buckets
def test_a_burst_passes_and_comes_back_with_time() -> None:
    bucket = Bucket(Rate(10, 100), now=0)
    assert [bucket.pay(50, 0) for _ in range(3)] == [True, True, False]
    assert bucket.wait_for(50) == 5
    assert not bucket.pay(50, 4.9)
    assert bucket.pay(50, 5.0)
    assert bucket.pay(100, 1_000)  # and never more than the burst
    assert not bucket.pay(1, 1_000)


def test_more_than_a_burst_passes_when_it_is_full_and_leaves_a_debt() -> None:
    bucket = Bucket(Rate(10, 100), now=0)
    assert bucket.pay(300, 0)
    assert bucket.wait_for(1) == 21
    assert not bucket.pay(1, 20)
    assert bucket.pay(1, 20.1)


@given(
    st.floats(0.1, 1_000), st.integers(1, 1_000),
    st.lists(st.tuples(st.floats(0, 30), st.integers(1, 2_000)), max_size=30),
)  # fmt: skip
def test_a_wait_is_honest_and_no_more_passes_than_the_rate(
    per_s: float, burst: int, asked: list[tuple[float, int]]
) -> None:
    """After the seconds that it names the same request passes; a second earlier it does not."""
    bucket, now, passed, largest = Bucket(Rate(per_s, burst), now=0), 0.0, 0, 0
    for pause, tokens in asked:
        now += pause
        if bucket.pay(tokens, now):
            passed, largest = passed + tokens, max(largest, tokens)
            continue
        wait = bucket.wait_for(tokens)
        assert wait == 1 or not bucket.pay(tokens, now + wait - 1 - 1e-6)
        now += wait + 1e-6
        assert bucket.pay(tokens, now)
        passed, largest = passed + tokens, max(largest, tokens)
    assert passed <= burst + per_s * now + max(0, largest - burst) + 1e-3 * (1 + passed)


def test_the_least_used_is_forgotten_beyond_the_bound() -> None:
    buckets = Buckets(2)
    first, second, third = (Bucket(Rate(1, 1), now=0) for _ in range(3))
    buckets.make("a", first)
    buckets.make("b", second)
    assert buckets.get("a") is first
    buckets.make("c", third)  # b goes
    assert [buckets.get(name) for name in "abc"] == [first, None, third]
    assert len(buckets) == 2


# ─── keys and networks
def test_keys_pay_in_events_each_for_itself(clock: Clock[float]) -> None:
    here = limits(clock, key_events_per_s=10, key_burst=100)
    here.take(sender(), OFFICE, 100)
    with pytest.raises(Limited) as refused:
        here.take(sender(), OFFICE, 30)
    assert (refused.value.by, refused.value.after_s) == ("key", 3)
    here.take(sender("k2"), OFFICE, 100)
    with pytest.raises(Limited):
        here.look(sender(), OFFICE)  # before its body is read
    clock.now += 3
    here.look(sender(), OFFICE)
    here.take(sender(), OFFICE, 30)


def test_a_request_without_events_costs_one(clock: Clock[float]) -> None:
    here = limits(clock, key_events_per_s=1, key_burst=2)
    here.take(sender(), None, 0)
    here.take(sender(), None, 0)
    with pytest.raises(Limited):
        here.take(sender(), None, 0)


def test_what_the_network_refuses_costs_the_key_nothing(clock: Clock[float]) -> None:
    here = limits(clock, key_events_per_s=0.001, key_burst=10, network_events_per_s=1, network_burst=5)
    here.take(sender(), OFFICE, 5)
    with pytest.raises(Limited) as refused:
        here.take(sender(), OFFICE, 5)
    assert (refused.value.by, refused.value.after_s) == ("network", 5)
    here.take(sender(), HOME, 5)  # the key still has its other half


def test_server_keys_have_their_own_rate_and_no_network(clock: Clock[float]) -> None:
    here = limits(clock, key_events_per_s=1, key_burst=1, server_key_events_per_s=1, server_key_burst=50,
                  network_events_per_s=1, network_burst=1)  # fmt: skip
    here.take(sender("s1", server=True), OFFICE, 50)
    with pytest.raises(Limited) as refused:
        here.take(sender("s1", server=True), OFFICE, 50)
    assert refused.value.by == "key"


def test_a_source_may_say_its_own_rate_or_none(clock: Clock[float]) -> None:
    here = limits(clock, key_events_per_s=1, key_burst=1)
    here.take(sender("own", events_per_s=2.0, burst=7), None, 7)
    with pytest.raises(Limited) as refused:
        here.take(sender("own", events_per_s=2.0, burst=7), None, 7)
    assert refused.value.after_s == 4
    for _ in range(100):
        here.take(sender("free", events_per_s=0.0), None, 1_000)


def test_what_is_remembered_is_bounded_and_told(clock: Clock[float]) -> None:
    here = limits(clock, network_events_per_s=0.001, network_burst=1, kept=16)
    for number in range(200):
        here.take(sender(), f"network {number}", 1)
        with suppress(Limited):
            here.take(sender(), f"network {number}", 1)
    assert REGISTRY.get_sample_value("leadstream_collector_limits_kept", {"of": "events"}) == 1 + 16
    assert len(here._dry) <= 16


def test_requests_at_once_are_bounded_by_network(clock: Clock[float]) -> None:
    here = limits(clock, requests_at_once=2)
    here.enter(OFFICE)
    here.enter(OFFICE)
    with pytest.raises(Limited) as refused:
        here.enter(OFFICE)
    assert (refused.value.by, refused.value.after_s) == ("crowd", 1)
    here.enter(HOME)
    for _ in range(1_000):
        here.enter(None)  # in the house, or behind a proxy that nobody named
    here.leave(OFFICE)
    here.enter(OFFICE)
    for network in (OFFICE, OFFICE, HOME):
        here.leave(network)
    assert here._inside == {}


# ─── over HTTP
async def test_f23_a_spike_of_one_key_is_shed_and_another_key_is_untouched(clock: Clock[float]) -> None:
    """Ten times what the source may send: 429 with Retry-After for it, 200 for the other, also for resends."""
    tight = LimitSettings(key_events_per_s=0.01, key_burst=20)
    before = REGISTRY.get_sample_value("leadstream_collector_limited_total", {"by": "key"}) or 0
    async with desk(limits=tight) as d:
        d.collector._door.limits._clock = clock  # nothing comes back while a hundred requests take their time
        seen = [(await d.batch(page(n), page(n + 1), **{"x-retry-count": "3"})) for n in range(100)]
        other = [
            await d.http.post("/v1/batch", json={"batch": [page(n)], "writeKey": "id:secret"}) for n in range(20)
        ]
        assert [one.status_code for one in seen] == [200] * 10 + [429] * 90
        assert [one.status_code for one in other] == [200] * 20
        assert {one.headers["retry-after"] for one in seen[10:11]} == {"200"}
        assert seen[-1].json()["reason"] == "rate"
        assert len(d.events()) == 20 + 20
    assert REGISTRY.get_sample_value("leadstream_collector_limited_total", {"by": "key"}) == before + 90


async def test_a_network_is_shed_and_the_neighbours_and_servers_are_not() -> None:
    tight = LimitSettings(network_events_per_s=0.01, network_burst=4)
    async with desk(limits=tight, proxy_hops=1) as d:

        async def status(address: str, key: str = "wk_site") -> int:
            headers = {"x-forwarded-for": address, "x-write-key": key}
            return (await d.http.post("/v1/batch", json={"batch": [page(1), page(2)]}, headers=headers)).status_code

        assert [await status(f"198.41.0.{n}") for n in range(5)] == [200, 200, 429, 429, 429]
        assert [await status("198.41.1.1"), await status("198.41.0.9", "sk_crm")] == [200, 200]
        assert [await status(f"2600:1:2:3::{n}") for n in range(4)] == [200, 200, 429, 429]
        assert await status("2600:1:2:4::1") == 200
        assert [await status("10.0.0.1") for _ in range(5)] == [200] * 5  # a proxy of ours, or somebody in the house


async def test_a_source_of_the_file_is_limited_as_it_says(tmp_path: Path, clock: Clock[float]) -> None:
    (tmp_path / "sources.toml").write_text("[site]\nevents_per_s = 0.5\nburst = 2\n")
    async with desk(MemorySink(), sources=tmp_path / "sources.toml") as d:
        d.collector._door.limits._clock = clock
        seen = [await d.batch(page(n)) for n in range(3)]
        assert [one.status_code for one in seen] == [200, 200, 429]
        assert seen[-1].headers["retry-after"] == "2"
        headers = {"origin": "https://www.example.com"}
        shed = await d.batch(page(4), **headers)
        assert (shed.status_code, shed.headers["access-control-expose-headers"]) == (429, "Retry-After")
