"""Apprise's process with a name server of its own: `python -m tests.contract.resolving_child HOST FILE`.

FILE: JSON, what HOST leads to now, a list of addresses; each look takes the first of them and puts it last.
"""

import json
import socket
import sys
from pathlib import Path
from typing import Any

from streams.channels.apprise.child import main


def _look_in(host: str, file: Path) -> None:
    real = socket.getaddrinfo

    def look(asked: Any, port: Any, *more: Any, **how: Any) -> Any:
        if asked != host:
            return real(asked, port, *more, **how)
        first, *others = json.loads(file.read_text())
        file.write_text(json.dumps([*others, first]))
        return real(first, port, *more, **how)

    socket.getaddrinfo = look


if __name__ == "__main__":
    _look_in(sys.argv[1], Path(sys.argv[2]))
    main()
