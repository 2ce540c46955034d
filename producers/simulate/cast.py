"""Who plays: invented companies and invented people, the same for the same seed. `.example` belongs to nobody."""

from collections.abc import Sequence
from random import Random
from typing import Final, NamedTuple

__all__ = ["Cast", "Company", "Person", "cast"]

_HEADS: Final = ("Halden", "Nordkai", "Seoyang", "Quillon", "Brinmar", "Velaska", "Orsund", "Tarnow", "Ellmere", "Kasu")
_TRADES: Final = ("Optics", "Freight", "Foods", "Robotics", "Textiles", "Energy", "Tools", "Instruments")
_FIRST: Final = ("Mira", "Jonas", "Bo", "Tove", "Dana", "Ivo", "Lea", "Noah", "Aylin", "Femi", "Hana", "Kai", "Sun")
_LAST: Final = ("Lindqvist", "Aker", "Brandt", "Okafor", "Han", "Castel", "Duarte", "Engel", "Farkas", "Gunn", "Iwata")
_TITLES: Final = ("Head of Operations", "IT Director", "Buyer", "Plant Manager", "Process Engineer", "CFO")


class Company(NamedTuple):
    """One invented company."""

    name: str
    domain: str


class Person(NamedTuple):
    """One invented person at a company."""

    name: str
    email: str
    title: str
    company: Company


class Cast(NamedTuple):
    """The parts of the story."""

    back: Company  # lost, and back
    back_deal_people: tuple[Person, Person]
    back_colleague: Person
    slow: Company  # lost, one look only: for the digest
    slow_person: Person
    gone: Company  # lost, stays away
    gone_person: Person
    talking: Company  # an open deal
    talking_person: Person
    asker: Person  # fills in the inquiry form
    rep: tuple[str, str]  # name and address of the salesperson
    extras: Sequence[Person]  # some of those who come and go


def cast(random: Random) -> Cast:
    """Everybody, by chance but without doubles."""
    heads, trades = random.sample(_HEADS, k=len(_HEADS)), random.sample(_TRADES, k=len(_TRADES))
    companies = [_company(head, trades[number % len(trades)]) for number, head in enumerate(heads)]
    firsts = random.sample(_FIRST, k=len(_FIRST))
    people = [
        _person(first, random.choice(_LAST), random.choice(_TITLES), company=companies[number])
        for number, (first, number) in enumerate(zip(firsts, (0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9), strict=True))
    ]
    return Cast(
        back=companies[0],
        back_deal_people=(people[0], people[1]),
        back_colleague=people[2],
        slow=companies[1],
        slow_person=people[3],
        gone=companies[2],
        gone_person=people[4],
        talking=companies[3],
        talking_person=people[5],
        asker=people[6],
        rep=("Rita Sommer", "rita.sommer@planwerk.example"),
        extras=people[7:],
    )


def _company(head: str, trade: str) -> Company:
    return Company(f"{head} {trade}", f"{head}-{trade}.example".lower())


def _person(first: str, last: str, title: str, *, company: Company) -> Person:
    return Person(f"{first} {last}", f"{first}.{last}@{company.domain}".lower(), title, company)
