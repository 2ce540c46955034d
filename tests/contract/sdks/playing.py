"""SDKs of servers, each as a process: it plays the journey at its doors and says what it logged."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.json import decode

from tests.contract.sdks.front import Door
from tests.contract.sdks.journey import JOURNEY

__all__ = ["NODE", "PYTHON", "Played", "played"]

HERE: Final = Path(__file__).parent
GIVE_UP_S: Final = 300
NODE: Final = ("segment_node", "rudder_node", "jitsu_node", "snowplow_node", "snowplow_node_get")
PYTHON: Final = ("segment_python", "rudder_python", "snowplow_python", "snowplow_python_get")


class Played(Struct, frozen=True):
    """`errors`: what the SDK gave up, by the name of the door. `noise`: the errors that it logged."""

    errors: dict[str, list[str]]
    noise: list[str]


def played(sdk: str, doors: Mapping[str, tuple[Door, str]]) -> Played:
    """One SDK at these doors at once, each with its key. Raises AssertionError with what a driver that died said."""
    asked = {
        name: {"url": door.url, "key": key, "patience_s": door.patience_s} for name, (door, key) in doors.items()
    }
    try:
        done = subprocess.run(
            _command(sdk), input=json.dumps({"doors": asked, "journey": JOURNEY}), capture_output=True,
            encoding="utf-8", timeout=GIVE_UP_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Played({name: [f"not delivered within {GIVE_UP_S} s"] for name in doors}, [])
    assert done.returncode == 0, done.stderr
    return decode(done.stdout, type=Played)


def _command(sdk: str) -> list[str]:
    if sdk in NODE:
        return [shutil.which("node") or "node", str(HERE / f"drivers/{sdk}.mjs")]
    return [str(HERE / ".venv/bin/python"), str(HERE / f"drivers/{sdk}.py")]
