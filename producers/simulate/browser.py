"""One browser with our tracker in it: the same bytes, field for field, as `tracker_js` sends."""

from datetime import UTC, datetime
from random import Random
from typing import Any, Final
from uuid import UUID

from msgspec.json import encode

from producers.simulate.cast import Person

__all__ = ["SITE", "Browser"]

SITE: Final = "https://www.planwerk.example"
LIBRARY: Final = {"name": "leadstream-js", "version": "0.1.0"}
MARKS_MS: Final = (5_000, 10_000, 30_000)
TITLES: Final = {
    "/": "Planwerk",
    "/product": "Product - Planwerk",
    "/pricing": "Pricing - Planwerk",
    "/compare": "How we compare - Planwerk",
    "/careers": "Careers - Planwerk",
    "/inquiry": "Talk to us - Planwerk",
}
_AGENTS: Final = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18 Safari/605.1.15",
)


class Browser:
    """Writes events as text, to be posted as they are. Times are UTC milliseconds."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.anonymous_id = self._uuid()
        self.user_agent = random.choice(_AGENTS)
        self._place = {"url": f"{SITE}/", "path": "/", "title": TITLES["/"], "referrer": ""}

    def read(self, path: str, *, at: int, dwell_ms: int, interactions: int) -> list[bytes]:
        """Opens a page and reads it: the page event, then the attention at each mark and on leaving."""
        url, title = SITE + path, TITLES.get(path, "Planwerk")
        self._place = {"url": url, "path": path, "title": title, "referrer": self._place["url"]}
        page_id = self._uuid()
        events = [self._event("page", at=at, message_id=page_id, properties=dict(self._place))]
        for so_far in (*(mark for mark in MARKS_MS if mark < dwell_ms), dwell_ms):
            properties = {
                "page_id": page_id, "url": url, "started_at": _iso(at), "dwell_ms": so_far,
                "interactions": max(1, interactions * so_far // dwell_ms) if interactions else 0, "title": title,
            }  # fmt: skip
            events.append(self._event("track", at=at + so_far, event="page_engaged", properties=properties))
        return events

    def identify(self, person: Person, *, at: int) -> bytes:
        """This browser says who its user is, as a form or `leadstream.identify` does."""
        traits = {"email": person.email, "name": person.name, "company": person.company.name, "title": person.title}
        return self._event("identify", at=at, traits=traits)

    def submit(self, form: str, *, at: int) -> bytes:
        """Sends a form, told by its name only."""
        return self._event("track", at=at, event="form_submitted", properties={"form": form})

    def _event(self, kind: str, *, at: int, message_id: str | None = None, **fields: Any) -> bytes:
        return encode(
            {
                "type": kind,
                "messageId": message_id or self._uuid(),
                "anonymousId": self.anonymous_id,
                "timestamp": _iso(at),
                **fields,
                "context": {"page": self._place, "library": LIBRARY},
            }
        )

    def _uuid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))


def _iso(at: int) -> str:
    """As browsers write it: milliseconds and a Z."""
    return datetime.fromtimestamp(at / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
