"""`odd.toml` as it is used: texts with their repetitions written out."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

__all__ = ["FRAMING", "HEADERS", "PATHS", "QUERIES"]

_REPEATED: Final = re.compile(r"@(\d+) (.*)", re.DOTALL)


def _written_out(text: str) -> bytes:
    return _REPEATED.sub(lambda found: found[2] * int(found[1]), text).encode("latin-1")


def _table(said: Mapping[str, Sequence[str]]) -> dict[bytes, list[bytes]]:
    return {name.encode(): list(map(_written_out, values)) for name, values in said.items()}


_SAID: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("odd.toml").read_text("utf-8"))
HEADERS: Final[Mapping[bytes, Sequence[bytes]]] = _table(_SAID["headers"])
FRAMING: Final[Mapping[bytes, Sequence[bytes]]] = _table(_SAID["framing"])
QUERIES: Final[Sequence[bytes]] = list(map(_written_out, _SAID["queries"]))
PATHS: Final[Sequence[bytes]] = list(map(_written_out, _SAID["paths"]))
