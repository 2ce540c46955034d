"""Proofs of origin: over raw bytes, for the public address, young enough, and with one answer for all that fail."""

import hmac
from base64 import b64encode
from hashlib import sha1, sha256
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from producers.crm import hubspot
from producers.crm.proof import Knock, check_basic, check_hmac, check_standard, fresh, same
from producers.errors import Refusal, Refused
from producers.settings import CrmSettings
from tests.unit.producers.crm_knocks import (
    HUBSPOT_SECRET,
    ORGANIZATION,
    PIPEDRIVE_SECRET,
    SALESFORCE_SECRET,
    crm_settings,
    hubspot_headers,
    knock,
    recorded,
    story,
)
from tests.unit.producers.desk import NOW, desk

BODY = b'[{"eventId":1}]'
MINUTES_5 = 300_000


def at_the_door(**headers: str) -> Knock:
    return Knock(method="POST", uri="https://in.planwerk.example/v1/crm/hubspot", body=BODY, headers={
        name.replace("_", "-").encode(): value.encode("latin-1") for name, value in headers.items()
    })  # fmt: skip


def is_refused(check: Any, *args: Any, **kwargs: Any) -> bool:
    try:
        check(*args, **kwargs)
    except Refused as error:
        return error.reason is Refusal.PROOF and error.detail == "this request does not prove who sent it"
    return False


def of_hubspot(**changes: Any) -> Knock:
    made = hubspot_headers(BODY, **({"uri": "https://in.planwerk.example/v1/crm/hubspot"} | changes))
    return at_the_door(**{name.replace("-", "_"): value for name, value in made.items()})


@pytest.mark.parametrize(
    ("made", "refused"),
    [
        pytest.param({}, False, id="good"),
        pytest.param({"at": NOW - MINUTES_5}, False, id="5 minutes old"),
        pytest.param({"at": NOW - MINUTES_5 - 1}, True, id="older"),
        pytest.param({"at": NOW + MINUTES_5}, False, id="a clock that is 5 minutes ahead"),
        pytest.param({"at": NOW + MINUTES_5 + 1}, True, id="further ahead"),
        pytest.param({"secret": "another"}, True, id="another secret"),
        pytest.param({"uri": "http://127.0.0.1:8080/v1/crm/hubspot"}, True, id="signed for another address"),
    ],
)
def test_hubspot_signs_method_public_address_body_and_time(made: dict[str, Any], *, refused: bool) -> None:
    assert is_refused(hubspot.verify, of_hubspot(**made), secret=HUBSPOT_SECRET, now_ms=NOW) is refused


def test_row_45_a_body_swapped_under_a_valid_signature_is_refused() -> None:
    good = of_hubspot()
    swapped = Knock(method=good.method, uri=good.uri, headers=good.headers, body=BODY.replace(b"1", b"2"))
    assert is_refused(hubspot.verify, swapped, secret=HUBSPOT_SECRET, now_ms=NOW)


def test_some_escapes_are_signed_as_they_are_meant() -> None:
    """HubSpot decodes `:/?@!$'()*,;` and nothing else."""
    meant = "https://in.planwerk.example/v1/crm/hubspot?to=a:b/c&x=%20%25"
    made = hubspot_headers(BODY, uri=meant)
    written = at_the_door(**{name.replace("-", "_"): value for name, value in made.items()})
    knock = Knock(
        method="POST", body=BODY, headers=written.headers,
        uri="https://in.planwerk.example/v1/crm/hubspot?to=a%3Ab%2fc&x=%20%25",
    )  # fmt: skip
    hubspot.verify(knock, secret=HUBSPOT_SECRET, now_ms=NOW)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_older_signatures_of_hubspot_are_refused(version: str) -> None:
    said = HUBSPOT_SECRET.encode() + (BODY if version == "v1" else b"POST" + at_the_door().uri.encode() + BODY)
    old = at_the_door(x_hubspot_signature=sha256(said).hexdigest(), x_hubspot_signature_version=version)
    assert is_refused(hubspot.verify, old, secret=HUBSPOT_SECRET, now_ms=NOW)


