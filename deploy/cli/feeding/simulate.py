"""`leadstream simulate`: the story, told to a collector that runs."""

import os
from pathlib import Path
from typing import Final

from deploy.cli.become import become
from deploy.cli.home import AT_HOME, Home
from deploy.errors import BadDeploySettings
from deploy.settings import up_in

__all__ = ["simulate"]

PREFIX: Final = "LEADSTREAM_SIMULATE__"
NAMES: Final = ("collector_url", "write_key", "server_key")


def simulate(*, home: Home = AT_HOME) -> None:
    """Play the story against a running collector: a lost deal's people come back. Then visits come, until Ctrl-C.

    It tells it to a running [b]leadstream up[/b]; another collector is named by LEADSTREAM_SIMULATE__COLLECTOR_URL,
    LEADSTREAM_SIMULATE__WRITE_KEY and LEADSTREAM_SIMULATE__SERVER_KEY, all three.
    """
    os.environ.update(_whom_to(home))
    become("producers.simulate")


def _whom_to(home: Path) -> dict[str, str]:
    """The three variables; nothing of one collector is mixed with another's. Raises BadDeploySettings."""
    wanted = [PREFIX + name.upper() for name in NAMES]
    missing = [one for one in wanted if not os.environ.get(one)]
    if not missing:
        return {}
    if len(missing) < len(wanted):
        raise BadDeploySettings(f"{', '.join(missing)} must be set too: an address and both keys of one collector")
    up = up_in(home)
    if not up:
        raise BadDeploySettings(f"nothing is up in {home}: run leadstream up, or set {', '.join(wanted)}")
    return {name: up[key] for name, key in zip(wanted, NAMES, strict=True)}
