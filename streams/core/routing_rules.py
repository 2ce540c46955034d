"""What `rules/routing.toml` may say: who is told, through which channels, and whom we never sell to."""

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from schemas.cards import AlertLevel

__all__ = ["Channels", "RoutingRules"]

Domain: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]


class Channels(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which channels take which level. A channel that is not configured is passed over."""

    real_time: tuple[str, ...] = ("webhook",)
    digest: tuple[str, ...] = ()


class RoutingRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. People of `own_domains` and `competitor_domains` are a dead end once they have a name."""

    team: Annotated[str, Meta(pattern=r"^team:[a-z0-9_-]+$")] = "team:sales"  # where a deal has no owner
    own_domains: tuple[Domain, ...] = ()
    competitor_domains: tuple[Domain, ...] = ()
    repeat_after_s: Annotated[int, Meta(ge=1)] = 60  # a post without receipt is due again
    channels: Channels = Channels()

    def channels_of(self, level: AlertLevel) -> tuple[str, ...]:
        """Names of the channels that take this level."""
        return self.channels.real_time if level == "real_time" else self.channels.digest
