"""Signing in by OpenID Connect, against a provider that signs, and one that lies."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from streams.console.access.openid import OpenId, OpenIdOptions, roles_of
from streams.console.app import ConsoleOptions, make_app
from streams.errors import SettingsError
from streams.inbox import MemoryDoor
from streams.readmodel.reader import Reader
from tests.unit.console.conftest import SECRET
from tests.unit.console.samples import Samples
from tests.unit.console.sights import sight
from tests.unit.console.visitor import Visitor, visiting

ISSUER = "https://id.example"
BACK = "https://testserver/login/openid/back"
COOKIE = "__Host-leadstream-openid"
LOGOUT = {"http://schemas.openid.net/event/backchannel-logout": {}}


class Provider:
    """Answers as one does. A test changes `claims`, `description`, `key` or `away`."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "one"}, private=True)
        self.signs_with = self.key
        self.claims: dict[str, Any] = {}
        self.description: dict[str, Any] = {
            "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/authorize", "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        }  # fmt: skip
        self.away = False
        self.algorithm = "ES256"
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if self.away:
            raise httpx.ConnectError("away by the test")
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json=self.description)
        if request.url.path == "/keys":
            ours = KeySet([self.key]).as_dict(private=False)["keys"]
            return httpx.Response(200, json={"keys": [*ours, {"kty": "PQ", "kid": "of tomorrow"}]})
        form = dict(parse_qsl(request.content.decode()))
        begun = self.codes.pop(form["code"], None)
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        good = begun is not None and begun["code_challenge"] == challenge and form["redirect_uri"] == BACK
        if not good or begun is None or request.headers["authorization"] != httpx.BasicAuth("us", "s%2Fs")._auth_header:
            return httpx.Response(400, json={"error": "invalid_grant"})
        return httpx.Response(200, json={"id_token": self.token(begun["nonce"])})

    def agreed(self, url: str) -> str:
        """Somebody signed in there: the code."""
        self.codes["a code"] = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        return "a code"

    def logout_token(self, **claims: Any) -> str:
        """What it sends past the browser when somebody signed out there; None leaves a claim out."""
        now = int(time.time())
        told = {
            "iss": ISSUER, "aud": "us", "iat": now, "exp": now + 120, "jti": token_hex(8), "events": LOGOUT,
        } | claims  # fmt: skip
        said = {name: value for name, value in told.items() if value is not None}
        return jwt.encode({"alg": self.algorithm, "kid": "one", "typ": "logout+jwt"}, said, self.signs_with)

    def token(self, nonce: str) -> str:
        claims = {
            "iss": ISSUER, "aud": "us", "sub": "248289761001", "exp": int(time.time()) + 300, "nonce": nonce,
            "name": "Ines Duarte", "realm": {"roles": ["everybody", "sales"]},
        } | self.claims  # fmt: skip
        said = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": self.algorithm, "kid": "one"}, said, self.signs_with)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def office(valkey_url: str, prefix: str, provider: Provider, filled: Samples) -> Iterator[Visitor]:
    """Somebody at a console with a provider, not signed in."""
    options = OpenIdOptions(issuer=ISSUER, client_id="us", client_secret="s/s", redirect_uri=BACK,
                            roles=roles_of("sales=rep, admins=operator, all=viewer"),
                            roles_claim="realm.roles")  # fmt: skip
    http = httpx.AsyncClient(transport=httpx.MockTransport(provider.answer))
    openid = OpenId(options, secret=SECRET, http=http)
    console = ConsoleOptions(secret=SECRET, public_url="https://testserver", openid=openid)
    app = make_app(Reader.connect(valkey_url, prefix=prefix), MemoryDoor(), console, sight=sight())
    with visiting(app) as somebody:
        yield somebody


def keep(office: Visitor, answer: httpx.Response) -> None:
    """Cookies of https are not sent over the test's http, so they are handed over."""
    for header in answer.headers.get_list("set-cookie"):
        name, _, rest = header.partition("=")
        office.cookies.set(name, rest.partition(";")[0], domain="testserver.local")


def begun(office: Visitor, target: str = "/leads?x=1") -> str:
    answer = office.get("/login/openid", params={"next": target})
    assert answer.status_code == 303
    keep(office, answer)
    return str(answer.headers["location"])


def back(office: Visitor, provider: Provider, url: str, **said: str) -> httpx.Response:
    state = parse_qs(urlsplit(url).query)["state"][0]
    answer = office.get("/login/openid/back", params={"state": state, "code": provider.agreed(url)} | said)
    keep(office, answer)
    return answer


def test_one_goes_there_and_comes_back_as_whom_the_provider_says(office: Visitor, provider: Provider) -> None:
    assert "/login/openid?next=%2F" not in office.get("/leads").text
    assert 'href="/login/openid?next=/leads"' in office.get("/login?next=/leads").text
    url = begun(office)
    query = parse_qs(urlsplit(url).query)
    assert (query["response_type"], query["code_challenge_method"]) == (["code"], ["S256"])
    assert query["redirect_uri"] == [BACK]
    answer = back(office, provider, url)
    assert answer.status_code == 200
    assert 'content="0;url=/leads?x=1"' in answer.text  # a page, not a redirect: a strict cookie stays behind on that
    assert "Ines Duarte" in office.get("/leads").text
    assert "Your role is rep:" in office.get("/me").text


