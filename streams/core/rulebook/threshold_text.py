"""The threshold as it stands in the text of stages.toml: read by people, changed in one place, all else as it was."""

import re
from typing import Final

__all__ = ["with_threshold"]

_TABLE: Final = re.compile(r"^[ \t]*\[qualified\][^\n]*\n", re.MULTILINE)
_NEXT: Final = re.compile(r"^[ \t]*\[", re.MULTILINE)
_TOTAL: Final = re.compile(r"^(?P<before>[ \t]*total[ \t]*=[ \t]*)[^\s#]+", re.MULTILINE)


def with_threshold(text: str, total: float) -> str:
    r"""The text with `total` of `[qualified]` at so many points; comments and everything else stay.

    >>> with_threshold("[qualified]  # T3\ntotal = 100.0  # points\n", 110)
    '[qualified]  # T3\ntotal = 110.0  # points\n'
    """
    line = f"total = {float(total)}\n"
    text += "" if text.endswith("\n") or not text else "\n"
    table = _TABLE.search(text)
    if table is None:
        return f"{text}\n[qualified]\n{line}"
    found = _NEXT.search(text, table.end())
    ends = len(text) if found is None else found.start()
    inside = text[table.end() : ends]
    if _TOTAL.search(inside):
        changed = _TOTAL.sub(lambda old: f"{old['before']}{float(total)}", inside, count=1)
    else:
        changed = line + inside
    return text[: table.end()] + changed + text[ends:]
