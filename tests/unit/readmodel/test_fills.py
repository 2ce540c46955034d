"""What Redis holds to its end, and that an emptied one is noticed, also halfway."""

import pytest
from redis import Redis

from schemas.codec import encode
from streams.readmodel.errors import ReadModelAway
from streams.readmodel.fills import NOTHING_FILLS, Filling, Fills, filling_of
from streams.readmodel.keys import Keys
from streams.readmodel.writer import Projection
from tests.unit.console.samples import Samples

PARTS = ["alerts.0", "leads.0"]


@pytest.fixture
def fills(redis: Redis, keys: Keys) -> Fills:
    return Fills(redis, keys=keys)


def filled(fills: Fills, part: str, *, total: int = 10) -> bool:
    fills.begin(part, total=total)
    return fills.note(part, done=total, total=total) and fills.end(part)


def test_an_empty_redis_lacks_everything_and_a_filled_one_nothing(fills: Fills) -> None:
    assert fills.lacking(PARTS) == PARTS
    assert filled(fills, "leads.0")
    assert fills.lacking(PARTS) == ["alerts.0"]
    assert filled(fills, "alerts.0", total=0)
    assert fills.lacking(PARTS) == []
    assert fills.lacking([]) == []


def test_another_process_lacks_what_the_former_one_held(fills: Fills, redis: Redis, keys: Keys) -> None:
    """As after a restart that kept its disk, or a fail-over: the last second may be gone."""
    filled(fills, "leads.0")
    redis.hset(keys.filled, "leads.0", "run:of-another-process")
    assert fills.lacking(["leads.0"]) == ["leads.0"]


@pytest.mark.parametrize("noted", [False, True])
def test_what_was_emptied_halfway_is_not_called_complete(fills: Fills, redis: Redis, keys: Keys, noted: bool) -> None:
    fills.begin("leads.0", total=10)
    redis.delete(keys.filled)
    assert not (fills.note("leads.0", done=10, total=10) if noted else fills.end("leads.0"))
    assert fills.lacking(["leads.0"]) == ["leads.0"]


def test_who_began_last_goes_on(redis: Redis, keys: Keys) -> None:
    first, second = Fills(redis, keys=keys), Fills(redis, keys=keys)
    first.begin("leads.0", total=10)
    second.begin("leads.0", total=10)
    assert (first.end("leads.0"), second.end("leads.0")) == (False, True)


def test_how_far_it_is(fills: Fills) -> None:
    assert filling_of(fills.states().values()) == NOTHING_FILLS
    filled(fills, "leads.0")
    fills.begin("leads.1", total=200)
    fills.note("leads.1", done=50, total=200)
    fills.begin("alerts.0", total=1)
    assert filling_of(fills.states().values()) == Filling(2, 50, 201)
    assert filling_of([b"what is this"]) == Filling(1, 0, 0)


def test_what_is_forgotten_is_read_again(fills: Fills, projection: Projection, redis: Redis, keys: Keys) -> None:
    lead = Samples(now=1_790_000_000_000).lead()
    projection.write(leads=[(lead.lead_id, encode(lead))])
    filled(fills, "leads.0")
    fills.forget()
    assert fills.lacking(["leads.0"]) == ["leads.0"]
    assert redis.hlen(keys.cards("lead")) == 1
    fills.forget(cards=True)
    assert list(redis.scan_iter(f"{keys.prefix}*")) == []


def test_without_redis_it_says_so() -> None:
    fills = Fills.connect("redis://127.0.0.1:1")
    for ask in (lambda: fills.lacking(PARTS), lambda: fills.begin("leads.0", total=1), lambda: fills.end("leads.0")):
        with pytest.raises(ReadModelAway):
            ask()
