"""News of leads in a recipient's row: due to the webhook until its receipt is here, as posts are.

Such a row is named after the lead, so news of many leads wait in many rows; rows of reps and teams have none. Of a lead
that is erased only that it left its audiences is told: the rest is forgotten, and so is what comes later.
"""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from schemas.activity import Version
from schemas.posts import LeadNews, Receipt
from streams.core.effects import Due
from streams.core.recipient.place import Place
from streams.core.recipient.receipts import with_receipt
from streams.core.recipient.row import Heard, Recipient

__all__ = ["bounded_news", "news_due", "news_forgotten", "news_heard", "news_received", "news_said", "news_wakes"]

MAX_WAITING: Final = 64
MAX_SETTLED: Final = 64


def news_heard(row: Recipient, news: LeadNews) -> Recipient:
    """The row with news; what came before, or is settled, stays as it is."""
    if (held := row.news.get(news.post_id)) is not None and (held.news is not None or held.told):
        return row
    told = Heard(news, at=news.at, outcomes=held.outcomes if held else {})
    return replace(row, news=row.news | {news.post_id: _forgotten(told) if row.erased else told})


def news_forgotten(row: Recipient) -> Recipient:
    """The row of a lead that is erased."""
    return replace(row, erased=True, news={name: _forgotten(one) for name, one in row.news.items()})


def news_received(row: Recipient, receipt: Receipt) -> Recipient:
    """The row with a receipt; of two on one channel `sent`."""
    held = row.news.get(receipt.post_id, Heard(None, at=receipt.at))
    told = replace(held, outcomes=with_receipt(held.outcomes, receipt))
    return replace(row, news=row.news | {receipt.post_id: told})


def news_due(row: Recipient, place: Place, *, version: Version) -> Recipient:
    """The row with what is due now, for the first time or because no receipt came, and without what needs none."""
    if not row.news:
        return row
    news = {name: _due_now(one, row, place, version=version) for name, one in row.news.items()}
    return replace(row, news=news)


def news_said(row: Recipient, place: Place, *, since: Version) -> list[Due]:
    """What a message of version `since` or a later one made due."""
    return [
        Due(channel, one.news) for one in row.news.values()
        if one.news is not None and one.said_by is not None and one.said_by >= since
        for channel in place.owed_news(one)
    ]  # fmt: skip


def news_wakes(row: Recipient, place: Place) -> list[int]:
    """When news without a receipt are due again."""
    return [place.again_at(one.said_at) for one in row.news.values() if one.news is not None]


def bounded_news(row: Recipient) -> tuple[Recipient, tuple[str, ...]]:
    """The row with at most 64 news that wait and 64 that are settled, the freshest, and the bounds that were met."""
    if len(row.news) <= min(MAX_WAITING, MAX_SETTLED):
        return row, ()
    waiting, pushed_out = _freshest(row, (name for name, one in row.news.items() if one.news is not None), MAX_WAITING)
    settled, _ = _freshest(row, (name for name, one in row.news.items() if one.news is None), MAX_SETTLED)
    kept = waiting | settled
    return replace(row, news={name: one for name, one in row.news.items() if name in kept}), pushed_out


def _freshest(row: Recipient, names: Iterable[str], most: int) -> tuple[set[str], tuple[str, ...]]:
    ordered = sorted(names, key=lambda name: (row.news[name].at, name), reverse=True)
    return set(ordered[:most]), ("news",) if len(ordered) > most else ()


def _due_now(one: Heard, row: Recipient, place: Place, *, version: Version) -> Heard:
    if one.news is None:
        return one
    if not place.owed_news(one):
        return replace(one, news=None, told=True)
    if one.said_by is None or row.now >= place.again_at(one.said_at):
        return replace(one, said_at=row.now, said_by=version)
    return one


def _forgotten(one: Heard) -> Heard:
    """It counts as settled; that the lead left an audience does not."""
    if one.news is None or one.news.kind == "audience.left":
        return one
    return Heard(None, at=one.at, outcomes=one.outcomes, told=True)
