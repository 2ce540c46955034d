"""People whose names stand in nothing else, what they do, and where any trace of them is."""

import time
from random import Random
from typing import Any, Final

from msgspec import Raw
from redis import Redis

from schemas.codec import encode
from schemas.crm import ContactFields, ContactRecord, DealLink, DealPatch
from schemas.deals import DealFacts, DealPerson, DealReport
from schemas.delivery import Delivery
from schemas.ids import Naming
from schemas.topics import partition_of
from schemas.touches import EraseOrder
from tests.integration.bus import Bus
from tests.integration.workers import SECRET
from tests.unit.core.made import engaged, identify, page

__all__ = ["Feed", "Person", "in_redis", "traces"]

NAMING: Final = Naming(SECRET.encode())
DAY: Final = 86_400_000


class Person:
    """One of them, and all that names them: the words are in nothing else."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.email = f"zq{number}vx@firm{number % 5}.example"
        self.name = f"Wolframine Q{number}Zebulon"
        self.lead_id = NAMING.lead_of_email(self.email)
        self.browsers = (f"b{number}a", f"b{number}b")

    @property
    def words(self) -> tuple[bytes, ...]:
        return self.email.encode(), f"Q{self.number}Zebulon".encode()


class Feed:
    """What is written to the inboxes, by collectors and CRMs."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.random = Random(25)
        self.sent = 0

    def visits(self, person: Person) -> None:
        who, at = self.random.choice(person.browsers), int(time.time() * 1_000) - self.random.randrange(60_000)
        path = self.random.choice(("/pricing", "/compare/rival", "/product"))
        told = [page(path, at, self.sent, who=who), engaged(path, at, self.sent, who=who)]
        if self.random.random() < 0.5:
            told.append(identify(at, who=who, email=person.email, name=person.name))
        self._events(who, told)

    def says_who(self, person: Person) -> None:
        at = int(time.time() * 1_000)
        for who in person.browsers:
            self._events(who, [identify(at, who=who, email=person.email, name=person.name)])

    def deals(self, people: list[Person]) -> None:
        """Each firm lost a deal long ago; its people are on it, once by address and once as the CRM's contacts."""
        at = int(time.time() * 1_000) - 60 * DAY
        for firm in range(5):
            staff = [one for one in people if one.number % 5 == firm]
            key = f"deal:crm:{firm}"
            facts = DealFacts(deal_id=key, status="lost", account_id=f"firm{firm}.example", account_name=f"Firm {firm}",
                              reported_at=at, lost_at=at, lost_reason="price",
                              people=tuple(DealPerson(one.lead_id, one.email, one.name) for one in staff))  # fmt: skip
            self._tell("signals", DealReport(to=key, received_at=at, deal=facts))
            links = tuple(DealLink(to=f"contact:crm:{one.number}", present=True) for one in staff)
            self._tell("signals", DealPatch(to=key, source="crm", reported_at=at, received_at=at, links=links))
        for one in people:
            fields = ContactFields(email=one.email, first_name="Wolframine", last_name=f"Q{one.number}Zebulon")
            self._tell("signals", ContactRecord(to=f"contact:crm:{one.number}", source="crm", reported_at=at,
                                                received_at=at, fields=fields))  # fmt: skip

    def erase(self, person: Person) -> None:
        now = int(time.time() * 1_000)
        self._tell("touches", EraseOrder(to=person.lead_id, lead_id=person.lead_id, at=now, actor="Olga"))

    def _events(self, who: str, events: list[dict[str, Any]]) -> None:
        self.sent += len(events)
        now = int(time.time() * 1_000)
        sent = Delivery(received_at=now, source="site", events=[Raw(encode(one)) for one in events])
        self.bus.write("visits", [(partition_of(who, self.bus.partitions), b"[" + encode(sent) + b"]")])

    def _tell(self, topic: str, message: Any) -> None:
        self.sent += 1
        self.bus.send(topic, message.to, encode(message))


def traces(bus: Bus, names: list[str], words: tuple[bytes, ...]) -> list[str]:
    """Where any of these words is in what the broker still holds of these topics."""
    return [
        f"{name}/{one.partition}@{one.offset} {one.key}"
        for name in names for one in bus.read_full(name)
        if one.value is not None and any(word in one.value for word in words)
    ]  # fmt: skip


def in_redis(url: str, words: tuple[bytes, ...]) -> list[str]:
    """The keys that hold any of these words, or are one."""
    with Redis.from_url(url) as redis:
        found = []
        for key in redis.scan_iter("*"):
            kind = redis.type(key)
            held = {b"hash": redis.hgetall, b"zset": lambda one: redis.zrange(one, 0, -1),
                    b"string": redis.get}[kind](key)  # fmt: skip
            text = repr(held).encode()
            found += [f"{key!r} {word!r}" for word in words if word.lower() in text.lower()]
        return found
