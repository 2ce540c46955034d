"""What one sender always is: by source, key, user agent and address. Looked up once for all its deliveries."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

from msgspec import Struct

from schemas.delivery import Trust
from schemas.ids import hit_ids_of
from schemas.lookups import remembered
from streams.core.events.addresses import Addresses, addresses_in
from streams.core.events.machines import is_machine, reads_by_itself
from streams.core.rules import Rules
from streams.core.visitor.networks import network_of

__all__ = ["Sender", "senders_in"]

REMEMBERED: Final = 8_192


class Sender(Struct, frozen=True):
    """`trust` and `user_agent` are the delivery's.

    `reads`: that user agent is a machine's (most events repeat it). `posts_as_machine`: so is who sends events that
    name no user agent of their own; not where the delivery's only names the program that posts.
    `network`: as `network_of` has it. `attention`: of a page that was just opened, None where the source cannot measure
    it. `believed`: whom an event names counts, also unsigned.
    """

    source: str
    trust: Trust
    user_agent: str | None
    reads: bool
    posts_as_machine: bool
    network: str
    attention: int | None
    believed: bool
    hit_id_of: Callable[[str], int]
    addresses: Addresses
    rules: Rules


Senders: TypeAlias = Callable[[str, Trust, str | None, str | None], Sender]


@lru_cache(8)
def senders_in(rules: Rules) -> Senders:
    """The function from source, trust, user agent and address (None where no network is listed) to their sender."""

    def look_up(source: str, trust: Trust, user_agent: str | None, ip: str | None) -> Sender:  # noqa: PLR0917  by place
        return Sender(
            source=source,
            trust=trust,
            user_agent=user_agent,
            reads=is_machine(user_agent) if user_agent else False,
            posts_as_machine=_posts_as_machine(user_agent, trust=trust, rules=rules),
            network=network_of(ip, trust=trust, rules=rules),
            attention=0 if rules.site.measures_dwell(source) else None,
            believed=rules.identity == "open" or trust == "proven",
            hit_id_of=hit_ids_of(source),
            addresses=addresses_in(rules),
            rules=rules,
        )

    return remembered("senders", most=REMEMBERED)(look_up)


def _posts_as_machine(user_agent: str | None, *, trust: Trust, rules: Rules) -> bool:
    return bool(user_agent) and trust != "proven" and reads_by_itself(user_agent or "", rules.site.senders)
