"""The guard: when the supervisor is gone, however it went, no process of its stays behind.

It reads `+PID` and `-PID` lines (leaders of process groups) from its standard input, whose other end the supervisor
alone holds. At its end, which also comes when the supervisor is killed with SIGKILL, it ends what is still on the list:
SIGTERM, a grace, SIGKILL, for the whole group, so that a server's own workers go too. Standard library only: it must be
there within milliseconds, and must not depend on anything that might be what broke.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress

__all__ = ["end_groups", "main"]

GRACE_S = 5.0
LOOK_S = 0.05


def main() -> None:
    """Listen, then end what is left. Deaf to the signals that a terminal sends to everybody."""
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        number = int(line[1:])
        if line.startswith("+"):
            groups.add(number)
        else:
            groups.discard(number)
    end_groups(groups, grace_s=GRACE_S)


def end_groups(groups: Iterable[int], *, grace_s: float) -> None:
    """SIGTERM to these process groups, SIGKILL to what is left after `grace_s` seconds."""
    left = {group for group in groups if _signalled(group, signal.SIGTERM)}
    until = time.monotonic() + grace_s
    while left and time.monotonic() < until:
        time.sleep(LOOK_S)
        left = {group for group in left if _signalled(group, 0)}
    for group in left:
        _signalled(group, signal.SIGKILL)


def _signalled(group: int, number: int) -> bool:
    """Whether anybody was there to receive it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
        return True
    return False


if __name__ == "__main__":
    main()
