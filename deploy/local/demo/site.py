"""The demo site as a Starlette application: six pages, a form, and the tracker by the very snippet that users paste."""

from pathlib import Path
from typing import Final

from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from deploy.local.demo.settings import DemoSettings
from deploy.local.demo.snippet import content_policy, snippet

__all__ = ["PAGES", "site"]

HERE: Final = Path(__file__).parent
PAGES: Final = {
    "/": "home.html",
    "/product": "product.html",
    "/pricing": "pricing.html",
    "/comparison": "comparison.html",
    "/careers": "careers.html",
    "/inquiry": "inquiry.html",
    "/thanks": "thanks.html",
}


def site(settings: DemoSettings) -> Starlette:
    """Every page carries the snippet for this collector and key, under a strict content policy."""
    html = snippet(settings.collector_url, settings.write_key)
    headers = {
        "Content-Security-Policy": content_policy(html, settings.collector_url),
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    show = _Show(Jinja2Templates(HERE / "templates"), snippet=Markup(html), headers=headers)  # noqa: S704  # our own file
    return Starlette(
        routes=[
            *(Route(path, show.page) for path in PAGES),
            Route("/inquiry", _sent, methods=["POST"]),
            Route("/healthz", _alive),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        exception_handlers={404: show.missing},
    )


class _Show:
    def __init__(self, templates: Jinja2Templates, *, snippet: Markup, headers: dict[str, str]) -> None:
        self._templates = templates
        self._snippet = snippet
        self._headers = headers

    async def page(self, request: Request) -> Response:
        return self._rendered(request, PAGES[request.url.path], 200)

    async def missing(self, request: Request, _: Exception) -> Response:
        return self._rendered(request, "missing.html", 404)

    def _rendered(self, request: Request, template: str, status: int) -> Response:
        context = {"snippet": self._snippet, "path": request.url.path}
        return self._templates.TemplateResponse(request, template, context, status_code=status, headers=self._headers)


async def _sent(_: Request) -> Response:
    """The form itself goes nowhere: what Leadstream knows of it, the tracker said."""
    return RedirectResponse("/thanks", 303)


async def _alive(_: Request) -> Response:
    return PlainTextResponse("ok")
