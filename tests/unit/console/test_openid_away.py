"""A provider that is silent, slow, endless or full of rubbish while many sign in: each hears so in seconds."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest

from deploy.local.ports import HOST
from streams.console.access import openid_provider as under_test
from streams.console.access.openid import OpenId, OpenIdOptions, roles_of
from streams.console.access.openid_provider import OpenIdRefused
from tests.unit.console.conftest import SECRET

ISSUER = "https://id.example"
DESCRIPTION = {
    "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/authorize", "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
}  # fmt: skip
LONG_S = 60  # nothing here waits for so long


def openid(answer: Callable[[httpx.Request], Any] | None = None, *, issuer: str = ISSUER) -> OpenId:
    """`answer` None: by the network."""
    options = OpenIdOptions(issuer=issuer, client_id="us", client_secret="s", redirect_uri="https://c.example/back",
                            roles=roles_of("sales=rep"))  # fmt: skip
    http = None if answer is None else httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return OpenId(options, secret=SECRET, http=http)


class Silent:
    """Answers nobody until a test lets go of them; then it is away, or there."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.once = asyncio.Event()
        self.back = False
        self._over = asyncio.Event()

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if not self.back:
            self.once.set()
            await self._over.wait()
            raise httpx.ReadTimeout("silent by the test")
        return httpx.Response(200, json=DESCRIPTION)

    def let_go(self) -> None:
        self._over.set()


async def test_of_all_who_come_while_it_is_silent_one_asks_and_the_others_hear_the_same() -> None:
    """Each in turn, the last of 30 waited for 150 s."""
    silent = Silent()
    one = openid(silent.answer)
    crowd = [asyncio.create_task(one.begin("/")) for _ in range(30)]
    await asyncio.wait_for(silent.once.wait(), LONG_S)
    silent.let_go()
    heard = await asyncio.wait_for(asyncio.gather(*crowd, return_exceptions=True), LONG_S)
    assert {str(said) for said in heard} == {"The provider does not answer as it should. Try again in a moment."}
    assert len(silent.asked) == 1
    silent.back = True
    assert (await one.begin("/")).url.startswith(f"{ISSUER}/authorize?")


async def test_who_leaves_while_it_is_silent_leaves_the_question_to_the_next() -> None:
    silent = Silent()
    one = openid(silent.answer)
    first, second = asyncio.create_task(one.begin("/")), asyncio.create_task(one.begin("/"))
    await asyncio.wait_for(silent.once.wait(), LONG_S)
    silent.back = True
    first.cancel()
    assert (await asyncio.wait_for(second, LONG_S)).cookie


async def test_an_answer_that_drips_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    left = asyncio.Event()

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.close()
        left.set()

    monkeypatch.setattr(under_test, "DEADLINE_S", 0.2)
    async with await asyncio.start_server(drip, HOST, 0) as server:
        port = server.sockets[0].getsockname()[1]
        one = openid(issuer=f"http://{HOST}:{port}")
        with pytest.raises(OpenIdRefused, match="does not answer"):
            await asyncio.wait_for(one.begin("/"), LONG_S)
        await asyncio.wait_for(left.wait(), LONG_S)  # the connection ended with the patience
        await one.provider.close()


async def test_of_an_answer_that_never_ends_a_bounded_part_is_read() -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 65_536
            yield b" " * 65_536

    one = openid(lambda _: httpx.Response(200, content=endless()))
    with pytest.raises(OpenIdRefused, match="form that is not"):
        await asyncio.wait_for(one.begin("/"), LONG_S)
    assert read <= 2 * under_test.LARGEST_ANSWER


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\xff\xfe", id="no text"), pytest.param(b"<html>", id="a page"), pytest.param(b"", id="nothing"),
        pytest.param(b'{"issuer":' + b"[" * 200_000, id="deep"), pytest.param(b"[]", id="another kind"),
        *(pytest.param(json.dumps(DESCRIPTION | {name: said}).encode(), id=f"{name} {said!r}")
          for name in ("token_endpoint", "jwks_uri") for said in ("https://[", "http://localhost:x/", "https://\0/")),
    ],
)  # fmt: skip
async def test_rubbish_is_said_to_be_rubbish(body: bytes) -> None:
    one = openid(lambda _: httpx.Response(200, content=body))
    with pytest.raises(OpenIdRefused):
        await asyncio.wait_for(one.begin("/"), LONG_S)


@pytest.mark.parametrize("keys", [b"[" * 5_000, b'[{"kty":"RSA"}]', b'[{"kty":"EC","crv":[],"x":7}]', b"[[]]"])
async def test_keys_that_are_rubbish_sign_nobody_in(keys: bytes) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/keys":
            return httpx.Response(200, content=b'{"keys":' + keys + b"}")
        return httpx.Response(200, json=DESCRIPTION)

    with pytest.raises(OpenIdRefused):
        await asyncio.wait_for(openid(answer).provider.opened("a.b.c"), LONG_S)


async def test_so_many_are_asked_at_once_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has no place waits before the client: in its own queue a place may be lost for good."""
    monkeypatch.setattr(under_test, "DEADLINE_S", LONG_S)
    there, most, full = 0, 0, asyncio.Event()
    over = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal there, most
        if request.url.path != "/token":
            return httpx.Response(200, json=DESCRIPTION | {"keys": []})
        there += 1
        most = max(most, there)
        if there == under_test.MOST_AT_ONCE:
            full.set()
        await over.wait()
        there -= 1
        return httpx.Response(400)

    one = openid(answer)
    begun = await one.begin("/")
    said = {"state": httpx.URL(begun.url).params["state"], "code": "a code"}
    crowd = [asyncio.create_task(one.finish(begun.cookie, said)) for _ in range(3 * under_test.MOST_AT_ONCE)]
    await asyncio.wait_for(full.wait(), LONG_S)
    over.set()
    heard = await asyncio.wait_for(asyncio.gather(*crowd, return_exceptions=True), LONG_S)
    assert {type(said) for said in heard} == {OpenIdRefused}
    assert most == under_test.MOST_AT_ONCE
