"""posts -> recipients: what a rep or a team is due, through which channel, and what became of it."""

from typing import TypeVar

from schemas.codec import POSTS
from schemas.posts import PostMessage
from streams.engine.engine import Agent
from streams.engine.reading.intake import Inbox
from streams.engine.sending.book import Book
from streams.engine.shell import Fold, Shell, block_decoder

__all__ = ["recipients"]

R = TypeVar("R")


def recipients(shell: Shell, book: Book[R], fold: Fold[PostMessage, R]) -> Agent:
    """Reads `posts`, keeps `recipients`; dues leave for the channels when their row is safe."""
    decode = block_decoder(POSTS, "posts")

    async def move(inbox: Inbox) -> None:
        async for record in shell.read(inbox, decode):
            shell.move(fold, book=book, record=record)

    return move
