"""POST /v1/crm/generic: deals of any CRM, with a server key, mapped and written to `signals`.

What cannot be mapped goes to `rejected` with its bytes, and the reply says so: the answer is 200 all the same, because
sending it again would not help.
"""

import asyncio
from typing import Any

from msgspec import Struct
from msgspec.json import encode as encode_json
from starlette.requests import Request
from starlette.responses import Response

from producers.collector.body import read_body
from producers.collector.inflate import inflated
from producers.collector.intake import Intake
from producers.collector.keys import Headers, KeyRing, Sender, offered_key
from producers.collector.latch import Latch
from producers.collector.mend import surrogates
from producers.collector.routes import RETRY_AFTER_S, STATUS_OF, refused_body
from producers.collector.wire import BadEvent
from producers.crm.generic import deal_report, parse_body
from producers.crm.mapping import DealMapping
from producers.errors import Refusal, Refused, SinkError, Unmappable
from producers.metrics import DEALS, REQUESTS
from schemas.codec import encode, encode_block
from schemas.deals import DealReport
from schemas.rejected import Reason
from schemas.topics import partition_of

__all__ = ["DealRoute"]


class _Verdict(Struct, frozen=True, omit_defaults=True):
    """What became of one deal of the body."""

    verdict: str
    deal_id: str = ""
    account_id: str = ""
    reason: str = ""
    detail: str = ""


class DealRoute:
    """The endpoint, with what it needs."""

    def __init__(self, intake: Intake, keys: KeyRing, mapping: DealMapping) -> None:
        self._intake = intake
        self._keys = keys
        self._mapping = mapping

    async def answer(self, request: Request) -> Response:
        """One deal or a list of them."""
        headers: Headers = dict(request.headers.raw)
        try:
            sender = self._sender(headers, request.scope["query_string"])
            body = inflated(await read_body(request.receive, headers), headers.get(b"content-encoding"))
            verdicts = await self._take(parse_body(surrogates(body)), sender)
        except Refused as error:
            return _answer(STATUS_OF[error.reason], refused_body(error.reason, error.detail))
        except SinkError:
            return _answer(503, refused_body("busy", "not stored, send it again"))
        return _answer(200, encode_json({"success": True, "ok": True, "status": 1, "deals": verdicts}))

    def _sender(self, headers: Headers, query: bytes) -> Sender:
        """Raises Refused: a write key is public, so it proves nothing about deals."""
        sender = self._keys.sender_of(offered_key(headers, query))
        if sender.trust != "proven":
            raise Refused(Refusal.KEY, "no such key")
        return sender

    async def _take(self, deals: list[Any], sender: Sender) -> list[_Verdict]:
        """Returns when everything is safe. Raises SinkError."""
        self._intake.outstanding.admit()
        at = self._intake.now_ms()
        latch = Latch(asyncio.get_running_loop())
        groups: dict[int, list[bytes]] = {}
        verdicts: list[_Verdict] = []
        for deal in deals:
            try:
                report = deal_report(deal, mapping=self._mapping, naming=self._intake.naming, received_at=at)
            except Unmappable as error:
                bad = BadEvent(encode_json(deal), Reason.MAPPING, str(error))
                self._intake.reject(bad, source=sender.source, at=at, latch=latch)
                verdicts.append(_Verdict("rejected", reason=Reason.MAPPING, detail=str(error)))
            else:
                groups.setdefault(partition_of(report.to, self._intake.partitions), []).append(encode(report))
                verdicts.append(_accepted(report))
        for partition, messages in groups.items():
            self._intake.outstanding.write(
                self._intake.topic("signals"), partition=partition, key=None, value=encode_block(messages), latch=latch
            )
        await latch.wait()
        DEALS.labels(sender.source).inc(sum(map(len, groups.values())))
        return verdicts


def _accepted(report: DealReport) -> _Verdict:
    return _Verdict("accepted", deal_id=report.deal.deal_id, account_id=report.deal.account_id)


def _answer(status: int, body: bytes) -> Response:
    REQUESTS.labels("crm", str(status)).inc()
    again = {"retry-after": str(RETRY_AFTER_S)} if status == 503 else {}
    return Response(body, status_code=status, media_type="application/json", headers=again)
