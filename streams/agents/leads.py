"""touches -> leads: what a person did, through all sources, becomes score, stage and moves."""

from typing import TypeVar

from schemas.codec import TOUCHES
from schemas.touches import Touch
from streams.engine.engine import Agent
from streams.engine.reading.intake import Inbox
from streams.engine.sending.book import Book
from streams.engine.shell import Fold, Shell, block_decoder

__all__ = ["leads"]

R = TypeVar("R")


def leads(shell: Shell, book: Book[R], fold: Fold[Touch, R]) -> Agent:
    """Reads `touches`, keeps `leads`."""
    decode = block_decoder(TOUCHES, "touches")

    async def move(inbox: Inbox) -> None:
        async for record in shell.read(inbox, decode):
            shell.move(fold, book=book, record=record)

    return move
