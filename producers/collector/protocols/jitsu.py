"""Jitsu's SDKs: one event in a body like ours, on paths of their own. They never send anything again.

Their keys have the form `id:secret` and come as `X-Write-Key`; in the body the secret is masked. The answer names no
destinations, because their code would run in the page.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from producers.collector.reading.wire import TYPES, read
from producers.collector.routes import EventRoute

__all__ = ["JITSU_ROUTES"]

JITSU_ROUTES: Final[Mapping[str, EventRoute]] = {
    f"/api/s/{server}{kind}": EventRoute("jitsu", partial(read, kind=kind))
    for kind in TYPES
    for server in ("", "s2s/")
}
