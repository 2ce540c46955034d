"""Replies of the routes of webhooks, counted under their route."""

from starlette.responses import Response

from producers.collector.routes import RETRY_AFTER_S, STATUS_OF, refused_body
from producers.errors import Refused
from producers.metrics import REFUSED, REQUESTS

__all__ = ["crm_answer", "refused_answer", "unsafe_answer"]


def crm_answer(
    status: int, body: bytes, *, media_type: str = "application/json", route: str = "crm"
) -> Response:
    """Any reply."""
    REQUESTS.labels(route, str(status)).inc()
    again = {"retry-after": str(RETRY_AFTER_S)} if status == 503 else {}
    return Response(body, status_code=status, media_type=media_type, headers=again)


def refused_answer(error: Refused, *, route: str = "crm") -> Response:
    """The sender's fault, counted."""
    REFUSED.labels(error.reason).inc()
    return crm_answer(STATUS_OF[error.reason], refused_body(error.reason, error.detail), route=route)


def unsafe_answer(*, route: str = "crm") -> Response:
    """Ours: it must come again."""
    return crm_answer(503, refused_body("busy", "not stored, send it again"), route=route)
