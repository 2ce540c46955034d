"""Somebody at the console, without a server: requests go straight into the application."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.applications import Starlette

from streams.console.access.roles import Role

__all__ = ["Visitor", "signed_in", "visiting"]


class Visitor:
    """Keeps its cookies, follows no redirect. `broken` = an error of ours comes as the answer that others would get."""

    def __init__(self, portal: BlockingPortal, app: Starlette, *, broken: bool = False) -> None:
        self._portal = portal
        self.app = app
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=not broken)
        self._http = httpx.AsyncClient(transport=transport, base_url="http://testserver", trust_env=False)
        self.cookies = self._http.cookies

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self._portal.call(partial(self._http.get, url, **options))

    def post(self, url: str, **options: Any) -> httpx.Response:
        return self._portal.call(partial(self._http.post, url, **options))

    def ask(self, method: str, url: str, **options: Any) -> httpx.Response:
        return self._portal.call(partial(self._http.request, method, url, **options))

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Where the application runs."""
        return self._portal.call(function, *arguments)

    def leave(self) -> None:
        self._portal.call(self._http.aclose)
        self._portal.call(self.app.state.desk.reader.close)


@contextmanager
def visiting(app: Starlette, *, broken: bool = False) -> Iterator[Visitor]:
    """One visitor for as long as the block lasts."""
    with start_blocking_portal() as portal:
        visitor = Visitor(portal, app, broken=broken)
        try:
            yield visitor
        finally:
            visitor.leave()


def signed_in(visitor: Visitor, role: Role, *, name: str = "Ines Duarte") -> str:
    """Gives the visitor a session of this role; its token for forms."""
    auth = visitor.app.state.desk.auth
    value, session = auth.signed_in(name, role=role)
    visitor.cookies.clear()
    visitor.cookies.set(auth.cookie, value, domain="testserver.local")
    return str(auth.csrf(session))
