"""rudder-sdk-python, which zips by default."""

from collections.abc import Callable
from typing import Any

from rudderstack.analytics.client import Client
from run import arguments, drive


def play(*, url: str, key: str, patience_s: int, journey: list[dict[str, Any]], log: Callable[[str], None]) -> None:
    client = Client(
        key, host=url, timeout=patience_s, upload_size=15,
        on_error=lambda error, _: log(repr(error)),
    )  # fmt: skip
    for said in journey:
        getattr(client, said["type"])(**arguments(said))
    client.flush()
    client.join()


drive(play)
