"""What a browser does, written down as events the way our tracker and common SDKs send them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

from msgspec import Struct
from msgspec.json import encode

from tests.integration.cast import Browser, Person

__all__ = ["DAY_MS", "HOUR_MS", "MINUTE_MS", "Happened", "Scribe"]

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS


class Happened(Struct, frozen=True, kw_only=True):
    """One event. `at` is its true time, `reaches_at` when the browser gets it out (later for a late one)."""

    browser: Browser
    message_id: str
    at: int
    reaches_at: int
    raw: bytes
    names: bool = False  # it says who this is: copies of it keep its time
    hit: str = ""  # the page or form that it is about


def iso(at: int) -> str:
    """Milliseconds as the SDKs write them."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Scribe:
    """Collects events. Ids come from the seed, so the same seed gives the same world."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.events: list[Happened] = []
        self.read_pages: set[str] = set()  # message ids of pages that count: no glances, no vacancies

    def _write(
        self,
        browser: Browser,
        at: int,
        body: Mapping[str, Any],
        *,
        late_ms: int = 0,
        names: bool = False,
        hit: str = "",
    ) -> str:
        message_id = body.get("messageId") or f"m{self.random.getrandbits(64):016x}"
        local = at - browser.skew_ms
        event = {"messageId": message_id, "anonymousId": browser.anonymous_id, "timestamp": iso(local), **body}
        self.events.append(
            Happened(
                browser=browser, message_id=message_id, at=at, reaches_at=at + late_ms + self.random.randint(50, 4_000),
                raw=encode(event), names=names, hit=hit,
            )
        )  # fmt: skip
        return message_id

    def page(
        self, browser: Browser, at: int, path: str, *, dwell_ms: int | None = None, user_id: str | None = None
    ) -> str:
        """A page that was opened, and (our tracker only) how much attention it got. Returns its id."""
        url = f"https://www.leadstream.example{path}"
        page = {"url": url, "path": path, "title": path.strip("/").title() or "Home", "referrer": ""}
        body: dict[str, Any] = {"type": "page", "properties": page, "context": {"page": page}}
        if user_id is not None:
            body["userId"] = user_id
        page_id = self._write(browser, at, body, names=user_id is not None, hit=path)
        if path != "/careers" and (browser.source != "site" or (dwell_ms or 0) >= 5_000):
            self.read_pages.add(page_id)
        if browser.source != "site" or dwell_ms is None:
            return page_id
        steps = [step for step in (5_000, 10_000, 30_000) if step < dwell_ms]
        if len(steps) > 1 and self.random.random() < 0.6:
            steps = steps[-1:]
        for done in (*steps, dwell_ms):
            engaged = {"page_id": page_id, "url": url, "started_at": iso(at - browser.skew_ms), "dwell_ms": done,
                       "interactions": 1 + done // 4_000, "title": page["title"]}  # fmt: skip
            self._write(browser, at + done, {"type": "track", "event": "page_engaged", "properties": engaged}, hit=path)
        return page_id

    def identify(
        self, browser: Browser, at: int, person: Person, *, late_ms: int = 0, user_id: str | None = None
    ) -> None:
        """This browser is that person, by e-mail; with `user_id` both."""
        traits = {"email": person.email, "name": person.name, "title": person.title}
        if person.company is not None:
            traits["company"] = person.company.name
        body: dict[str, Any] = {"type": "identify", "traits": {name: value for name, value in traits.items() if value}}
        if user_id is not None:
            body["userId"] = user_id
        self._write(browser, at, body, late_ms=late_ms, names=True)

    def identify_user(self, browser: Browser, at: int, user_id: str, **traits: str) -> None:
        """This browser is that user of the customer's own, no e-mail said."""
        self._write(browser, at, {"type": "identify", "userId": user_id, "traits": traits}, names=True)

    def form(self, browser: Browser, at: int, form: str) -> None:
        """A form was sent."""
        self._write(
            browser,
            at,
            {"type": "track", "event": "form_submitted", "properties": {"form": form, "url": "/contact"}},
            hit=form,
        )

    def track(self, browser: Browser, at: int, event: str, **properties: str) -> None:
        """Something else that the site tracks."""
        self._write(browser, at, {"type": "track", "event": event, "properties": properties}, hit=event)
