"""An alert's message in Slack after a button was pressed: who did what, and only the buttons that are left.

The ids of its blocks stay, by which the channel finds the message again.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from schemas.signals import AlertVerb
from streams.outgoing.slack_markup import escaped

__all__ = ["edited"]

Block: TypeAlias = dict[str, Any]
LINK: Final = "open"


def edited(blocks: Sequence[Block], verb: AlertVerb, text: str) -> list[Block]:
    """The blocks of the message with `text` below its header. A claim leaves the other answers; all others end it."""
    told: Block = {"type": "context", "elements": [{"type": "plain_text", "text": escaped(text), "emoji": False}]}
    after = [found for one in blocks if (found := _left(one, verb)) is not None]
    if after and after[0].get("type") == "header":
        return [after[0], told, *after[2 if len(after) > 1 and after[1].get("type") == "context" else 1 :]]
    return [told, *after]


def _left(block: Block, verb: AlertVerb) -> Block | None:
    """The block without the buttons that are gone, None where none is left."""
    if block.get("type") != "actions":
        return block
    elements = [one for one in block.get("elements", ()) if _stays(one.get("action_id", ""), verb)]
    return {**block, "elements": elements} if elements else None


def _stays(action_id: str, verb: AlertVerb) -> bool:
    return action_id != "claim" if verb == "claim" else action_id == LINK
