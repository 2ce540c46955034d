"""Templates: every value is escaped, and freed of invisible characters, where it is put out."""

from functools import cache, partial
from hashlib import blake2b
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse

from streams.console import shown
from streams.console.access.auth import Auth, Session
from streams.console.access.rights import right_of
from streams.console.access.roles import may
from streams.console.theme import theme_of
from streams.console.tongue import LANGUAGES, N_, Language, chosen_by, language_of, tongue_of
from streams.readmodel.fills import NOTHING_FILLS, Filling

__all__ = ["NAVIGATION", "Frame", "Pages"]

NAVIGATION: Final = ((N_("Inbox"), "/"), (N_("Leads"), "/leads"), (N_("Accounts"), "/accounts"),
                     (N_("Audiences"), "/audiences"), (N_("Flow"), "/flow"), (N_("Supply"), "/supply"),
                     (N_("Rules"), "/rules"), (N_("Live events"), "/debugger"), (N_("Rejected"), "/rejected"),
                     (N_("Channels"), "/channels"), (N_("Users"), "/users"))  # fmt: skip
OPERATIONS: Final = frozenset({"/rules", "/debugger", "/rejected", "/channels", "/users"})  # the rest is sales' work
SPOKEN: Final = ("day", "moment", "next_act", "reason", "span", "stage", "words")  # filters that speak a language
OLD_MS: Final = 20_000  # four beats
STATIC: Final = ("tokens.css", "dark.css", "console.css", "flow.css", "lead.css", "inbox.css", "channels.css",
                 "account.css", "rules.css", "users.css", "console.js", "debugger.js", "inbox.js", "search.js",
                 "htmx-4.0.1.min.js", "favicon.svg")  # fmt: skip


class Frame(Struct, frozen=True, kw_only=True):
    """What surrounds every page. `open_alerts` None = unknown.

    `beat_age_ms`: since the projector was last alive. `unseen`: it has not been seen in this Redis. `filling`: what is
    being read into it again.
    """

    now: int
    open_alerts: int | None = None
    beat_age_ms: int | None = None
    unseen: bool = False
    filling: Filling = NOTHING_FILLS

    @property
    def is_old(self) -> bool:
        """The projector missed several beats."""
        return self.beat_age_ms is not None and self.beat_age_ms > OLD_MS


def _finalize(value: Any) -> Any:
    return value if isinstance(value, Markup) or not isinstance(value, str) else shown.plain(value)


class Pages:
    """Makes pages of templates. `auth` gives each its CSRF token."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth

    def page(self, request: Request, template: str, frame: Frame, *, status: int = 200, **values: Any) -> HTMLResponse:
        """One page, or the part of it that a template is."""
        session = getattr(request.state, "session", None)
        csrf = self._auth.csrf(session) if isinstance(session, Session) else ""
        tongue = tongue_of(language_of(request))
        text = _environment(tongue.language).get_template(template).render(
            frame=frame, now=frame.now, ago=partial(shown.ago, now=frame.now, tongue=tongue), session=session,
            csrf=csrf, path=request.url.path, theme=theme_of(request), chosen=chosen_by(request),
            has_password=self._auth.has_password, has_users=self._auth.users is not None,
            has_openid=self._auth.openid is not None,
            navigation=_navigation(session), acts=isinstance(session, Session) and may(session.role, "rep"), **values,
        )  # fmt: skip
        return HTMLResponse(text, status)


def _navigation(session: object) -> list[tuple[str, str]]:
    """The pages that one may see."""
    if not isinstance(session, Session):
        return []
    return [one for one in NAVIGATION if may(session.role, right_of("GET", one[1]).role)]


@cache
def _environment(language: Language) -> Environment:
    """Made once for each language: compiling the templates takes longer than anything that is done with them."""
    tongue = tongue_of(language)
    made = Environment(
        loader=PackageLoader("streams.console"), autoescape=True, finalize=_finalize, undefined=StrictUndefined,
        auto_reload=False, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    # Old style: what a value is put into is escaped.
    made.install_gettext_callables(tongue.say, tongue.many, newstyle=False)  # type: ignore[attr-defined]
    spoken = {name: partial(getattr(shown, name), tongue=tongue) for name in SPOKEN}
    made.filters |= spoken | {"iso": shown.iso, "points": shown.points, "tenths": shown.tenths}
    made.globals |= {"money": partial(shown.money, tongue=tongue), "static": _addresses(), "operations": OPERATIONS,
                     "language": language, "languages": LANGUAGES, "times": shown.spoken_times(tongue)}  # fmt: skip
    made.globals["ui"] = made.get_template("macros.html").module
    return made


def _addresses() -> dict[str, str]:
    """Addresses of static files; they change with the content, so browsers may keep them for ever."""
    folder = files("streams.console").joinpath("static")
    return {
        name: f"/static/{name}?v={blake2b(folder.joinpath(name).read_bytes(), digest_size=6).hexdigest()}"
        for name in STATIC
    }
