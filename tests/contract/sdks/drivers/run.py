"""What every driver does: reads who to be from stdin, plays the journey at every door at once, says what was logged."""

import json
import logging
import sys
from collections.abc import Callable
from threading import Thread
from typing import Any

NAMES = {"userId": "user_id", "anonymousId": "anonymous_id", "groupId": "group_id", "previousId": "previous_id"}


class Noise(logging.Handler):
    """Errors of any logger, in words."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


def drive(play: Callable[..., None]) -> None:
    """`play(url=, key=, patience_s=, journey=, log=)` sends one journey, until it is delivered or given up."""
    asked: dict[str, Any] = json.load(sys.stdin)
    noise = Noise()
    logging.getLogger().addHandler(noise)
    errors: dict[str, list[str]] = {name: [] for name in asked["doors"]}
    threads = [
        Thread(target=play, kwargs={**door, "journey": asked["journey"], "log": errors[name].append})
        for name, door in asked["doors"].items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    json.dump({"errors": errors, "noise": noise.heard}, sys.stdout)


def arguments(said: dict[str, Any]) -> dict[str, Any]:
    """One event of the journey as the Python SDKs call its fields."""
    return {NAMES.get(name, name): value for name, value in said.items() if name != "type"}
