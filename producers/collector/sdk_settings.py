"""What browser SDKs ask first."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from producers.collector.cors import Cors
from producers.collector.keys import KeyRing
from producers.errors import Refused
from producers.settings import Settings

__all__ = ["SdkSettings"]


class SdkSettings:
    """What Segment's browser SDK asks first: without our host in the reply it would send the data elsewhere."""

    def __init__(self, settings: Settings, keys: KeyRing, cors: Cors) -> None:
        here = settings.collector
        self._url = urlsplit(here.public_url or f"http://{here.host}:{here.port}")
        self._keys = keys
        self._cors = cors

    async def answer(self, request: Request) -> Response:
        """404 for an unknown key: then the SDK sends nothing at all."""
        key = request.path_params["key"]
        try:
            cors = self._cors.reply(request.headers.get("origin", "").encode("latin-1") or None)
        except Refused as error:
            return JSONResponse({"success": False, "reason": error.reason}, 403)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in cors}
        if not self._keys.is_public(key):
            return JSONResponse({"success": False, "reason": "key"}, 404, headers=headers)
        host = f"{self._url.netloc}{self._url.path.rstrip('/')}/v1"
        segment = {"apiKey": key, "apiHost": host, "protocol": self._url.scheme}
        body = {"integrations": {"Segment.io": segment}, "metrics": {"sampleRate": 0}}
        return JSONResponse(body, headers=headers | {"cache-control": "public, max-age=300"})
