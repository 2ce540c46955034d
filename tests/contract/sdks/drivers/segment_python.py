"""segment-analytics-python, with gzip."""

from collections.abc import Callable
from typing import Any

from run import arguments, drive
from segment.analytics.client import Client


def play(*, url: str, key: str, patience_s: int, journey: list[dict[str, Any]], log: Callable[[str], None]) -> None:
    client = Client(
        key, host=url, timeout=patience_s, upload_size=15, gzip=True,
        on_error=lambda error, _: log(repr(error)),
    )  # fmt: skip
    for said in journey:
        getattr(client, said["type"])(**arguments(said))
    client.shutdown()


drive(play)
