"""Apprise as it is, against a real HTTP server: who is told, how often, and what one that hangs may hold up."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from schemas.posts import Digest, Post
from streams.channels.apprise.lines import THREADS
from streams.channels.apprise.services import listed_of
from streams.channels.errors import ChannelBusy, NoAddress
from streams.channels.words.message import Words
from streams.channels.words.told import Told
from streams.errors import SettingsError
from streams.outgoing.addresses import Reach
from tests.contract.people_worlds import KIM, REACH, ROUTING, Http, apprise_channel, http, now
from tests.unit.console.samples import Samples
from tests.unit.core.made import NAMING

ALERT = Samples(now=now()).alert()
IN_TIME = "no answer in time"


class SlowWords(Words):
    """It takes a while to word an alert."""

    def alert(self, post: Post) -> Told:
        time.sleep(0.05)
        return super().alert(post)


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


async def test_a_rep_has_a_list_of_his_own_and_the_others_share_one(far: Http, other: Http) -> None:
    made = apprise_channel(f'"KIM@us.example" = ["{url(far)}"]\n"*" = ["{url(other)}"]')
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
    made = apprise_channel(f'"*" = ["{url(far)}"]')
    await made.deliver(Digest(to=KIM, post_id="di_1", at=now(), posts=(post(),), waiting=2))
    await made.close()
    assert far.bodies[0]["message"].splitlines() == [
        f"Northwind Robotics: back after 45 days https://c.example/alerts/{ALERT.alert_id}",
        "2 more wait for the next digest.",
        "https://c.example/",
    ]


async def test_who_has_no_list_is_not_told(far: Http) -> None:
    made = apprise_channel(f'"team:sales" = ["{url(far)}"]')
    with pytest.raises(NoAddress, match="no URL for this recipient"):
        await made.deliver(post())
    await made.close()
    assert far.requests == 0


async def test_of_two_services_the_one_that_took_it_is_not_told_again(far: Http, other: Http) -> None:
    made = apprise_channel(f'"*" = ["{url(far)}", "{url(other)}"]')
    other.planned.append((503, {}))
    with pytest.raises(ChannelBusy, match="1 of 2"):
        await made.deliver(post())
    await made.deliver(post())
    await made.close()
    assert (far.requests, other.requests) == (1, 2)


async def test_a_process_of_which_all_threads_hang_is_started_anew(
    far: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a post took its time to be worded: what counts is when whoever waits for it stops waiting."""
    monkeypatch.setattr("streams.channels.apprise.channel.DEADLINE_S", 5.0)  # a process is started within it
    started = "import sys; print('started', file=sys.stderr); [None for _ in sys.stdin]"
    made = apprise_channel(f'"*" = ["{url(far)}"]', command=(sys.executable, "-c", started))
    monkeypatch.setattr(made, "_words", SlowWords(ROUTING))
    async with asyncio.timeout(60):
        posts = [made.deliver(post(number=number)) for number in range(THREADS)]
        became = await asyncio.gather(*posts, return_exceptions=True)
        assert [str(one) for one in became] == [f"busy: {IN_TIME}"] * THREADS
        assert made.working == THREADS
        with pytest.raises(ChannelBusy, match="all threads were held up"):
            await made.deliver(post(number=9))
        assert made.working == 0
        monkeypatch.setattr("streams.channels.apprise.channel.DEADLINE_S", 1.0)
        with pytest.raises(ChannelBusy, match=IN_TIME):
            await made.deliver(post(number=9))
        await made.close()


async def test_a_process_that_ended_is_started_again_with_the_next_post(far: Http, tmp_path: Path) -> None:
    ends_once = f"""
import os, runpy, sys
try:
    os.close(os.open({str(tmp_path / "ended")!r}, os.O_CREAT | os.O_EXCL))
except FileExistsError:
    runpy.run_module("streams.channels.apprise.child", run_name="__main__")
"""
    made = apprise_channel(f'"*" = ["{url(far)}"]', command=(sys.executable, "-c", ends_once))
    with pytest.raises(ChannelBusy, match="the process of Apprise ended"):
        await made.deliver(post())
    assert (await made.deliver(post())).outcome == "sent"
    await made.close()
    assert far.requests == 1


async def test_a_real_service_that_hangs_is_busy_within_the_deadline(
    far: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.channels.apprise.channel.DEADLINE_S", 0.3)
    far.hang.clear()
    made = apprise_channel(f'"*" = ["{url(far)}"]')
    async with asyncio.timeout(30):
        with pytest.raises(ChannelBusy):
            await made.deliver(post())
    await made.close()


async def test_row_44_a_name_that_changes_its_mind_leads_nowhere_inside(far: Http, tmp_path: Path) -> None:
    """Public at one look and inside at the next: what counts is what is connected to, in whichever thread."""
    public = "2606:2800:220:1:248:1893:25c8:1946"  # this machine has no way there, and says so at once
    file = tmp_path / "leads_to.json"
    command = (sys.executable, "-m", "tests.contract.resolving_child", "hooks.example", str(file))
    for reach, requests in ((Reach(), 0), (REACH, 2)):
        file.write_text(json.dumps([public, "127.0.0.1"]))
        listed = f'"*" = ["json://hooks.example:{far.server_port}/"]'
        made = apprise_channel(listed, reach=reach, command=command)
        for number in range(4):
            with suppress(ChannelBusy):
                await made.deliver(post(number=number))
        await made.close()
        assert far.requests == requests
        assert json.loads(file.read_text()) == [public, "127.0.0.1"], "each post looks once"


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
        listed_of(listed, NAMING, REACH)
    assert "secret" not in str(error.value)


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(SettingsError, match=r"pip install 'leadstream\[apprise\]'"):
        listed_of('"*" = ["json://a.example"]', NAMING, REACH)
