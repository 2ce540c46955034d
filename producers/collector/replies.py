"""Replies of the CRM routes, counted."""

from starlette.responses import Response

from producers.collector.routes import RETRY_AFTER_S, STATUS_OF, refused_body
from producers.errors import Refused
from producers.metrics import REFUSED, REQUESTS

__all__ = ["crm_answer", "refused_answer", "unsafe_answer"]


def crm_answer(status: int, body: bytes, *, media_type: str = "application/json") -> Response:
    """Any reply."""
    REQUESTS.labels("crm", str(status)).inc()
    again = {"retry-after": str(RETRY_AFTER_S)} if status == 503 else {}
    return Response(body, status_code=status, media_type=media_type, headers=again)


def refused_answer(error: Refused) -> Response:
    """The sender's fault, counted."""
    REFUSED.labels(error.reason).inc()
    return crm_answer(STATUS_OF[error.reason], refused_body(error.reason, error.detail))


def unsafe_answer() -> Response:
    """Ours: it must come again."""
    return crm_answer(503, refused_body("busy", "not stored, send it again"))
