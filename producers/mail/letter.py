"""What a sender puts into one mail to one lead: its links, its pixel, its headers. Pure: no look-up, no network."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from producers.mail.links import Link, Links

__all__ = ["Letter", "letter"]


class Letter(Struct, frozen=True, kw_only=True):
    """`links` in the order of their targets; `pixel` "" where nobody is to be tracked. `headers` by name."""

    links: tuple[str, ...]
    pixel: str
    unsubscribe: str
    headers: dict[str, str]


def letter(links: Links, link: Link, targets: Sequence[str], *, base: str, tracked: bool = True) -> Letter:
    """`base`: the collector's public address. `tracked` False, without consent: plain links and no pixel.

    Raises BadLink and BadTarget.
    """
    root = base.rstrip("/") + "/m"
    numbered = [replace(link, to=to, number=str(place)) for place, to in enumerate(targets, 1)]
    leave = f"{root}/u/{links.token('unsubscribe', link)}"
    return Letter(
        links=tuple(f"{root}/c/{links.token('click', one)}" if tracked else one.to for one in numbered),
        pixel=f"{root}/o/{links.token('open', link)}.gif" if tracked else "",
        unsubscribe=leave,
        headers={
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "X-Leadstream-Lead": link.lead_id,
            "X-Leadstream-Message": link.message_id,
        },
    )
