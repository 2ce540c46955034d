"""How many connections this process may hold: as many as are wanted, if the system lets it open that many files."""

import resource
from collections.abc import Callable
from typing import Final

__all__ = ["connections_within_limits"]

# For Kafka, the spool, the key file and what Python opens: a full house must not cut us off from where events are safe.
RESERVED: Final = 128
LEAST_SHARE: Final = 4  # of a limit that is hardly more, a quarter is for connections: one at a time is a queue


def connections_within_limits(wanted: int, *, warn: Callable[..., object]) -> int:
    """Raises this process's limit of open files as far as it may, and warns where that is not enough."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + RESERVED
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    most = wanted if soft == resource.RLIM_INFINITY else max(1, min(wanted, max(soft - RESERVED, soft // LEAST_SHARE)))
    if most < wanted:
        warn("fewer_connections", wanted=wanted, most=most, open_files=soft, do="raise ulimit -n")
    return most
