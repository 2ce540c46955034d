"""Events that nobody can use, planted among good ones: each must come out in `rejected`, once, with its reason."""

from collections.abc import Sequence
from random import Random
from typing import Final

from msgspec import Raw, Struct
from msgspec.json import decode, encode

from schemas.delivery import Delivery
from schemas.rejected import Reason

__all__ = ["Planted", "plant"]

_KINDS: Final[tuple[tuple[Reason, bytes], ...]] = (
    (Reason.UNKNOWN_TYPE, b'{"type":"purchase","messageId":"%s","anonymousId":"%s"}'),
    (Reason.SCHEMA, b'{"type":"track","messageId":"%s","anonymousId":"%s","event":{"deep":1}}'),
    (Reason.SCHEMA, b'{"type":"page","messageId":"%s","anonymousId":"%s","properties":[1]}'),
    (Reason.NUMBER, b'{"type":"page","messageId":"%s","anonymousId":"%s","properties":{"url":"/","price":1e999}}'),
    (Reason.NO_ID, b'{"type":"page","messageId":"%s","x":"%s","anonymousId":"null","properties":{"path":"/"}}'),
    (Reason.BAD_EMAIL, b'{"type":"identify","messageId":"%s","anonymousId":"%s","traits":{"email":"not an address"}}'),
)


class Planted(Struct, frozen=True):
    """One planted event: its bytes as they must come back, and why they were refused."""

    raw: bytes
    reason: Reason


def plant(
    random: Random, arrivals: Sequence[tuple[str, bytes]], *, count: int
) -> tuple[list[tuple[str, bytes]], list[Planted]]:
    """The arrivals with `count` bad events, each inside a delivery beside good ones."""
    made = list(arrivals)
    planted: list[Planted] = []
    usable = [
        place for place, (_, delivery) in enumerate(made) if b"Googlebot" not in delivery
    ]  # machines are left out
    for number, place in enumerate(random.sample(usable, count)):
        reason, form = _KINDS[number % len(_KINDS)]
        visitor_id, delivery = made[place]
        raw = form % (b"poison-%d" % number, visitor_id.encode())
        around = decode(delivery, type=Delivery)
        at = random.randint(0, len(around.events))
        events = [*around.events[:at], Raw(raw), *around.events[at:]]
        whole = {name: getattr(around, name) for name in around.__struct_fields__} | {"events": events}
        made[place] = (visitor_id, encode(Delivery(**whole)))
        planted.append(Planted(raw, reason))
    return made, planted
