"""Receipts of one message, by channel: which came, and which are still owed."""

from schemas.posts import Receipt
from streams.core.recipient.row import Outcome

__all__ = ["with_receipt", "without_receipt"]


def with_receipt(outcomes: dict[str, Outcome], receipt: Receipt) -> dict[str, Outcome]:
    """One more. Of two outcomes on one channel `sent`; in one order, whatever came first."""
    if outcomes.get(receipt.channel) == "sent":
        return outcomes
    return dict(sorted((outcomes | {receipt.channel: receipt.outcome}).items()))


def without_receipt(channels: tuple[str, ...], outcomes: dict[str, Outcome]) -> tuple[str, ...]:
    """Channels that have given none."""
    return tuple(one for one in channels if one not in outcomes) if outcomes else channels
