"""Is whoever started us still there? Asked for by `--with-parent`, which make's rule passes.

GNU make does not pass an interrupt on: it puts its handler for SIGINT back to the default, blocks it and waits for us
for ever. On Linux that can be seen, so `kill -INT` to make alone ends everything as Ctrl-C does.
"""

import os
import signal
from pathlib import Path
from typing import Final

__all__ = ["parent_left"]

_SIGINT: Final = 1 << (signal.SIGINT - 1)


def parent_left(parent: int) -> bool:
    """Whether process `parent` is not our parent any more, or waits for our end because it was interrupted."""
    if os.getppid() != parent:
        return True
    try:
        status = Path(f"/proc/{parent}/status").read_text()
    except OSError:  # not Linux: only the first question can be asked
        return False
    masks = dict(line.split(":\t") for line in status.splitlines() if line.startswith("Sig"))
    blocked, caught = (int(masks.get(name, "0"), 16) for name in ("SigBlk", "SigCgt"))
    return bool(blocked & _SIGINT) and not caught & _SIGINT
