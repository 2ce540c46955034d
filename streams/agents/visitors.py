"""visits -> visitors: what one browser did, and who it was when."""

from typing import TypeVar

from streams.core.events.facts import Facts
from streams.engine.engine import Agent
from streams.engine.reading.intake import Inbox
from streams.engine.sending.book import Book
from streams.engine.shell import Decode, Fold, Shell

__all__ = ["visitors"]

R = TypeVar("R")


def visitors(shell: Shell, book: Book[R], *, decode: Decode[Facts], fold: Fold[Facts, R]) -> Agent:
    """Reads `visits`, keeps `visitors`. `decode` needs the rules: what an event means is data."""

    async def move(inbox: Inbox) -> None:
        async for record in shell.read(inbox, decode):
            shell.move(fold, book=book, record=record)

    return move
