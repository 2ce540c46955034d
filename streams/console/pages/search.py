"""Search: results under the field as one types (a part for htmx), and as a page of their own."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streams.console.desk import desk_of
from streams.readmodel.search import search

__all__ = ["ROUTES"]

SHORT: Final = 6  # of each kind, under the field
LONG: Final = 50
LONGEST: Final = 200  # characters


async def search_page(request: Request) -> Response:
    """`GET /search?q=`."""
    desk = desk_of(request)
    text = request.query_params.get("q", "").strip()[:LONGEST]
    if request.headers.get("hx-request"):
        found = await search(desk.reader, text, limit=SHORT)
        return desk.pages.page(request, "search_part.html", await desk.frame(), text=text, found=found)
    return await desk.show(request, "search.html", text=text, found=await search(desk.reader, text, limit=LONG))


ROUTES: Final = [Route("/search", search_page)]
