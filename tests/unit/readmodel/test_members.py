"""Lists of audiences in Redis: they follow from the newest cards, whatever the order of arrival. On a real Valkey."""

from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace
from redis import Redis

from schemas.activity import Version
from schemas.cards import Membership
from schemas.codec import encode
from streams.readmodel.fills import Fills
from streams.readmodel.keys import Keys
from streams.readmodel.members import LEFT_KEPT
from streams.readmodel.writer import Entry, Projection
from tests.unit.console.samples import Samples

SAMPLES = Samples(now=1_790_000_000_000)


def lead(name: str, version: int, *marks: tuple[str, bool, int]) -> Entry:
    told = tuple(Membership(audience=one, is_in=is_in, at=at, number=number, version=Version(0, version))
                 for number, (one, is_in, at) in enumerate(marks, 1))  # fmt: skip
    return name, encode(replace(SAMPLES.lead(), lead_id=name, version=Version(0, version), audiences=told))


def listed(redis: Redis, keys: Keys, name: str) -> list[tuple[str, float]]:
    found: Any = redis.zrange(keys.index(name), 0, -1, withscores=True)
    return [(one.decode(), at) for one, at in found]


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
@pytest.mark.parametrize("together", [True, False])
def test_the_newest_card_decides_in_any_order(
    redis: Redis, keys: Keys, projection: Projection, order: tuple[int, ...], together: bool
) -> None:
    cards = [
        lead("ann", 1, ("warm", True, 10)), lead("ann", 2, ("warm", False, 20), ("known", True, 15)),
        lead("ann", 3, ("warm", True, 30), ("known", True, 15)), lead("ben", 1, ("warm", True, 5)),
    ]  # fmt: skip
    told = [cards[place] for place in order]
    for some in [told] if together else [[one] for one in told]:
        projection.write(leads=some)
    assert listed(redis, keys, "audience:warm") == [("ben", 5), ("ann", 30)]
    assert listed(redis, keys, "audience:warm:left") == []
    assert listed(redis, keys, "audience:known") == [("ann", 15)]


def test_who_left_stands_among_those_who_left(redis: Redis, keys: Keys, projection: Projection) -> None:
    projection.write(leads=[lead("ann", 1, ("warm", True, 10))])
    projection.write(leads=[lead("ann", 2, ("warm", False, 20))])
    assert listed(redis, keys, "audience:warm") == []
    assert listed(redis, keys, "audience:warm:left") == [("ann", 20)]


def test_of_those_who_left_the_last_are_kept(
    redis: Redis, keys: Keys, projection: Projection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.readmodel.writer.LEFT_KEPT", 3)
    projection.write(leads=[lead(f"lead-{n}", 1, ("warm", False, n)) for n in range(5)])
    assert [name for name, _ in listed(redis, keys, "audience:warm:left")] == ["lead-2", "lead-3", "lead-4"]
    assert LEFT_KEPT == 10_000


def test_cards_without_audiences_touch_nothing(redis: Redis, keys: Keys, projection: Projection) -> None:
    projection.write(leads=[lead("ann", 1)])
    assert redis.keys(f"{keys.prefix}audience*") == []


def test_a_redis_that_is_emptied_on_purpose_loses_the_lists_too(
    redis: Redis, keys: Keys, projection: Projection
) -> None:
    projection.write(leads=[lead("ann", 1, ("warm", True, 10), ("known", False, 5))])
    Fills(redis, keys=keys).forget(cards=True)
    assert redis.keys(f"{keys.prefix}*") == []
    projection.write(leads=[lead("ann", 1, ("warm", True, 10), ("known", False, 5))])
    assert listed(redis, keys, "audience:warm") == [("ann", 10)]


def test_an_erased_lead_stands_in_no_list_and_does_not_come_back(
    redis: Redis, keys: Keys, projection: Projection
) -> None:
    """Neither among the members nor among those who left, also where its card comes late."""
    ann = lead("ann", 2, ("warm", True, 10), ("known", False, 20))
    projection.write(leads=[ann, lead("ben", 1, ("warm", True, 5), ("known", False, 6))])
    projection.write(erased=["ann"])
    projection.write(leads=[ann, lead("ann", 9, ("warm", True, 30), ("new", True, 30))])
    assert listed(redis, keys, "audience:warm") == [("ben", 5)]
    assert listed(redis, keys, "audience:known:left") == [("ben", 6)]
    assert listed(redis, keys, "audience:new") == []
