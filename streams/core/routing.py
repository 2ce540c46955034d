"""`routing.toml` made ready: reps by recipient, whose account a domain or a network is, when who is at work."""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Final

from schemas.cards import AlertLevel
from schemas.ids import Naming, account_id_of, registrable_domain
from schemas.lookups import remembered
from streams.core.business_time import BusinessTime
from streams.core.rulebook.routing_rules import Language, Rep, RoutingRules, Target

__all__ = ["Routing"]

_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Routing:
    """Who is told, and who is whose. Immutable but for its look-up caches."""

    __slots__ = (
        "_calendars", "_company_of", "_competitors", "_naming", "_network_of", "_networks", "_own", "reps", "rules",
        "site_time", "targets",
    )  # fmt: skip

    def __init__(self, rules: RoutingRules, naming: Naming, *, timezone: str) -> None:
        self.rules = rules
        self._naming = naming
        self.site_time = self._calendar(timezone)
        self.reps: Mapping[str, Rep] = {naming.recipient_of(rep.email): rep for rep in rules.rep}
        self._calendars = {
            recipient_id: self._calendar(rep.timezone or timezone) for recipient_id, rep in self.reps.items()
        }
        self._company_of = {other: one.domains[0] for one in rules.company for other in one.domains[1:]}
        self.targets: Mapping[str, Target] = {self.company(one.domain): one for one in rules.target}
        self._own, self._competitors = frozenset(rules.own_domains), frozenset(rules.competitor_domains)
        self._networks = tuple(
            (ip_network(text, strict=False), self.company(one.domain)) for one in rules.network for text in one.ranges
        )
        self._network_of = remembered("network_addresses", most=16_384)(self._look_up)

    def company(self, domain: str) -> str:
        """The account of a registrable domain: of a company with several the first."""
        return self._company_of.get(domain, domain)

    def account_of(self, email: str) -> str:
        """The account that an address belongs to, "" for free mail and for none."""
        found = account_id_of(email) if email else None
        return "" if found is None else self.company(found)

    def set_aside(self, email: str) -> str:
        """Why we never sell to this address: `staff`, `competitor`, "" for no reason."""
        domain = registrable_domain(email.rpartition("@")[2]) if email else None
        return "" if domain is None else self.set_aside_account(domain)

    def set_aside_account(self, domain: str) -> str:
        """Why we never sell to this company: `staff` (we are it), `competitor`, "" for no reason."""
        company = self.company(domain)
        if domain in self._own or company in self._own:
            return "staff"
        return "competitor" if domain in self._competitors or company in self._competitors else ""

    def account_of_network(self, ip: str | None) -> str:
        """The account whose listed office an address (whole or truncated) lies in, "" for none."""
        return self._network_of(ip) if ip and self._networks else ""

    def time_of(self, recipient_id: str) -> BusinessTime:
        """When this rep (a team: the site) is at work."""
        return self._calendars.get(recipient_id, self.site_time)

    def is_active(self, recipient_id: str) -> bool:
        """Whether to tell this rep. Somebody whom the file does not list is; who left is listed as not active."""
        rep = self.reps.get(recipient_id)
        return rep is None or rep.active

    def in_line(self, territory: str = "") -> tuple[str, ...]:
        """Active reps who take turns, in the order of the file: those of a territory, where it has any, else all."""
        turns = [(who, rep) for who, rep in self.reps.items() if rep.active and not rep.field]
        wanted = territory.casefold()
        covering = [who for who, rep in turns if wanted in (one.casefold() for one in rep.territories)]
        return tuple(covering) or tuple(who for who, _ in turns)

    def leader_of(self, recipient_id: str) -> str | None:
        """The nearest active leader above a rep, None where the file names none."""
        rep = self.reps.get(recipient_id)
        while rep is not None and rep.leader is not None:
            leader = self._naming.recipient_of(rep.leader)
            rep = self.reps[leader]
            if rep.active:
                return leader
        return None

    def language_of(self, recipient_id: str) -> Language:
        """What a rep reads; a team and whom the file does not list: the site's language."""
        rep = self.reps.get(recipient_id)
        return self.rules.language if rep is None else rep.language

    def channels_of(self, level: AlertLevel) -> tuple[str, ...]:
        """Names of the channels that take this level."""
        return self.rules.channels_of(level)

    def _calendar(self, timezone: str) -> BusinessTime:
        hours = self.rules.hours
        days = tuple(sorted(_WEEK.index(day) for day in hours.days))
        return BusinessTime(timezone, hours.begins, hours.ends, days, self.rules.holidays)

    def _look_up(self, ip: str) -> str:
        try:
            address = ip_address(ip.partition("/")[0])
        except ValueError:
            return ""
        return next((account for network, account in self._networks if address in network), "")
