"""All that a page needs at hand."""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse

from streams.console.access.audit import Audit
from streams.console.access.auth import Auth
from streams.console.access.throttle import Throttle, Tries
from streams.console.live.arrivals import Arrivals
from streams.console.live.changes import Hub
from streams.console.render import Frame, Pages
from streams.console.rules.pasted import PastedRules
from streams.console.shown import AtMoment
from streams.console.sight import Sight
from streams.console.slack.answers import SlackAnswers
from streams.console.tongue import N_, Text, filled
from streams.inbox import Door
from streams.readmodel.errors import ReadModelAway
from streams.readmodel.reader import Reader

__all__ = ["Desk", "desk_of"]

AWAY: Final = N_(
    "Redis does not answer, so there is nothing to show. No event is lost: the pages come back by themselves."
)
AWAY_SINCE: Final = N_(
    "Redis does not answer, so there is nothing to show. It last did %(moment)s. No event is lost: the pages come back "
    "by themselves."
)


class Desk(Struct, frozen=True, kw_only=True):
    """One console. `now` gives UTC milliseconds; `slack` None: no button of Slack's is heard.

    `trials` counts tests of channels; `public_url`: where browsers reach it.
    """

    reader: Reader
    door: Door
    auth: Auth
    audit: Audit
    hub: Hub
    pages: Pages
    tries: Tries
    sight: Sight
    pasted: PastedRules
    arrivals: Arrivals
    now: Callable[[], int]
    trials: Throttle
    slack: SlackAnswers | None = None
    public_url: str = ""

    async def frame(self) -> Frame:
        """What surrounds a page. Raises ReadModelAway."""
        now = self.now()
        fresh = await self.reader.freshness()
        age_ms = None if fresh.beat is None else max(0, now - fresh.beat)
        return Frame(
            now=now, open_alerts=await self.reader.count_open(), beat_age_ms=age_ms, unseen=age_ms is None,
            filling=fresh.filling,
        )  # fmt: skip

    async def show(self, request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """A page in its frame. Raises ReadModelAway."""
        return self.pages.page(request, template, await self.frame(), status=status, **values)

    async def notice(self, request: Request, status: int, *, title: str, text: Text) -> HTMLResponse:
        """A page that says one thing; it needs nothing, so it can be shown when the read model is away."""
        try:
            frame = await self.frame()
        except ReadModelAway:
            frame = Frame(now=self.now())
        again = request.method == "GET" and status >= 500
        return self.pages.page(request, "notice.html", frame, status=status, title=title, text=text, again=again)

    def away(self, request: Request) -> HTMLResponse:
        """The page that says that Redis does not answer, and since when. It is not asked again for that."""
        since = self.reader.answered_at
        text = AWAY if since is None else filled(AWAY_SINCE, moment=AtMoment(since))
        frame = Frame(now=self.now())
        asks = request.method == "GET"  # and the page asks again by itself
        return self.pages.page(request, "notice.html", frame, status=503, text=text, again=asks, waits=asks,
                               title=N_("Nothing can be shown just now"))  # fmt: skip


def desk_of(request: Request) -> Desk:
    """The desk of the application that was asked."""
    desk = request.app.state.desk
    assert isinstance(desk, Desk)  # noqa: S101 - for the type alone
    return desk
