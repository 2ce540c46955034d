"""Cards are found by the beginnings of what names them, on a real Valkey, whatever became of them since."""

import asyncio
import unicodedata
from collections.abc import Callable
from itertools import permutations
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from redis import Redis

from schemas.activity import Version
from schemas.cards import AccountCard
from schemas.codec import encode
from streams.readmodel.fills import Fills
from streams.readmodel.keys import Keys
from streams.readmodel.reader import Reader
from streams.readmodel.search import LOOKED_AT, Found, asked, search
from streams.readmodel.terms import LONGEST, MOST, SEPARATOR, folded, terms_of
from streams.readmodel.writer import Entry, Projection
from tests.unit.console.samples import Samples

SAMPLES = Samples(now=1_790_000_000_000)
Find = Callable[[str], Found]
MORE = 1_200
NAMES = ("Ada Aker", "Ada", "김민수", "", "Bo Öst")


def lead(lead_id: str, name: str, email: str = "", *, version: int = 1, **changes: object) -> Entry:
    card = replace(SAMPLES.lead(), lead_id=lead_id, name=name, email=email, version=Version(0, version), **changes)
    return lead_id, encode(card)


def account(account_id: str, name: str, **changes: object) -> Entry:
    card: AccountCard = replace(SAMPLES.account(), account_id=account_id, name=name, **changes)
    return account_id, encode(card)


@pytest.fixture
def find(valkey_url: str, keys: Keys) -> Find:
    async def answer(text: str) -> Found:
        reader = Reader.connect(valkey_url, prefix=keys.prefix)
        try:
            return await search(reader, text)
        finally:
            await reader.close()

    return lambda text: asyncio.run(answer(text))


def names(found: Found) -> list[str]:
    return [one.name for one in found.leads] + [one.name for one in found.accounts]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("mar", "Mara Lindqvist"), ("LINDQ", "Mara Lindqvist"), ("mara lind", "Mara Lindqvist"),
        ("Lindqvist, Mara", "Mara Lindqvist"), ("maralind", "Mara Lindqvist"), ("mara.l", "Mara Lindqvist"),
        ("mara.lindqvist@velano-works.example", "Mara Lindqvist"), ("@velano-w", "Mara Lindqvist"),
        ("velano-works", "Mara Lindqvist"), ("https://www.velano-works.example/pricing?a=b", "Mara Lindqvist"),
        ("asa", "Åsa Öberg-Nuñez"), ("Åsa", "Åsa Öberg-Nuñez"), ("nunez", "Åsa Öberg-Nuñez"),
        ("öberg-n", "Åsa Öberg-Nuñez"), ("\uff4d\uff41\uff52\uff41", "Mara Lindqvist"),
        ("김", "김민수"), ("기", "김민수"), ("김미", "김민수"), ("김민수", "김민수"), ("김 민수", "김민수"),
        ("민수", "김민수"), (unicodedata.normalize("NFD", "김민"), "김민수"), ("tern opt", "Tern Optics"),
        ("tern-optics.example", "Tern Optics"),
    ],
)  # fmt: skip
def test_names_addresses_and_domains_are_found_by_their_beginnings(
    projection: Projection, find: Find, text: str, name: str
) -> None:
    projection.write(
        leads=[lead("l1", "Mara Lindqvist", "mara.lindqvist@velano-works.example"), lead("l2", "Åsa Öberg-Nuñez"),
               lead("l3", "김민수", "minsu@hanbit.example")],
        accounts=[account("tern-optics.example", "Tern Optics")],
    )  # fmt: skip
    assert names(find(text)) == [name]


@pytest.mark.parametrize("text", ["", " ", "@", "qvist", "mara ada", "\0", "*", "[", "%", "\udcff", "mara\0x"])
def test_what_is_no_beginning_finds_nothing(projection: Projection, find: Find, text: str) -> None:
    projection.write(leads=[lead("l1", "Mara Lindqvist"), lead("l2", "Ada Aker")])
    assert find(text) == Found([], [])


def test_the_strongest_come_first_and_more_is_said(projection: Projection, find: Find) -> None:
    projection.write(leads=[lead(f"l{n}", "Mara Lindqvist", score_tenths=n) for n in range(30)])
    found = find("mara")
    assert ([one.score_tenths for one in found.leads], found.more) == ([*range(29, 9, -1)], True)
    assert not find("mara lindqvist x").more


def test_of_very_many_some_are_looked_at_and_it_is_said(projection: Projection, find: Find) -> None:
    projection.write(leads=[lead(f"l{n}", f"Ma {n:05d}") for n in range(MORE)])
    assert LOOKED_AT < MORE
    assert find("ma").more
    assert (names(find("ma 01199")), find("ma 01199").more) == (["Ma 01199"], False)


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("calls", [1, 3])
def test_a_card_that_was_renamed_is_found_by_its_newest_name_alone(
    projection: Projection, find: Find, redis: Redis, keys: Keys, order: tuple[int, ...], calls: int
) -> None:
    cards = [lead("l1", "Old Name", version=1), lead("l1", "Mid Name", version=2), lead("l1", "New Name", version=3)]
    arriving = [cards[n] for n in order]
    for block in [arriving] if calls == 1 else [[one] for one in arriving]:
        projection.write(leads=block)
    assert [names(find(text)) for text in ("old", "mid", "new", "name")] == [[], [], ["New Name"], ["New Name"]]
    assert sorted(redis.zrange(keys.terms("lead"), 0, -1)) == [b"name\0l1", b"new\0l1", b"newname\0l1"]


