"""Rules brought to be tried, in several consoles: each finds them, for minutes, a few of them, and says when not."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack

import pytest
from redis import Redis

from deploy.local.ports import free_ports
from streams.console.app import ConsoleOptions, make_app
from streams.console.rules.pasted import PASTED, PastedRules
from streams.core.rules import Rules, load_rules
from streams.inbox import MemoryDoor
from streams.readmodel.errors import ReadModelAway
from streams.readmodel.pasted import KEPT_MS, MOST
from streams.readmodel.reader import Reader
from streams.rules_files import read_texts
from tests.unit.clocks import Clock
from tests.unit.console.conftest import SECRET
from tests.unit.console.samples import Samples
from tests.unit.console.sights import NAMING, StandInRows, known_rules, sight
from tests.unit.console.test_pages import said
from tests.unit.console.test_rules_paste import LOWER, brought
from tests.unit.console.visitor import Visitor, signed_in, visiting


@pytest.fixture
def clock() -> Clock[int]:
    return Clock(1_000)


@pytest.fixture
def consoles(valkey_url: str, prefix: str, clock: Clock[int], filled: Samples) -> Iterator[list[Visitor]]:
    """Three of one installation; a leader sits at each."""
    with ExitStack() as stack:
        found = []
        for _ in range(3):
            options = ConsoleOptions(secret=SECRET, public_url="http://testserver")
            seen = sight(known=known_rules(), rows=StandInRows(leads=[], accounts=[]))
            app = make_app(Reader.connect(valkey_url, prefix=prefix), MemoryDoor(), options, sight=seen)
            app.state.desk.pasted._now = clock
            found.append(stack.enter_context(visiting(app)))
            signed_in(found[-1], "leader")
        yield found


def load(files: Mapping[str, str]) -> Rules:
    return load_rules(files, naming=NAMING)


def at(total: int) -> Mapping[str, str]:
    """The texts with another threshold."""
    return {**read_texts(None), "stages.toml": LOWER.replace("total = 75.0", f"total = {total}.0")}


def test_another_console_finds_them_and_so_does_one_that_starts_later(consoles: list[Visitor]) -> None:
    one, other, _ = consoles
    where = brought(one, stages_toml=LOWER).headers["location"]
    page = other.get(where)
    assert (page.status_code, "brought by hand" in said(page.text)) == (200, True)
    assert other.get(where.replace("/compare", "/compare.csv")).status_code == 200
    one.app.state.desk.pasted._held.clear()  # as when it starts again
    assert one.get(where).status_code == 200


def test_a_look_at_one_console_keeps_them_for_the_others(consoles: list[Visitor], clock: Clock[int]) -> None:
    one, other, third = consoles
    where = brought(one, stages_toml=LOWER).headers["location"]
    for who in (one, other, one):
        clock.now += KEPT_MS - 1
        assert who.get(where).status_code == 200
    clock.now += KEPT_MS
    for who in consoles:
        answer = who.get(where)
        assert (answer.status_code, "These rules are not kept any more" in said(answer.text)) == (404, True)
    assert third.app.state.desk.pasted._held == {}


def test_an_emptied_redis_is_said_until_the_one_that_has_them_is_asked(
    consoles: list[Visitor], valkey_url: str, prefix: str
) -> None:
    one, other, _ = consoles
    where = brought(one, stages_toml=LOWER).headers["location"]
    redis = Redis.from_url(valkey_url)
    redis.delete(f"{prefix}pasted", f"{prefix}pasted:by_look")
    answer = other.get(where)
    assert (answer.status_code, "An emptied Redis forgets it" in said(answer.text)) == (404, True)
    assert one.get(where).status_code == 200
    assert other.get(where).status_code == 200


def test_redis_keeps_few_and_for_minutes(
    consoles: list[Visitor], valkey_url: str, prefix: str, clock: Clock[int]
) -> None:
    third, names = consoles[2], []
    for number in range(MOST + 1):
        who, texts = consoles[number % 2], at(60 + number)
        clock.now += 1
        names.append(who.call(who.app.state.desk.pasted.hold, load(texts), texts))
    assert [name.startswith(PASTED) for name in names] == [True] * len(names)
    versions = [name.removeprefix(PASTED) for name in names]
    redis = Redis.from_url(valkey_url)
    assert {name.decode() for name in redis.hkeys(f"{prefix}pasted")} == set(versions[1:])
    assert redis.zcard(f"{prefix}pasted:by_look") == MOST
    assert all(0 < redis.pttl(f"{prefix}{name}") <= KEPT_MS for name in ("pasted", "pasted:by_look"))
    with pytest.raises(KeyError):
        third.call(third.app.state.desk.pasted.of, versions[0])
    assert third.call(third.app.state.desk.pasted.of, versions[1]).version == versions[1]


def test_a_console_holds_few(consoles: list[Visitor]) -> None:
    desk = consoles[0].app.state.desk
    for number in range(MOST + 2):
        texts = at(60 + number)
        consoles[0].call(desk.pasted.hold, load(texts), texts)
    assert len(desk.pasted._held) == MOST


@pytest.mark.parametrize("harm", ["", "[", '{"stages.toml": 7}', '{"stages.toml": "x"}', "of others"])
def test_what_is_no_longer_what_it_was_is_gone(
    consoles: list[Visitor], valkey_url: str, prefix: str, harm: str
) -> None:
    """Under a version stand the texts that it follows from, or nothing."""
    one, other, _ = consoles
    where = brought(one, stages_toml=LOWER).headers["location"]
    redis = Redis.from_url(valkey_url)
    [version] = redis.hkeys(f"{prefix}pasted")
    if harm == "of others":
        texts = at(80)
        one.call(one.app.state.desk.pasted.hold, load(texts), texts)
        harm = redis.hget(f"{prefix}pasted", load(texts).version).decode()
    redis.hset(f"{prefix}pasted", version, harm)
    assert other.get(where).status_code == 404


def test_while_redis_is_away_the_console_that_has_them_shows_them(consoles: list[Visitor]) -> None:
    (port,) = free_ports(1)
    texts, call = at(75), consoles[0].call
    one, other = (PastedRules(Reader.connect(f"redis://127.0.0.1:{port}/0"), load) for _ in range(2))
    version = call(one.hold, load(texts), texts).removeprefix(PASTED)
    assert call(one.of, version).version == version
    with pytest.raises(ReadModelAway):
        call(other.of, version)
