"""All paths that bring events: ours, and those of the protocols that are turned on. One look-up for each request."""

from collections.abc import Mapping
from typing import NamedTuple

from producers.collector.protocols.jitsu import JITSU_ROUTES
from producers.collector.protocols.queries import PIXEL_ROUTES
from producers.collector.protocols.snowplow import PIXEL, POST, Snowplow
from producers.collector.routes import EVENT_ROUTES, EventRoute
from producers.collector.sources import Sources
from producers.settings import CollectorSettings

__all__ = ["Protocols"]


class Protocols(NamedTuple):
    """Routes by path: `posts` with a body, `pixels` with a query."""

    posts: Mapping[str, EventRoute] = EVENT_ROUTES
    pixels: Mapping[str, EventRoute] = PIXEL_ROUTES

    @classmethod
    def of(cls, settings: CollectorSettings, sources: Sources) -> "Protocols":
        """Those that the settings turn on."""
        posts, pixels = dict(EVENT_ROUTES), dict(PIXEL_ROUTES)
        if settings.jitsu:
            posts |= JITSU_ROUTES
        if settings.snowplow:
            snowplow = Snowplow(sources)
            posts[POST] = snowplow.post()
            pixels[PIXEL] = snowplow.pixel()
        return cls(posts, pixels)

    def allowed(self) -> dict[str, bytes]:
        """What each of these paths takes, as `Allow` says it."""
        both = self.posts.keys() & self.pixels.keys()
        return (
            dict.fromkeys(self.posts, b"POST, OPTIONS")
            | dict.fromkeys(self.pixels, b"GET, HEAD, OPTIONS")
            | dict.fromkeys(both, b"GET, HEAD, POST, OPTIONS")
        )
