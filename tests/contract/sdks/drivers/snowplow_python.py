"""snowplow-tracker, which posts ten events at a time."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

from run import drive
from snowplow_tracker import (
    Emitter,
    PageView,
    SelfDescribing,
    SelfDescribingJson,
    StructuredEvent,
    Subject,
    Tracker,
)

GIVE_UP_S = 200


def play(
    *, url: str, key: str, patience_s: int, journey: list[dict[str, Any]], log: Callable[[str], None],
    method: str = "post",
) -> None:  # fmt: skip
    host, _, port = url.removeprefix("http://").partition(":")
    delivered: list[Any] = []
    emitter = Emitter(
        host, protocol="http", port=int(port), method=method, request_timeout=patience_s, on_success=delivered.extend
    )
    tracker = Tracker("shop", emitter, app_id=key)
    for said in journey:
        tracker.track(EVENTS[said["type"]](said, Subject().set_user_id(said["userId"])))
    until = monotonic() + GIVE_UP_S
    while len(delivered) < len(journey) and monotonic() < until:
        emitter.flush()
        sleep(0.05)
    if len(delivered) < len(journey):
        log(f"{len(journey) - len(delivered)} events are left")


def described(name: str, data: dict[str, Any], subject: Subject) -> SelfDescribing:
    schema = f"iglu:example.shop/{name}/jsonschema/1-0-0"
    return SelfDescribing(SelfDescribingJson(schema, data), event_subject=subject)


# An event of the journey -> what a user of Snowplow would send.
EVENTS: dict[str, Callable[[dict[str, Any], Subject], Any]] = {
    "page": lambda said, who: PageView(said["properties"]["url"], said["name"], event_subject=who),
    "track": lambda said, who: described("plan_chosen", said["properties"], who),
    "identify": lambda said, who: described("user", said["traits"], who),
    "group": lambda said, who: described("group", said["traits"], who),
    "alias": lambda said, who: StructuredEvent("account", "joined", label=said["previousId"], event_subject=who),
}

if __name__ == "__main__":
    drive(play)
