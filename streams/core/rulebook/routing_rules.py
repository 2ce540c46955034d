"""What `rules/routing.toml` may say: who sells, who is told, through which channels, and whom we never sell to."""

from collections.abc import Mapping
from datetime import date, time
from ipaddress import ip_network
from typing import Annotated, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from schemas.cards import AlertLevel
from streams.core.rulebook.faults import RuleFault, at, near, no_such_timezone
from streams.core.said import Said

__all__ = ["Channels", "Company", "Hours", "Language", "Network", "Rep", "RoutingRules", "Target"]

Domain: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]
Mail: TypeAlias = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$")]
Team: TypeAlias = Annotated[str, Meta(pattern=r"^team:[a-z0-9_-]+$")]
Language: TypeAlias = Literal["en", "ko"]
TWICE: Final = Said("is there twice")
OF_TWO: Final = Said("belongs to two companies")
Day: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Channels(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which channels take which level. A channel that is not configured is passed over."""

    real_time: tuple[str, ...] = ("webhook",)
    digest: tuple[str, ...] = ("webhook",)
    at_once: tuple[str, ...] = ("webhook", "console")  # these know neither quiet hours nor caps nor digests

    def __post_init__(self) -> None:
        """Raises ValueError for a channel whose posts over the day's most would reach nobody."""
        paced = [name for name in self.real_time if name not in (*self.at_once, *self.digest)]
        if paced:
            said = Said('"%(channel)s" takes no digest, where posts over most_a_day go; name it in digest too',
                        {"channel": paced[0]})  # fmt: skip
            raise RuleFault(said)


class Hours(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When sales is at work, in each rep's own time zone; nobody is told at other times (but of a request)."""

    begins: time = time(9)
    ends: time = time(18)
    days: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri")
    digest_at: time = time(8, 30)

    def __post_init__(self) -> None:
        """Raises ValueError where nobody would ever work."""
        if not self.days or self.begins >= self.ends:
            said = Said("nobody would ever be at work: begins must be before ends, and days must name one")
            raise RuleFault(said)


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
    language: Language = "en"

    def __post_init__(self) -> None:
        """Raises ValueError for a time zone that nobody knows."""
        try:
            ZoneInfo(self.timezone or "UTC")
        except (OSError, ValueError, LookupError) as error:
            raise RuleFault(no_such_timezone(self.timezone, such_as="Asia/Seoul")) from error


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
                raise RuleFault(Said("%(network)s is larger than any company's own network", {"network": text}))


class Company(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One company that has several domains: the first is its account."""

    domains: Annotated[tuple[Domain, ...], Meta(min_length=2)]


class RoutingRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. People of `own_domains` and `competitor_domains` are a dead end once they have a name."""

    team: Team = "team:sales"  # where nobody else is to be told
    language: Language = "en"  # of teams
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
        """Nobody stands there twice; leaders are reps in no circle, and so are those of targets. Raises ValueError."""
        leaders = {rep.email.lower(): (rep.leader or "").lower() for rep in self.rep}
        _once('rep "{}"', [rep.email for rep in self.rep], TWICE)
        _once('target "{}"', [one.domain for one in self.target], TWICE)
        _once('company "{}"', [domain for one in self.company for domain in one.domains], OF_TWO)
        for rep in self.rep:
            _is_rep(f'rep "{rep.email}": leader', rep.leader, leaders)
            if rep.email.lower() in _above(rep.email.lower(), leaders):
                said = Said("leads back to this rep; take one of the circle out")
                raise RuleFault(at(f'rep "{rep.email}": leader', said))
        for one in self.target:
            _is_rep(f'target "{one.domain}": rep', one.rep, leaders)

    def channels_of(self, level: AlertLevel) -> tuple[str, ...]:
        """Names of the channels that take this level."""
        return self.channels.real_time if level == "real_time" else self.channels.digest


def _once(whose: str, names: list[str], said: Said) -> None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise RuleFault(at(whose.format(name), said))
        seen.add(name.lower())


def _is_rep(whose: str, email: str | None, leaders: Mapping[str, str]) -> None:
    if email and email.lower() not in leaders:
        said = Said('there is no [[rep]] "%(email)s"%(near)s', {"email": email, "near": near(email, leaders)})
        raise RuleFault(at(whose, said))


def _above(email: str, leaders: Mapping[str, str]) -> set[str]:
    """All leaders above somebody."""
    found: set[str] = set()
    while (email := leaders.get(email, "")) and email not in found:
        found.add(email)
    return found
