"""`python -m producers.collector`: one process, one worker, uvloop, the HTTP part in granian's own thread.

The server is embedded, so the process that answers is the one that was started: a SIGKILL really ends it, and nothing
is left behind.
"""

import gc
import sys
from typing import Final

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server

from producers.collector.server import build, kafka_sink
from producers.errors import BadSettings
from producers.logs import configure, log
from producers.settings import Settings, read
from running.descriptors import connections_within_limits
from running.ending import leave, when_asked_to_stop
from running.listening import own_port

# So many new objects more than were let go, until Python looks for rings among them; its own 700 are those of a dozen
# requests under way. A request with events leaves none and other requests small ones, so a look costs and finds little.
YOUNG: Final = 20_000
# What granian says goes the way of all our logs.
OUR_LOGS: Final = {"loggers": {"_granian": {"level": "WARNING", "propagate": True}}}


async def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT. Raises BadSettings."""
    ours = settings.collector
    port = own_port(ours.host, ours.port, setting="LEADSTREAM_COLLECTOR__HOST and __PORT", refused=BadSettings)
    here = settings.model_copy(update={"collector": ours.model_copy(update={"port": port})})  # replies name it
    server = Server(
        build(here, kafka_sink(here)),
        address=ours.host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=int(ours.header_timeout_s * 1_000)),
        websockets=False,
        backlog=1_024,
        backpressure=connections_within_limits(ours.connections, warn=log.warning),
        log_level=LogLevels.warning,
        log_dictconfig=OUR_LOGS,
    )
    _look_for_rings_seldom()
    when_asked_to_stop(server.stop)
    log.info("collector_starting", host=ours.host, port=port)
    await server.serve()
    log.info("collector_stopped")


def _look_for_rings_seldom() -> None:
    """What was made until now stays for ever, and is not looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)


def main() -> int:
    """Exit code 0, or 2 with one clear message where the settings are wrong."""
    try:
        settings = read(Settings)
        configure(settings.log.level)
        uvloop.run(serve(settings))
    except BadSettings as error:
        sys.stderr.write(f"leadstream collector: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    leave(main())
