"""What `rules/routing.toml` may say: who sells, who is told, through which channels, and whom we never sell to."""

from datetime import date, time
from ipaddress import ip_network
from typing import Annotated, Literal, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from schemas.cards import AlertLevel

__all__ = ["Channels", "Company", "Hours", "Network", "Rep", "RoutingRules", "Target"]

Domain: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]
Mail: TypeAlias = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$")]
Team: TypeAlias = Annotated[str, Meta(pattern=r"^team:[a-z0-9_-]+$")]
Day: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Channels(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which channels take which level. A channel that is not configured is passed over."""

    real_time: tuple[str, ...] = ("webhook",)
    digest: tuple[str, ...] = ()
    at_once: tuple[str, ...] = ("webhook",)  # these know neither quiet hours nor caps nor digests


class Hours(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When sales is at work, in each rep's own time zone; nobody is told at other times (but of a request)."""

    begins: time = time(9)
    ends: time = time(18)
    days: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri")
    digest_at: time = time(8, 30)

    def __post_init__(self) -> None:
        """Raises ValueError where nobody would ever work."""
        if not self.days or self.begins >= self.ends:
            raise ValueError("nobody would ever be at work: begins must be before ends, and days must name one")


class Rep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who sells. `leader` hears when nobody claims; `territories` are regions as the trait `region` has them.

    `timezone` "" = the site's.
    """

    email: Mail
    name: str = ""
    timezone: str = ""
    leader: Mail | None = None
    active: bool = True
    field: bool = False  # a field salesperson: gets a copy, no round robin
    territories: tuple[str, ...] = ()
    language: Literal["en", "ko"] = "en"

    def __post_init__(self) -> None:
        """Raises ValueError for a time zone that nobody knows."""
        try:
            ZoneInfo(self.timezone or "UTC")
        except (OSError, ValueError, LookupError) as error:
            raise ValueError(f'no time zone is named "{self.timezone}"; write one such as "Asia/Seoul"') from error


class Target(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A company that we aim at: who of it attends a program of our own goes straight to a meeting with this rep."""

    domain: Domain
    rep: Mail | None = None


class Network(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Addresses of one company's offices. Never those of a provider, a mobile net, a VPN, a hoster, a university."""

    domain: Domain
    ranges: Annotated[tuple[str, ...], Meta(min_length=1)]

    def __post_init__(self) -> None:
        """Raises ValueError for what is no network, and for one so large that it is no company's."""
        for text in self.ranges:
            found = ip_network(text, strict=False)
            if found.prefixlen < (12 if found.version == 4 else 28):
                raise ValueError(f"{text} is larger than any company's own network")


class Company(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One company that has several domains: the first is its account."""

    domains: Annotated[tuple[Domain, ...], Meta(min_length=2)]


class RoutingRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. People of `own_domains` and `competitor_domains` are a dead end once they have a name."""

    team: Team = "team:sales"  # where nobody else is to be told
    own_domains: tuple[Domain, ...] = ()
    competitor_domains: tuple[Domain, ...] = ()
    holidays: tuple[date, ...] = ()
    repeat_after_s: Annotated[int, Meta(ge=1)] = 60  # a post without receipt is due again
    most_a_day: Annotated[int, Meta(ge=1)] = 5  # real-time messages of one rep and local day; requests do not count
    digest_most: Annotated[int, Meta(ge=1)] = 10
    hours: Hours = Hours()
    channels: Channels = Channels()
    rep: tuple[Rep, ...] = ()
    target: tuple[Target, ...] = ()
    network: tuple[Network, ...] = ()
    company: tuple[Company, ...] = ()

    def __post_init__(self) -> None:
        """Nobody stands there twice, and leaders and target reps are reps. Raises ValueError."""
        emails = [rep.email.lower() for rep in self.rep]
        if doubled := next((email for email in emails if emails.count(email) > 1), None):
            raise ValueError(f'rep "{doubled}" is there twice')
        named = [rep.leader for rep in self.rep] + [one.rep for one in self.target]
        if lost := next((email for email in named if email and email.lower() not in emails), None):
            raise ValueError(f'there is no [[rep]] "{lost}"')
        domains = [domain for one in self.company for domain in one.domains]
        if doubled := next((domain for domain in domains if domains.count(domain) > 1), None):
            raise ValueError(f'domain "{doubled}" belongs to two companies')

    def channels_of(self, level: AlertLevel) -> tuple[str, ...]:
        """Names of the channels that take this level."""
        return self.channels.real_time if level == "real_time" else self.channels.digest
