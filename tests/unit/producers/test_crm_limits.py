"""Wrong proofs at the doors of CRMs: bounded by network, before a body is read, and no bound on who is right."""

import asyncio
import hmac
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.requests import Request

from producers.collector.door.limits import Limits
from producers.collector.door.wrong_proofs import WrongProofs
from producers.errors import Limited, Refusal, Refused
from producers.metrics import REGISTRY
from producers.settings import CrmSettings, LimitSettings
from tests.unit.clocks import Clock
from tests.unit.producers.crm_knocks import (
    CRMS,
    PIPEDRIVE_SECRET,
    SALESFORCE_SECRET,
    crm_settings,
    hubspot_headers,
    story,
)
from tests.unit.producers.desk import NOW, Desk, desk

OFFICE, HOME = {"x-forwarded-for": "198.41.0.4"}, {"x-forwarded-for": "198.41.1.4"}
TIGHT = LimitSettings(wrong_proofs_per_s=0.001, wrong_proofs_burst=3)
HMAC_SECRET = "a secret of sixteen letters"
WHSEC = "whsec_" + b64encode(b"thirty-two bytes for a good key.").decode()
DEAL = json.dumps({"deal_id": 1, "status": "lost", "account": {"domain": "halden-optics.example"}}).encode()
GENERIC = CrmSettings(generic_secret=SecretStr(WHSEC), generic_hmac_secret=SecretStr(HMAC_SECRET))


def limited() -> float:
    return REGISTRY.get_sample_value("leadstream_collector_limited_total", {"by": "network"}) or 0.0


def kept() -> float:
    return REGISTRY.get_sample_value("leadstream_collector_limits_kept", {"of": "crm_proofs"}) or 0.0


class Post:
    """A request of a CRM: right as it stands, and wrong in one way that is its own."""

    def __init__(
        self, path: str, body: bytes, *, right: dict[str, str], wrong: dict[str, str], guess: str = ""
    ) -> None:
        self.path, self.body, self.right, self.wrong, self.guess = path, body, right, wrong, guess or path

    async def knock(self, d: Desk, *, at: dict[str, str] = OFFICE) -> httpx.Response:
        return await d.http.post(self.path, content=self.body, headers=self.right | at)

    async def knock_wrong(self, d: Desk, *, at: dict[str, str] = OFFICE) -> httpx.Response:
        return await d.http.post(self.guess, content=self.body, headers=self.wrong | at)


def basic(said: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(said.encode()).decode()}


