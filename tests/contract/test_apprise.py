"""Apprise as it is, against a real HTTP server: who is told, how often, and what one that hangs may hold up."""

import asyncio
import sys
import threading
from collections.abc import Iterator

import pytest

from schemas.posts import Digest, Post
from streams.channels.apprise import THREADS, AppriseChannel
from streams.channels.apprise_services import services_of
from streams.channels.errors import ChannelBusy, NoAddress
from streams.errors import SettingsError
from streams.outgoing.addresses import Reach
from tests.contract.people_worlds import KIM, WORDS, Http, http, now
from tests.unit.console.samples import Samples
from tests.unit.core.made import NAMING

ALERT = Samples(now=now()).alert()
REACH = Reach(frozenset({"127.0.0.1"}))


@pytest.fixture
def far() -> Iterator[Http]:
    with http() as server:
        yield server


@pytest.fixture
def other() -> Iterator[Http]:
    with http() as server:
        yield server


def post(to: str = KIM, number: int = 1) -> Post:
    return Post(to=to, post_id=f"po_{number}", level="real_time", at=now(), alert=ALERT)


def url(far: Http) -> str:
    return f"json://127.0.0.1:{far.server_port}/"


def channel(listed: str) -> AppriseChannel:
    return AppriseChannel(services_of(listed, NAMING, REACH), WORDS, now=now)


async def test_a_rep_has_a_list_of_his_own_and_the_others_share_one(far: Http, other: Http) -> None:
    made = channel(f'"KIM@us.example" = ["{url(far)}"]\n"*" = ["{url(other)}"]')
    for number, to in enumerate((KIM, "rep:else", "team:sales")):
        await made.deliver(post(to, number))
    await made.close()
    assert (len(far.bodies), len(other.bodies)) == (1, 2)
    (told,) = far.bodies
    assert told["title"] == "Northwind Robotics: back after 45 days"
    assert told["message"].splitlines()[0] == "Real-time"
    assert told["message"].splitlines()[-1] == f"https://c.example/alerts/{ALERT.alert_id}"
    assert len(told["message"].splitlines()) == 7


async def test_a_digest_names_its_alerts_with_their_links(far: Http) -> None:
    made = channel(f'"*" = ["{url(far)}"]')
    await made.deliver(Digest(to=KIM, post_id="di_1", at=now(), posts=(post(),), waiting=2))
    await made.close()
    assert far.bodies[0]["message"].splitlines() == [
        f"Northwind Robotics: back after 45 days https://c.example/alerts/{ALERT.alert_id}",
        "2 more wait for the next digest.",
        "https://c.example/",
    ]


async def test_who_has_no_list_is_not_told(far: Http) -> None:
    made = channel(f'"team:sales" = ["{url(far)}"]')
    with pytest.raises(NoAddress, match="no URL for this recipient"):
        await made.deliver(post())
    await made.close()
    assert far.requests == 0


async def test_of_two_services_the_one_that_took_it_is_not_told_again(far: Http, other: Http) -> None:
    made = channel(f'"*" = ["{url(far)}", "{url(other)}"]')
    other.planned.append((503, {}))
    with pytest.raises(ChannelBusy, match="1 of 2"):
        await made.deliver(post())
    await made.deliver(post())
    await made.close()
    assert (far.requests, other.requests) == (1, 2)


async def test_services_that_hang_hold_up_so_many_threads_and_nothing_else(
    far: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.channels.apprise.DEADLINE_S", 0.3)
    held, answer = threading.Event(), threading.Semaphore(0)

    class Hanging:
        def notify(self, body: str, title: str, *, body_format: str, timeout: float) -> bool:
            held.wait(10)
            answer.release()
            return True

    made = AppriseChannel({"*": [Hanging()]}, WORDS, now=now)
    async with asyncio.timeout(5):
        for number in range(THREADS):
            with pytest.raises(ChannelBusy, match="no answer in time"):
                await made.deliver(post(number=number))
        with pytest.raises(ChannelBusy, match="all threads are held up"):
            await made.deliver(post(number=9))
        held.set()
        for _ in range(THREADS):
            await asyncio.to_thread(answer.acquire)
        while made.working:
            await asyncio.sleep(0.01)
        assert (await made.deliver(post(number=0))).outcome == "sent"
    await made.close()


async def test_a_real_service_that_hangs_is_busy_within_the_deadline(
    far: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.channels.apprise.DEADLINE_S", 0.3)
    far.hang.clear()
    made = channel(f'"*" = ["{url(far)}"]')
    async with asyncio.timeout(5):
        with pytest.raises(ChannelBusy):
            await made.deliver(post())
    await made.close()


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        pytest.param('"*" = ', "is no TOML", id="no TOML"),
        pytest.param('"kim" = ["json://a.example"]', '"kim" is no e-mail address', id="nobody"),
        pytest.param('"*" = "json://a.example"', "a list of 1 to 10", id="no list"),
        pytest.param('"*" = []', "a list of 1 to 10", id="an empty list"),
        pytest.param('"*" = ["json://a.example", "nonsense://secret"]', "URL 2 is none", id="unknown to Apprise"),
    ],
)
def test_a_wrong_list_is_named_without_its_secrets(listed: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as error:
        services_of(listed, NAMING, REACH)
    assert "secret" not in str(error.value)


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(SettingsError, match=r"pip install 'leadstream\[apprise\]'"):
        services_of('"*" = ["json://a.example"]', NAMING, REACH)
