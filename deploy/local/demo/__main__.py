"""`python -m deploy.local.demo`: one process on 127.0.0.1 until SIGTERM or SIGINT."""

import asyncio
import sys

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from deploy.errors import BadDeploySettings
from deploy.local.demo.settings import DemoSettings, read_settings
from deploy.local.demo.site import site
from running.ending import leave, when_asked_to_stop


async def serve(settings: DemoSettings) -> None:
    """Serves until SIGTERM or SIGINT."""
    server = Server(
        site(settings),
        address="127.0.0.1",
        port=settings.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.warning,
    )
    when_asked_to_stop(server.stop)
    await server.serve()


def main() -> int:
    """Exit code 0, or 2 with one clear message where the settings are wrong."""
    try:
        asyncio.run(serve(read_settings()))
    except BadDeploySettings as error:
        sys.stderr.write(f"leadstream demo: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    leave(main())
