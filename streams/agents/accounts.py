"""signals -> accounts: deals, companies, the return of a lost deal and its alerts."""

from typing import TypeVar

from schemas.codec import SIGNALS
from schemas.signals import Signal
from streams.engine.engine import Agent
from streams.engine.reading.intake import Inbox
from streams.engine.sending.book import Book
from streams.engine.shell import Fold, Shell, block_decoder

__all__ = ["accounts"]

R = TypeVar("R")


def accounts(shell: Shell, book: Book[R], fold: Fold[Signal, R]) -> Agent:
    """Reads `signals`, keeps `accounts`: a row is an account or a deal."""
    decode = block_decoder(SIGNALS, "signals")

    async def move(inbox: Inbox) -> None:
        async for record in shell.read(inbox, decode):
            shell.move(fold, book=book, record=record)

    return move
