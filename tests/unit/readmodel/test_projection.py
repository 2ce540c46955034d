"""Cards into Redis and back, on a real Valkey."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from itertools import permutations
from typing import TypeVar

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from schemas.activity import Version
from schemas.cards import AlertCard, AlertStatus, Membership
from schemas.codec import encode
from schemas.rejected import Kept, Reason, Rejected, Replayed
from streams.readmodel.alert_lines import AlertLine, alert_lines
from streams.readmodel.errors import ReadModelAway
from streams.readmodel.keys import Changed, Keys, pack_version
from streams.readmodel.places import Place, account_place, lead_place
from streams.readmodel.reader import Reader
from streams.readmodel.writer import REJECTED_KEPT, Entry, Projection
from tests.unit.console.samples import Samples

T = TypeVar("T")
SAMPLES = Samples(now=1_790_000_000_000)
Read = Callable[[Callable[[Reader], Awaitable[T]]], T]


def alert(name: str, *, status: AlertStatus = "open", strength: int = 9, version: int = 1, **changes: object) -> Entry:
    card: AlertCard = replace(SAMPLES.alert(), alert_id=name, status=status, version=Version(0, version), **changes)
    card = replace(card, strength=replace(card.strength, strength=strength))
    return name, encode(card)


def account_named(name: str, version: Version) -> Entry:
    return "acme.example", encode(replace(SAMPLES.account(), name=name, version=version))


@pytest.fixture
def read(valkey_url: str, keys: Keys) -> Read[T]:
    def ask(question: Callable[[Reader], Awaitable[T]]) -> T:
        async def answer() -> T:
            async with AsyncRedis.from_url(valkey_url) as redis:
                return await question(Reader(redis, keys=keys))

        return asyncio.run(answer())

    return ask


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("calls", [1, 3])
def test_the_newest_version_wins_in_any_order(
    projection: Projection, read: Read[object], order: tuple[int, ...], calls: int
) -> None:
    cards = [
        account_named("old", Version(0, 9)),
        account_named("mid", Version(0, 10)),
        account_named("new", Version(1, 0)),
    ]
    arriving = [cards[n] for n in order]
    for block in [arriving] if calls == 1 else [[one] for one in arriving]:
        projection.write(accounts=block)
    card = read(lambda reader: reader.account("acme.example"))
    assert card.name == "new"  # type: ignore[attr-defined]


def test_a_card_made_again_under_new_rules_replaces_its_own_version(projection: Projection, read: Read[object]) -> None:
    projection.write(accounts=[account_named("before", Version(0, 1))])
    assert projection.write(accounts=[account_named("after", Version(0, 1))]) == 1
    assert read(lambda reader: reader.account("acme.example")).name == "after"  # type: ignore[attr-defined]


def test_of_equal_versions_in_one_call_the_later_arrival_wins_whatever_older_ones_follow(
    projection: Projection, read: Read[object]
) -> None:
    newest, older = Version(0, 3), Version(0, 1)
    arriving = [account_named("before", newest), account_named("after", newest), account_named("old", older)]
    assert projection.write(accounts=arriving) == 1
    assert read(lambda reader: reader.account("acme.example")).name == "after"  # type: ignore[attr-defined]


def test_a_call_that_redis_would_be_busy_with_for_long_goes_in_parts(
    projection: Projection, redis: Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = [alert(f"al_{n}", strength=n) for n in range(7)]
    monkeypatch.setattr("streams.readmodel.writer.MOST_BYTES", 2 * len(cards[0][1]) + 50)
    with redis.pubsub() as listener:
        listener.subscribe(keys.live)
        assert listener.get_message(timeout=20) is not None  # subscribed
        assert projection.write(alerts=cards) == 7
        parts: list[list[str]] = []
        while sum(map(len, parts)) < 7 and (message := listener.get_message(timeout=20)) is not None:
            parts.append([one.id for one in msgspec.json.decode(message["data"], type=list[Changed])])
        assert listener.get_message(timeout=0.2) is None, "and nothing is said twice"
    assert [name for part in parts for name in part] == [name for name, _ in cards]
    assert all(len(part) <= 2 for part in parts)


def test_a_copy_changes_nothing_and_announces_nothing(projection: Projection, redis: Redis, keys: Keys) -> None:
    with redis.pubsub() as listener:
        listener.subscribe(keys.live)
        assert listener.get_message(timeout=20) is not None  # subscribed
        assert projection.write(alerts=[alert("al_1")]) == 1
        assert projection.write(alerts=[alert("al_1")]) == 0
        assert projection.write(alerts=[alert("al_2")]) == 1
        heard = [listener.get_message(timeout=20), listener.get_message(timeout=20)]
    assert [msgspec.json.decode(one["data"]) for one in heard if one] == [
        [{"kind": "alert", "id": "al_1"}],
        [{"kind": "alert", "id": "al_2"}],
    ]


def test_of_a_backlog_alerts_are_written_and_said_first(projection: Projection, redis: Redis, keys: Keys) -> None:
    lead = SAMPLES.lead()
    with redis.pubsub() as listener:
        listener.subscribe(keys.live)
        assert listener.get_message(timeout=20) is not None  # subscribed
        projection.write(leads=[(f"lead-{n}", encode(replace(lead, lead_id=f"lead-{n}"))) for n in range(400)],
                         accounts=[account_named("Acme", Version(0, 1))], alerts=[alert("al_1")])  # fmt: skip
        heard = [listener.get_message(timeout=20) for _ in range(3)]
    said = [msgspec.json.decode(one["data"]) for one in heard if one]
    assert [(one[0]["kind"], len(one)) for one in said] == [("alert", 1), ("account", 1), ("lead", 400)]


def test_open_alerts_come_real_time_first_then_by_strength(projection: Projection, read: Read[list[AlertLine]]) -> None:
    projection.write(
        alerts=[
            alert("weak", strength=8), alert("digest", strength=30, level="digest"), alert("strong", strength=21),
            alert("mine", status="claimed"), alert("gone", status="expired"),
        ]
    )  # fmt: skip
    shown = read(lambda reader: alert_lines(reader, "open", "claimed"))
    assert [one.alert_id for one in shown] == ["strong", "weak", "digest", "mine"]


def test_an_alert_stands_in_one_list_only(projection: Projection, read: Read[object]) -> None:
    projection.write(alerts=[alert("al_1", version=1)])
    projection.write(alerts=[alert("al_1", version=2, status="claimed"), alert("al_1", version=3, status="done")])
    assert read(lambda reader: alert_lines(reader, "open", "claimed")) == []
    assert read(lambda reader: reader.count_open()) == 0
    assert [one.alert_id for one in read(lambda reader: alert_lines(reader, "done"))] == ["al_1"]  # type: ignore[attr-defined]


def test_leads_come_by_score_and_more_than_one_call_holds(projection: Projection, read: Read[object]) -> None:
    lead = SAMPLES.lead()
    projection.write(
        leads=[
            (f"lead-{n}", encode(replace(lead, lead_id=f"lead-{n}", score_tenths=n)))
            for n in range(1_203)
        ]
    )
    shown = read(lambda reader: reader.leads(limit=3))
    assert [one.lead_id for one in shown] == ["lead-1202", "lead-1201", "lead-1200"]  # type: ignore[attr-defined]


def test_the_newest_thousand_rejected_are_kept_and_a_copy_is_the_same_one(
    projection: Projection, read: Read[list[Kept]]
) -> None:
    def entry(n: int) -> Entry:
        one = Rejected(at=n, reason=Reason.JSON, detail=str(n), source="site", raw=b"\xff")
        return f"0:{n}", encode(one)

    projection.write(rejected=[entry(n) for n in range(REJECTED_KEPT + 200)])
    projection.write(rejected=[entry(REJECTED_KEPT + 199)])
    shown = read(_rejected)
    assert [one.record.detail for one in shown[:2]] == [str(REJECTED_KEPT + 199), str(REJECTED_KEPT + 198)]
    assert (len(shown), shown[-1].record.detail, shown[0].record.raw) == (REJECTED_KEPT, "200", b"\xff")
    assert (shown[0].place, shown[0].replayed) == (f"0:{REJECTED_KEPT + 199}", False)


async def _rejected(reader: Reader) -> list[Kept]:
    return [kept async for kept in reader.rejected()]


def test_a_note_marks_what_was_replayed_and_goes_with_it(
    projection: Projection, read: Read[list[Kept]], redis: Redis, keys: Keys
) -> None:
    def entry(n: int) -> Entry:
        return f"1:{n}", encode(Rejected(at=n, reason=Reason.JSON, detail=str(n), source="site", raw=b"{"))

    note = encode(Replayed(replayed_partition=1, replayed_offset=0, at=9, actor="ines"))
    elsewhere = encode(Replayed(replayed_partition=3, replayed_offset=0, at=9, actor="ines"))
    projection.write(rejected=[entry(0), entry(1), ("1:2", note), ("1:2", note), ("3:1", elsewhere)])
    assert [(one.place, one.replayed) for one in read(_rejected)] == [("1:1", False), ("1:0", True)]
    projection.write(rejected=[entry(n) for n in range(3, REJECTED_KEPT + 3)])
    assert redis.hlen(keys.cards("rejected")) == REJECTED_KEPT


def test_an_emptied_redis_is_filled_again(projection: Projection, redis: Redis, keys: Keys) -> None:
    projection.write(alerts=[alert("al_1")])
    redis.script_flush()
    redis.delete(keys.cards("alert"), keys.versions("alert"))
    assert projection.write(alerts=[alert("al_1")]) == 1


def test_an_unreadable_card_is_left_out_and_its_neighbours_are_written(
    projection: Projection, read: Read[object]
) -> None:
    """A worker that would stop at it would stop at it again for ever."""
    wrong = [("al_2", b"{}"), ("al_3", b"no card"), ("al_4", b"")]
    assert projection.write(alerts=[alert("al_1"), *wrong], leads=wrong, accounts=wrong, rejected=wrong) == 1
    assert read(lambda reader: reader.alert("al_1")) is not None
    assert [read(lambda reader, name=name: reader.alert(name)) for name, _ in wrong] == [None] * 3  # type: ignore[misc]


@pytest.mark.parametrize("place", [lead_place, account_place])
@settings(max_examples=200)
@given(st.text(), st.integers(0, 2**32 - 1), st.integers(0, 2**53), st.integers(-(10**6), 10**6), st.booleans())
def test_the_numbers_found_in_the_bytes_are_those_of_the_card(
    place: Place, text: str, epoch: int, offset: int, rank: int, listed: bool
) -> None:
    """Also where tracked text looks like them, and where the id is longer than what is searched."""
    version, bait = Version(epoch, offset), text + '","version":[9,9],"as_of":1,"score_tenths":7,"engagement_tenths":7,'
    bait += '"audiences":[]'
    told = (Membership(audience="warm", is_in=True, at=1, number=1, version=version),) if listed else ()
    lead = replace(
        SAMPLES.lead(), lead_id=bait, version=version, score_tenths=rank, name=bait, traits={"score_tenths": bait},
        audiences=told,
    )  # fmt: skip
    account = replace(SAMPLES.account(), account_id=bait * 20, version=version, engagement_tenths=rank, name=bait)
    card = lead if place is lead_place else account
    *numbers, may_name = place(encode(card))
    assert numbers == [pack_version(version), 1, rank]
    assert may_name or card is account or not listed


def test_a_stored_card_of_another_format_does_not_take_the_list_along(
    projection: Projection, redis: Redis, keys: Keys, read: Read[list[AlertLine]]
) -> None:
    projection.write(alerts=[alert("al_1"), alert("al_2")])
    redis.hset(keys.cards("alert"), "al_1", '{"v":99}')
    assert [one.alert_id for one in read(lambda reader: alert_lines(reader, "open"))] == ["al_2"]


def test_freshness_follows_the_beat(projection: Projection, read: Read[object]) -> None:
    assert read(lambda reader: reader.freshness()).beat is None  # type: ignore[attr-defined]
    projection.beat(1_790_000_000_000)
    assert read(lambda reader: reader.freshness()).beat == 1_790_000_000_000  # type: ignore[attr-defined]


def test_changes_are_heard_and_a_new_start_is_said(projection: Projection, valkey_url: str, keys: Keys) -> None:
    async def listen() -> list[Changed | None]:
        reader = Reader.connect(valkey_url, prefix=keys.prefix)
        heard: list[Changed | None] = []
        async with aclosing(reader.changes()) as changes:
            async for change in changes:
                heard.append(change)
                if change is None:
                    projection.write(alerts=[alert("al_1")])
                else:
                    break
        await reader.close()
        return heard

    assert asyncio.run(asyncio.wait_for(listen(), 20)) == [None, Changed("alert", "al_1")]


def test_a_link_is_spent_once(read: Read[list[bool]]) -> None:
    async def twice(reader: Reader) -> list[bool]:
        return [await reader.spend("link"), await reader.spend("link")]

    assert read(twice) == [True, False]


def test_without_redis_both_sides_say_so() -> None:
    with pytest.raises(ReadModelAway):
        Projection.connect("redis://127.0.0.1:1").write(alerts=[alert("al_1")])

    async def ask() -> None:
        await Reader.connect("redis://127.0.0.1:1").ready()

    with pytest.raises(ReadModelAway):
        asyncio.run(ask())


def test_packed_versions_sort_as_versions() -> None:
    versions = [Version(0, 9), Version(0, 10), Version(1, 0), Version(10, 0)]
    assert sorted(map(pack_version, reversed(versions))) == [pack_version(one) for one in versions]


def test_an_erased_lead_goes_from_cards_lists_and_search_for_good(
    projection: Projection, redis: Redis, keys: Keys, read: Read[object]
) -> None:
    """Also where its card comes late, from a worker that was stopped or from a Redis that is being filled."""
    card = replace(SAMPLES.lead(), lead_id="l1", name="Mara Lindqvist", version=Version(0, 5))
    other = replace(card, lead_id="l2", name="Ben Baker", email="ben@acme.example")
    projection.write(leads=[("l1", encode(card)), ("l2", encode(other))])
    with redis.pubsub() as listener:
        listener.subscribe(keys.live)
        assert listener.get_message(timeout=20) is not None  # subscribed
        assert projection.write(erased=["l1", "never seen"]) == 1
        heard = listener.get_message(timeout=20)
    assert heard is not None
    assert msgspec.json.decode(heard["data"]) == [{"kind": "lead", "id": "l1"}]
    late = replace(card, version=Version(3, 9))
    assert projection.write(leads=[("l1", encode(late))]) == 0
    assert projection.write(erased=["l1"]) == 0
    assert read(lambda reader: reader.lead("l1")) is None
    left = {name: str(redis.dump(name)) for name in redis.scan_iter(f"{keys.prefix}*")}
    assert [name for name, held in left.items() if "indqvist" in held] == []
    assert redis.zrange(keys.index("leads:by_score"), 0, -1) == [b"l2"]
    assert {term.rpartition(b"\0")[2] for term in redis.zrange(keys.terms("lead"), 0, -1)} == {b"l2"}