def test_a_name_that_was_taken_away_is_found_no_more(projection: Projection, redis: Redis, keys: Keys) -> None:
    projection.write(leads=[lead("l1", "Mara Lindqvist", "m@velano.example", version=1)])
    projection.write(leads=[lead("l1", "", "", version=2)])
    assert redis.zcard(keys.terms("lead")) == 0


def test_who_died_before_the_terms_were_written_writes_them_with_the_same_card(
    projection: Projection, find: Find, redis: Redis, keys: Keys
) -> None:
    """Also a Redis of an older version, whose cards had none."""
    projection.write(leads=[lead("l1", "Mara Lindqvist")])
    redis.delete(keys.terms("lead"), keys.named("lead"))
    assert names(find("mara")) == []
    assert projection.write(leads=[lead("l1", "Mara Lindqvist")]) == 0
    assert names(find("mara")) == ["Mara Lindqvist"]


def test_a_redis_that_was_filled_without_terms_is_filled_again(redis: Redis, keys: Keys) -> None:
    fills = Fills(redis, keys=keys)
    run_id = redis.info("server")["run_id"]
    redis.hset(keys.filled, "leads.0", f"run:{run_id}")
    assert fills.lacking(["leads.0"]) == ["leads.0"]


def test_what_is_forgotten_is_found_no_more(projection: Projection, redis: Redis, keys: Keys) -> None:
    projection.write(leads=[lead("l1", "Mara Lindqvist")], accounts=[account("a.example", "A")])
    Fills(redis, keys=keys).forget(cards=True)
    assert list(redis.scan_iter(f"{keys.prefix}*")) == []


def test_who_turned_out_to_be_somebody_else_is_left_out(projection: Projection, find: Find) -> None:
    projection.write(
        leads=[lead("l1", "Mara Lindqvist", merged_into="l2"), lead("l2", "Mara Lindqvist")],
        accounts=[account("mara.example", "Mara", forwards_to="b.example")],
    )
    found = find("mara")
    assert ([one.lead_id for one in found.leads], found.accounts) == (["l2"], [])


@pytest.mark.parametrize("name", ['Mara","traits":{', "Mara\\", 'Mara","email":"', "Mara\n\t\x07", 'Ma"ra'])
def test_names_that_look_like_the_card_itself_are_names(
    projection: Projection, find: Find, redis: Redis, keys: Keys, name: str
) -> None:
    projection.write(leads=[lead("l1", name, "m@velano.example")])
    assert names(find("m@velano")) == [name]
    projection.write(leads=[lead("l1", name, "other@velano.example", version=2)])
    assert (names(find("m@velano")), names(find("other@velano"))) == ([], [name])


@given(st.text(), st.text())
@example("김민수 박서연 이지우", "a@b.example")
def test_terms_are_few_short_plain_and_each_once(name: str, address: str) -> None:
    terms = terms_of(name, address)
    assert len(terms) <= MOST
    assert len(set(terms)) == len(terms)
    assert all(0 < len(one) <= LONGEST and SEPARATOR not in one and " " not in one for one in terms)


@given(st.text())
def test_however_a_text_is_composed_it_is_the_same_question(text: str) -> None:
    assert folded(unicodedata.normalize("NFD", text)) == folded(unicodedata.normalize("NFC", text))
    assert all("\0\0" not in one for one in asked(text))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(NAMES)), max_size=5), max_size=6),
    st.randoms(use_true_random=False),
)
def test_the_terms_are_those_of_the_newest_cards_and_no_others(
    projection: Projection, redis: Redis, keys: Keys, blocks: list[list[tuple[int, str]]], random: Random
) -> None:
    """Whatever the order of arrival and how often: difference 0."""
    redis.delete(*redis.scan_iter(f"{keys.prefix}*"), "none")
    newest: dict[str, str] = {}
    arriving: list[list[Entry]] = []
    for version, block in enumerate(blocks):
        arriving.append([lead(f"l{n}", name, version=100 * version + at) for at, (n, name) in enumerate(block)])
        newest |= {f"l{n}": name for n, name in block}
    random.shuffle(arriving)
    for block_of_cards in [*arriving, *arriving[:2]]:
        projection.write(leads=block_of_cards)
    wanted = {f"{term}\0{lead_id}".encode() for lead_id, name in newest.items() for term in terms_of(name, "")}
    assert set(redis.zrange(keys.terms("lead"), 0, -1)) == wanted
