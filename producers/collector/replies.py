"""Replies of the routes of webhooks, counted under their route."""

from starlette.responses import Response

from producers.collector.door.door import count_refused
from producers.collector.routes import RETRY_AFTER_S, STATUS_OF, refused_body
from producers.errors import Limited, Refused
from producers.metrics import REQUESTS

__all__ = ["crm_answer", "refused_answer", "unsafe_answer"]


def crm_answer(
    status: int, body: bytes, *, media_type: str = "application/json", route: str = "crm", after_s: int = 0
) -> Response:
    """Any reply. `after_s`: when to come again, 0 = this is the answer."""
    REQUESTS.labels(route, str(status)).inc()
    again = {"retry-after": str(after_s)} if after_s else {}
    return Response(body, status_code=status, media_type=media_type, headers=again)


def refused_answer(error: Refused, *, route: str = "crm") -> Response:
    """The sender's fault, counted."""
    count_refused(error)
    after_s = error.after_s if isinstance(error, Limited) else 0
    body = refused_body(error.reason, error.detail)
    return crm_answer(STATUS_OF[error.reason], body, route=route, after_s=after_s)


def unsafe_answer(*, route: str = "crm") -> Response:
    """Ours: it must come again."""
    body = refused_body("busy", "not stored, send it again")
    return crm_answer(503, body, route=route, after_s=RETRY_AFTER_S)
