"""A file of costs that says others, and keeps what its operator wrote beside them: comments, order of keys.

Its text is blocks: a `[[cost]]` with the comments right above it, up to the next. A bill that stays keeps its block as
it is, one whose amount or labels changed all but these, and of one that is gone the comments move to the file's end.
"""

import re
from collections import defaultdict, deque
from collections.abc import Hashable, Sequence
from typing import Final

from msgspec import Struct

from streams.core.flow.costs import Cost, fields_of, text_of

__all__ = ["rewritten"]

_HEADER: Final = re.compile(r"^\s*\[\[\s*cost\s*\]\](?P<tail>.*)$")
_COMMENT: Final = re.compile(r"^\s*#")
_LINE: Final = re.compile(
    r"""^(?P<head>\s*(?P<key>[a-z]+)\s*=\s*)(?P<value>"(?:[^"\\]|\\.)*"|'[^']*'|[^#"']*?)(?P<tail>\s*(?:\#.*)?)$"""
)


class _Block(Struct, frozen=True, eq=False):
    cost: Cost
    lines: Sequence[str]


def rewritten(text: str, held: Sequence[Cost], wanted: Sequence[Cost]) -> str:
    """The text that says `wanted`. `held`: what it says now.

    It is made of lines: whoever needs to be sure reads it, for a text may be laid out in a way that this does not know.
    """
    head, blocks = _blocks(text.split("\n"), held)  # the only end of a line that TOML knows
    found = _matched(blocks, wanted)
    said = [text_of([one]) if block is None else _said(block, one) for one, block in zip(wanted, found, strict=True)]
    kept = {id(block) for block in found}
    gone = [line for block in blocks if id(block) not in kept for line in _comments(block.lines)]
    parts = ("\n".join(head), *said, "\n".join(gone))
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def _blocks(lines: Sequence[str], held: Sequence[Cost]) -> tuple[Sequence[str], Sequence[_Block]]:
    """What stands before the first, and each with the bill that it is."""
    starts = [_begins(lines, number) for number, line in enumerate(lines) if _HEADER.match(line)]
    ends = [*starts[1:], len(lines)]
    blocks = [_Block(cost, lines[start:end]) for cost, start, end in zip(held, starts, ends, strict=False)]
    return lines[: starts[0]] if starts else lines, blocks


def _begins(lines: Sequence[str], header: int) -> int:
    """Where the comments right above begin."""
    while header and _COMMENT.match(lines[header - 1]):
        header -= 1
    return header


def _matched(blocks: Sequence[_Block], wanted: Sequence[Cost]) -> Sequence[_Block | None]:
    """For each its block: one that says the same, else one of the same bill; each block once."""
    found: list[_Block | None] = [None] * len(wanted)
    left: Sequence[_Block] = blocks
    for key in (_itself, _bill):
        by: dict[Hashable, deque[_Block]] = defaultdict(deque)
        for block in left:
            by[key(block.cost)].append(block)
        for number, one in enumerate(wanted):
            if found[number] is None and (of_key := by.get(key(one))):
                found[number] = of_key.popleft()
        left = [block for of_key in by.values() for block in of_key]
    return found


def _itself(cost: Cost) -> Hashable:
    return cost


def _bill(cost: Cost) -> Hashable:
    """What makes it the same bill, whatever it says of it now."""
    return cost.medium, cost.source, cost.program, cost.first


def _said(block: _Block, cost: Cost) -> str:
    """The block, saying this of the same bill."""
    before, after = fields_of(block.cost), fields_of(cost)
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    lines = [told for line in block.lines for told in _line(line, changed, after)]
    here = {found["key"] for line in block.lines if (found := _LINE.match(line))}
    header = next(number for number, line in enumerate(lines) if _HEADER.match(line))
    lines[header + 1 : header + 1] = [f"{key} = {after[key]}" for key in after if key in changed - here]
    return "\n".join(lines)


def _line(line: str, changed: set[str], after: dict[str, str]) -> Sequence[str]:
    found = _LINE.match(line)
    if found is None or found["key"] not in changed:
        return (line,)
    if found["key"] in after:
        return (f"{found['head']}{after[found['key']]}{found['tail']}",)
    return _comments((line,))


def _comments(lines: Sequence[str]) -> Sequence[str]:
    """What somebody wrote in these, each on a line of its own."""
    found = (line if _COMMENT.match(line) else _tail(line) for line in lines)
    return [one.strip() for one in found if one.strip()]


def _tail(line: str) -> str:
    found = _LINE.match(line) or _HEADER.match(line)
    return found["tail"] if found else ""
