"""Leads are found by the browsers that their newest cards name, whatever stood there before, on a real Valkey."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from redis import Redis

from schemas.activity import Version
from schemas.codec import encode
from streams.readmodel.fills import Fills
from streams.readmodel.keys import Keys
from streams.readmodel.reader import Reader
from streams.readmodel.writer import Entry, Projection
from tests.unit.console.samples import Samples

SAMPLES = Samples(now=1_790_000_000_000)
AWKWARD = ("b1", "b2", 'b"]', '],"deals":', "브라우저", "a\\", "b1x", "b", "user:0f", '"visitors":["b2"]', "/x/?%")
Of = Callable[[str], list[str]]


def lead(lead_id: str, *visitors: str, version: int = 1, name: str = "Mara") -> Entry:
    card = replace(SAMPLES.lead(), lead_id=lead_id, visitors=visitors, version=Version(0, version), name=name)
    return lead_id, encode(card)


@pytest.fixture
def of(valkey_url: str, keys: Keys) -> Of:
    async def answer(visitor_id: str) -> list[str]:
        reader = Reader.connect(valkey_url, prefix=keys.prefix)
        try:
            return await reader.leads_of(visitor_id)
        finally:
            await reader.close()

    return lambda visitor_id: asyncio.run(answer(visitor_id))


def test_a_lead_is_found_by_each_of_its_browsers_and_no_other(projection: Projection, of: Of) -> None:
    projection.write(leads=[lead("l1", *AWKWARD[:6]), lead("l2", "b1", "z")])
    for visitor in AWKWARD[1:6]:
        assert of(visitor) == ["l1"]
    assert of("b1") == ["l1", "l2"]
    assert of("b") == of("b1x") == of("") == of("none") == []


_CARDS = st.lists(
    st.tuples(st.sampled_from(["l1", "l2", "l3"]), st.integers(1, 4), st.booleans()), min_size=1, max_size=10
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40)
@given(cards=_CARDS, said=st.lists(st.frozensets(st.sampled_from(AWKWARD), max_size=4), min_size=12, max_size=12),
       cuts=st.lists(st.integers(0, 10), max_size=3))  # fmt: skip
def test_only_what_the_newest_cards_name_counts_in_any_order(
    projection: Projection, of: Of, valkey_url: str, keys: Keys, cards: list[tuple[str, int, bool]],
    said: list[frozenset[str]], cuts: list[int],
) -> None:  # fmt: skip
    """One version says one thing; old ones come late, and some come twice or with another name."""
    client = Redis.from_url(valkey_url)
    client.flushdb()
    client.close()
    names = {(one, version): sorted(said[4 * int(one[1]) - 4 + version - 1]) for one, version, _ in cards}
    entries = [lead(one, *names[one, version], version=version, name="Ada" if other else "Mara")
               for one, version, other in cards]  # fmt: skip
    for start, end in pairwise([0, *sorted(min(one, len(entries)) for one in cuts), len(entries)]):
        projection.write(leads=entries[start:end])
    newest = {one: max(version for other, version, _ in cards if other == one) for one, _, _ in cards}
    for visitor in AWKWARD:
        assert of(visitor) == sorted(one for one, version in newest.items() if visitor in names[one, version])


def test_who_is_erased_is_found_by_no_browser(
    projection: Projection, of: Of, valkey_url: str, keys: Keys
) -> None:
    projection.write(leads=[lead("l1", *AWKWARD[:6]), lead("l2", "b1")])
    projection.write(erased=["l1"])
    assert [of(one) for one in AWKWARD[:6]] == [["l2"], *[[]] * 5]
    client = Redis.from_url(valkey_url)
    assert client.hkeys(keys.visitors) == [b"l2"]
    projection.write(leads=[lead("l1", "b1", version=9)])  # a late card
    assert of("b1") == ["l2"]
    client.close()


def test_a_redis_that_was_filled_before_is_filled_anew_and_forgotten_whole(
    projection: Projection, of: Of, valkey_url: str, keys: Keys
) -> None:
    entry, client = lead("l1", "b1"), Redis.from_url(valkey_url)
    projection.write(leads=[entry])
    client.delete(keys.visitors, keys.by_visitor)  # as a former release left it
    assert of("b1") == []
    projection.write(leads=[entry])  # the same card: nothing of it changed
    assert of("b1") == ["l1"]
    fills = Fills.connect(valkey_url, prefix=keys.prefix)
    fills.begin("leads.0", total=1)
    fills.end("leads.0")
    run = client.info("server")["run_id"]
    assert fills.lacking(["leads.0"]) == []
    client.hset(keys.filled, "leads.0", f"run:{run}/terms")
    assert fills.lacking(["leads.0"]) == ["leads.0"]
    fills.forget(cards=True)
    fills.close()
    assert client.keys(f"{keys.prefix}leads:*") == []
    client.close()
