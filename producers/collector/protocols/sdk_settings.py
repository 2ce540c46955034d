"""What browser SDKs ask first, before they send anything: the replies keep them talking to us and to nobody else."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from producers.collector.door.cors import Cors
from producers.collector.door.keys import KeyRing, offered_key
from producers.collector.public_url import PublicUrl
from producers.errors import Refused
from producers.settings import CollectorSettings

__all__ = ["SdkSettings"]

_CACHED: Mapping[str, str] = {"cache-control": "public, max-age=300"}


class SdkSettings:
    """Segment's browser SDK asks for the settings of its project, RudderStack's for the configuration of its source."""

    def __init__(self, settings: CollectorSettings, keys: KeyRing, cors: Cors) -> None:
        self._url = PublicUrl(settings)
        self._keys = keys
        self._cors = cors

    def routes(self) -> list[Route]:
        """Their paths."""
        project = [Route(f"{prefix}/projects/{{key}}/settings", self.project) for prefix in ("/v1", "")]
        return project + [Route(f"/sourceConfig{end}", self.source) for end in ("", "/")]

    async def project(self, request: Request) -> Response:
        """Our host for the data. 404 for an unknown key, then the SDK sends nothing.

        Never an empty `integrations`: with that it would send the data to its vendor.
        """
        key = request.path_params["key"]
        url = self._url.of(request)
        segment = {"apiKey": key, "apiHost": f"{url.netloc}{url.path}/v1", "protocol": url.scheme}
        return self._answer(
            request, key, {"integrations": {"Segment.io": segment}, "metrics": {"sampleRate": 0}}, unknown=404
        )

    async def source(self, request: Request) -> Response:
        """A source that is on, has no destinations, and reports neither errors nor metrics to anybody."""
        key = offered_key(dict(request.headers.raw), request.scope["query_string"]) or ""
        off = {"enabled": False}
        source = {
            "id": key, "name": "leadstream", "writeKey": key, "enabled": True, "workspaceId": "leadstream",
            "config": {"statsCollection": {"errors": off, "metrics": off}},
            "destinations": [], "connections": [],
        }  # fmt: skip
        return self._answer(request, key, {"source": source, "destinations": []}, unknown=401)

    def _answer(self, request: Request, key: str, body: Mapping[str, Any], *, unknown: int) -> Response:
        """The body for a write key that counts; a server key is never repeated to a page."""
        try:
            sender = self._keys.sender_of(key) if self._keys.is_public(key) else None
            cors = self._cors.reply(request.headers.get("origin", "").encode("latin-1") or None, sender)
        except Refused as error:
            return JSONResponse({"success": False, "reason": error.reason}, 403)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in cors}
        if sender is None:
            return JSONResponse({"success": False, "reason": "key"}, unknown, headers=headers)
        return JSONResponse(body, headers={**headers, **_CACHED})
