"""Who asks, whether they may, and not too often. Only the Authorization header says so: no cookie counts."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from starlette.requests import Request

from schemas.api_keys import ApiKey, Scope
from streams.console.access.throttle import Throttle
from streams.console.api.problems import Refused
from streams.console.api.ring import Ring

__all__ = ["Gate"]

A_SECOND: Final = 20
BURST: Final = 100
KEYS: Final = 4_096
_ASK: Final = {"www-authenticate": 'Bearer realm="leadstream"'}


class Gate:
    """Token buckets of keys, in this process; wrong keys are slowed down by address. `now` gives UTC milliseconds."""

    def __init__(self, ring: Ring, *, now: Callable[[], int]) -> None:
        self._ring = ring
        self._now = now
        self._wrong = Throttle()
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def let_in(self, request: Request, scope: Scope) -> ApiKey:
        """The key that asks. Raises Refused: 401, 403, 429."""
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not text.strip():
            raise Refused(401, "no-key", "Send a key: Authorization: Bearer ak_... (leadstream api-keys create makes "
                                         "one)", headers=_ASK)  # fmt: skip
        key = self._ring.key(text.strip()) or self._unknown(request)
        if scope not in key.scopes:
            said = f"This key has {', '.join(key.scopes) or 'no scope'}; this needs {scope}. Make a key that has it."
            raise Refused(403, "no-scope", said)
        self._spend(key)
        return key

    def _unknown(self, request: Request) -> ApiKey:
        address, now = request.client.host if request.client else "", self._now()
        wait_s = self._wrong.wait_s(address, now=now)
        if wait_s:
            raise Refused(429, "too-many-wrong-keys", f"Too many wrong keys came from here. Wait {wait_s} s.",
                          headers={"retry-after": str(wait_s)})  # fmt: skip
        self._wrong.failed(address, now=now)
        if self._ring.path is None:
            raise Refused(401, "no-keys-here", "This console has no API keys: set LEADSTREAM_CONSOLE__API_KEYS.",
                          headers=_ASK)  # fmt: skip
        raise Refused(401, "unknown-key", "This key is unknown, revoked or has ended. Ask for a new one.", headers=_ASK)

    def _spend(self, key: ApiKey) -> None:
        now = self._now()
        tokens, since = self._buckets.pop(key.id, (float(BURST), now))
        tokens = min(BURST, tokens + max(0, now - since) * A_SECOND / 1_000)
        self._buckets[key.id] = (max(0.0, tokens - 1), now) if tokens >= 1 else (tokens, now)
        while len(self._buckets) > KEYS:
            self._buckets.popitem(last=False)
        if tokens < 1:
            raise Refused(429, "too-many-requests", f"This key may ask {A_SECOND} times a second. Wait a second.",
                          headers={"retry-after": "1"})  # fmt: skip
