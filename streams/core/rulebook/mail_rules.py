"""What the table `[mail]` of `rules/scoring.toml` may say: when a click is a person's. Times are milliseconds."""

from ipaddress import ip_network
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from streams.core.rulebook.faults import RuleFault
from streams.core.said import Said

__all__ = ["MailNetwork", "MailRules"]

Span: TypeAlias = Annotated[int, Meta(ge=0)]
# Addresses are truncated before anything is written, so a range must hold all that an address may have been.
FINEST: Final = {4: 24, 6: 48}
WIDEST_CERTAIN: Final = {4: 16, 6: 32}  # customers browse from whole clouds


class MailNetwork(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Addresses from which machines fetch mail links. `certain` proves it; `probable` needs another weak sign."""

    name: str
    ranges: Annotated[tuple[str, ...], Meta(min_length=1)]
    trust: Literal["certain", "probable"] = "probable"
    scope: Literal["opens", "clicks", "all"] = "all"

    def __post_init__(self) -> None:
        """Raises ValueError for what is no network, and for one too narrow or too wide to mean anything."""
        for text in self.ranges:
            found = ip_network(text, strict=False)
            if found.prefixlen > (finest := FINEST[found.version]):
                said = Said("%(network)s is narrower than addresses are kept; write /%(finest)s or wider",
                            {"network": text, "finest": finest})  # fmt: skip
                raise RuleFault(said)
            if self.trust == "certain" and found.prefixlen < WIDEST_CERTAIN[found.version]:
                said = Said("%(network)s is too wide to be certain; people browse from there too", {"network": text})
                raise RuleFault(said)


class MailRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Signs and their spans. `hidden_links`: whether fetches of links that people do not see count as a sign."""

    confirmed_within_ms: Span = 1_800_000
    confirmed_dwell_ms: Span = 5_000
    confirmed_interactions: Span = 1
    pending_ms: Span = 900_000
    delivered_ms: Span = 2_000  # a click less than this after the delivery is a machine's
    burst_ms: Span = 1_000  # two links of one message within this: machine
    twin_ms: Span = 2_000  # the same link twice within this is one click
    early_ms: Span = 30_000  # less than this after the delivery, and before any open: weak
    hidden_links: bool = False
    hidden_ms: Span = 10_000
    hidden_for_ms: Span = 900_000
    network: tuple[MailNetwork, ...] = ()
