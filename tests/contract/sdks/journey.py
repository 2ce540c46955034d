"""What every SDK is told to send, in its own words, and how an event that arrived is known again."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["JOURNEY", "number_of", "numbers", "word_of"]

NAMES: Final = ("Zoë Ångström", "김서연", "Пётр 🦊", 'quote " backslash \\', "line\u2028separator", "plain")
TURN: Final = ("page", "track", "identify", "track", "page", "group", "track", "alias", "page", "track")
_NUMBER: Final = re.compile(r'(?:"number": |before-|shop\.example/)(\d+)')


def _event(number: int) -> dict[str, Any]:
    kind = TURN[number % len(TURN)]
    name = NAMES[number // len(TURN) % len(NAMES)]
    who = {"userId": f"person-{number % 7}"}
    said: dict[str, Any] = {
        "page": {"name": name, "properties": {"number": number, "url": f"https://shop.example/{number}"}},
        "track": {"event": f"Plan Chosen {name}", "properties": {"number": number, "nested": {"list": [name, None]}}},
        "identify": {"traits": {"number": number, "name": name, "email": f"person-{number % 7}@corp.example"}},
        "group": {"groupId": f"group-{number}", "traits": {"number": number, "name": name}},
        "alias": {"previousId": f"before-{number}"},
    }
    return {"type": kind, **who, **said[kind]}


JOURNEY: Final = tuple(_event(number) for number in range(60))


def numbers(sdk: str) -> list[int]:
    """Of the events that this SDK has a call for: Jitsu's have no `alias`."""
    return [number for number, one in enumerate(JOURNEY) if one["type"] != "alias" or not sdk.startswith("jitsu")]


def number_of(event: Mapping[str, Any]) -> int:
    """Which event of the journey this is, in whatever words it came. Raises AssertionError where nothing says so."""
    found = _NUMBER.search(json.dumps(event))
    assert found, event
    return int(found[1])


def word_of(event: Mapping[str, Any]) -> str:
    """The name that a `track` event of the journey carries deep inside."""
    return str(event["properties"]["nested"]["list"][0])
