"""The read model is away: said, not hidden, and nothing falls over."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from streams.console.app import ConsoleOptions, make_app
from streams.inbox import MemoryDoor
from streams.readmodel.reader import PATIENCE_S, Reader
from tests.integration.shadows import Shadow
from tests.unit.console.sights import sight
from tests.unit.console.visitor import Visitor, visiting


@pytest.fixture
def client() -> Iterator[Visitor]:
    options = ConsoleOptions(secret="a secret of the console", password="open sesame")
    app = make_app(Reader.connect("redis://127.0.0.1:1"), MemoryDoor(), options, sight=sight())
    with visiting(app) as one:
        one.post("/login", data={"name": "Ines", "password": "open sesame"})
        yield one


def test_pages_say_that_redis_is_away(client: Visitor) -> None:
    answer = client.get("/")
    assert answer.status_code == 503
    assert "Nothing can be shown just now" in answer.text


def test_a_page_that_could_not_be_made_asks_again_by_itself(client: Visitor) -> None:
    """What was posted is not sent again, and what is not there does not come by waiting."""
    page = client.get("/leads?x=1").text
    assert " data-again" in page
    assert '<a class="button button--main" href="">Try again</a>' in page
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    posted = client.post("/alerts/al_1/claim", data={"csrf": csrf})
    assert posted.status_code == 503
    for text in (posted.text, client.get("/nope").text):
        assert " data-again" not in text
        assert "Try again" not in text


def test_ready_is_not_and_alive_is(client: Visitor) -> None:
    assert [client.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 503]
    assert client.get("/readyz").text == "redis: away, has not answered yet\n"
    assert "leadstream_console_readmodel_up 0.0" in client.get("/metrics").text


def test_the_page_says_since_when(tmp_path: Path) -> None:
    """Redis answered once and is killed: what was shown last has a time."""
    options = ConsoleOptions(secret="a secret of the console", password="open sesame")
    with ExitStack() as stack:
        shadow = stack.enter_context(Shadow(tmp_path))
        app = make_app(Reader.connect(shadow.url), MemoryDoor(), options, sight=sight())
        one = stack.enter_context(visiting(app))
        one.post("/login", data={"name": "Ines", "password": "open sesame"})
        assert one.get("/").status_code == 200
        shadow.kill()
        answer = one.get("/")
        assert answer.status_code == 503
        assert re.search(r"It last did \d+ \w+ \d{4}, \d\d:\d\d UTC", answer.text)


def test_who_asks_whether_it_is_ready_hears_no_before_a_probe_gives_up(tmp_path: Path) -> None:
    """Redis takes connections and is silent. A page waits for it, `/readyz` does not; and back it is ready at once."""
    options = ConsoleOptions(secret="a secret of the console", password="open sesame")
    with ExitStack() as stack:
        shadow = stack.enter_context(Shadow(tmp_path))
        app = make_app(Reader.connect(shadow.url), MemoryDoor(), options, sight=sight())
        one = stack.enter_context(visiting(app))
        assert one.get("/readyz").status_code == 200
        shadow.freeze()
        for _ in range(3):
            begun = time.monotonic()
            answer = one.get("/readyz")
            assert time.monotonic() - begun < PATIENCE_S
            assert answer.status_code == 503
            assert re.fullmatch(r"redis: away, last answered \d+ s ago\n", answer.text)
        shadow.thaw()
        assert one.get("/readyz").status_code == 200
