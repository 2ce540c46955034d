"""POST /v1/crm/generic (deals) and /v1/crm/generic/companies: of any CRM, by a mapping file, written to `signals`.

A server key proves the origin, or a signature that is set up: Standard Webhooks, or an HMAC in a header of any name.
A network that is wrong too often is 429, one that is right never.
What cannot be mapped goes to `rejected` with its bytes, and the reply says so: the answer is 200 all the same, because
sending it again would not help. With `?crm=<name>` the body is of the packaged shape and speaks of that CRM's ids:
files that were exported from a CRM are imported so.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.json import encode as encode_json
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from producers.collector.crm.kept import keep_signals
from producers.collector.door.body import read_body
from producers.collector.door.keys import Headers, KeyRing, offered_key
from producers.collector.door.wrong_proofs import WrongProofs
from producers.collector.intake import Intake
from producers.collector.reading.inflate import inflated
from producers.collector.reading.mend import surrogates
from producers.collector.replies import crm_answer, refused_answer, unsafe_answer
from producers.crm.again import crm_of, door_of
from producers.crm.bodies import parse_body
from producers.crm.generic import CRM, company_record, deal_report
from producers.crm.mapping import DealMapping, load
from producers.crm.proof import Knock, check_hmac, check_standard, glance_standard, refuse
from producers.crm.registry import CRMS
from producers.crm.told import CrmSignal, Unread, as_json
from producers.errors import Refusal, Refused, SinkError, Unmappable
from producers.settings import CrmSettings
from schemas.deals import CompanyRecord, DealReport
from schemas.rejected import Reason

__all__ = ["DealRoute"]

Read = Callable[..., DealReport | CompanyRecord]


class _Verdict(Struct, frozen=True, omit_defaults=True):
    """What became of one object of the body."""

    verdict: str
    deal_id: str = ""
    account_id: str = ""
    reason: str = ""
    detail: str = ""


class DealRoute:
    """The endpoints, with what they need. Raises BadSettings."""

    def __init__(self, intake: Intake, keys: KeyRing, settings: CrmSettings, *, wrong: WrongProofs) -> None:
        self._intake = intake
        self._keys = keys
        self._settings = settings
        self._wrong = wrong
        self._packaged = load(None)
        self._mapping = load(settings.mapping)

    async def answer(self, request: Request) -> Response:
        """One deal or a list of them."""
        return await self._answer(request, deal_report, said="deals")

    async def companies(self, request: Request) -> Response:
        """One company or a list of them."""
        return await self._answer(request, company_record, said="companies")

    async def _answer(self, request: Request, read: Read, *, said: str) -> Response:
        headers: Headers = dict(request.headers.raw)
        try:
            source = self._keyed(headers, request.scope["query_string"])
            crm, mapping = self._speaks_of(request.query_params.get("crm"))
            if source is None:
                source, raw = await self._signed(request, headers)
            else:
                raw = await read_body(request.receive, headers)
            body = surrogates(inflated(raw, headers.get(b"content-encoding")))
            door = door_of(crm, said)
            verdicts = await self._take(parse_body(body), read, source=source, door=door, mapping=mapping)
        except Refused as error:
            return refused_answer(self._wrong.counted(request, error))
        except SinkError:
            return unsafe_answer()
        return crm_answer(200, encode_json({"success": True, "ok": True, "status": 1, said: verdicts}))

    def _keyed(self, headers: Headers, query: bytes) -> str | None:
        """The source of a server key, None where a signature has to prove it. Raises Refused.

        A write key is public, so it proves nothing about deals.
        """
        key = offered_key(headers, query)
        if key is None and self._settings.signed():
            return None
        sender = self._keys.sender_of(key)
        if sender.trust != "proven":
            raise Refused(Refusal.KEY, "no such key")
        return sender.source

    async def _signed(self, request: Request, headers: Headers) -> tuple[str, bytes]:
        """The source, and the body, which is read where the head looks like a good one. Raises Refused."""
        head = Knock(method="POST", uri="", headers=headers, body=b"")
        self._glance(head)
        raw = await self._wrong.body_of(request)
        return self._checked(replace(head, body=raw)), raw

    def _glance(self, head: Knock) -> None:
        """Raises Refused(PROOF) where no body could make a good proof of it."""
        here = self._settings
        if here.generic_hmac_secret.get_secret_value() and head.header(here.generic_hmac_header):
            return
        if not here.generic_secret.get_secret_value():
            refuse()
        glance_standard(head, now_ms=self._intake.now_ms())

    def _checked(self, knock: Knock) -> str:
        """Raises Refused(PROOF)."""
        here = self._settings
        standard, secret = here.generic_secret.get_secret_value(), here.generic_hmac_secret.get_secret_value()
        if secret and knock.header(here.generic_hmac_header):
            check_hmac(
                knock, secret, header=here.generic_hmac_header, algorithm=here.generic_hmac_algorithm,
                encoding=here.generic_hmac_encoding, prefix=here.generic_hmac_prefix,
            )  # fmt: skip
        else:
            check_standard(knock, standard, now_ms=self._intake.now_ms())
        return CRM

    def _speaks_of(self, crm: str | None) -> tuple[str, DealMapping]:
        """Raises Refused for a CRM that there is not."""
        if crm is None:
            return CRM, self._mapping
        if crm != CRM and crm not in CRMS:
            raise Refused(Refusal.NOT_SET_UP, f"crm is one of {', '.join((CRM, *CRMS))}")
        return crm, self._packaged

    async def _take(
        self, objects: list[Any], read: Read, *, source: str, door: str, mapping: DealMapping
    ) -> list[_Verdict]:
        """Returns when everything is safe. Raises SinkError."""
        crm = crm_of(door)
        at = self._intake.now_ms()
        signals: list[CrmSignal] = []
        unread: list[Unread] = []
        verdicts: list[_Verdict] = []
        for one in objects:
            try:
                signal = read(one, mapping=mapping, naming=self._intake.naming, received_at=at, crm=crm)
            except Unmappable as error:
                unread.append(Unread(as_json(one), str(error)))
                verdicts.append(_Verdict("rejected", reason=Reason.MAPPING, detail=str(error)))
            else:
                signals.append(signal)
                verdicts.append(_accepted(signal))
        await keep_signals(self._intake, signals, unread, source=source, door=door, at=at)
        return verdicts


def _accepted(signal: DealReport | CompanyRecord) -> _Verdict:
    if isinstance(signal, CompanyRecord):
        return _Verdict("accepted", account_id=signal.to)
    return _Verdict("accepted", deal_id=signal.deal.deal_id, account_id=signal.deal.account_id)
