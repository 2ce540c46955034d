"""POST /v1/crm/hubspot, /pipedrive, /salesforce: a CRM's own webhooks, by its own proof of origin.

200 once everything is safe; what cannot be mapped goes to `rejected` with its bytes, since sending it again would not
help. A CRM without a secret in the settings is 404: nothing could be proved. A network that is wrong too often is 429.
"""

from urllib.parse import quote

from msgspec import Struct
from msgspec.json import encode as encode_json
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from producers.collector.crm.kept import keep_signals
from producers.collector.door.body import read_body
from producers.collector.door.wrong_proofs import WrongProofs
from producers.collector.intake import Intake
from producers.collector.reading.inflate import inflated
from producers.collector.reading.mend import surrogates
from producers.collector.replies import crm_answer, refused_answer, unsafe_answer
from producers.crm.fieldmap import FieldMap, load_fields
from producers.crm.proof import Knock
from producers.crm.reading import Reading
from producers.crm.registry import CRMS, Crm
from producers.crm.salesforce import check_organization
from producers.errors import BadSettings, Refusal, Refused, SinkError
from producers.settings import CrmSettings, Settings

__all__ = ["crm_routes", "public_uri"]


class _Source(Struct, frozen=True):
    """One CRM that is set up."""

    name: str
    crm: Crm
    secret: str
    fields: FieldMap


class CrmRoute:
    """The endpoint of one CRM, with what it needs; `source` None: it is not set up."""

    def __init__(
        self, name: str, intake: Intake, *, source: _Source | None, settings: Settings, wrong: WrongProofs
    ) -> None:
        self._name = name
        self._intake = intake
        self._source = source
        self._wrong = wrong
        self._public_url = settings.collector.public_url.rstrip("/")
        self._organization_id = settings.crm.salesforce_organization_id

    async def answer(self, request: Request) -> Response:
        """What the CRM wants to hear when all is safe."""
        try:
            source = self._set_up()
            said = await self._take(request, source)
        except Refused as error:
            return refused_answer(self._wrong.counted(request, error))
        except SinkError:
            return unsafe_answer()
        body = source.crm.answer or encode_json({"success": True, "ok": True, "status": 1, **said})
        return crm_answer(200, body, media_type=source.crm.media_type)

    def _set_up(self) -> _Source:
        """Raises Refused."""
        if self._source is None:
            raise Refused(Refusal.NOT_SET_UP, f"set LEADSTREAM_CRM__{self._name.upper()}_SECRET on the collector")
        return self._source

    async def _take(self, request: Request, source: _Source) -> dict[str, int]:
        """Raises Refused and SinkError."""
        knock = await self._proven(request, source)
        at = self._intake.now_ms()
        body = inflated(knock.body, knock.headers.get(b"content-encoding"))
        if source.crm.json:
            body = surrogates(body)
        else:
            check_organization(body, organization_id=self._organization_id)
        reading = Reading(source=source.name, fields=source.fields, naming=self._intake.naming, received_at=at)
        told = source.crm.signals_of(body, reading)
        await keep_signals(self._intake, told.messages, told.unread, source=source.name, door=source.name, at=at)
        return told.counts()

    async def _proven(self, request: Request, source: _Source) -> Knock:
        """With its body, which is read after all that the head tells. Raises Refused."""
        knock = Knock(
            method=request.method, uri=public_uri(request, self._public_url), headers=dict(request.headers.raw),
            body=b"", secret=request.path_params.get("secret", ""),
        )  # fmt: skip
        look = source.crm.glance or source.crm.verify
        look(knock, secret=source.secret, now_ms=self._intake.now_ms())
        if source.crm.glance is None:
            return replace(knock, body=await read_body(request.receive, knock.headers))
        knock = replace(knock, body=await self._wrong.body_of(request))
        source.crm.verify(knock, secret=source.secret, now_ms=self._intake.now_ms())
        return knock


def crm_routes(settings: Settings, intake: Intake, wrong: WrongProofs) -> list[Route]:
    """One route for each CRM of the registry, set up or not. Raises BadSettings."""
    routes: list[Route] = []
    for name, crm in CRMS.items():
        route = CrmRoute(name, intake, source=_source(name, crm, settings.crm), settings=settings, wrong=wrong)
        routes.append(Route(f"/v1/crm/{name}", route.answer, methods=["POST"]))
        if crm.secret_in_path:
            routes.append(Route(f"/v1/crm/{name}/{{secret}}", route.answer, methods=["POST"]))
    return routes


def public_uri(request: Request, public_url: str) -> str:
    """The address as the sender wrote it: behind a proxy only `public_url` knows it."""
    path = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    query = request.scope["query_string"]
    base = public_url or f"{request.scope.get('scheme', 'http')}://{request.headers.get('host', '')}"
    return base + (path + (b"?" + query if query else b"")).decode("latin-1")


def _source(name: str, crm: Crm, settings: CrmSettings) -> _Source | None:
    secret, mapping = settings.secret_of(name), settings.mapping_of(name)
    if secret and not crm.json and not settings.salesforce_organization_id:
        raise BadSettings("LEADSTREAM_CRM__SALESFORCE_ORGANIZATION_ID: a secret path proves little without it")
    return _Source(name, crm, secret, load_fields(name, mapping)) if secret else None
