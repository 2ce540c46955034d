"""Posts of an episode: remembered where they are decided, made once, and said again if their message comes again."""

from typing import Final

from msgspec.structs import replace

from schemas.activity import Version
from schemas.ids import post_id_of
from schemas.posts import AlertUpdate, Occasion, Post
from streams.core.account.row import Account, Episode, Posted
from streams.core.rules import Rules

__all__ = ["HOLD_OVER", "addressee", "posted", "posts_of", "raised_to", "updates_of"]

MAX_POSTS: Final = 64
HOLD_OVER: Final = "hold_over"  # the detail of a reminder that somebody may be talked to now


def addressee(episode: Episode, rules: Rules) -> str:
    """Whom the episode is with: who claimed it, else who was chosen, else the team."""
    owner = episode.claimer or episode.card.recipient
    return rules.routing.rules.team if owner is None else owner.recipient_id


def posted(
    episode: Episode, to: str, *, at: int, version: Version, occasion: Occasion, key: str = "", detail: str = ""
) -> Episode:
    """The episode with one more post, unless this recipient had it on this occasion. `key` says what is particular."""
    named = key or occasion
    if any((one.level, one.recipient_id, one.key) == (episode.level, to, named) for one in episode.posts):
        return episode
    post = Posted(episode.level, to, at, version, occasion, named, detail)
    return replace(episode, posts=_bounded((*episode.posts, post)))


def raised_to(episode: Episode, to: str, *, at: int, version: Version) -> Episode:
    """The episode, posted once at its level."""
    if any(one.level == episode.level and one.occasion == "raised" for one in episode.posts):
        return episode
    return posted(episode, to, at=at, version=version, occasion="raised")


def posts_of(row: Account, *, since: Version) -> tuple[Post, ...]:
    """Posts that a message of version `since` (or a later one) decided: said now, and again if it comes again."""
    return tuple(
        Post(
            to=one.recipient_id,
            post_id=post_id_of(episode.card.alert_id, one.level, one.recipient_id, occasion=one.key),
            level=one.level,
            at=one.at,
            alert=episode.card,
            occasion=one.occasion,
            detail=one.detail,
        )
        for episode in row.episodes
        for one in episode.posts
        if one.version >= since
    )


def updates_of(row: Account, *, since: Version) -> tuple[AlertUpdate, ...]:
    """What became of alerts, to everybody who was posted to by then.

    An alert that is as it was raised says nothing more; from its first change on each newer card is said. Somebody who
    was erased is a change, also of a closed one.
    """
    return tuple(
        AlertUpdate(to=to, alert=episode.card, scrubbed=episode.scrubbed_by is not None)
        for episode in row.episodes
        if episode.card.version >= since and _has_changed(episode)
        for to in sorted({one.recipient_id for one in episode.posts if one.version <= episode.card.version})
    )


def _has_changed(episode: Episode) -> bool:
    """Whether its status is or was another, or R or its people are others than when it was raised."""
    was_another = episode.snoozed_at is not None or episode.released_at is not None
    return was_another or episode.card.status != "open" or episode.card.updates > 0


def _bounded(posts: tuple[Posted, ...]) -> tuple[Posted, ...]:
    """At most 64 of an episode: that its levels were raised is never forgotten, then the newest."""
    if len(posts) <= MAX_POSTS:
        return posts
    raised = [one for one in posts if one.occasion == "raised"]
    rest = [one for one in posts if one.occasion != "raised"]
    return (*raised, *rest[len(raised) - MAX_POSTS :])
