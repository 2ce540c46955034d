"""Fields that are said one at a time: of each the newest by its own time wins, ties by value.

A join: copies and order do not matter. What was not said is absent (msgspec's UNSET).
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from msgspec import UNSET, Struct, json
from msgspec.structs import replace

__all__ = ["newest_fields", "said_fields"]

F = TypeVar("F", bound=Struct)


def said_fields(fields: Struct) -> dict[str, object]:
    """What was said, by name."""
    return {name: value for name in fields.__struct_fields__ if (value := getattr(fields, name)) is not UNSET}


def newest_fields(held: F, at: Mapping[str, int], said: Iterable[tuple[F, int]]) -> tuple[F, dict[str, int]]:
    """The fields after more of them, each with the time at which it was said (UTC milliseconds)."""
    values, times = said_fields(held), dict(at)
    for fields, said_at in said:
        for name, value in said_fields(fields).items():
            if name not in times or (said_at, _text(value)) > (times[name], _text(values[name])):
                values[name], times[name] = value, said_at
    return replace(held, **values), dict(sorted(times.items()))


def _text(value: object) -> bytes:
    return json.encode(value)
