"""Which deals a row lets go when it knows too many."""

from schemas.activity import Version
from schemas.deals import DealFacts
from streams.core.account.known_deals import freshest_deals
from streams.core.parts import Part
from tests.unit.core.made import DAY, NOW
from tests.unit.core.told import deal


def known(**deals: DealFacts | None) -> dict[str, Part[DealFacts]]:
    return {deal_id: Part(Version(0, 1), NOW, facts) for deal_id, facts in deals.items()}


def lost(days: int) -> DealFacts:
    return deal("lost", at=NOW - days * DAY)


def test_as_many_as_there_is_room_for_all_stay() -> None:
    held = known(b=lost(1), a=None)
    assert freshest_deals(held, most=2) is held


def test_an_older_lost_deal_goes_before_a_fresher_one() -> None:
    assert list(freshest_deals(known(c=lost(9), b=lost(1), a=lost(5)), most=2)) == ["a", "b"]


def test_the_oldest_open_or_won_deal_stays_longer_than_the_freshest_lost_one() -> None:
    old = NOW - 900 * DAY
    held = known(z=lost(1), a=deal("open", at=old), b=deal("won", at=old), y=lost(2))
    assert list(freshest_deals(held, most=2)) == ["a", "b"]
    assert list(freshest_deals(held, most=3)) == ["a", "b", "z"]


def test_what_was_withdrawn_goes_first_and_of_equals_the_first_name() -> None:
    assert list(freshest_deals(known(z=None, a=lost(5)), most=1)) == ["a"]
    assert list(freshest_deals(known(a=lost(5), b=lost(5)), most=1)) == ["b"]
