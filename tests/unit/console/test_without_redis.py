"""The read model is away: said, not hidden, and nothing falls over."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from streams.console.app import ConsoleOptions, make_app
from streams.inbox import MemoryDoor
from streams.readmodel.reader import Reader
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
    assert "The read model is away" in answer.text


def test_ready_is_not_and_alive_is(client: Visitor) -> None:
    assert [client.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 503]
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
