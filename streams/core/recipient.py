"""A recipient's row: what is due to a rep or a team, and what became of it on each channel.

A post is due on every configured channel that takes its level, until that channel's receipt is here. The clock says it
again where no receipt came, so a crash between row and channel loses nothing.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from schemas.activity import Version
from schemas.posts import Absence, Post, PostMessage, Receipt
from schemas.touches import Tick
from streams.core.effects import Due, Effects, Folded
from streams.core.folding import newer, settled
from streams.core.rules import Rules

__all__ = ["Kept", "Outcome", "Recipient", "fold"]

Outcome = Literal["sent", "refused"]
MAX_POSTS: Final = 128


class Kept(Struct, frozen=True, array_like=True):
    """One post and its receipts. `post` None: only a receipt has come. `said_at`, `said_by`: when it was last due."""

    post: Post | None = None
    outcomes: dict[str, Outcome] = {}
    said_at: int = 0
    said_by: Version | None = None


class Recipient(Struct, frozen=True, array_like=True):
    """One rep or team. `posts` by post_id. Times are UTC milliseconds."""

    FORMAT: ClassVar[int] = 1
    version: Version
    as_of: int
    wake_at: int | None = None
    posts: dict[str, Kept] = {}


def fold(
    key: str,
    row: Recipient | None,
    messages: Sequence[PostMessage],
    *,
    version: Version,
    rules: Rules,
    channels: frozenset[str],
) -> Folded[Recipient]:
    """The recipient after these posts, receipts and ticks. `channels` names those that are configured."""
    del key
    before = row or Recipient(version, as_of=0)
    posts = _heard(before.posts, messages)
    as_of = max(before.as_of, *(message.at for message in messages), 0)
    now = newer(before.version, version)
    repeat_ms = rules.routing.rules.repeat_after_s * 1_000
    for post_id, kept in posts.items():
        if _pending(kept, rules, channels) and (kept.said_by is None or as_of >= kept.said_at + repeat_ms):
            posts[post_id] = replace(kept, said_at=as_of, said_by=now)
    posts = _bounded(posts, rules, channels)
    waiting = [kept.said_at + repeat_ms for kept in posts.values() if _pending(kept, rules, channels)]
    after = replace(before, as_of=as_of, posts=posts, wake_at=min(waiting, default=None))
    return settled(
        row, after, version=version, say=lambda settled_row: _said(settled_row, rules, channels=channels, since=version)
    )


def _heard(posts: dict[str, Kept], messages: Iterable[PostMessage]) -> dict[str, Kept]:
    """The posts with what came: of two tellings of one post the newer alert, of two outcomes `sent`."""
    after = dict(posts)
    for message in messages:
        match message:
            case Post():
                kept = after.get(message.post_id, Kept())
                if kept.post is None or message.alert.version > kept.post.alert.version:
                    after[message.post_id] = replace(kept, post=message)
            case Receipt():
                kept = after.get(message.post_id, Kept())
                if kept.outcomes.get(message.channel) != "sent":
                    outcomes = kept.outcomes | {message.channel: message.outcome}
                    after[message.post_id] = replace(kept, outcomes=dict(sorted(outcomes.items())))
            case Absence() | Tick():
                pass
    return dict(sorted(after.items()))


def _pending(kept: Kept, rules: Rules, channels: frozenset[str]) -> tuple[str, ...]:
    """Channels that still owe a receipt."""
    if kept.post is None:
        return ()
    wanted = rules.routing.channels_of(kept.post.level)
    return tuple(name for name in wanted if name in channels and name not in kept.outcomes)


def _bounded(posts: dict[str, Kept], rules: Rules, channels: frozenset[str]) -> dict[str, Kept]:
    """At most 128 posts: what still waits stays longest, then the freshest."""
    if len(posts) <= MAX_POSTS:
        return posts

    def worth(post_id: str) -> tuple[bool, int, str]:
        kept = posts[post_id]
        return bool(_pending(kept, rules, channels)), 0 if kept.post is None else kept.post.at, post_id

    return {post_id: posts[post_id] for post_id in sorted(sorted(posts, key=worth, reverse=True)[:MAX_POSTS])}


def _said(row: Recipient, rules: Rules, *, channels: frozenset[str], since: Version) -> Effects:
    """What became due by this message or after it."""
    return Effects(
        dues=tuple(
            Due(channel, kept.post)
            for kept in row.posts.values()
            if kept.post is not None and kept.said_by is not None and kept.said_by >= since
            for channel in _pending(kept, rules, channels)
        )
    )