@pytest.mark.parametrize("stamp", [b"", b"now", b"-1", b"1e3", b"9" * 400, "\u0661".encode()])
def test_row_45_a_time_that_is_none_is_not_fresh(stamp: bytes) -> None:
    assert not fresh(stamp, now_ms=NOW, unit_ms=1)


def test_nothing_is_not_the_same_as_nothing() -> None:
    assert not same(b"", b"")
    assert same(b"a", b"a")
    assert not same(b"\xff", b"a")


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ("Basic " + b64encode(PIPEDRIVE_SECRET.encode()).decode(), False),
        ("basic " + b64encode(PIPEDRIVE_SECRET.encode()).decode(), False),
        ("Basic " + b64encode(b"leadstream:a password").decode(), True),
        ("Bearer " + PIPEDRIVE_SECRET, True),
        ("Basic \xff\xfe", True),
        ("Basic", True),
        ("", True),
    ],
)
def test_basic_is_user_and_password(said: str, *, refused: bool) -> None:
    assert is_refused(check_basic, at_the_door(authorization=said), PIPEDRIVE_SECRET) is refused


@pytest.mark.parametrize(
    ("header", "asked", "refused"),
    [
        (hmac.new(b"key", BODY, sha256).hexdigest(), {}, False),
        (hmac.new(b"key", BODY, sha256).hexdigest().upper(), {}, False),
        ("sha256=" + hmac.new(b"key", BODY, sha256).hexdigest(), {"prefix": "sha256="}, False),
        (b64encode(hmac.new(b"key", BODY, sha1).digest()).decode(), {"algorithm": "sha1", "encoding": "base64"}, False),
        (hmac.new(b"key", BODY, sha1).hexdigest(), {}, True),
        (hmac.new(b"other", BODY, sha256).hexdigest(), {}, True),
        ("", {}, True),
        ("\xfc", {}, True),
    ],
)
def test_any_other_hmac(header: str, asked: dict[str, str], *, refused: bool) -> None:
    said = at_the_door(x_hub_signature=header)
    assert is_refused(check_hmac, said, "key", header="X-Hub-Signature", **asked) is refused


HMAC_SECRET = "a secret of sixteen letters"
WHSEC = "whsec_" + b64encode(b"thirty-two bytes for a good key.").decode()


