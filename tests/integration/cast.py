"""Who plays in the generated world: invented companies, their people, and browsers. All from one seeded `Random`."""

from random import Random
from typing import Final

from msgspec import Struct

__all__ = ["Browser", "Company", "Person", "companies", "person_of", "stranger"]

_HEADS: Final = (
    "vel",
    "nor",
    "kas",
    "tir",
    "ombra",
    "quil",
    "sael",
    "brin",
    "dor",
    "fenn",
    "gal",
    "hest",
    "jor",
    "lum",
    "mar",
)
_TAILS: Final = (
    "ano",
    "wick",
    "entis",
    "ora",
    "mund",
    "ika",
    "olde",
    "avia",
    "strom",
    "ess",
    "uvo",
    "ix",
    "elle",
    "adan",
)
_TRADES: Final = ("works", "labs", "systems", "freight", "foods", "optics", "tools", "energy", "textiles", "robotics")
_FIRST: Final = (
    "Ada",
    "Bo",
    "Chi",
    "Dana",
    "Eun",
    "Femi",
    "Gita",
    "Hana",
    "Ivo",
    "Jun",
    "Kim",
    "Lea",
    "Min",
    "Noa",
    "Ola",
)
_LAST: Final = (
    "Aker",
    "Baek",
    "Castel",
    "Dahl",
    "Engel",
    "Fara",
    "Gunn",
    "Hong",
    "Iwata",
    "Jang",
    "Kern",
    "Lund",
    "Moon",
)
_TITLES: Final = ("Analyst", "Engineer", "Buyer", "Team Lead", "", "Assistant")
_AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
_MACHINE: Final = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
_FREE: Final = ("gmail.com", "naver.com")
NAMES: Final = len(_HEADS) * len(_TAILS) * len(_TRADES)  # of companies


class Company(Struct, frozen=True):
    """One invented company; `domain` is its registrable domain."""

    name: str
    domain: str


class Person(Struct, frozen=True):
    """Somebody with an address. `company` is None for those who write from free mail."""

    email: str
    name: str
    title: str
    company: Company | None


class Browser(Struct, frozen=True):
    """One browser. `skew_ms`: how far its clock is behind ours; `latency_ms`: its way to us."""

    anonymous_id: str
    source: str
    user_agent: str
    skew_ms: int
    latency_ms: int


def companies(random: Random, count: int) -> list[Company]:
    """`count` companies with different domains. Once all names are given, they are given again with a number."""
    found: dict[str, Company] = {}
    while len(found) < count:
        name = random.choice(_HEADS) + random.choice(_TAILS)
        trade = random.choice(_TRADES)
        again = len(found) // NAMES
        domain = f"{name}-{trade}-{again + 1}.example" if again else f"{name}-{trade}.example"
        found[domain] = Company(f"{name.title()} {trade.title()}", domain)
    return list(found.values())


def person_of(random: Random, number: int, company: Company | None) -> Person:
    """Person `number` (which makes the address their own), of a company or of free mail."""
    first, last = random.choice(_FIRST), random.choice(_LAST)
    host = random.choice(_FREE) if company is None else random.choice(("", "", "mail.")) + company.domain
    return Person(f"{first}.{last}.{number}@{host}".lower(), f"{first} {last}", random.choice(_TITLES), company)


def stranger(random: Random, number: int, *, source: str = "site", machine: bool = False) -> Browser:
    """Browser `number`: some with clocks far off, all with a latency of their own. `machine`: it says so itself."""
    skew = random.choice((0, 0, 0, random.randint(-900_000, 900_000), random.randint(-100_000_000, 100_000_000)))
    agent = _MACHINE if machine else _AGENT
    return Browser(f"b{number:05d}-{random.getrandbits(48):012x}", source, agent, skew, random.randint(5, 400))
