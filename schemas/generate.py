"""JSON Schema of everything that travels, made from the structs: `python -m schemas.generate` writes `schemas/json`.

A test compares, so a change of a struct shows in review as a change of these files. A released file goes on
allowing what it allowed and workers took.
"""

import sys
from importlib.resources import files
from json import dumps
from typing import Any, Final

from msgspec.json import schema

from schemas.cards import AccountCard, AlertCard, LeadCard, Transition
from schemas.delivery import TypedDelivery
from schemas.events import Alias, Group, Identify, Page, Screen, Track
from schemas.posts import PostMessage
from schemas.rejected import Rejected, Replayed
from schemas.signals import Signal
from schemas.touches import Touch

__all__ = ["DOCUMENTED", "text_of"]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
# Events by their type, then what one record of each topic holds.
DOCUMENTED: Final[dict[str, Any]] = {
    "track": Track,
    "page": Page,
    "screen": Screen,
    "identify": Identify,
    "group": Group,
    "alias": Alias,
    "visits": list[TypedDelivery],
    "touches": list[Touch],
    "signals": list[Signal],
    "posts": list[PostMessage],
    "leads": LeadCard,
    "accounts": AccountCard,
    "alerts": AlertCard,
    "transitions": Transition,
    "rejected": Rejected,
    "replayed": Replayed,  # a note among them
}


def text_of(name: str) -> str:
    """The schema file of this event or topic. Raises KeyError."""
    head = {"$schema": DIALECT, "$id": f"urn:leadstream:{name}:v1", "title": name}
    return dumps(head | schema(DOCUMENTED[name]), indent=2, sort_keys=False) + "\n"


def main() -> int:
    """Writes every file anew."""
    folder = files("schemas") / "json"
    for name in DOCUMENTED:
        # Not pathlib: this package imports nothing that touches the outside, but for this command.
        with open(str(folder / f"{name}.json"), "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(text_of(name))
    sys.stdout.write(f"{len(DOCUMENTED)} files in schemas/json\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
