"""What the supervisor starts: a command, its environment, and how one sees that it is ready."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

__all__ = ["Child", "Ready"]


class Ready(Struct, frozen=True):
    """Ready when `url` answers 200, when `port` takes connections, or (neither) as soon as it runs."""

    url: str = ""
    port: int = 0


class Child(Struct, frozen=True, kw_only=True):
    """One process.

    `when_it_ends`: `restart` with back-off; `lose` = its end is the end of everything (what it held is gone);
    `done` = it has an end, and code 0 is a good one. `env` is added to ours. `quiet`: only its file hears its log.
    """

    name: str
    says: str  # what it is, for the person who waits
    command: tuple[str, ...]
    env: Mapping[str, str] = {}
    ready: Ready = Ready()
    when_it_ends: Literal["restart", "lose", "done"] = "restart"
    quiet: bool = False