def standard(signature: bytes) -> dict[str, str]:
    return {"webhook-id": "m", "webhook-timestamp": str(NOW // 1_000),
            "webhook-signature": "v1," + b64encode(signature).decode()}  # fmt: skip


def _hubspot() -> Post:
    body = story("hubspot")[0]
    return Post("/v1/crm/hubspot", body, right=hubspot_headers(body), wrong=hubspot_headers(body, secret="guessed"))


def _standard() -> Post:
    said = b".".join((b"m", str(NOW // 1_000).encode(), DEAL))
    good = hmac.new(b"thirty-two bytes for a good key.", said, sha256).digest()
    return Post("/v1/crm/generic", DEAL, right=standard(good), wrong=standard(b"\0" * 32))


def _hmac() -> Post:
    good = hmac.new(HMAC_SECRET.encode(), DEAL, sha256).hexdigest()
    return Post("/v1/crm/generic", DEAL, right={"x-signature": good}, wrong={"x-signature": "0" * 64})


# How each proves itself: by the head alone, or by a signature of the body too.
IN_THE_HEAD: dict[str, Callable[[], Post]] = {
    "pipedrive": lambda: Post("/v1/crm/pipedrive", story("pipedrive")[0], right=basic(PIPEDRIVE_SECRET),
                              wrong=basic("leadstream:guessed")),
    "salesforce": lambda: Post(f"/v1/crm/salesforce/{SALESFORCE_SECRET}", story("salesforce")[0], right={}, wrong={},
                               guess="/v1/crm/salesforce/guessed"),
    "server key": lambda: Post("/v1/crm/generic", DEAL, right={"authorization": "Bearer sk_crm"},
                               wrong={"authorization": "Bearer sk_guessed"}),
}  # fmt: skip
SIGNED: dict[str, Callable[[], Post]] = {"hubspot": _hubspot, "standard webhooks": _standard, "hmac": _hmac}
WAYS = IN_THE_HEAD | SIGNED


@asynccontextmanager
async def door(folder: Path, limits: LimitSettings = TIGHT) -> AsyncIterator[Desk]:
    """Every CRM and every generic proof set up, behind one proxy."""
    generic = {name: getattr(GENERIC, name) for name in ("generic_secret", "generic_hmac_secret")}
    async with desk(crm=crm_settings(folder).model_copy(update=generic), limits=limits, proxy_hops=1) as d:
        yield d


@pytest.mark.parametrize("way", WAYS)
async def test_row_45_wrong_proofs_beyond_a_network_s_rate_are_429_and_a_right_one_never_is(
    way: str, tmp_path: Path
) -> None:
    post, before = WAYS[way](), limited()
    async with door(tmp_path) as d:
        answers = [await post.knock_wrong(d) for _ in range(6)]
        assert [one.status_code for one in answers] == [401, 401, 401, 429, 429, 429]
        assert (answers[-1].json()["reason"], int(answers[-1].headers["retry-after"]) > 1) == ("rate", True)
        assert (limited(), d.sink.records) == (before + 3, [])
        there = [(await post.knock(d)).status_code for _ in range(9)]
        assert there == [200] * 9, "who is right is let in, whatever others of its network do"
        assert (await post.knock_wrong(d)).status_code == 429, "and does not pay for them either"
        assert (await post.knock_wrong(d, at=HOME)).status_code == 401, "another network has a rate of its own"


async def test_no_proof_at_all_is_a_wrong_one_at_every_door_and_all_share_one_rate(tmp_path: Path) -> None:
    paths = [*(f"/v1/crm/{crm}" for crm in CRMS), "/v1/crm/generic", "/v1/crm/generic/companies"]
    async with door(tmp_path) as d:
        answers = [(await d.http.post(path, content=b"{}", headers=OFFICE)).status_code for path in paths]
    assert answers == [401, 401, 401, 429, 429]


@pytest.mark.parametrize("way", IN_THE_HEAD)
async def test_where_the_head_is_wrong_no_body_is_read(way: str, tmp_path: Path) -> None:
    post = WAYS[way]()
    async with door(tmp_path) as d:
        statuses = [await status_unread(d, post.guess, post.wrong | OFFICE) for _ in range(4)]
    assert statuses == [401, 401, 401, 429]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        pytest.param("/v1/crm/hubspot", {}, id="no signature"),
        pytest.param("/v1/crm/hubspot", hubspot_headers(b"", at=NOW - 300_001), id="stale"),
        pytest.param("/v1/crm/hubspot", hubspot_headers(b"") | {"x-hubspot-signature-v3": "bm8="}, id="too short"),
        pytest.param("/v1/crm/generic", {}, id="no key and no signature"),
        pytest.param("/v1/crm/generic", standard(b"x") | {"webhook-timestamp": "1"}, id="a stale standard one"),
        pytest.param("/v1/crm/generic", standard(b"x") | {"webhook-signature": ""}, id="a standard one without any"),
    ],
)
async def test_a_head_that_no_body_could_make_good_is_refused_before_the_body(
    path: str, headers: dict[str, str], tmp_path: Path
) -> None:
    async with door(tmp_path) as d:
        assert await status_unread(d, path, headers | OFFICE) == 401


async def status_unread(d: Desk, path: str, headers: dict[str, str]) -> int:
    """What is answered while the body is not there yet. Raises AssertionError where somebody asks for it."""
    told: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("the body was asked for")

    async def send(message: Any) -> None:
        told.append(message)

    lines = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
             "headers": lines, "client": ("127.0.0.1", 1), "scheme": "http", "http_version": "1.1",
             "server": ("collector", 80), "root_path": ""}  # fmt: skip
    await d.collector(scope, receive, send)
    return int(told[0]["status"])


async def test_people_in_the_house_have_no_network(tmp_path: Path) -> None:
    post = WAYS["pipedrive"]()
    async with door(tmp_path) as d:
        for at in ({"x-forwarded-for": "10.0.0.1"}, {}):
            assert {(await post.knock_wrong(d, at=at)).status_code for _ in range(5)} == {401}


async def test_what_is_no_wrong_proof_is_not_paid_for(tmp_path: Path) -> None:
    """A bad body of the right sender, and a CRM that is not set up."""
    right, headers = basic(PIPEDRIVE_SECRET), {"authorization": "Bearer sk_crm"}
    async with door(tmp_path) as d:
        for _ in range(5):
            assert (await d.http.post("/v1/crm/pipedrive", content=b"{", headers=right | OFFICE)).status_code == 400
            answer = await d.http.post("/v1/crm/generic?crm=nobody", content=b"{}", headers=headers | OFFICE)
            assert answer.status_code == 404
        assert (await WAYS["pipedrive"]().knock_wrong(d)).status_code == 401


async def test_of_one_network_so_many_unproven_bodies_come_in_at_once() -> None:
    told = LimitSettings(requests_at_once=2)
    wrong = WrongProofs(told, Limits(told), hops=1)
    coming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    held = [asyncio.create_task(wrong.body_of(asking("198.41.0.4", coming.get))) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Limited, match="at once") as error:
        await wrong.body_of(asking("198.41.0.5", coming.get))
    assert error.value.after_s == 1
    elsewhere = asyncio.create_task(wrong.body_of(asking("198.41.1.4", coming.get)))
    for _ in range(3):
        coming.put_nowait({"type": "http.request", "body": b"{}", "more_body": False})
    assert await asyncio.gather(*held, elsewhere) == [b"{}"] * 3


def test_wrong_proofs_come_back_with_time_and_are_remembered_within_a_bound() -> None:
    clock, told = Clock(1_000.0), LimitSettings(wrong_proofs_per_s=0.1, wrong_proofs_burst=2, kept=16)
    wrong, error = WrongProofs(told, Limits(told), hops=1, clock=clock), Refused(Refusal.PROOF, "wrong")

    def heard(address: str = "198.41.0.4") -> str:
        found = wrong.counted(asking(address), error)
        return f"after {found.after_s}" if isinstance(found, Limited) else found.reason

    assert [heard() for _ in range(3)] == ["proof", "proof", "after 10"]
    clock.now += 10
    assert [heard(), heard()] == ["proof", "after 10"]
    assert [heard(f"198.42.{number}.1") for number in range(100)] == ["proof"] * 100
    assert kept() == 16
    assert LimitSettings().wrong_proofs_per_s < LimitSettings().network_events_per_s


def asking(address: str, receive: Any = None) -> Request:
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"x-forwarded-for", address.encode())],
             "client": ("127.0.0.1", 1)}  # fmt: skip
    return Request(scope, receive) if receive else Request(scope)
