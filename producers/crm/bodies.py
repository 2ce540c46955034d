"""A CRM's JSON, read strictly: what a parser would guess about is refused."""

import json
from collections.abc import Sequence
from typing import Any, Final

from producers.errors import Refusal, Refused

__all__ = ["MOST_OBJECTS", "parse_body"]

MOST_OBJECTS: Final = 500


def parse_body(body: bytes) -> list[Any]:
    """The objects of a body in UTF-8, one or a list of them. Raises Refused: JSON, DEPTH, TOO_MANY."""
    try:
        found = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError as error:
        raise Refused(Refusal.DEPTH, "nested too deeply") from error
    except ValueError as error:
        raise Refused(Refusal.JSON, str(error)) from error
    objects = found if isinstance(found, list) else [found]
    if len(objects) > MOST_OBJECTS:
        raise Refused(Refusal.TOO_MANY, f"{len(objects)} objects, more than {MOST_OBJECTS}")
    return objects


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
