"""Text that Slack shows as it is: three characters begin all of its links and mentions."""

from typing import Final

__all__ = ["escaped"]

LONGEST: Final = 3_000
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def escaped(text: str, most: int = LONGEST) -> str:
    """At most so many characters, none of which Slack reads as markup. An escape is never cut in two.

    >>> escaped("<!channel> R&D", 14)
    '&lt;!channel…'
    """
    whole = text.translate(_ESCAPES)
    if len(whole) <= most:
        return whole
    kept, room = [], most - 1
    for one in text:
        told = one.translate(_ESCAPES)
        room -= len(told)
        if room < 0:
            break
        kept.append(told)
    return "".join(kept) + "…"
