r"""Bytes of strangers, written for people: JSON in lines, all else as text; what cannot be seen is written as its code.

>>> readable(b'{"a":[1,"\xc2\x9b2J"]}')
'{\n  "a": [\n    1,\n    "\\x9b2J"\n  ]\n}'
>>> readable(b'\x1b[2Jno JSON\xff')
'\\x1b[2Jno JSON\\xff'
"""

import json
from difflib import unified_diff

from streams.replay.inside import document_in

__all__ = ["difference", "readable", "visible"]


def visible(text: str, *, lines: bool = False) -> str:
    """The text without anything that a terminal or a browser would act upon; line ends stay where `lines`."""
    kept = "\n" if lines else ""
    return "".join(c if c.isprintable() or c in kept else c.encode("unicode_escape").decode() for c in text)


def readable(raw: bytes) -> str:
    """As lines of text. Never raises."""
    try:
        text = json.dumps(json.loads(raw), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = raw.decode("utf-8", "backslashreplace")
    return visible(text, lines=True)


def difference(before: bytes, after: bytes, *, inside: str = "") -> list[str]:
    """The lines of a unified diff of both, without its two heads; empty where they say the same.

    `inside`: of the documents that lie as text in this field.
    """
    if inside:
        before, after = document_in(before, inside), document_in(after, inside)
    lines = unified_diff(readable(before).split("\n"), readable(after).split("\n"), lineterm="", n=2)
    return [line for line in lines if not line.startswith(("--- ", "+++ "))]
