"""The agents: how small they are, what the worker is made of by name, and what the projector makes of records."""

from pathlib import Path

import pytest

from schemas.ids import Naming
from schemas.topics import TOPICS
from streams import agents
from streams.agents.cards import sorted_cards
from streams.agents.projector import projector
from streams.app import build
from streams.core.rows import rules_mark
from streams.engine.reading.intake import Inbox
from streams.engine.shell import Gathered, Raw
from streams.rules_files import read_rules
from streams.settings import Settings

SECRET = "sixteen-characters-or-more"
FILES = sorted(Path(str(agents.__file__)).parent.glob("*.py"))
MOVERS = [path for path in FILES if path.stem not in {"__init__", "cards"}]


@pytest.mark.parametrize("path", MOVERS, ids=lambda path: path.stem)
def test_an_agent_moves_and_decides_nothing(path: Path) -> None:
    """40 lines, no clock, no `except`: what it would do there belongs to the core or to the engine."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    assert "except" not in text
    assert "import time" not in text


async def test_every_durable_name_is_written_by_hand() -> None:
    """Agents, tables, changelogs, group: nothing follows from where the code lies."""
    settings = Settings.from_env({"LEADSTREAM_SECRET": SECRET, "LEADSTREAM_KAFKA__TOPIC_PREFIX": "t."})
    engine = build(settings, read_rules(None, Naming(SECRET.encode())))
    app = engine.app
    assert app.conf.id == "leadstream"
    assert sorted(app.tables) == ["accounts", "leads", "recipients", "visitors"]
    assert {table.changelog_topic_name for table in app.tables.values()} == {
        "leadstream-accounts-changelog", "leadstream-leads-changelog", "leadstream-recipients-changelog",
        "leadstream-visitors-changelog",
    }  # fmt: skip
    assert sorted(app.agents) == [f"leadstream.{path.stem}" for path in MOVERS]
    read = {name for agent in app.agents.values() for name in agent.channel.topics}  # type: ignore[attr-defined]
    assert read == {one.full("t.") for one in TOPICS if one.name != "transitions"}
    for _, work in engine._beside:
        work.close()


async def test_leads_and_accounts_are_folded_again_when_the_rules_are_others() -> None:
    """Of visitors and recipients nothing follows from rules but what came with their messages."""
    rules = read_rules(None, Naming(SECRET.encode()))
    engine = build(Settings.from_env({"LEADSTREAM_SECRET": SECRET}), rules)
    mark = rules_mark(rules.version)
    assert {book.name: book._rules for book in engine._books} == {
        "accounts": mark, "leads": mark, "recipients": None, "visitors": None,
    }  # fmt: skip
    for _, work in engine._beside:
        work.close()


def raw(topic: str, value: bytes | None, *, key: bytes | None = b"k", offset: int = 7) -> Raw:
    return Raw(topic, 2, offset, key, value)


def test_cards_are_sorted_by_topic() -> None:
    cards = sorted_cards(
        [
            raw("leads", b'{"version":[1,9],"lead_id":"x"}', key=b"x"),
            raw("leads", None, key=b"y"),
            raw("accounts", None),
            raw("rejected", b'{"at":1}', key=b"site"),
        ]
    )
    assert cards == {
        "leads": [("x", b'{"version":[1,9],"lead_id":"x"}')],
        "accounts": [],
        "alerts": [],
        "rejected": [("2:7", b'{"at":1}')],
        "erased": ["y"],
    }


class Shell:
    """Gives one batch, and says what Redis did."""

    def __init__(self, *, written: bool) -> None:
        self.written = written
        self.batch = Gathered([raw("leads", b'{"version":[0,1]}')])

    async def gather(self, inbox: object, *, most: int) -> object:
        yield self.batch

    async def patiently(self, service: str, call: object, *, retry: object) -> bool:
        call()  # type: ignore[operator]
        return self.written


@pytest.mark.parametrize("written", [True, False])
async def test_what_redis_did_not_take_comes_again(written: bool) -> None:
    shell, seen = Shell(written=written), []
    inbox: Inbox = object()  # type: ignore[assignment]
    await projector(shell, lambda **cards: seen.append(cards), OSError)(inbox)  # type: ignore[arg-type]
    assert shell.batch.done is written
    assert [sorted(cards) for cards in seen] == [["accounts", "alerts", "erased", "leads", "rejected"]]