def test_what_is_under_way_is_kept_from_scripts_and_for_minutes(office: Visitor) -> None:
    cookie = office.get("/login/openid").headers["set-cookie"].lower()
    assert all(one in cookie for one in ("httponly", "samesite=lax", "; secure", "max-age=600"))


@pytest.mark.parametrize(
    ("claims", "role"),
    [({"realm": {"roles": ["all", "admins", "sales"]}}, "operator"), ({"realm": {"roles": "all"}}, "viewer")],
)
def test_the_highest_role_counts(office: Visitor, provider: Provider, claims: dict[str, Any], role: str) -> None:
    provider.claims = claims
    assert back(office, provider, begun(office)).status_code == 200
    assert f"Your role is {role}:" in office.get("/me").text


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"}, {"aud": "somebody else"}, {"aud": ["us", "them"], "azp": "them"},
        {"exp": 1_000_000_000}, {"exp": None}, {"nonce": "of another attempt"}, {"nonce": None}, {"sub": None},
        {"realm": {"roles": ["everybody"]}}, {"realm": {"roles": [7, None]}}, {"realm": "sales"}, {"realm": None},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_a_token_that_does_not_say_all_that_it_must_signs_nobody_in(
    office: Visitor, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    answer = back(office, provider, begun(office))
    assert answer.status_code == 401
    assert "__Host-leadstream=" not in answer.headers["set-cookie"]
    assert office.get("/leads").status_code == 303


def test_a_token_that_another_signed_is_nobodys(office: Visitor, provider: Provider) -> None:
    provider.signs_with = ECKey.generate_key("P-256", {"kid": "one"}, private=True)
    assert back(office, provider, begun(office)).status_code == 401


def test_a_token_that_nobody_signed_is_nobodys(office: Visitor, provider: Provider) -> None:
    def unsigned(nonce: str) -> str:
        head, body, _ = Provider.token(provider, nonce).split(".")
        none = urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
        assert head != none
        return f"{none}.{body}."

    provider.token = unsigned  # type: ignore[method-assign]
    assert back(office, provider, begun(office)).status_code == 401


@pytest.mark.parametrize("said", [{"state": "x"}, {"state": "ü"}, {"iss": "https://evil.example"}, {"code": "guessed"}])
def test_an_answer_to_something_else_signs_nobody_in(
    office: Visitor, provider: Provider, said: dict[str, str]
) -> None:
    assert back(office, provider, begun(office), **said).status_code == 401


def test_an_answer_without_a_beginning_in_this_browser_signs_nobody_in(office: Visitor, provider: Provider) -> None:
    url = begun(office)
    office.cookies.clear()
    assert back(office, provider, url).status_code == 401
    url = begun(office)
    office.cookies.set(COOKIE, "made up", domain="testserver.local")
    assert back(office, provider, url).status_code == 401
    assert "/token" not in provider.asked


def test_a_refusal_there_is_said(office: Visitor) -> None:
    state = parse_qs(urlsplit(begun(office)).query)["state"][0]
    answer = office.get("/login/openid/back", params={"state": state, "error": "access_denied"})
    assert (answer.status_code, "did not sign you in" in answer.text) == (401, True)


def test_keys_that_changed_are_asked_for_again(office: Visitor, provider: Provider) -> None:
    openid = office.app.state.desk.auth.openid
    assert back(office, provider, begun(office)).status_code == 200
    provider.key = provider.signs_with = ECKey.generate_key("P-256", {"kid": "one"}, private=True)
    office.cookies.clear()
    assert back(office, provider, begun(office)).status_code == 401  # asked for a moment ago
    openid.provider._keys_at -= 11
    assert back(office, provider, begun(office)).status_code == 200


def test_a_provider_that_is_away_is_said_and_comes_back(office: Visitor, provider: Provider) -> None:
    provider.away = True
    answer = office.get("/login/openid")
    assert (answer.status_code, "does not answer" in answer.text) == (503, True)
    provider.away = False
    assert back(office, provider, begun(office)).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "http://id.example/token"}, {"jwks_uri": "file:///etc"},
     {"authorization_endpoint": None}],
    ids=json.dumps,
)  # fmt: skip
def test_a_provider_that_describes_itself_badly_is_not_used(
    office: Visitor, provider: Provider, wrong: dict[str, Any]
) -> None:
    provider.description |= wrong
    assert office.get("/login/openid").status_code == 503


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_it_never_leads_to_another_host(office: Visitor, provider: Provider, target: str) -> None:
    assert 'content="0;url=/"' in back(office, provider, begun(office, target)).text


def test_without_a_provider_there_is_nothing_here(visitor: Visitor) -> None:
    assert [visitor.get(path).status_code for path in ("/login/openid", "/login/openid/back")] == [404, 404]


@pytest.mark.parametrize("text", ["sales", "sales=boss", "=rep"])
def test_a_role_that_is_none_is_an_error_at_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match="OPENID_ROLES"):
        roles_of(text)
