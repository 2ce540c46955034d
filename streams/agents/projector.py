"""cards -> Redis: what the console shows. A shadow, rebuilt from the card topics; nobody decides by it."""

from functools import partial

from streams.agents.cards import Write, sorted_cards
from streams.engine.engine import Agent
from streams.engine.reading.intake import Inbox
from streams.engine.shell import Shell

__all__ = ["projector"]

AT_ONCE = 500


def projector(shell: Shell, write: Write, away: type[Exception]) -> Agent:
    """Reads the cards, as many as lie ready. While Redis is `away` it waits; nothing else waits for it."""

    async def move(inbox: Inbox) -> None:
        async for gathered in shell.gather(inbox, most=AT_ONCE):
            cards = sorted_cards(gathered.records)
            gathered.done = await shell.patiently("redis", partial(write, **cards), retry=away)

    return move