def standard(*, at: int = NOW, secret: str = WHSEC, prefix: str = "webhook", more: str = "") -> Knock:
    """Signed by the library that senders use."""
    from datetime import UTC, datetime

    signature = Webhook(secret).sign("msg_1", datetime.fromtimestamp(at / 1_000, UTC), BODY.decode())
    return at_the_door(**{
        f"{prefix}_id": "msg_1", f"{prefix}_timestamp": str(at // 1_000), f"{prefix}_signature": f"{more}{signature}",
    })  # fmt: skip


@pytest.mark.parametrize(
    ("knocked", "refused"),
    [
        (standard(), False),
        (standard(prefix="svix"), False),
        (standard(more="v1,b2xk v1a,eA== "), False),
        (standard(at=NOW - MINUTES_5 - 1_000), True),
        (standard(secret="whsec_" + b64encode(b"another thirty-two bytes for it.").decode()), True),
        (at_the_door(webhook_id="msg_1"), True),
        (at_the_door(), True),
    ],
)
def test_row_45_standard_webhooks(knocked: Knock, *, refused: bool) -> None:
    assert is_refused(check_standard, knocked, WHSEC, now_ms=NOW) is refused


DEAL = b'{"deal_id": 1, "status": "lost", "account": {"domain": "halden-optics.example"}}'


async def generic(*, crm: CrmSettings, **headers: str) -> httpx.Response:
    async with desk(crm=crm) as d:
        return await d.http.post("/v1/crm/generic", content=DEAL, headers=headers)


async def test_generic_webhooks_may_prove_themselves_by_a_signature() -> None:
    crm = CrmSettings(generic_secret=SecretStr(WHSEC), generic_hmac_secret=SecretStr(HMAC_SECRET))
    signed = {"webhook-id": "m", "webhook-timestamp": str(NOW // 1_000)}
    said = b".".join((b"m", str(NOW // 1_000).encode(), DEAL))
    key = b"thirty-two bytes for a good key."
    good = "v1," + b64encode(hmac.new(key, said, sha256).digest()).decode()
    assert (await generic(crm=crm, **signed, **{"webhook-signature": good})).status_code == 200
    refused = await generic(crm=crm, **signed, **{"webhook-signature": "v1,bm8="})
    assert (refused.status_code, refused.json()["reason"]) == (401, "proof")
    digest = hmac.new(HMAC_SECRET.encode(), DEAL, sha256).hexdigest()
    assert (await generic(crm=crm, **{"x-signature": digest})).status_code == 200
    assert (await generic(crm=crm, **{"x-signature": "00"})).status_code == 401
    assert (await generic(crm=crm)).status_code == 401
    assert (await generic(crm=crm, authorization="Bearer sk_crm")).status_code == 200
    assert (await generic(crm=crm, **{"x-write-key": "wk_site"})).status_code == 401
    only_hmac = CrmSettings(generic_hmac_secret=SecretStr(HMAC_SECRET))
    assert (await generic(crm=only_hmac)).status_code == 401
    assert (await generic(crm=CrmSettings())).json()["reason"] == "key"


@pytest.mark.parametrize("crm", ["hubspot", "pipedrive", "salesforce"])
async def test_a_crm_that_is_not_set_up_is_404_with_a_clear_word(crm: str) -> None:
    async with desk() as d:
        answer = await knock(d, crm, story(crm)[0])
        assert answer.status_code == 404
        assert answer.json()["detail"] == f"set LEADSTREAM_CRM__{crm.upper()}_SECRET on the collector"
        assert d.sink.records == []


@pytest.mark.parametrize("crm", ["hubspot", "pipedrive", "salesforce"])
async def test_row_45_without_proof_it_is_401_and_nothing_is_kept(crm: str, tmp_path: Any) -> None:
    async with desk(crm=crm_settings(tmp_path)) as d:
        for path in (f"/v1/crm/{crm}", *(["/v1/crm/salesforce/guess"] if crm == "salesforce" else [])):
            answer = await d.http.post(path, content=story(crm)[0], auth=("a", "b"))
            assert (answer.status_code, answer.json()["reason"]) == (401, "proof")
        assert d.sink.records == []


@pytest.mark.parametrize("said", [ORGANIZATION, ORGANIZATION[:15]])
async def test_the_organization_counts_too(said: str, tmp_path: Any) -> None:
    """Ids have 15 characters; 3 more are their checksum."""
    body = recorded("salesforce", "story-1-opportunity")
    for written, status in ((said, 200), (said.lower(), 401), ("", 401)):
        async with desk(crm=crm_settings(tmp_path)) as d:
            there = body.replace(ORGANIZATION.encode(), written.encode())
            answer = await d.http.post(f"/v1/crm/salesforce/{SALESFORCE_SECRET}", content=there)
            assert answer.status_code == status


async def test_behind_a_proxy_the_public_address_is_signed(tmp_path: Any) -> None:
    body = recorded("hubspot", "story-1-deal")
    headers = hubspot_headers(body, uri="https://in.planwerk.example/collect/v1/crm/hubspot?portal=a%20b")
    async with desk(crm=crm_settings(tmp_path), public_url="https://in.planwerk.example/collect/") as d:
        good = await d.http.post("/v1/crm/hubspot?portal=a%20b", content=body, headers=headers)
        other = await d.http.post("/v1/crm/hubspot?portal=c", content=body, headers=headers)
    assert (good.status_code, other.status_code) == (200, 401)
